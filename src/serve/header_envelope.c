/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening THeader frames, and what is to be said of their replies.  An error
 * in a frame is no reason to close: its length was right, so the next one is
 * where it is expected, and the client gets an answer that it can parse.
 */
#include "serve/header_envelope.h"

#include "base/clock.h"
#include "serve/conn.h"
#include "serve/gate.h"
#include "serve/persistent.h"
#include "wire/dialect.h"
#include "wire/frame.h"
#include "wire/transform.h"

#define TIMEOUT_DIGITS	12	/* of milliseconds; more is no limit at all */

static const struct wire_proto *
proto_of(const struct header *h)
{
	switch (h->proto) {
	case HEADER_BINARY:
		return wire_binary();
	case HEADER_JSON:
		return wire_json();
	default:
		return wire_compact();
	}
}

static struct transform *
transform_of(struct worker *w)
{
	if (w->transform == NULL)
		w->transform = transform_new();
	return w->transform;
}

/* As long as the header is in order they count, whatever the payload is. */
static void
remember(struct conn *c, struct header *h)
{
	if (h->err == HEADER_BAD_HEADER || h->persistent.n == 0 ||
	    persistent_add(&conn_rare(c)->persistent, &h->persistent) == 0 ||
	    h->err != HEADER_OK)
		return;
	h->err = HEADER_BAD_HEADER;
	h->why = "more persistent headers than a connection may have";
}

static void
undo(struct conn *c, struct header_envelope *e)
{
	struct header *h = &e->request;

	if (h->n_transforms == 0)
		return;
	e->transform = transform_of(c->worker);
	header_undo(h, e->transform, e->max);
}

/*
 * In kind, but for zlib unless that is wanted: libthrift writes what it
 * inflates past the end of its buffer (CVE-2026-55971), and its own servers
 * never answer so.  Every client reads what is not compressed.
 */
static void
begin_reply(struct header *reply, const struct header *request, bool zlib)
{
	unsigned n = 0;

	header_answer(reply, request);
	for (unsigned i = 0; i < reply->n_transforms; i++)
		if (zlib || reply->transforms[i] != TRANSFORM_ZLIB)
			reply->transforms[n++] = reply->transforms[i];
	reply->n_transforms = n;
}

static void
fail(struct conn *c, struct call *call, const struct header *h)
{
	conn_count(c, COUNTER_HEADER_ERRORS, 1);
	call->msg = (struct wire_msg){ .name = TF_STR(""),
	    .seqid = h->seqid, .type = WIRE_CALL };
	call_fail(call, header_app_error(h->err), "THeader: %s", h->why);
	call->fault = CALL_UNREADABLE;
}

struct header_envelope *
header_envelope_open(struct conn *c, struct call *call, const uint8_t *frame,
    size_t len)
{
	struct header_envelope *e = tf_alloc(&call->arena, 1, sizeof(*e));
	struct header *h = &e->request;
	size_t skip;

	e->framed = dialect_in_frame(frame, len) == DIALECT_FRAMED_HEADER;
	skip = e->framed ? FRAME_HEADER : 0;
	e->max = c->worker->config->limits.max_frame;
	if (header_read(h, frame + skip, len - skip, &call->arena) == -1 &&
	    h->err == HEADER_BAD)
		return e;
	if (h->err == HEADER_OK && gate_refuses_proto(c, proto_of(h))) {
		h->err = HEADER_BAD_PROTOCOL;
		h->why = "its protocol is switched off here";
	}
	remember(c, h);
	if (h->err == HEADER_OK)
		undo(c, e);
	begin_reply(&e->reply, h, c->worker->config->limits.zlib_replies);
	e->pairs.asked = h->info;
	if (conn_persistent(c) != NULL)
		e->pairs.persistent = &conn_persistent(c)->info;
	call->headers = &e->pairs;
	call->proto = proto_of(&e->reply);
	call->envelope = (struct envelope){ .kind = ENVELOPE_HEADER,
	    .header = e };
	call->bytes_in = FRAME_HEADER + len;
	if (h->err != HEADER_OK)
		fail(c, call, h);
	return e;
}

uint64_t
header_envelope_timeout(const struct header_envelope *e)
{
	const struct tf_str *text = call_header(&e->pairs,
	    TF_STR("client_timeout"));
	uint64_t ms = 0;

	if (text == NULL || text->len > TIMEOUT_DIGITS)
		return 0;
	for (size_t i = 0; i < text->len; i++) {
		if (text->s[i] < '0' || text->s[i] > '9')
			return 0;
		ms = ms * 10 + (uint64_t)(text->s[i] - '0');
	}
	return ms * NS_PER_MS;
}

void
header_envelope_close(struct header_envelope *e, struct call *call,
    bool leaving)
{
	/* Without room for it the client does without. */
	if (leaving)
		(void)header_set(&e->pairs.reply, &call->arena,
		    TF_STR(":drain"), TF_STR("true"));
	e->reply.info = e->pairs.reply;
}
