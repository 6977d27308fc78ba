/* SPDX-License-Identifier: Apache-2.0 */
/* See answer.h. */
#include "serve/answer.h"

#include "base/bug.h"
#include "base/clock.h"
#include "serve/conn.h"
#include "serve/registry.h"
#include "serve/spare.h"

static enum call_outcome
outcome(const struct call *call)
{
	if (call->end == CALL_FAILED)
		return CALL_ERROR;
	if (call->end == CALL_THREW)
		return CALL_EXCEPTION;
	return call->oneway ? CALL_ONEWAY : CALL_OK;
}

/* -1 with a reason: not valid, or larger than a reply may be. */
static int
encode(const struct call *call, struct buf *b, size_t max, const char **why)
{
	size_t start = b->len;

	if (call_encode(call, b, why) == -1)
		return -1;
	if (b->len - start <= max)
		return 0;
	b->len = start;
	*why = "it is larger than max-frame";
	return -1;
}

/* The reply, or, if that cannot be sent, an error that says so. */
static int
encode_some(struct call *call, struct buf *b, size_t max)
{
	const char *why;

	if (call->end != CALL_FAILED && call->arena.over)
		call_fail(call, APP_INTERNAL_ERROR, "%s used more than the %zu "
		    "bytes of memory that a call may use", call->pub.method,
		    call->arena.max);
	if (encode(call, b, max, &why) == 0)
		return 0;
	call_fail(call, APP_INTERNAL_ERROR, "%.*s: the reply cannot be "
	    "sent: %s", (int)call->msg.name.len, call->msg.name.s, why);
	return call_encode(call, b, &why);
}

/* The message that has been encoded, or else the one that will be now. */
static int
put_message(struct call *call, struct buf *b, size_t max)
{
	if (call->answered)
		return buf_put(b, call->reply.p, call->reply.len);
	return encode_some(call, b, max);
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

/* Appends the reply to b, whatever it takes; its size. */
static size_t
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

static unsigned
counters_of(const struct call *call)
{
	return call->entry == NULL ? 0 : call->entry->counters;
}

static void
answer_now(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;
	struct lane *lane = w->config->lane;
	uint64_t began = w->loop.now_ns, now = clock_ns();
	unsigned method = counters_of(call);
	size_t sent = put_reply(call, &w->send, w->config->limits.max_frame);

	lane_call_end(lane, method, outcome(call), now - began,
	    call->bytes_in, sent);
	lane_max(lane, COUNTER_CALL_MEMORY, call->arena.held);
	w->loop.now_ns = now;
	spare_give(w, call);
}

void
answer_nobody(struct conn *c, struct call *call, uint64_t elapsed_ns)
{
	struct lane *lane = c->worker->config->lane;

	lane_call_count(lane, counters_of(call), outcome(call), elapsed_ns,
	    call->bytes_in, 0);
	lane_max(lane, COUNTER_CALL_MEMORY, call->arena.held);
}

void
answer_owed(struct conn *c, struct call *call, uint64_t elapsed_ns)
{
	if (!call->oneway)
		(void)encode_some(call, &call->reply,
		    c->worker->config->limits.max_frame);
	call->answered = true;
	answer_nobody(c, call, elapsed_ns);
}

void
answer_release(struct conn *c)
{
	struct worker *w = c->worker;
	struct call *call;

	while ((call = TAILQ_FIRST(&c->owed)) != NULL && call->answered) {
		TAILQ_REMOVE(&c->owed, call, link);
		lane_call_sent(w->config->lane, counters_of(call),
		    put_reply(call, &w->send, w->config->limits.max_frame));
		spare_give(w, call);
	}
}

/* Behind one that has not been answered. */
static void
answer_later(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;
	uint64_t began = w->loop.now_ns;

	TAILQ_INSERT_TAIL(&c->owed, call, link);
	lane_call_leave(w->config->lane);
	w->loop.now_ns = clock_ns();
	answer_owed(c, call, w->loop.now_ns - began);
}

void
answer_call(struct conn *c, struct call *call)
{
	c->spoken = true;
	if (TAILQ_EMPTY(&c->owed))
		answer_now(c, call);
	else
		answer_later(c, call);
}
