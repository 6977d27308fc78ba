/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See capacity.h.  Whether a worker is busy at one moment says little, so it is
 * looked at often and an average is kept, in which what was two seconds ago
 * weighs a third of what is now.
 */
#include "capacity.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#define LATELY_MS	2000.0

struct worker_load {
	int		 pid;		/* whose; 0: nobody's */
	double		 busy;		/* share of its time */
};

struct capacity {
	uint64_t	 at_ms;		/* of the last look; 0: none */
	struct worker_load *lanes;
	unsigned	 nlanes;
};

struct capacity *
capacity_new(void)
{
	struct capacity *c = calloc(1, sizeof(*c));

	if (c == NULL)
		err(1, NULL);
	return c;
}

void
capacity_free(struct capacity *c)
{
	if (c == NULL)
		return;
	free(c->lanes);
	free(c);
}

/* What there are of threads, or the loop itself where there are none. */
static double
busy_now(const struct tf_stat *st, unsigned lane, const struct tf_stat_lane *l)
{
	struct tf_stat_call call;
	unsigned i, busy = 0;

	if (l->threads == 0)
		return l->busy_ns != 0;
	for (i = 0; i < l->threads; i++)
		busy += tf_stat_get_thread(st, lane, i, &call);
	return (double)busy / l->threads;
}

static void
make_room(struct capacity *c, unsigned lane)
{
	if (lane < c->nlanes)
		return;
	c->lanes = reallocarray(c->lanes, lane + 1, sizeof(*c->lanes));
	if (c->lanes == NULL)
		err(1, NULL);
	memset(c->lanes + c->nlanes, 0,
	    (lane + 1 - c->nlanes) * sizeof(*c->lanes));
	c->nlanes = lane + 1;
}

void
capacity_look(struct capacity *c, const struct tf_stat *st, uint64_t now_ms)
{
	double ms = now_ms > c->at_ms ? (double)(now_ms - c->at_ms) : 0;
	struct tf_stat_lane l;
	unsigned i;

	for (i = 0; tf_stat_get_lane(st, i, &l); i++) {
		struct worker_load *w;

		if (l.slot < 0)
			continue;
		make_room(c, i);
		w = &c->lanes[i];
		if (w->pid != l.pid)
			*w = (struct worker_load){ .pid = l.pid };
		w->busy += (busy_now(st, i, &l) - w->busy) * ms /
		    (ms + LATELY_MS);
	}
	c->at_ms = now_ms;
}

static double
busy_of(const struct capacity *c, const struct tf_stat_slot *s)
{
	if (s->lane < 0 || (unsigned)s->lane >= c->nlanes ||
	    c->lanes[s->lane].pid != s->pid)
		return 0;
	return c->lanes[s->lane].busy;
}

unsigned
capacity_free_percent(const struct capacity *c, const struct tf_stat *st)
{
	struct tf_stat_master m;
	struct tf_stat_slot s;
	unsigned i, serve = 0;
	double share = 0;

	for (i = 0; tf_stat_get_slot(st, i, &s); i++) {
		if (strcmp(s.state, "ready") != 0)
			continue;
		serve++;
		share += 1 - busy_of(c, &s);
	}
	tf_stat_get_master(st, &m);
	if (serve == 0)
		return 0;
	share /= m.workers > serve ? m.workers : serve;
	return share < 0.01 ? 1 : (unsigned)(share * 100 + 0.5);
}

void
capacity_line(const struct capacity *c, const struct tf_stat *st,
    char line[CAPACITY_LINE])
{
	unsigned percent = capacity_free_percent(c, st);
	struct tf_stat_master m;

	tf_stat_get_master(st, &m);
	if (m.stopping)
		snprintf(line, CAPACITY_LINE, "drain\n");
	else if (percent == 0)
		snprintf(line, CAPACITY_LINE, "down#no worker serves\n");
	else
		snprintf(line, CAPACITY_LINE, "up ready %u%%\n", percent);
}
