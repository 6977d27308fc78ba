/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See waiting.h.  Who waits for the worker stands in a list, and goes on from a
 * post of its own: another connection may have its turn when there is room.
 */
#include "serve/waiting.h"

#include "serve/conn.h"

static bool
is_full(const struct worker *w)
{
	unsigned max = w->config->limits.max_in_flight;

	return max != 0 && w->nparked >= max;
}

/*
 * It is to move, which it can only do between two calls: there has to be such a
 * moment.
 */
static bool
is_to_move(const struct conn *c)
{
	const struct worker *w = c->worker;

	return w->draining && w->channel.fd != -1 && conn_layers(c) == NULL;
}

/*
 * HTTP/1.1 has answers of other kinds, too, which must not overtake.  And who
 * has sent a oneway expects that it is done before what he sends next.
 */
static bool
has_most(const struct conn *c)
{
	unsigned max = c->worker->config->limits.max_in_flight_per_connection;

	return (c->rare->serial && !TAILQ_EMPTY(&c->owed)) ||
	    (c->rare->out > 0 && is_to_move(c)) || c->rare->oneways > 0 ||
	    (max != 0 && c->rare->out >= max);
}

void
waiting_hold(struct conn *c)
{
	struct rare *r = conn_rare(c);

	c->waits = true;
	if (r->listed)
		return;
	r->listed = true;
	TAILQ_INSERT_TAIL(&c->worker->waiting, c, rare->wait);
}

bool
waiting_turn(struct conn *c)
{
	if (TAILQ_EMPTY(&c->owed))
		return false;
	conn_rare(c)->serial = true;
	c->waits = true;
	return true;
}

void
waiting_more(struct conn *c)
{
	struct worker *w = c->worker;

	if (has_most(c))
		c->waits = true;
	if (is_full(w)) {
		w->full = true;
		waiting_hold(c);
	}
}

static void
unlist(struct conn *c)
{
	TAILQ_REMOVE(&c->worker->waiting, c, rare->wait);
	c->rare->listed = false;
}

void
waiting_drop(struct conn *c)
{
	if (c->rare != NULL && c->rare->listed)
		unlist(c);
}

void
waiting_go_on(struct conn *c)
{
	if (output_flush(c) == -1)
		return;
	if (c->waits && !c->rare->listed && !has_most(c)) {
		c->waits = false;
		if (!conn_is_blocked(c) && !c->eof)
			watch_change(&c->worker->loop, &c->watch, EPOLLIN);
	}
	if (!conn_is_blocked(c) && !(is_to_move(c) && move_now(c)))
		input_resume(c);
}

static void
resume(struct post *post)
{
	struct worker *w = OBJECT_OF(post, struct worker, resume);
	struct conn *c;

	w->resuming = false;
	while (!w->full && (c = TAILQ_FIRST(&w->waiting)) != NULL) {
		unlist(c);
		waiting_go_on(c);
	}
}

void
waiting_fewer(struct worker *w)
{
	if (!w->full || is_full(w))
		return;
	w->full = false;
	if (w->resuming || TAILQ_EMPTY(&w->waiting))
		return;
	w->resuming = true;
	loop_post(&w->loop, &w->resume, resume);
}
