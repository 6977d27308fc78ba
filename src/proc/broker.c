/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections on their way.  The master passes descriptor and record on and
 * keeps neither; what it keeps is who offered what to whom, so that every offer
 * is answered exactly once: by the receiver, or, when that is dead and has said
 * all it had to say, by a refusal.  Nothing is decided by a clock but that a
 * receiver that says nothing for very long is dead to us, and is made so.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "proc/master_body.h"

#define SILENCE_NS	(30 * NS_PER_S)
#define OFFERS_MAX	64	/* to one worker, not answered yet */

struct move {
	TAILQ_ENTRY(move) link;
	uint64_t	 id;		/* ours, as to knows it */
	uint64_t	 from_id;	/* as from knows it */
	struct worker	*from;		/* NULL: dead */
	struct worker	*to;
	uint64_t	 since_ns;
};

static void
answer(struct worker *w, enum order_kind kind, uint64_t id)
{
	struct order o = { .kind = kind, .id = id };

	if (w != NULL && channel_send(&w->channel, &o, -1) == -1 &&
	    w->child.pid != 0) {
		log_warnx("worker %u pid %ld is killed: it takes no orders",
		    w->slot->number, (long)w->child.pid);
		worker_event(w, WORKER_E_HUNG);
	}
}

static bool
may_take(const struct worker *w, const struct worker *from)
{
	return worker_serves(w) && w != from && !w->stuck && !w->stopped &&
	    w->offers < OFFERS_MAX;
}

/* Everything goes to it, and nothing comes from it any more. */
static struct worker *
other_master(struct master *m, const struct worker *from)
{
	struct worker *w = &m->upgrade.other;

	return from != w && w->channel.fd != -1 && w->offers < OFFERS_MAX ?
	    w : NULL;
}

/* The one with the least to do; better is worse than that before it. */
static struct worker *
pick(struct master *m, const struct worker *from, unsigned long better)
{
	struct worker *best = NULL;
	unsigned long load, least = 0;

	if (upgrade_left(m))
		return other_master(m, from);
	for (unsigned i = 0; i < m->config->max_workers; i++) {
		struct worker *w = m->slots[i].incumbent;

		if (!may_take(w, from))
			continue;
		load = worker_connections(w) + w->offers;
		if (load >= better && (best == NULL || load < least)) {
			best = w;
			least = load;
		}
	}
	return best;
}

static int
pass_on(struct worker *from, struct worker *to, uint64_t from_id, size_t size,
    int fd)
{
	struct master *m = from->master;
	struct move *mv;

	if ((mv = calloc(1, sizeof(*mv))) == NULL)
		return -1;
	*mv = (struct move){ .id = ++m->last_move, .from_id = from_id,
	    .from = from, .to = to, .since_ns = clock_ns() };
	m->message->order = (struct order){ .kind = ORDER_OFFER,
	    .id = mv->id };
	if (channel_try(&to->channel, m->message, size, fd) == -1) {
		free(mv);
		return -1;
	}
	TAILQ_INSERT_TAIL(&m->moves, mv, link);
	to->offers++;
	return 0;
}

void
broker_offer(struct worker *from, const struct order *o, size_t size, int fd)
{
	struct master *m = from->master;
	uint64_t from_id = o->id;
	struct worker *to = NULL;

	if (fd != -1 && !m->stopping)
		to = pick(m, from, 0);
	if (to == NULL || pass_on(from, to, from_id, size, fd) == -1)
		answer(from, ORDER_REFUSED, from_id);
	fd_close(&fd);
}

static void
finish(struct master *m, struct move *mv, enum order_kind kind)
{
	mv->to->offers--;
	TAILQ_REMOVE(&m->moves, mv, link);
	if (mv->from != NULL)
		answer(mv->from, kind, mv->from_id);
	free(mv);
}

void
broker_answer(struct worker *w, const struct order *o)
{
	struct master *m = w->master;
	struct move *mv;

	TAILQ_FOREACH(mv, &m->moves, link)
		if (mv->id == o->id && mv->to == w)
			break;
	if (mv == NULL)
		log_warnx("worker %u answers an offer that it never had",
		    w->slot->number);
	else
		finish(m, mv, o->kind);
}

void
broker_worker_gone(struct worker *w)
{
	struct master *m = w->master;
	struct move *mv, *next;

	for (mv = TAILQ_FIRST(&m->moves); mv != NULL; mv = next) {
		next = TAILQ_NEXT(mv, link);
		if (mv->from == w)
			mv->from = NULL;
		if (mv->to == w)
			finish(m, mv, ORDER_REFUSED);
	}
}

/* Who has stood still meanwhile has not been silent. */
static bool
is_silent(const struct move *mv, uint64_t now)
{
	uint64_t since = mv->since_ns > mv->to->awake_ns ? mv->since_ns :
	    mv->to->awake_ns;

	return !mv->to->stopped && mv->to->state != WORKER_S_KILLED &&
	    now - since >= SILENCE_NS;
}

void
broker_check(struct master *m)
{
	uint64_t now = clock_ns();
	struct move *mv;

	TAILQ_FOREACH(mv, &m->moves, link) {
		if (!is_silent(mv, now))
			continue;
		log_warnx("worker %u pid %ld is killed: it was offered a "
		    "connection and says nothing", mv->to->slot->number,
		    (long)mv->to->child.pid);
		worker_event(mv->to, WORKER_E_HUNG);
	}
}

void
broker_fini(struct master *m)
{
	struct move *mv;

	while ((mv = TAILQ_FIRST(&m->moves)) != NULL) {
		TAILQ_REMOVE(&m->moves, mv, link);
		free(mv);
	}
}
