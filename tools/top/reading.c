/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See reading.h.  Counters are asked for by name, and one that a segment does
 * not have is 0: any version of top reads any version of the server.
 */
#include "reading.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FEW	16		/* room to begin with */

/* Room for one element more; it is full at powers of two. */
static void *
room(void *list, unsigned n, size_t size)
{
	size_t want = n == 0 ? FEW : 2 * (size_t)n;

	if (n != 0 && (n < FEW || (n & (n - 1)) != 0))
		return list;
	if ((list = reallocarray(list, want, size)) == NULL)
		err(1, NULL);
	return list;
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Numbers of counters, or -1. */
struct counters {
	int		 calls, exceptions, errors, aborted, bytes_in;
	int		 bytes_out, time_sum, time_max, threaded, wait_max;
	int		 waits;		/* the histogram */
};

static struct counters
counters_find(const struct tf_stat *st)
{
	return (struct counters){
	    .calls = tf_stat_find(st, TF_STAT_METHOD, "calls"),
	    .exceptions = tf_stat_find(st, TF_STAT_METHOD, "exceptions"),
	    .errors = tf_stat_find(st, TF_STAT_METHOD, "errors"),
	    .aborted = tf_stat_find(st, TF_STAT_METHOD, "aborted"),
	    .bytes_in = tf_stat_find(st, TF_STAT_METHOD, "bytes_in"),
	    .bytes_out = tf_stat_find(st, TF_STAT_METHOD, "bytes_out"),
	    .time_sum = tf_stat_find(st, TF_STAT_METHOD, "time_sum"),
	    .time_max = tf_stat_find(st, TF_STAT_METHOD, "time_max"),
	    .threaded = tf_stat_find(st, TF_STAT_METHOD, "threaded"),
	    .wait_max = tf_stat_find(st, TF_STAT_METHOD, "wait_max"),
	    .waits = tf_stat_find_histogram(st, TF_STAT_METHOD, "wait"),
	};
}

/* A call that took its worker along is one that went wrong.  False: none. */
static bool
sums_read(struct sums *s, const struct tf_stat *st, const struct counters *c,
    int method, int lane)
{
	uint64_t aborted = tf_stat_value(st, c->aborted, method, lane);

	s->calls = tf_stat_value(st, c->calls, method, lane) + aborted;
	if (s->calls == 0)
		return false;
	s->errors = tf_stat_value(st, c->errors, method, lane) + aborted;
	s->exceptions = tf_stat_value(st, c->exceptions, method, lane);
	s->bytes_in = tf_stat_value(st, c->bytes_in, method, lane);
	s->bytes_out = tf_stat_value(st, c->bytes_out, method, lane);
	s->time_ns = tf_stat_value(st, c->time_sum, method, lane);
	tf_stat_get_times(st, method, lane, &s->times);
	s->max_ns = tf_stat_value(st, c->time_max, method, lane);
	s->threaded = tf_stat_value(st, c->threaded, method, lane);
	s->wait_max_ns = tf_stat_value(st, c->wait_max, method, lane);
	tf_stat_get_histogram(st, c->waits, method, lane, &s->waits);
	return true;
}

static void
times_add(struct tf_stat_times *to, const struct tf_stat_times *t)
{
	for (unsigned i = 0; i < TF_STAT_BUCKETS; i++)
		to->count[i] += t->count[i];
}

static void
sums_add(struct sums *to, const struct sums *s)
{
	to->calls += s->calls;
	to->errors += s->errors;
	to->exceptions += s->exceptions;
	to->bytes_in += s->bytes_in;
	to->bytes_out += s->bytes_out;
	to->time_ns += s->time_ns;
	times_add(&to->times, &s->times);
	if (s->max_ns > to->max_ns)
		to->max_ns = s->max_ns;
	to->threaded += s->threaded;
	times_add(&to->waits, &s->waits);
	if (s->wait_max_ns > to->wait_max_ns)
		to->wait_max_ns = s->wait_max_ns;
}

static void
read_slots(struct reading *r, const struct tf_stat *st)
{
	do {
		r->slot = room(r->slot, r->nslots, sizeof(*r->slot));
	} while (tf_stat_get_slot(st, r->nslots, &r->slot[r->nslots]) &&
	    ++r->nslots != 0);
}

static void
add_call(struct reading *r, unsigned lane, int thread,
    const struct tf_stat_call *c)
{
	r->call = room(r->call, r->ncalls, sizeof(*r->call));
	r->call[r->ncalls++] = (struct reading_call){ lane, thread, *c };
}

static void
read_calls(struct reading *r, const struct tf_stat *st, unsigned lane,
    unsigned threads)
{
	struct tf_stat_call c;
	unsigned i;

	if (tf_stat_get_call(st, lane, &c))
		add_call(r, lane, -1, &c);
	for (i = 0; i < threads; i++)
		if (tf_stat_get_thread(st, lane, i, &c))
			add_call(r, lane, (int)i, &c);
}

/*
 * Each number is read once and added up in all directions, so that a table has
 * the sum of the other, although calls end meanwhile.
 */
static void
read_sums(struct reading *r, const struct tf_stat *st,
    const struct counters *c, unsigned lane)
{
	struct sums *to = &r->lanes[lane].sums, one;
	unsigned m;

	memset(to, 0, sizeof(*to));
	if (r->lanes[lane].lane.uses == 0)
		return;
	for (m = 0; m < r->nmethods; m++) {
		if (r->lane == TF_STAT_ALL || r->lane == (int)lane)
			r->method[m].in_flight += tf_stat_method_in_flight(st,
			    (int)m, (int)lane);
		if (!sums_read(&one, st, c, (int)m, (int)lane))
			continue;
		sums_add(to, &one);
		sums_add(&r->method[m].sums, &one);
		sums_add(&r->sums, &one);
		if (r->lane == (int)lane)
			r->method[m].alone = one;
	}
}

static void
read_lanes(struct reading *r, const struct tf_stat *st)
{
	int n, queued = tf_stat_find(st, TF_STAT_WORKER, "calls_queued");
	const struct counters counters = counters_find(st);
	struct reading_lane *l;

	for (;; r->nlanes++) {
		r->lanes = room(r->lanes, r->nlanes, sizeof(*r->lanes));
		l = &r->lanes[r->nlanes];
		if (!tf_stat_get_lane(st, r->nlanes, &l->lane))
			break;
		n = (int)r->nlanes;
		l->connections = tf_stat_connections(st, n);
		l->queued = tf_stat_value(st, queued, 0, n);
		read_sums(r, st, &counters, r->nlanes);
		if (l->lane.slot >= 0)
			read_calls(r, st, r->nlanes, l->lane.threads);
	}
}

static void
read_methods(struct reading *r, const struct tf_stat *st)
{
	struct reading_method *m;

	for (;; r->nmethods++) {
		r->method = room(r->method, r->nmethods, sizeof(*r->method));
		m = &r->method[r->nmethods];
		memset(m, 0, sizeof(*m));
		if (!tf_stat_get_method(st, r->nmethods, &m->name))
			break;
	}
}

static void
read_server(struct reading *r, const struct tf_stat *st)
{
	int queue = tf_stat_find(st, TF_STAT_SERVER, "accept_queue");
	int drops = tf_stat_find(st, TF_STAT_SERVER, "accept_drops");

	r->has_queue = queue != -1;
	r->queue = tf_stat_value(st, queue, 0, TF_STAT_ALL);
	r->drops = tf_stat_value(st, drops, 0, TF_STAT_ALL);
	reasons_read(&r->closed, st, TF_STAT_WORKER, "closed_");
	reasons_read(&r->died, st, TF_STAT_SERVER, "deaths_");
}

struct reading *
reading_take(const struct tf_stat *st, int lane)
{
	struct reading *r = calloc(1, sizeof(*r));

	if (r == NULL)
		err(1, NULL);
	r->at_ns = now_ns();
	r->lane = lane;
	tf_stat_get_master(st, &r->master);
	r->in_flight = tf_stat_in_flight(st, TF_STAT_ALL);
	read_server(r, st);
	read_methods(r, st);
	read_slots(r, st);
	read_lanes(r, st);
	return r;
}

void
reading_free(struct reading *r)
{
	if (r == NULL)
		return;
	free(r->slot);
	free(r->lanes);
	free(r->method);
	free(r->call);
	free(r);
}
