/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See crew.h.  What waits is looked after by one timer, for the call at the
 * head of the queue: all have the same patience, so no other can run out of it
 * earlier.
 */
#include "serve/crew.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bug.h"
#include "base/clock.h"
#include "serve/conn.h"
#include "serve/dispatch.h"
#include "serve/pending.h"
#include "serve/registry.h"

#define UNCALLED	8	/* of more at once all would start together */

/* In a thread. */
static void
run(struct job *job, unsigned thread)
{
	struct call *call = OBJECT_OF(job, struct call, job);
	const struct conn *c = call->conn;
	const struct worker *w = c->worker;
	struct lane *lane = w->config->lane;
	uint64_t now = clock_ns();

	__atomic_store_n(&job->taken_ns, now, __ATOMIC_RELAXED);
	call->pub.ctx = w->crew.ctx[thread];
	lane_thread_begin(lane, thread, call->entry->counters,
	    call->pub.seqid, c->peer, now);
	dispatch_handle(call, w->config->hooks);
	lane_thread_end(lane, thread);
	if (w->access != NULL && call->end != CALL_LATER)
		word_set(&call->parked.done_ns, clock_ns());
	pending_complete(call);
}

static int
begin(void *arg, unsigned thread)
{
	struct worker *w = arg;
	const struct worker_config *cf = w->config;

	w->crew.ctx[thread] = cf->ctx;
	if (cf->thread_start == NULL)
		return 0;
	return cf->thread_start(cf->arg, &w->crew.ctx[thread]);
}

static void
end(void *arg, unsigned thread)
{
	struct worker *w = arg;
	const struct worker_config *cf = w->config;

	if (cf->thread_stop != NULL)
		cf->thread_stop(cf->arg, w->crew.ctx[thread]);
}

int
crew_open(struct worker *w)
{
	const struct worker_limits *l = &w->config->limits;
	const struct threads_config cf = { .n = l->threads,
	    .max_queue = l->max_queue, .start = begin, .stop = end, .arg = w };

	if (cf.n == 0)
		return 0;
	BUG_ON(cf.n > LANE_THREADS);
	if ((w->crew.ctx = calloc(cf.n, sizeof(*w->crew.ctx))) == NULL)
		return -1;
	lane_set_threads(w->config->lane, cf.n);
	if ((w->crew.pool = threads_new(&cf)) != NULL)
		return 0;
	if (errno == 0)
		errno = ECANCELED;	/* the thread has said why */
	return -1;
}

static void
refuse(struct worker *w, struct job *job, const char *why)
{
	struct call *call = OBJECT_OF(job, struct call, job);
	uint64_t waited = w->loop.now_ns > job->queued_ns ?
	    w->loop.now_ns - job->queued_ns : 0;

	call_fail(call, APP_INTERNAL_ERROR, "%s waited %llu ms for a thread "
	    "and was not begun%s", call->pub.method,
	    (unsigned long long)(waited / NS_PER_MS), why);
	call->fault = CALL_SHED;
	pending_complete(call);
}

static void
look(struct timer *t)
{
	struct worker *w = OBJECT_OF(t, struct worker, crew.patience);
	uint64_t limit = w->config->limits.queue_timeout_ns;
	uint64_t oldest;
	struct job *job;

	while ((job = threads_overdue(w->crew.pool,
	    w->loop.now_ns - limit)) != NULL)
		refuse(w, job, "");
	if ((oldest = threads_oldest(w->crew.pool)) != 0)
		timer_set(&w->loop, t, oldest + limit, look);
}

static bool
recall(struct call *call)
{
	return threads_withdraw(call->conn->worker->crew.pool, &call->job);
}

void
crew_run(struct conn *c, struct call *call)
{
	struct worker *w = c->worker;
	struct job *oldest;

	pending_park(c, call);
	call->parked.recall = recall;
	call->job.run = run;
	oldest = threads_put(w->crew.pool, &call->job, w->loop.now_ns);
	if (++w->crew.uncalled >= UNCALLED ||
	    w->crew.uncalled >= w->config->limits.max_queue)
		crew_call(w);
	if (oldest != NULL)
		refuse(w, oldest, ", as too many others were waiting");
	/* Or it looks for one that has been begun: then it looks further. */
	if (w->config->limits.queue_timeout_ns != 0 &&
	    w->crew.patience.when_ns == 0)
		timer_set(&w->loop, &w->crew.patience, w->loop.now_ns +
		    w->config->limits.queue_timeout_ns, look);
}

void
crew_call(struct worker *w)
{
	if (w->crew.uncalled == 0)
		return;
	w->crew.uncalled = 0;
	threads_call(w->crew.pool);
}

uint64_t
crew_taken(const struct call *call)
{
	return __atomic_load_n(&call->job.taken_ns, __ATOMIC_RELAXED);
}

uint64_t
crew_waited(const struct call *call, uint64_t now_ns)
{
	uint64_t taken = crew_taken(call), until = taken == 0 ? now_ns : taken;

	return until > call->job.queued_ns ? until - call->job.queued_ns : 0;
}

void
crew_close(struct worker *w)
{
	threads_free(w->crew.pool);
	free(w->crew.ctx);
}

void
crew_count(struct worker *w)
{
	if (w->crew.pool != NULL)
		lane_set(w->config->lane, COUNTER_CALLS_QUEUED,
		    threads_waiting(w->crew.pool));
}
