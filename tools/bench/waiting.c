/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine for HTTP, which the asynchronous client does not speak: a thread
 * and a client that waits for each connection.  What they share is under one
 * lock, which is nothing to what HTTP costs.
 */
#include <err.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <thriftfork/client.h>

#include "run.h"

struct engine {
	struct run	*run;
	pthread_mutex_t	 lock;
};

struct caller {
	pthread_t	 thread;
	struct engine	*engine;
	struct tf_client *client;
	uint64_t	 turn;
	bool		 ended;
};

static void
sleep_until(uint64_t ns)
{
	const struct timespec at = { .tv_sec = (time_t)(ns / NS_PER_S),
	    .tv_nsec = (long)(ns % NS_PER_S) };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* When to look again at the schedule, as somebody may have stopped it. */
static uint64_t
look_again(const struct run *r, uint64_t turn, uint64_t now)
{
	uint64_t due = schedule_due(&r->schedule, turn);

	return due < now + TICK_MS * NS_PER_MS ? due : now +
	    TICK_MS * NS_PER_MS;
}

/* The next request; false: there will be none. */
static bool
next_request(struct caller *c, struct request *q)
{
	struct run *r = c->engine->run;
	uint64_t again;
	bool over, taken;

	for (;;) {
		pthread_mutex_lock(&c->engine->lock);
		q->sent_ns = now_ns();
		over = run_is_over(r, q->sent_ns);
		taken = schedule_take(&r->schedule, &c->turn, q->sent_ns,
		    &q->due_ns);
		again = look_again(r, c->turn, q->sent_ns);
		pthread_mutex_unlock(&c->engine->lock);
		if (over || taken)
			return taken;
		sleep_until(again);
	}
}

static void
make_call(struct caller *c, const struct request *q)
{
	struct run *r = c->engine->run;
	const struct target *t = &r->plan->target;
	struct outcome o;
	uint64_t now, limit = r->plan->timeout_ns;
	void *result;
	int rc = tf_client_call(c->client, t->method, t->args, &result);

	now = now_ns();
	o = outcome_of(t->method, rc, result, tf_client_error_type(c->client),
	    limit != 0 && now - q->sent_ns >= limit,
	    rc == 0 ? "" : tf_client_error(c->client));
	pthread_mutex_lock(&c->engine->lock);
	run_count(r, &o, q, now);
	pthread_mutex_unlock(&c->engine->lock);
	if (o.kind == LOST)
		sleep_until(now + TICK_MS * NS_PER_MS);
}

static void *
caller_main(void *arg)
{
	struct caller *c = arg;
	struct request q;

	while (next_request(c, &q))
		make_call(c, &q);
	pthread_mutex_lock(&c->engine->lock);
	c->ended = true;
	pthread_mutex_unlock(&c->engine->lock);
	return NULL;
}

/* Shows how it goes; true: all have ended. */
static bool
look(struct engine *g, const struct caller *callers)
{
	unsigned i, n = g->run->plan->conns;

	pthread_mutex_lock(&g->lock);
	run_tick(g->run, now_ns());
	for (i = 0; i < n && callers[i].ended; i++)
		;
	pthread_mutex_unlock(&g->lock);
	return i == n;
}

static struct caller *
callers_new(struct engine *g)
{
	const struct plan *p = g->run->plan;
	struct caller *callers = calloc(p->conns, sizeof(*callers));

	if (callers == NULL)
		err(1, NULL);
	for (unsigned i = 0; i < p->conns; i++) {
		callers[i].engine = g;
		callers[i].turn = i;
		callers[i].client = target_client(&p->target);
	}
	return callers;
}

int
waiting_run(struct run *r)
{
	struct engine g = { .run = r };
	struct caller *callers = callers_new(&g);
	unsigned i;

	pthread_mutex_init(&g.lock, NULL);
	run_begin(r);
	for (i = 0; i < r->plan->conns; i++)
		if (pthread_create(&callers[i].thread, NULL, caller_main,
		    &callers[i]) != 0)
			errx(1, "no more than %u threads", i);
	while (!look(&g, callers))
		sleep_until(now_ns() + TICK_MS * NS_PER_MS);
	/* A thread that waits for an answer waits until there is one. */
	for (i = 0; i < r->plan->conns; i++)
		pthread_join(callers[i].thread, NULL);
	run_end(r);
	for (i = 0; i < r->plan->conns; i++)
		tf_client_free(callers[i].client);
	free(callers);
	pthread_mutex_destroy(&g.lock);
	return r->why[0] == '\0' ? 0 : -1;
}
