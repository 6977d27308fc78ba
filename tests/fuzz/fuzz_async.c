/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a client with many calls under way, and a server that says what
 * it likes.  The first byte is how they speak and the second how large the
 * pieces are in which the server's words come; then follow steps: calls that
 * begin, are given up or are answered, in any order, and bytes as they are.
 * Each call is told once how it has ended, none that was cancelled is told, and
 * none has another one's answer; in pieces it all ends as it does at once.
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/async_body.h"
#include "io/user_loop.h"
#include "../unit/unit_service.h"

#define MAX_CALLS	64
#define MAX_PIECE	64
#define MAX_GRAVES	(ASKED_MAX_GRAVES / 4)

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { FRAMED, UNFRAMED, HEADER, NFRAMINGS };

enum step {
	STEP_CALL, STEP_ONEWAY, STEP_CANCEL, STEP_GIVE_UP, STEP_SAY,
	STEP_REPLY, STEP_REPLY_TO, STEP_GRAVES
};

/* What a call does when it is told. */
enum then { THEN_NOTHING, THEN_CALL, THEN_CANCEL, THEN_FREE };

struct call {
	struct tf_flight *flight;	/* NULL: it has ended */
	const char	*method;
	enum then	 then;
	bool		 cancelled, dropped;
	int		 told, rc, type;
	int32_t		 seqid, value;
	char		 error[768];
};

struct run {
	struct tf_async	*client;	/* NULL: freed */
	int		 fd;		/* the server's end, or -1 */
	unsigned	 framing;
	size_t		 piece;		/* 0: all at once */
	struct call	 calls[MAX_CALLS];
	unsigned	 n;
	bool		 raw;		/* the server has said anything */
	bool		 hasty;		/* calls do something when told */
	bool		 freeing;
};

static struct tf_loop *loop;
static struct run *now;

/* ---- the server */

static void
turn(struct run *r)
{
	char requests[4096];

	for (int i = 0; i < 3; i++) {
		loop_wake(loop->loop);
		if (loop_turn(loop->loop) == -1)
			abort();
		while (r->fd != -1 && recv(r->fd, requests, sizeof(requests),
		    MSG_DONTWAIT) > 0)
			;
	}
}

static void
say(struct run *r, const uint8_t *p, size_t len)
{
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = r->piece > 0 && r->piece < len ? r->piece : len;
		if (r->fd == -1 || send(r->fd, p, n, MSG_NOSIGNAL |
		    MSG_DONTWAIT) != (ssize_t)n)
			break;
		turn(r);
	}
	turn(r);
}

static uint8_t *
put_varint(uint8_t *p, uint32_t v)
{
	for (; v > 0x7f; v >>= 7)
		*p++ = (uint8_t)v | 0x80;
	*p++ = (uint8_t)v;
	return p;
}

/* What stands before a message of that size; its length. */
static size_t
put_head(uint8_t *p, unsigned framing, size_t size)
{
	/* One word of header: compact, and nothing done to it. */
	static const uint8_t theader[] = { 0x0f, 0xff, 0, 0, 0, 0, 0, 0, 0, 1,
	    2, 0, 0, 0 };
	size_t more = framing == HEADER ? sizeof(theader) : 0;

	if (framing == UNFRAMED)
		return 0;
	memcpy(p, (uint8_t[]){ 0, 0, 0, (uint8_t)(size + more) }, 4);
	memcpy(p + 4, theader, more);
	return 4 + more;
}

/* In compact. */
static void
reply(struct run *r, const char *method, int32_t seqid, int32_t value)
{
	uint8_t message[64], out[128], *p = message;
	size_t n;

	*p++ = 0x82;
	*p++ = 2 << 5 | 1;		/* REPLY */
	p = put_varint(p, (uint32_t)seqid);
	p = put_varint(p, (uint32_t)strlen(method));
	p = mempcpy(p, method, strlen(method));
	*p++ = 5;			/* an i32, field */
	*p++ = 0;
	p = put_varint(p, (uint32_t)value << 1);
	*p++ = 0;
	n = put_head(out, r->framing, (size_t)(p - message));
	memcpy(out + n, message, (size_t)(p - message));
	say(r, out, n + (size_t)(p - message));
}

/* ---- the client */

/* A connection to a server that is there already. */
static void
connect_to_us(struct run *r)
{
	struct link *l = &r->client->link;
	int fds[2];

	if (r->fd != -1)
		close(r->fd);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ||
	    watch_add(l->loop, &l->watch, fds[0], EPOLLIN, l->watch.fn) == -1)
		abort();
	r->fd = fds[1];
	l->state = LINK_OPEN;
	l->heard_ns = 0;
	bounds_init(&r->client->bounds, &r->client->set);
}

static void
begin(struct run *r, const char *method, enum then then, tf_flight_fn *fn)
{
	static const union {
		struct unit_text text;
		struct unit_pair pair;
	} args;
	struct call *c = &r->calls[r->n];

	if (r->n == MAX_CALLS || r->client == NULL)
		return;
	r->n++;
	*c = (struct call){ .method = method, .then = then,
	    .dropped = r->freeing };
	if (!r->freeing && r->client->link.state == LINK_CLOSED)
		connect_to_us(r);
	c->flight = tf_async_start(r->client, unit_method(method), &args, fn,
	    c);
	c->seqid = c->flight->seqid;
	if (c->dropped)
		c->flight = NULL;
}

static void
cancel(struct call *c)
{
	if (c->flight == NULL)
		return;
	tf_flight_cancel(c->flight);
	c->flight = NULL;
	c->cancelled = true;
}

/* The last of those that are under way. */
static void
cancel_another(struct run *r)
{
	unsigned i = r->n;

	while (i > 0 && r->calls[i - 1].flight == NULL)
		i--;
	if (i > 0)
		cancel(&r->calls[i - 1]);
}

static void
free_client(struct run *r)
{
	r->freeing = true;
	tf_async_free(r->client);
	r->client = NULL;
}

/* As far as it does not tell the time. */
static void
say_error(struct call *c, const char *error)
{
	const char *end = strstr(error, " (after ");
	size_t len = end == NULL ? strlen(error) : (size_t)(end - error);

	memcpy(c->error, error, len);
}

static void
ended(struct tf_flight *f, void *arg)
{
	const struct unit_divide_result *result;	/* size()'s too */
	struct call *c = arg;
	const void *p;

	c->flight = NULL;
	c->told++;
	c->rc = tf_flight_finish(f, unit_method(c->method), &p);
	c->type = tf_flight_error_type(f);
	say_error(c, tf_flight_error(f));
	tf_flight_header(f, "k");
	if ((result = p) != NULL && c->method[0] != 'n')
		c->value = result->success;
	if (c->then == THEN_CALL)
		begin(now, c->method, THEN_NOTHING, ended);
	else if (c->then == THEN_CANCEL)
		cancel_another(now);
	else if (c->then == THEN_FREE)
		free_client(now);
}

/* Calls that are given up at once; what is left of them is remembered. */
static void
dig(struct run *r)
{
	const struct unit_text args = { TF_STR("") };

	for (int i = 0; r->client != NULL && i < MAX_GRAVES; i++)
		tf_flight_cancel(tf_async_start(r->client, unit_method("size"),
		    &args, NULL, NULL));
}

/* ---- steps */

static size_t
speak(struct run *r, const uint8_t *p, size_t len)
{
	size_t n = len == 0 ? 0 : p[0];

	if (n + 1 > len)
		n = len == 0 ? 0 : len - 1;
	r->raw = true;
	say(r, p + 1, n);
	return n + 1;
}

/* Right for that call, if there is one, as all replies are. */
static void
reply_to(struct run *r, int32_t seqid)
{
	int32_t i = (int32_t)r->n - 1;

	while (i >= 0 && r->calls[i].seqid != seqid)
		i--;
	reply(r, "size", seqid, i);
}

static void
step(struct run *r, enum step step, unsigned arg)
{
	struct call *c = &r->calls[r->n == 0 ? 0 : arg % r->n];
	enum then then = (enum then)(arg & 3);

	switch (step) {
	case STEP_CALL:
		r->hasty |= then != THEN_NOTHING;
		begin(r, arg & 4 ? "divide" : "size", then, ended);
		break;
	case STEP_ONEWAY:
		begin(r, "note", THEN_NOTHING, ended);
		break;
	case STEP_CANCEL:
		cancel(c);
		break;
	case STEP_GIVE_UP:
		if (c->flight != NULL)
			flight_fail(c->flight, "no answer in time");
		break;
	case STEP_REPLY:
		if (r->n > 0)
			reply(r, c->method, c->seqid, (int32_t)(c - r->calls));
		break;
	case STEP_REPLY_TO:
		reply_to(r, (int32_t)arg - 16 + (r->n == 0 ? 0 :
		    r->calls[r->n - 1].seqid));
		break;
	case STEP_GRAVES:
		dig(r);
		break;
	default:
		break;
	}
}

static void
check(const struct run *r)
{
	for (unsigned i = 0; i < r->n; i++) {
		const struct call *c = &r->calls[i];

		if (c->told != (c->cancelled || c->dropped ? 0 : 1))
			abort();
		if (!r->raw && c->told == 1 && c->rc == 0 &&
		    c->method[0] != 'n' && c->value != (int32_t)i)
			abort();
		if (c->told == 1 && (c->rc == 0) != (c->error[0] == '\0'))
			abort();
	}
}

static void
set(struct tf_async *a, unsigned how)
{
	static const char *const framings[] = { "framed", "unframed",
	    "header" };
	static const char *const protocols[] = { "compact", "binary", "json",
	    "compact" };

	if (tf_async_set(a, "framing", framings[how % NFRAMINGS]) == -1 ||
	    (how % NFRAMINGS != HEADER && tf_async_set(a, "protocol",
	    protocols[how >> 4 & 3]) == -1))
		abort();
}

static void
run(struct run *r, unsigned how, size_t piece, const uint8_t *p, size_t len)
{
	memset(r, 0, offsetof(struct run, calls));
	r->n = 0;
	r->raw = r->hasty = r->freeing = false;
	r->fd = -1;
	r->framing = how % NFRAMINGS;
	r->piece = piece;
	r->client = tf_async_new(loop, "unix:@");
	now = r;
	set(r->client, how);
	for (size_t i = 0; i < len;) {
		enum step next = (enum step)(p[i] & 7);
		unsigned arg = p[i++] >> 3;

		if (next == STEP_SAY)
			i += speak(r, p + i, len - i);
		else
			step(r, next, arg);
	}
	turn(r);
	if (r->client != NULL)
		free_client(r);
	turn(r);
	if (r->fd != -1)
		close(r->fd);
	check(r);
}

static void
compare(const struct run *a, const struct run *b)
{
	if (a->n != b->n)
		abort();
	for (unsigned i = 0; i < a->n; i++) {
		const struct call *c = &a->calls[i], *d = &b->calls[i];

		if (c->told != d->told || c->rc != d->rc ||
		    c->type != d->type || c->value != d->value ||
		    strcmp(c->error, d->error) != 0)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct run whole, pieces;

	if (len < 3)
		return 0;
	if (loop == NULL)
		loop = tf_loop_new();
	run(&whole, bytes[0], 0, bytes + 2, len - 2);
	if (whole.hasty || len > 400)
		return 0;
	run(&pieces, bytes[0], bytes[1] % MAX_PIECE + 1, bytes + 2, len - 2);
	compare(&whole, &pieces);
	return 0;
}
