/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections on their way.  The master passes descriptor and record on and
 * keeps neither; what it keeps is who offered what to whom, so that every offer
 * is answered exactly once: by the receiver, or, when that is dead and has said
 * all it had to say, by a refusal.  Nothing is decided by a clock but that a
 * receiver that says nothing for very long is dead to us, and is made so.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "proc/master_body.h"
#include "shm/segment.h"

#define SILENCE_NS	(30 * NS_PER_S)
#define OFFERS_MAX	64	/* to one worker, not answered yet */

struct move {
	TAILQ_ENTRY(move) link;
	uint64_t	 id;		/* ours, as to knows it */
	uint64_t	 from_id;	/* as from knows it */
	struct party	*from;		/* NULL: gone */
	int		 lane;		/* of one that is; -1: none */
	struct party	*to;
	uint64_t	 since_ns;
};

/* Nothing else can be done about a worker; a master has its own end. */
static void
kill_worker(struct worker *w, const char *why)
{
	if (w == NULL || w->child.pid == 0)
		return;
	log_warnx("worker %u pid %ld is killed: %s", w->slot->number,
	    (long)w->child.pid, why);
	worker_event(w, WORKER_E_HUNG);
}

static void
answer(struct party *p, enum order_kind kind, uint64_t id)
{
	struct order o = { .kind = kind, .id = id };

	if (channel_send(&p->channel, &o, -1) == -1)
		kill_worker(p->worker, "it takes no orders");
}

static bool
has_room(const struct party *p, const struct party *from)
{
	return p != from && p->channel.fd != -1 && p->offers < OFFERS_MAX;
}

static bool
may_take(const struct worker *w, const struct party *from)
{
	return worker_serves(w) && !w->stuck && !w->stopped &&
	    has_room(&w->party, from);
}

/* The worker with the least to do. */
static struct party *
least_loaded(struct master *m, const struct party *from)
{
	struct party *best = NULL;
	unsigned long load, least = 0;
	long n;

	for (unsigned i = 0; i < m->config->max_workers; i++) {
		struct worker *w = m->slots[i].incumbent;

		if (!may_take(w, from))
			continue;
		/* If nobody else does, one that tells nonsense takes them. */
		n = worker_connections(w);
		load = n == -1 ? ULONG_MAX : (unsigned long)n +
		    w->party.offers;
		if (best == NULL || load < least) {
			best = &w->party;
			least = load;
		}
	}
	return best;
}

/*
 * Once another master serves, all goes to it, and nothing comes back; all goes
 * back to the one before us where we give up.
 */
static struct party *
pick(struct master *m, const struct party *from)
{
	struct party *to;

	if (m->stopping)
		to = upgrade_waits(m) ? &m->upgrade.before : NULL;
	else if (upgrade_left(m))
		to = &m->upgrade.other;
	else
		return least_loaded(m, from);
	return to != NULL && has_room(to, from) ? to : NULL;
}

static int
pass_on(struct party *from, struct party *to, uint64_t from_id, size_t size,
    int fd)
{
	struct master *m = from->master;
	struct move *mv;

	if ((mv = calloc(1, sizeof(*mv))) == NULL)
		return -1;
	*mv = (struct move){ .id = ++m->last_move, .from_id = from_id,
	    .from = from, .lane = -1, .to = to, .since_ns = clock_ns() };
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
broker_offer(struct party *from, const struct order *o, size_t size, int fd)
{
	struct master *m = from->master;
	uint64_t from_id = o->id;
	struct party *to = NULL;

	if (fd != -1)
		to = pick(m, from);
	if (to == NULL || pass_on(from, to, from_id, size, fd) == -1)
		answer(from, ORDER_REFUSED, from_id);
	fd_close(&fd);
}

static void
finish(struct master *m, struct move *mv, enum order_kind kind)
{
	mv->to->offers--;
	mv->to->took += kind == ORDER_TAKEN;
	TAILQ_REMOVE(&m->moves, mv, link);
	if (mv->from != NULL) {
		mv->from->gave += kind == ORDER_TAKEN;
		answer(mv->from, kind, mv->from_id);
	} else if (mv->lane != -1)
		segment_lane_decided(m->config->segment, (unsigned)mv->lane,
		    kind == ORDER_TAKEN);
	free(mv);
}

void
broker_answer(struct party *p, const struct order *o)
{
	struct master *m = p->master;
	struct move *mv;

	TAILQ_FOREACH(mv, &m->moves, link)
		if (mv->id == o->id && mv->to == p)
			break;
	if (mv == NULL)
		log_warnx("an answer to an offer that was never made");
	else
		finish(m, mv, o->kind);
}

/* Who takes what it has offered it will not hear; its lane shall show it. */
static void
sender_gone(struct party *p)
{
	const struct worker *w = p->worker;
	struct move *mv;
	unsigned n = 0;

	TAILQ_FOREACH(mv, &p->master->moves, link) {
		if (mv->from != p)
			continue;
		mv->from = NULL;
		mv->lane = w == NULL ? -1 : (int)w->lane;
		n++;
	}
	if (w != NULL)
		segment_lane_gave(p->master->config->segment, w->lane, p->gave,
		    n);
}

void
broker_party_gone(struct party *p)
{
	struct master *m = p->master;
	struct move *mv, *next;

	sender_gone(p);
	for (mv = TAILQ_FIRST(&m->moves); mv != NULL; mv = next) {
		next = TAILQ_NEXT(mv, link);
		if (mv->to == p)
			finish(m, mv, ORDER_REFUSED);
	}
}

/* Who has stood still meanwhile has not been silent. */
static bool
is_silent(const struct worker *w, uint64_t since, uint64_t now)
{
	if (since < w->awake_ns)
		since = w->awake_ns;
	return !w->stopped && w->state != WORKER_S_KILLED &&
	    now - since >= SILENCE_NS;
}

void
broker_check(struct master *m)
{
	uint64_t now = clock_ns();
	struct move *mv;

	TAILQ_FOREACH(mv, &m->moves, link) {
		struct worker *w = mv->to->worker;

		if (w != NULL && is_silent(w, mv->since_ns, now))
			kill_worker(w, "it was offered a connection and says "
			    "nothing");
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
