/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a worker hangs: its loop is in a call for longer than that may take,
 * or all its threads are.  One thread that never returns is a loss, but the
 * others serve, and the client has been told; with the last one gone nothing
 * would ever be called there again.  Who was stopped or is traced is not to
 * blame for the time.
 */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "proc/master_body.h"
#include "shm/segment.h"

#define DOUBTS		20		/* looks */

/* What takes too long: of the loop, or of that many threads the youngest. */
struct hang {
	struct current_call call;
	uint64_t	 limit;
	unsigned	 threads;	/* 0: the loop */
};

uint64_t
hang_age(const struct worker *w, uint64_t since, uint64_t now)
{
	if (since < w->awake_ns)
		since = w->awake_ns;
	return now > since ? now - since : 0;
}

bool
hang_since(const struct worker *w, uint64_t since, uint64_t now)
{
	return since >= w->born_ns && since <= now;
}

/* Its limit; 0: it may go on. */
static uint64_t
exceeds(const struct worker *w, const struct current_call *call, uint64_t now)
{
	const struct master_config *cf = w->master->config;
	uint64_t limit = 0;

	if (hang_since(w, call->since_ns, now))
		limit = cf->call_timeout(cf->arg, call->method);
	return limit != 0 && hang_age(w, call->since_ns, now) > limit ?
	    limit : 0;
}

static bool
loop_hangs(const struct worker *w, uint64_t now, struct hang *h)
{
	h->threads = 0;
	return segment_lane_current(w->master->config->segment, w->lane,
	    &h->call) && (h->limit = exceeds(w, &h->call, now)) != 0;
}

static bool
threads_hang(const struct worker *w, uint64_t now, struct hang *h)
{
	const struct segment *seg = w->master->config->segment;
	struct current_call call;
	uint64_t limit;

	h->call.since_ns = 0;
	h->threads = segment_lane_threads(seg, w->lane);
	for (unsigned i = 0; i < h->threads; i++) {
		if (!segment_lane_thread(seg, w->lane, i, &call) ||
		    (limit = exceeds(w, &call, now)) == 0)
			return false;
		if (call.since_ns > h->call.since_ns) {
			h->call = call;
			h->limit = limit;
		}
	}
	return h->threads > 0;
}

static void
tell(const struct worker *w, const struct hang *h, const char *doing)
{
	char who[64] = "", method[280];

	segment_method_name(w->master->config->segment, h->call.method, method,
	    sizeof(method));
	if (h->threads > 0)
		snprintf(who, sizeof(who), "all %u threads hang: ",
		    h->threads);
	log_warnx("worker %u pid %ld is killed: %s%s has run for %.1f s, its "
	    "call-timeout is %.1f s%s%s", w->slot->number,
	    (long)w->child.pid, who, method,
	    (double)(clock_ns() - h->call.since_ns) / 1e9,
	    (double)h->limit / 1e9, h->threads > 0 ? "" : ": ",
	    h->threads > 0 ? "" : doing);
}

/* Evidence from two looks: what it does, and whether that is its fault. */
static void
judge(struct worker *w, const struct hang *h)
{
	struct verdict_sample now;
	char text[VERDICT_TEXT];
	enum verdict_kind kind;

	if (verdict_sample(w->child.pid, w->child.pidfd, &now) == -1)
		return;			/* dead, as we shall hear */
	if (!w->suspected) {
		w->suspected = true;
		w->doubts = 0;
		w->evidence = now;
		return;
	}
	kind = verdict_of(&w->evidence, &now, text, sizeof(text));
	w->evidence = now;
	/* It may just wait for a processor: not its fault, but not for ever. */
	if (kind == VERDICT_UNKNOWN && w->doubts++ < DOUBTS)
		return;
	w->suspected = false;
	if (kind == VERDICT_STOPPED || kind == VERDICT_TRACED) {
		w->awake_ns = clock_ns();
		return;
	}
	tell(w, h, text);
	worker_event(w, WORKER_E_HUNG);
}

void
hang_check(struct worker *w, uint64_t now)
{
	struct hang h;

	if (!w->stopped && (loop_hangs(w, now, &h) || threads_hang(w, now, &h)))
		judge(w, &h);
	else
		w->suspected = false;
}
