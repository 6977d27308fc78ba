/* SPDX-License-Identifier: Apache-2.0 */
/* See answer.h. */
#include "serve/answer.h"

#include "base/bug.h"
#include "base/clock.h"
#include "base/log_line.h"
#include "serve/conn.h"
#include "serve/header_envelope.h"
#include "serve/pending.h"
#include "serve/registry.h"
#include "serve/spare.h"

static inline enum call_outcome
ended_well(const struct call *call)
{
	return CALL_OK + call->oneway * (CALL_ONEWAY - CALL_OK);
}

static enum call_outcome
outcome(const struct call *call)
{
	if (call->end == CALL_RETURNED)
		return ended_well(call);
	return call->end == CALL_FAILED ? call->fault : CALL_EXCEPTION;
}

/* The reply, or, if that cannot be sent, an error that says so. */
static inline int
encode_some(struct call *call, struct buf *b, size_t max)
{
	const char *why;

	if (call->end != CALL_FAILED && call->arena.over)
		call_fail_memory(call);
	if (call_encode(call, b, max, &why) == 0)
		return 0;
	call_fail(call, APP_INTERNAL_ERROR, "%.*s: the reply cannot be "
	    "sent: %s", (int)call->msg.name.len, call->msg.name.s, why);
	call->fault = CALL_UNSENDABLE;
	return call_encode(call, b, max, &why);
}

/* The message that has been encoded, or else the one that will be now. */
static inline int
put_message(struct call *call, struct buf *b, size_t max)
{
	if (!call->answered)
		return encode_some(call, b, max);
	if (call->reply.len == 0)
		return -1;	/* it could not be */
	return buf_put(b, call->reply.p, call->reply.len);
}

static int
put_enveloped(struct call *call, struct buf *b, size_t max)
{
	size_t start = b->len;

	if (envelope_begin(&call->envelope, b) == 0 &&
	    put_message(call, b, max) == 0 &&
	    envelope_end(&call->envelope, b, start) == 0)
		return 0;
	b->len = start;
	b->over = false;
	return -1;
}

/*
 * Appends the reply to b, whatever it takes; its size.  0 of a call that wants
 * one: not even an error can be sent.
 */
static inline size_t
put_reply(struct call *call, struct buf *b, size_t max)
{
	size_t start = b->len;

	if (call->oneway)
		envelope_answer(&call->envelope, b);
	else if (put_enveloped(call, b, max) == -1 &&
	    envelope_simplify(&call->envelope))
		(void)put_enveloped(call, b, max);
	return b->len - start;
}

/*
 * An error repeats the method's name, and may be too large itself.  Who waits
 * for it learns from the end of the connection; what is behind it would be
 * taken for it.
 */
static __attribute__((noinline)) void
cut(struct conn *c)
{
	conn_said_last(c, COUNTER_CLOSED_TOO_LARGE);
	if (output_flush(c) == 0)
		conn_linger(c, COUNTER_CLOSED_TOO_LARGE);
}

/* Nobody waits for its answer. */
static bool
is_unheard(const struct conn *c, const struct call *call)
{
	return !call->oneway && conn_is_unheard(c);
}

static __attribute__((noinline)) void
note_now(struct conn *c, struct call *call, uint64_t now_ns, uint64_t sent)
{
	uint64_t began = c->worker->loop.now_ns;
	struct access_note note = { .outcome = outcome(call),
	    .ended_ns = now_ns, .wait_ns = began - c->worker->arrived_ns,
	    .time_ns = now_ns - began };

	note.gone = is_unheard(c, call);
	access_call(c, call, &note, note.gone ? 0 : sent);
}

/* Apart, so that the other calls do not look for errors. */
static __attribute__((noinline)) void
end_badly(struct worker *w, const struct call *call, uint64_t now_ns,
    uint64_t sent)
{
	lane_call_end(w->lane, call->counters, outcome(call),
	    now_ns - w->loop.now_ns, call->bytes_in, sent);
}

static void
answer_now(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;
	uint64_t now = lane_call_clock(w->loop.now_ns);
	size_t sent = put_reply(call, &w->send, w->config->limits.max_frame);
	bool unsaid = sent == 0 && !call->oneway;

	if (__builtin_expect(call->end == CALL_RETURNED, 1))
		lane_call_end(w->lane, call->counters, ended_well(call),
		    now - w->loop.now_ns, call->bytes_in, sent);
	else
		end_badly(w, call, now, sent);
	if (__builtin_expect(w->access != NULL, 0))
		note_now(c, call, now, sent);
	w->loop.now_ns = now;
	spare_give(w, call);
	if (__builtin_expect(unsaid, 0))
		cut(c);
}

void
answer_count(const struct call *call, enum call_outcome how,
    uint64_t elapsed_ns)
{
	lane_call_count(call->conn->worker->config->lane, call->counters,
	    how, elapsed_ns, call->bytes_in, 0);
}

enum call_outcome
answer_keep(struct call *call)
{
	if (!call->oneway && encode_some(call, &call->reply,
	    call->conn->worker->config->limits.max_frame) == -1)
		call->reply.len = 0;
	call->answered = true;
	return outcome(call);
}

/* Its client takes replies as they come. */
static bool
has_no_order(const struct call *call)
{
	return call->envelope.kind == ENVELOPE_HEADER &&
	    (call->envelope.header->request.flags & HEADER_OUT_OF_ORDER);
}

/* To the worker's send buffer. */
static void
release(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;
	bool unsaid;
	size_t sent;

	TAILQ_REMOVE(&c->owed, call, link);
	sent = put_reply(call, &w->send, w->config->limits.max_frame);
	unsaid = sent == 0 && !call->oneway;
	lane_call_sent(w->config->lane, call->counters, sent);
	if (w->access != NULL)
		access_call(c, call, &call->note, sent);
	if (call->parked.out)
		pending_released(call);
	else {
		c->rare->out--;
		spare_give(w, call);
	}
	/* There is room for one more of any size. */
	if (unsaid)
		cut(c);
	else if (w->send.len >= SEND_BYTES)
		output_flush(c);
}

void
answer_release(struct conn *c, struct call *call)
{
	if (has_no_order(call))
		release(c, call);
	while (conn_is_open(c) && c->place != PLACE_LINGER &&
	    (call = TAILQ_FIRST(&c->owed)) != NULL && call->answered)
		release(c, call);
}

/* What is needed of it may stand where others will be. */
static void
note_queued(struct call *call, enum call_outcome how, uint64_t began_ns)
{
	const struct worker *w = call->conn->worker;

	call->note = (struct access_note){ .outcome = how,
	    .ended_ns = w->loop.now_ns, .wait_ns = began_ns - w->arrived_ns,
	    .time_ns = w->loop.now_ns - began_ns,
	    .gone = is_unheard(call->conn, call) };
	call_detach(call);
	if (call->entry == NULL)
		call->msg.name = tf_strn(&call->arena, call->msg.name.s,
		    call->msg.name.len < LOG_LINE ? call->msg.name.len :
		    LOG_LINE);
}

/* Behind one that has not been answered. */
static void
answer_queued(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;
	uint64_t began = w->loop.now_ns;
	enum call_outcome how;

	call->conn = c;
	TAILQ_INSERT_TAIL(&c->owed, call, link);
	pending_added(c);
	lane_call_leave(w->config->lane);
	w->loop.now_ns = clock_ns();
	how = answer_keep(call);
	answer_count(call, how, w->loop.now_ns - began);
	if (w->access != NULL)
		note_queued(call, how, began);
}

void
answer_call(struct conn *c, struct call *call)
{
	c->spoken = true;
	if (TAILQ_EMPTY(&c->owed) || has_no_order(call))
		answer_now(c, call);
	else
		answer_queued(c, call);
}
