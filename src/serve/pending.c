/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See pending.h.  A connection that closes is gone for its peer at once, but
 * the object stays as long as a call of it is out: its handler may look at who
 * has called.
 */
#include "serve/pending.h"

#include "base/clock.h"
#include "serve/answer.h"
#include "serve/conn.h"
#include "serve/header_envelope.h"
#include "serve/spare.h"

/* HTTP answers these as well. */
static bool
owes(const struct call *call)
{
	return !call->oneway || call->envelope.kind == ENVELOPE_HTTP;
}

void
pending_park(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;

	c->spoken = true;
	call->parked.conn = c;
	call->parked.begun_ns = w->loop.now_ns;
	call->parked.owed = owes(call);
	if (call->parked.owed)
		TAILQ_INSERT_TAIL(&c->owed, call, link);
	conn_rare(c)->out++;
	w->nout++;
	call_detach(call);
	lane_call_leave(w->config->lane);
	w->loop.now_ns = clock_ns();
}

/* What a connection has to say has changed, and it was not its turn. */
static void
go_on(struct conn *c)
{
	answer_release(c);
	if (output_flush(c) == 0 && !conn_is_blocked(c))
		input_resume(c);
}

static void
returned(struct post *p)
{
	struct call *call = OBJECT_OF(p, struct call, parked.returned);
	struct conn *c = call->parked.conn;
	struct worker *w = c->worker;
	uint64_t elapsed;

	w->loop.now_ns = clock_ns();
	elapsed = w->loop.now_ns - call->parked.begun_ns;
	c->rare->out--;
	w->nout--;
	if (call->parked.owed) {
		if (call->envelope.kind == ENVELOPE_HEADER)
			header_envelope_close(call->envelope.header, call,
			    w->draining || w->stopping);
		answer_owed(c, call, elapsed);
		go_on(c);
		return;
	}
	answer_nobody(c, call, elapsed);
	spare_give(w, call);
	if (conn_is_open(c))
		conn_settle(c);
	else if (c->rare->out == 0)
		conn_forget(c);
}

void
pending_complete(struct call *call)
{
	loop_post(&call->parked.conn->worker->loop, &call->parked.returned,
	    returned);
}

void
pending_abandon(struct conn *c)
{
	struct call *call;

	while ((call = TAILQ_FIRST(&c->owed)) != NULL) {
		TAILQ_REMOVE(&c->owed, call, link);
		if (call->answered)
			call_free(call);
		else
			call->parked.owed = false;
	}
}
