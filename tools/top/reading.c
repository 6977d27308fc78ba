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

static uint64_t
method_value(const struct tf_stat *st, const char *name, int method, int lane)
{
	return tf_stat_value(st, tf_stat_find(st, TF_STAT_METHOD, name),
	    method, lane);
}

/* A call that took its worker along is one that went wrong. */
static void
sums_read(struct sums *s, const struct tf_stat *st, int method, int lane)
{
	uint64_t aborted = method_value(st, "aborted", method, lane);

	s->calls = method_value(st, "calls", method, lane) + aborted;
	s->errors = method_value(st, "errors", method, lane) + aborted;
	s->exceptions = method_value(st, "exceptions", method, lane);
	s->bytes_in = method_value(st, "bytes_in", method, lane);
	s->bytes_out = method_value(st, "bytes_out", method, lane);
	s->time_ns = method_value(st, "time_sum", method, lane);
	tf_stat_get_times(st, method, lane, &s->times);
	s->max_ns = method_value(st, "time_max", method, lane);
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

static void
read_lanes(struct reading *r, const struct tf_stat *st)
{
	int n, queued = tf_stat_find(st, TF_STAT_WORKER, "calls_queued");
	struct reading_lane *l;

	for (;; r->nlanes++) {
		r->lanes = room(r->lanes, r->nlanes, sizeof(*r->lanes));
		l = &r->lanes[r->nlanes];
		if (!tf_stat_get_lane(st, r->nlanes, &l->lane))
			break;
		n = (int)r->nlanes;
		l->connections = tf_stat_connections(st, n);
		l->queued = tf_stat_value(st, queued, 0, n);
		sums_read(&l->sums, st, TF_STAT_ALL, n);
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
		if (!tf_stat_get_method(st, r->nmethods, &m->name))
			break;
		sums_read(&m->sums, st, (int)r->nmethods, TF_STAT_ALL);
		memset(&m->alone, 0, sizeof(m->alone));
		if (r->lane != TF_STAT_ALL)
			sums_read(&m->alone, st, (int)r->nmethods, r->lane);
	}
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
	sums_read(&r->sums, st, TF_STAT_ALL, TF_STAT_ALL);
	read_slots(r, st);
	read_lanes(r, st);
	read_methods(r, st);
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
