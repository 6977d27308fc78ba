/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine for all that the raw one does not speak and the library's
 * asynchronous client does: THeader, TJSONProtocol, TLS, zlib streams, and
 * whatever settings there are.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <thriftfork/async.h>

#include "run.h"

struct conn {
	struct tf_async	*client;
	struct engine	*engine;
	uint64_t	 turn;
	unsigned	 flying;
	bool		 paused;	/* until the next tick */
};

struct call {
	struct conn	*conn;
	struct call	*next;		/* of those that nobody uses */
	struct request	 request;
};

struct engine {
	struct run	*run;
	struct tf_loop	*loop;
	struct tf_timer	*tick;
	struct tf_watch	*watch;
	int		 timer;
	struct conn	*conn;
	struct call	*calls, *free_calls;
	uint64_t	 flying;
	uint64_t	 next;		/* request of the open loop to come */
	bool		 closing;
};

static void pump(struct conn *);

static void
ended(struct tf_flight *f, void *arg)
{
	struct call *call = arg;
	struct conn *c = call->conn;
	struct engine *g = c->engine;
	struct run *r = g->run;
	const struct tf_method *m = r->plan->target.method;
	uint64_t now = now_ns(), limit = r->plan->timeout_ns;
	struct outcome o;
	const void *result;
	int rc = tf_flight_finish(f, m, &result);

	o = outcome_of(m, rc, result, tf_flight_error_type(f), limit != 0 &&
	    now - call->request.sent_ns >= limit, tf_flight_error(f));
	if (g->closing && o.kind == LOST)
		o.kind = UNANSWERED;
	run_count(r, &o, &call->request, now);
	call->next = g->free_calls;
	g->free_calls = call;
	c->flying--;
	g->flying--;
	c->paused = c->paused || o.kind == LOST;
	pump(c);
	if (g->flying == 0 && run_is_over(r, now))
		tf_loop_stop(g->loop);
}

/* Begins all that is due and has room. */
static void
pump(struct conn *c)
{
	struct engine *g = c->engine;
	struct run *r = g->run;
	uint64_t now = now_ns(), due;
	struct call *call;

	while (!g->closing && !c->paused && c->flying < r->plan->depth &&
	    schedule_take(&r->schedule, &c->turn, now, &due)) {
		call = g->free_calls;
		g->free_calls = call->next;
		call->conn = c;
		call->request = (struct request){ due, now };
		c->flying++;
		g->flying++;
		tf_async_start(c->client, r->plan->target.method,
		    r->plan->target.args, ended, call);
	}
}

static void
arm(struct engine *g, uint64_t due)
{
	struct itimerspec at = { .it_value.tv_sec = (time_t)(due / NS_PER_S),
	    .it_value.tv_nsec = (long)(due % NS_PER_S) };

	if (due != UINT64_MAX &&
	    timerfd_settime(g->timer, TFD_TIMER_ABSTIME, &at, NULL) == -1)
		err(1, "timerfd_settime");
}

/* Hands out what the schedule says; setting the timer clears it as well. */
static void
follow_schedule(struct engine *g)
{
	const struct schedule *s = &g->run->schedule;
	uint64_t passed = schedule_passed(s, now_ns()), expirations;

	for (unsigned n = 0; g->next < passed && n < s->conns; n++)
		pump(&g->conn[g->next++ % s->conns]);
	g->next = passed;
	if (read(g->timer, &expirations, sizeof(expirations)) == -1)
		expirations = 0;
	arm(g, schedule_due(s, g->next));
}

static void
timer_went(void *arg, unsigned events)
{
	(void)events;
	follow_schedule(arg);
}

static void
tick(void *arg)
{
	struct engine *g = arg;
	struct run *r = g->run;
	uint64_t now = now_ns();

	run_tick(r, now);
	for (unsigned i = 0; i < r->plan->conns; i++) {
		g->conn[i].paused = false;
		pump(&g->conn[i]);
	}
	if (run_is_cut() || (g->flying == 0 && run_is_over(r, now)))
		tf_loop_stop(g->loop);
	else
		tf_timer_set(g->tick, TICK_MS);
}

static int
set(void *client, const char *key, const char *value)
{
	return tf_async_set(client, key, value);
}

static int
set_header(void *client, const char *key, const char *value)
{
	return tf_async_header(client, key, value);
}

static void
open_clients(struct engine *g)
{
	const struct plan *p = g->run->plan;
	struct conn *c;

	for (unsigned i = 0; i < p->conns; i++) {
		c = &g->conn[i];
		c->engine = g;
		c->turn = i;
		c->client = tf_async_new(g->loop, p->target.addr);
		if (target_apply(&p->target, set, set_header, c->client) == -1)
			errx(2, "%s", tf_async_error(c->client));
	}
}

static void
engine_open(struct engine *g, struct run *r)
{
	size_t n = (size_t)r->plan->conns * r->plan->depth;

	*g = (struct engine){ .run = r, .loop = tf_loop_new() };
	g->conn = calloc(r->plan->conns, sizeof(*g->conn));
	g->calls = calloc(n, sizeof(*g->calls));
	if (g->conn == NULL || g->calls == NULL || g->loop == NULL)
		err(1, NULL);
	for (size_t i = 0; i < n; i++)
		g->calls[i].next = i + 1 < n ? &g->calls[i + 1] : NULL;
	g->free_calls = g->calls;
	open_clients(g);
	g->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK |
	    TFD_CLOEXEC);
	if (g->timer == -1 || (g->watch = tf_watch_new(g->loop, g->timer,
	    TF_READ, timer_went, g)) == NULL)
		err(1, "timerfd");
	g->tick = tf_timer_new(g->loop, tick, g);
}

static void
engine_close(struct engine *g)
{
	g->closing = true;
	for (unsigned i = 0; i < g->run->plan->conns; i++)
		tf_async_free(g->conn[i].client);
	tf_timer_free(g->tick);
	tf_watch_free(g->watch);
	close(g->timer);
	tf_loop_free(g->loop);
	free(g->conn);
	free(g->calls);
}

int
library_run(struct run *r)
{
	struct engine g;

	engine_open(&g, r);
	run_begin(r);
	if (r->schedule.period_ns > 0)
		follow_schedule(&g);
	tick(&g);
	if (tf_loop_run(g.loop) == -1)
		err(1, "the loop");
	run_end(r);
	engine_close(&g);
	return r->why[0] == '\0' ? 0 : -1;
}
