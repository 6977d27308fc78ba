/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker was doing when it died, as far as its lane tells: its loop, and
 * its threads.  Threads are many and the text is short, so they are counted by
 * method.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "proc/master_body.h"
#include "shm/segment.h"

#define METHODS		4	/* of threads that are named */

struct crowd {
	unsigned	 all;		/* threads in calls */
	unsigned	 n;		/* methods that are named */
	struct {
		unsigned	 threads;
		struct current_call call;	/* the oldest of them */
	} of[METHODS];
};

static double
ms_since(uint64_t since)
{
	return (double)(clock_ns() - since) / 1e6;
}

static void
add(struct crowd *c, const struct current_call *call)
{
	unsigned i = 0;

	c->all++;
	while (i < c->n && c->of[i].call.method != call->method)
		i++;
	if (i == METHODS)
		return;
	if (i == c->n) {
		c->of[i].call = *call;
		c->n++;
	} else if (call->since_ns < c->of[i].call.since_ns)
		c->of[i].call = *call;
	c->of[i].threads++;
}

static void
tell_call(const struct worker *w, const char *who,
    const struct current_call *call, char *text, size_t size)
{
	char method[280];

	segment_method_name(w->master->config->segment, call->method, method,
	    sizeof(method));
	snprintf(text, size, ",%s %.1f ms into %s seqid %d from %s", who,
	    ms_since(call->since_ns), method, call->seqid, call->peer);
}

/* ", threads: 7 in S.m (for 12.3 ms), 1 in S.n (for 0.1 ms), others" */
static void
tell_crowd(const struct worker *w, const struct crowd *c, char *text,
    size_t size)
{
	unsigned told = 0;
	size_t len = 0;

	for (unsigned i = 0; i < c->n && len < size; i++) {
		char method[280];

		segment_method_name(w->master->config->segment,
		    c->of[i].call.method, method, sizeof(method));
		len += (size_t)snprintf(text + len, size - len,
		    ",%s %u in %s (for %.1f ms)", i == 0 ? " threads:" : "",
		    c->of[i].threads, method,
		    ms_since(c->of[i].call.since_ns));
		told += c->of[i].threads;
	}
	if (told < c->all && len < size)
		snprintf(text + len, size - len, ", others");
}

void
obituary_calls(const struct worker *w, char *text, size_t size)
{
	const struct segment *seg = w->master->config->segment;
	unsigned threads = segment_lane_threads(seg, w->lane);
	const uint64_t now = clock_ns();
	struct crowd c = { .all = 0 };
	struct current_call call;
	size_t len;

	text[0] = '\0';
	if (segment_lane_current(seg, w->lane, &call) &&
	    hang_since(w, call.since_ns, now))
		tell_call(w, "", &call, text, size);
	for (unsigned i = 0; i < threads; i++)
		if (segment_lane_thread(seg, w->lane, i, &call) &&
		    hang_since(w, call.since_ns, now))
			add(&c, &call);
	len = strlen(text);
	if (c.all == 1)
		tell_call(w, " a thread", &c.of[0].call, text + len,
		    size - len);
	else
		tell_crowd(w, &c, text + len, size - len);
}
