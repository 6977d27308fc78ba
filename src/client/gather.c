/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several calls that are waited for together.  Its timer serves twice: the loop
 * looks at it soon after it was made, lest one without calls is forgotten, and
 * when its time has come.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bug.h"
#include "base/clock.h"
#include "client/async_body.h"
#include "io/user_loop.h"

struct tf_gather {
	struct loop	*loop;
	struct flight_list members;
	unsigned	 pending;	/* of them */
	uint64_t	 timeout_ms;
	uint64_t	 deadline_ns;	/* UINT64_MAX: none */
	struct timer	 timer;
	tf_gather_fn	*fn;
	void		*arg;
	bool		 told, freed;
};

/* It may be freed afterwards, but not given back yet. */
static void
tell(struct tf_gather *g)
{
	timer_cancel(g->loop, &g->timer);
	g->told = true;
	g->fn(g, g->arg);
}

/* The last of them has the gather told, unless there is none. */
static void
expire(struct tf_gather *g)
{
	struct tf_flight *f;
	char why[80];

	snprintf(why, sizeof(why), "gathered for %" PRIu64 " ms",
	    g->timeout_ms);
	for (f = TAILQ_FIRST(&g->members); f != NULL && !g->freed;
	    f = g->freed ? NULL : TAILQ_NEXT(f, member)) {
		flight_fail(f, why);
		if (f->state == FLIGHT_LANDED)
			flight_tell(f);
	}
}

static void
look(struct timer *t)
{
	struct tf_gather *g = OBJECT_OF(t, struct tf_gather, timer);

	if (g->pending == 0)
		tell(g);
	else if (clock_ns() >= g->deadline_ns)
		expire(g);
	else if (g->deadline_ns != UINT64_MAX)
		timer_set(g->loop, &g->timer, g->deadline_ns, look);
}

struct tf_gather *
tf_gather_new(struct tf_loop *loop, uint64_t timeout_ms, tf_gather_fn *fn,
    void *arg)
{
	struct tf_gather *g = calloc(1, sizeof(*g));

	if (g == NULL)
		fatal("out of memory: a gather");
	g->loop = loop->loop;
	TAILQ_INIT(&g->members);
	g->timeout_ms = timeout_ms;
	g->deadline_ns = timeout_ms == 0 || timeout_ms > UINT64_MAX /
	    NS_PER_MS ? UINT64_MAX : clock_after(clock_ns(), timeout_ms *
	    NS_PER_MS);
	g->fn = fn;
	g->arg = arg;
	timer_set(g->loop, &g->timer, 0, look);
	return g;
}

void
tf_gather_add(struct tf_gather *g, struct tf_flight *f)
{
	BUG_ON(g->told || f->gather != NULL || f->state >= FLIGHT_TOLD);
	f->gather = g;
	TAILQ_INSERT_TAIL(&g->members, f, member);
	g->pending++;
}

void
gather_ended(struct tf_gather *g, bool now)
{
	if (--g->pending > 0 || g->told)
		return;
	if (now)
		tell(g);
	else
		timer_set(g->loop, &g->timer, 0, look);
}

struct tf_flight *
tf_gather_next(const struct tf_gather *g, const struct tf_flight *f)
{
	return f == NULL ? TAILQ_FIRST(&g->members) : TAILQ_NEXT(f, member);
}

/* One whose function is running is given back when that has returned. */
void
tf_gather_free(struct tf_gather *g)
{
	struct tf_flight *f;

	if (g == NULL)
		return;
	timer_cancel(g->loop, &g->timer);
	while ((f = TAILQ_FIRST(&g->members)) != NULL) {
		TAILQ_REMOVE(&g->members, f, member);
		f->gather = NULL;
		flight_drop(f, "cancelled");
		if (f->state == FLIGHT_KEPT)
			flight_free(f);
	}
	g->freed = true;
	loop_free(g->loop, g);
}
