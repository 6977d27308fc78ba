/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See pending.h.  A connection that closes is gone for its peer at once, but
 * the object stays as long as a call of it is out: its handler may look at who
 * has called.
 */
#include "serve/pending.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "serve/answer.h"
#include "serve/conn.h"
#include "serve/header_envelope.h"
#include "serve/http_envelope.h"
#include "serve/registry.h"
#include "serve/spare.h"
#include "serve/waiting.h"

/* HTTP answers these as well. */
static bool
owes(const struct call *call)
{
	return !call->oneway || call->envelope.kind == ENVELOPE_HTTP;
}

/* ---- for the access log */

/* What is to be said of it when its answer leaves, or if that never does. */
static void
take_note(struct call *call, enum call_outcome outcome)
{
	const struct parked *p = &call->parked;
	uint64_t now = call->conn->worker->loop.now_ns;
	uint64_t done = word_get(&p->done_ns), run = p->begun_ns;

	if (call->entry->threaded)
		run = crew_taken(call);

	call->note = (struct access_note){ .outcome = outcome,
	    .ended_ns = now,
	    .wait_ns = (run != 0 ? run : now) - p->arrived_ns };
	if (run != 0)
		call->note.time_ns = (done > run ? done : now) - run;
}

/* It has ended, and there is no answer or nobody for it. */
static void
note_unheard(struct call *call, bool gone)
{
	if (call->conn->worker->access == NULL)
		return;
	call->note.gone = gone;
	access_call(call->conn, call, &call->note, 0);
}

/* It was in flight when its worker quit. */
static void
note_aborted(struct call *call)
{
	if (call->conn->worker->access == NULL)
		return;
	take_note(call, CALL_ABANDONED);
	call->note.aborted = true;
	note_unheard(call, false);
}

/* ---- back */

static void
unpark(struct call *call)
{
	struct conn *c = call->conn;
	struct worker *w = c->worker;

	timer_cancel(&w->loop, &call->parked.deadline);
	TAILQ_REMOVE(&w->parked, call, parked.link);
	w->nparked--;
	c->rare->out--;
	c->rare->oneways -= call->parked.blocks;
	call->parked.out = false;
	call->later = (struct later){ .state = LATER_NONE };
	spare_give(w, call);
	if (c->place == PLACE_GONE && c->rare->out == 0)
		conn_forget(c);
	waiting_fewer(w);
}

/* If nobody has it or waits for it any more. */
static void
take_back(struct call *call)
{
	const struct parked *p = &call->parked;

	if (!p->owed && !p->running && !p->promised)
		unpark(call);
}

static void
count(struct call *call, enum call_outcome outcome)
{
	struct worker *w = call->conn->worker;
	uint64_t elapsed, waited;

	call->parked.over = true;
	timer_cancel(&w->loop, &call->parked.deadline);
	w->loop.now_ns = clock_ns();
	elapsed = w->loop.now_ns - call->parked.begun_ns;
	if (call->entry->threaded) {
		waited = crew_waited(call, w->loop.now_ns);
		lane_call_waited(w->config->lane, call->entry->counters,
		    waited);
		elapsed -= waited < elapsed ? waited : elapsed;
	}
	answer_count(call, outcome, elapsed);
	if (w->access != NULL)
		take_note(call, outcome);
}

/* Its message stands in reply. */
static void
conclude(struct call *call, enum call_outcome outcome)
{
	count(call, outcome);
	if (call->parked.owed) {
		call->answered = true;
		answer_release(call->conn, call);
	} else {
		note_unheard(call, owes(call));
		take_back(call);
	}
}

/* It was c's turn, which ends when nothing more of it has come back. */
static void
go_on(struct conn *c)
{
	if (conn_is_open(c) && !loop_goes_on(&c->worker->loop, c))
		waiting_go_on(c);
}

void
pending_released(struct call *call)
{
	call->parked.owed = false;
	take_back(call);
}

/* What the handler has set beside its reply, if that is not its any more. */
static void
close_envelope(struct call *call)
{
	const struct worker *w = call->conn->worker;

	if (call->envelope.kind == ENVELOPE_HEADER)
		header_envelope_close(call->envelope.header, call,
		    (w->draining || w->stopping) && !call->parked.running);
}

/* ---- posts */

/*
 * The handler has left the answer to its token.  That is void if the call is
 * over, or if its client has left; of a oneway, if the worker quits.
 */
static void
await(struct call *call)
{
	struct parked *p = &call->parked;

	if (p->over || p->heard || (!owes(call) && later_is_closed(call)))
		;
	else if (p->owed || !owes(call) || !later_close(call))
		p->promised = true;
	else {
		count(call, CALL_ABANDONED);
		note_unheard(call, true);
	}
	take_back(call);
}

static void
returned(struct post *post)
{
	struct call *call = OBJECT_OF(post, struct call, parked.returned);
	struct conn *c = call->conn;

	call->parked.running = false;
	if (call->end == CALL_LATER)
		await(call);
	else if (call->parked.over)
		take_back(call);
	else {
		close_envelope(call);
		conclude(call, answer_keep(call));
	}
	go_on(c);
}

void
pending_complete(struct call *call)
{
	loop_post_about(&call->conn->worker->loop, &call->parked.returned,
	    returned, call->conn);
}

static void
heard(struct post *post)
{
	struct call *call = OBJECT_OF(post, struct call, parked.answered);
	struct conn *c = call->conn;

	call->parked.heard = true;
	call->parked.promised = false;
	close_envelope(call);
	conclude(call, call->parked.outcome);
	go_on(c);
}

void
pending_answer(struct call *call, enum call_outcome outcome)
{
	call->parked.outcome = outcome;
	if (call->conn->worker->access != NULL)
		word_set(&call->parked.done_ns, clock_ns());
	loop_post_about(&call->conn->worker->loop, &call->parked.answered,
	    heard, call->conn);
}

/* ---- other ends */

/* If the handler has not been begun, it shall not be. */
static void
recall(struct call *call)
{
	struct parked *p = &call->parked;

	if (p->running && p->recall != NULL && p->recall(call))
		p->running = false;
}

/* Nothing of it is the loop's if its handler is running. */
static void
say_late(struct call *call)
{
	uint64_t limit = call->pub.deadline_ns - call->parked.begun_ns;
	struct app_error error = { .type = APP_INTERNAL_ERROR };
	const char *why;
	char text[200];

	snprintf(text, sizeof(text), "%.100s was not answered within %" PRIu64
	    " ms", call->entry->method->name,
	    (limit + NS_PER_MS / 2) / NS_PER_MS);
	error.message = (struct tf_str){ text, strlen(text) };
	if (!call->oneway)
		(void)call_encode_error(call, &call->reply, &error, &why);
	if (call->envelope.kind == ENVELOPE_HTTP)
		call->envelope.http->plain = true;
}

static void
expired(struct timer *t)
{
	struct call *call = OBJECT_OF(t, struct call, parked.deadline);
	struct conn *c = call->conn;

	if (!later_close(call))
		return;		/* the answer is on its way */
	recall(call);
	call->parked.promised = false;
	say_late(call);
	conclude(call, CALL_TIMED_OUT);
	go_on(c);
}

static void
drop(struct call *call)
{
	if (call->conn->worker->quitting) {
		note_aborted(call);
		return;
	}
	count(call, CALL_ABANDONED);
	note_unheard(call, true);
}

/*
 * Nobody will hear the answer.  A handler that runs is let alone; so is what is
 * in flight when the worker quits, which the master counts.
 */
static void
abandon(struct call *call)
{
	struct parked *p = &call->parked;
	bool answered = p->over && p->owed;

	p->owed = false;
	if (!call->oneway)	/* who sends one does not wait */
		recall(call);
	if (answered)
		note_unheard(call, true);
	else if (!p->over && later_close(call)) {
		p->promised = false;
		if (!p->running)
			drop(call);
	}
	take_back(call);
}

void
pending_abandon(struct conn *c)
{
	struct call *call;

	while ((call = TAILQ_FIRST(&c->owed)) != NULL) {
		TAILQ_REMOVE(&c->owed, call, link);
		if (call->parked.out)
			abandon(call);
		else {
			note_unheard(call, true);
			c->rare->out--;
			spare_give(c->worker, call);
		}
	}
}

void
pending_end(struct worker *w)
{
	struct call *call, *next;

	for (call = TAILQ_FIRST(&w->parked); call != NULL; call = next) {
		next = TAILQ_NEXT(call, parked.link);
		abandon(call);
	}
	while (w->nparked > 0 && loop_turn(&w->loop) == 0)
		;
}

/* ---- out */

static void
park(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;
	struct parked *p = &call->parked;

	c->spoken = true;
	p->begun_ns = w->loop.now_ns;
	p->arrived_ns = w->arrived_ns;
	p->out = true;
	p->heard = p->over = false;
	TAILQ_INSERT_TAIL(&w->parked, call, parked.link);
	if ((p->owed = owes(call)))
		TAILQ_INSERT_TAIL(&c->owed, call, link);
	conn_rare(c)->out++;
	p->blocks = p->running && call->oneway;
	c->rare->oneways += p->blocks;
	w->nparked++;
	if (call->pub.deadline_ns != 0)
		timer_set(&w->loop, &p->deadline, call->pub.deadline_ns,
		    expired);
	if (call->envelope.kind == ENVELOPE_HTTP)
		c->rare->serial = true;
	waiting_more(c);
	lane_call_leave(w->config->lane);
	w->loop.now_ns = clock_ns();
}

void
pending_park(struct conn *c, struct call *call)
{
	call->parked.running = true;
	call->parked.promised = false;
	call->parked.recall = NULL;
	call->parked.done_ns = 0;
	call_detach(call);
	park(c, call);
}

void
pending_await(struct conn *c, struct call *call)
{
	call->parked.running = false;
	call->parked.promised = true;
	if (c->worker->access != NULL)
		call_detach(call);
	park(c, call);
}

void
pending_added(struct conn *c)
{
	c->rare->out++;
	waiting_more(c);
}
