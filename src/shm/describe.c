/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From counters.def and the maxima to the tables at the front of the segment.
 * Nothing but this file and the readers knows that they exist.
 */
#include "shm/describe.h"

#include <string.h>

static const struct segment_counter counters[] = {
#define SERVER(id, text, k, u, h) {					\
	.name = text, .unit = u, .help = h,				\
	.kind = SEGMENT_##k, .place = SEGMENT_IN_SERVER,		\
	.offset = 8 * SERVER_##id },
#define WORKER(id, text, k, u, h) {					\
	.name = text, .unit = u, .help = h,				\
	.kind = SEGMENT_##k, .place = SEGMENT_IN_LANE,			\
	.offset = offsetof(struct lane, count) + 8 * COUNTER_##id },
#define MASTER(id, text, k, u, h) {					\
	.name = text, .unit = u, .help = h,				\
	.kind = SEGMENT_##k, .place = SEGMENT_IN_TABLE,			\
	.offset = offsetof(struct segment_lane, count) + 8 * MASTER_##id },
#define METHOD(id, text, k, u, h) {					\
	.name = text, .unit = u, .help = h,				\
	.kind = SEGMENT_##k, .place = SEGMENT_IN_METHOD,		\
	.offset = 8 * METHOD_##id },
/* Where they are, describe_counters() knows. */
#define WORKER_HIST(id, text, word, u, h) {				\
	.name = text, .unit = u, .help = h,				\
	.kind = SEGMENT_HISTOGRAM, .place = SEGMENT_IN_LANE,		\
	.offset = WORKER_HIST_##id,					\
	.many = offsetof(struct lane, count) + 8 * COUNTER_##word },
#define METHOD_HIST(id, text, word, u, h) {				\
	.name = text, .unit = u, .help = h,				\
	.kind = SEGMENT_HISTOGRAM, .place = SEGMENT_IN_METHOD,		\
	.offset = METHOD_HIST_##id, .many = 8 * METHOD_##word },
#include "shm/counters.def"
};
_Static_assert(sizeof(counters) / sizeof(counters[0]) == DESCRIBE_COUNTERS,
    "every counter has a description");

#define WORKER(id, text, k, u, h) _Static_assert(			\
	sizeof(text) <= 32 && sizeof(u) <= 16 && sizeof(h) <= 128, text);
#define SERVER(id, text, k, u, h)	WORKER(id, text, k, u, h)
#define MASTER(id, text, k, u, h)	WORKER(id, text, k, u, h)
#define METHOD(id, text, k, u, h)	WORKER(id, text, k, u, h)
#define WORKER_HIST(id, text, k, u, h)	WORKER(id, text, k, u, h)
#define METHOD_HIST(id, text, k, u, h)	WORKER(id, text, k, u, h)
#include "shm/counters.def"

/* Puts an area at the first free place that is aligned so; end moves on. */
static void
area_put(struct segment_area *a, uint64_t *end, uint64_t align,
    uint64_t stride, uint64_t count)
{
	a->offset = (*end + align - 1) / align * align;
	a->stride = stride;
	a->count = count;
	*end = a->offset + stride * count;
}

static void
describe_lane(struct segment_head *h, unsigned methods)
{
	uint64_t end = offsetof(struct lane, method);

	area_put(&h->method_table, &end, 8, sizeof(struct lane_method),
	    methods);
	end = lane_hist_offset(methods);
	area_put(&h->hists, &end, 8, HIST_BUCKETS * sizeof(uint64_t), methods);
	end = lane_cells_offset(methods);
	area_put(&h->cells, &end, 8, sizeof(uint64_t), LANE_CELLS);
	end = lane_thread_offset(methods);
	area_put(&h->threads, &end, 8, sizeof(struct lane_thread),
	    LANE_THREADS);
	end = lane_own_offset(methods);
	area_put(&h->own_tallies, &end, 8, sizeof(struct lane_tally) *
	    LANE_OWN_WRITERS, LANE_OWN_HISTS);
	area_put(&h->own_counts, &end, 8, LANE_HIST * LANE_OWN_WRITERS,
	    LANE_OWN_HISTS);
	h->own_writers = LANE_OWN_WRITERS;
	h->threads_offset = offsetof(struct lane, threads);
	h->call_offset = offsetof(struct lane, call);
	h->busy_offset = offsetof(struct lane, busy_since_ns);
	h->hist_bits = HIST_BITS;
	h->hist_buckets = HIST_BUCKETS;
}

void
describe_head(struct segment_head *h, const struct segment_sizes *sizes,
    uint64_t page)
{
	const unsigned methods = sizes->methods + 1;	/* "other" */
	uint64_t end = sizeof(*h);
	uint64_t lane = (lane_size(methods) + page - 1) / page * page;

	h->magic = SEGMENT_MAGIC;
	h->version = SEGMENT_VERSION;
	h->head_size = sizeof(*h);
	area_put(&h->slots, &end, 64, sizeof(struct segment_slot),
	    sizes->slots);
	area_put(&h->lane_table, &end, 64, sizeof(struct segment_lane),
	    sizes->lanes);
	area_put(&h->deaths, &end, 64, sizeof(struct segment_death),
	    SEGMENT_DEATHS);
	area_put(&h->methods, &end, 64, sizeof(struct segment_method),
	    methods);
	area_put(&h->counters, &end, 64, sizeof(struct segment_counter),
	    DESCRIBE_COUNTERS);
	area_put(&h->own, &end, 64, sizeof(struct segment_own),
	    SEGMENT_OWN_MAX);
	area_put(&h->server, &end, 64, sizeof(uint64_t), SERVER_COUNTERS);
	area_put(&h->listeners, &end, 64, sizeof(struct segment_listener),
	    SEGMENT_LISTENERS);
	/* Of pages of its own, as lanes are. */
	area_put(&h->locks, &end, page, SEGMENT_LOCK, SEGMENT_LOCKS);
	area_put(&h->lanes, &end, page, lane, sizes->lanes);
	h->size = end;
	describe_lane(h, methods);
}

void
describe_counters(struct segment_counter *to, const struct segment_head *h)
{
	unsigned methods = (unsigned)h->method_table.count;

	memcpy(to, counters, sizeof(counters));
	for (unsigned i = 0; i < DESCRIBE_COUNTERS; i++) {
		uint32_t which = to[i].offset;

		if (to[i].kind == SEGMENT_HISTOGRAM)
			to[i].offset = (uint32_t)(
			    to[i].place == SEGMENT_IN_LANE ?
			    lane_worker_hist_offset(which, methods) :
			    lane_method_hists_offset(which, methods));
	}
}

void
describe_clear_gauges(struct lane *l)
{
#define WORKER(id, name, kind, unit, help)				\
	if (SEGMENT_##kind == SEGMENT_GAUGE)				\
		lane_set(l, COUNTER_##id, 0);
#include "shm/counters.def"
}
