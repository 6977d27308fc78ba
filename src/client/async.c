/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many calls over one connection.  A reply is for the call that has its
 * sequence number, and for no other; one that nobody has asked for, that is
 * none, or that cannot be read ends the connection and with it all calls that
 * are under way on it, as where the next reply begins is not to be trusted
 * then.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "client/async_body.h"
#include "client/request.h"
#include "io/user_loop.h"

#define KEEP_BYTES	((size_t)16 * 1024)

/* The next call connects anew; numbers mean nothing any more. */
static void
forget(struct tf_async *a)
{
	link_close(&a->link);
	asked_clear(&a->asked);
}

/* All that are under way fail. */
static void
fail_all(struct tf_async *a, const char *why)
{
	struct tf_flight *f;

	asked_clear(&a->asked);
	while ((f = TAILQ_FIRST(&a->flying)) != NULL)
		flight_fail(f, why);
}

static void
break_off(struct tf_async *a, const char *why)
{
	link_close(&a->link);
	fail_all(a, why);
}

static void
ended(struct link *l, const char *why)
{
	fail_all(OBJECT_OF(l, struct tf_async, link), why);
}

/* Which is all that is to be known of a oneway. */
static void
sent(struct link *l)
{
	struct tf_async *a = OBJECT_OF(l, struct tf_async, link);
	struct tf_flight *f, *next;

	for (f = TAILQ_FIRST(&a->flying); f != NULL; f = next) {
		next = TAILQ_NEXT(f, link);
		if (f->method->flags & TF_ONEWAY &&
		    link_has_sent(l, f->mark))
			flight_land(f, false);
	}
}

/* The reply to a call; false: the connection is of no use any more. */
static bool
answer(struct tf_async *a, struct tf_flight *f, struct reply *r)
{
	enum reply_result rc;

	rc = reply_read(r, f->method, a->set.addr, &f->arena, &f->outcome,
	    &f->result);
	if (a->set.header.on)
		header_merge(&f->headers, &f->arena,
		    &a->set.header.reply.persistent,
		    &a->set.header.reply.info);
	flight_land(f, rc != REPLY_OK);
	return rc != REPLY_BROKEN;
}

/* A whole message; false: it has ended the connection. */
static bool
take_message(struct tf_async *a, const uint8_t *p, size_t len)
{
	struct tf_flight *f;
	struct reply r;
	const char *why;
	char text[200];

	tf_arena_reset(&a->scratch);
	if (reply_begin(&r, &a->set, p, len, &a->scratch, &why) == -1) {
		snprintf(text, sizeof(text), "a reply cannot be read: %s", why);
		break_off(a, text);
		return false;
	}
	switch (asked_take(&a->asked, r.msg.seqid, &f)) {
	case ASKED_ONCE:
		return true;
	case ASKED_BY:
		if (answer(a, f, &r))
			return true;
		break_off(a, "the reply to another call could not be read");
		return false;
	default:
		snprintf(text, sizeof(text), "a reply came for call %" PRId32
		    ", which nobody has made", r.msg.seqid);
		break_off(a, text);
		return false;
	}
}

/* Keeps what has not been taken. */
static void
compact(struct buf *b, size_t taken)
{
	size_t left = b->len - taken;

	if (taken == 0)
		return;
	memmove(b->p, b->p + taken, left);
	if (left == 0)
		buf_reset(b, KEEP_BYTES);
	b->len = left;
}

static void
received(struct link *l)
{
	struct tf_async *a = OBJECT_OF(l, struct tf_async, link);
	struct buf *in = &l->in;
	enum bounds_result rc;
	size_t at = 0;
	bool lives;

	while ((rc = bounds_find(&a->bounds, in->p + at, in->len - at)) ==
	    BOUNDS_FOUND) {
		lives = take_message(a, in->p + at + a->bounds.head,
		    a->bounds.size - a->bounds.head);
		reply_end(&a->set);
		if (!lives)
			return;
		at += a->bounds.size;
		bounds_init(&a->bounds, &a->set);
	}
	if (rc == BOUNDS_BAD) {
		break_off(a, a->set.framed ? "what came is no frame of at most "
		    "max-frame bytes" : "what came is no message of at most "
		    "max-frame bytes");
		return;
	}
	l->want = bounds_missing(&a->bounds, in->len - at);
	compact(in, at);
}

static const struct link_owner owner = { received, sent, ended };

struct tf_async *
tf_async_new(struct tf_loop *loop, const char *addr)
{
	struct tf_async *a = calloc(1, sizeof(*a));

	if (a == NULL)
		fatal("out of memory: a client");
	client_settings_init(&a->set, addr);
	a->set.header.any_order = true;
	a->loop = loop->loop;
	link_init(&a->link, a->loop, &owner);
	asked_init(&a->asked);
	TAILQ_INIT(&a->flying);
	TAILQ_INIT(&a->landed);
	arena_init(&a->scratch, CLIENT_MAX_MEMORY);
	buf_init(&a->request, CLIENT_REQUEST_BYTES);
	a->outcome.type = -1;
	return a;
}

/*
 * What a late reply is for would not be known once its number is forgotten, so
 * the connection ends rather than that.  It ends, too, if nobody waits for it
 * to come about, or if the last call gives up and the server has said nothing
 * since that began: where it hangs, the next connection may reach another one.
 */
void
async_leave(struct tf_async *a, struct tf_flight *f)
{
	bool owed = asked_bury(&a->asked, f->seqid);

	if (a->freed)
		return;
	if (TAILQ_EMPTY(&a->flying) && (a->link.state != LINK_OPEN ||
	    (owed && a->link.heard_ns < f->began_ns)))
		forget(a);
	else if (a->asked.graves > ASKED_MAX_GRAVES)
		break_off(a, "too many calls have gone without an answer");
}

void
tf_async_free(struct tf_async *a)
{
	struct tf_flight *f;

	if (a == NULL || a->freed)	/* one that is told frees it, too */
		return;
	a->freed = true;
	break_off(a, "the client has been freed");
	while ((f = TAILQ_FIRST(&a->landed)) != NULL)
		flight_tell(f);
	while ((f = TAILQ_FIRST(&a->flying)) != NULL)
		tf_flight_cancel(f);
	timer_cancel(a->loop, &a->tell);
	link_fini(&a->link);
	asked_clear(&a->asked);
	client_settings_fini(&a->set);
	arena_fini(&a->scratch);
	buf_fini(&a->request);
	loop_free(a->loop, a);
}

int
tf_async_set(struct tf_async *a, const char *key, const char *value)
{
	int rc;

	if (!TAILQ_EMPTY(&a->flying))
		return outcome_fail(&a->outcome, "%s: calls are under way",
		    key);
	rc = client_settings_set(&a->set, key, value, &a->outcome);
	if (rc == 1)
		forget(a);
	return rc == -1 ? -1 : 0;
}

int
tf_async_header(struct tf_async *a, const char *key, const char *value)
{
	return client_settings_header(&a->set, key, value, &a->outcome);
}

int
tf_async_pass_on(struct tf_async *a, const struct tf_call *call)
{
	return client_settings_pass_on(&a->set, call, &a->outcome);
}

const char *
tf_async_error(const struct tf_async *a)
{
	return a->outcome.error;
}

/* A connection, unless there is one of which use can be made. */
static void
connect_if_need_be(struct tf_async *a)
{
	if (a->link.state == LINK_OPEN && a->link.out.len == 0 &&
	    RB_EMPTY(&a->asked.entries) && !link_is_usable(&a->link))
		forget(a);
	if (a->link.state != LINK_CLOSED)
		return;
	bounds_init(&a->bounds, &a->set);
	link_open(&a->link, a->set.addr, &a->set.trust, a->set.zlib,
	    a->set.connect_timeout_ns);
}

static int
send_request(struct tf_async *a, struct tf_flight *f, const void *args)
{
	f->seqid = asked_number(&a->asked);
	tf_arena_reset(&a->scratch);
	if (client_settings_is_http(&a->set))
		return outcome_fail(&f->outcome, "%s at %s: over HTTP calls "
		    "are waited for, by tf_client_new()", f->method->name,
		    a->set.addr);
	if (request_write(&a->set, f->method, args, f->seqid, &a->scratch,
	    &a->request, &f->outcome) == -1)
		return -1;
	connect_if_need_be(a);
	if (link_send(&a->link, a->request.p, a->request.len) == -1)
		return outcome_fail(&f->outcome, "%s at %s: too much waits to "
		    "be sent", f->method->name, a->set.addr);
	f->mark = link_mark(&a->link);
	return 0;
}

struct tf_flight *
tf_async_start(struct tf_async *a, const struct tf_method *m,
    const void *args, tf_flight_fn *fn, void *arg)
{
	struct tf_flight *f = flight_new(a, m, fn, arg);

	if (a->freed)
		return f;		/* to be dropped in a moment */
	if (send_request(a, f, args) == -1)
		flight_land(f, true);
	else if (m->flags & TF_ONEWAY)
		asked_add_oneway(&a->asked, f->seqid);
	else
		asked_add(&a->asked, f->seqid, f);
	return f;
}
