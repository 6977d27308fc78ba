/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's numbers: one word, or many put together.  Lanes that no process
 * has had and methods that are not published are passed over: they are 0, and
 * to read them would make their pages.
 */
#include "shm/stat.h"

struct range
stat_range(int which, uint64_t count)
{
	if (which == TF_STAT_ALL)
		return (struct range){ 0, (unsigned)count };
	if (which < 0 || (uint64_t)which >= count)
		return (struct range){ 0, 0 };
	return (struct range){ (unsigned)which, (unsigned)which + 1 };
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct range
stat_lanes(const struct tf_stat *st, int lane)
{
	return stat_range(lane,
	    least(st->at.lanes.count, st->at.lane_table.count));
}

static const char *
table_entry(const struct tf_stat *st, unsigned lane)
{
	return st->map + st->at.lane_table.offset +
	    lane * st->at.lane_table.stride;
}

static bool
lane_used(const struct tf_stat *st, unsigned lane)
{
	const struct segment_lane *t = (const void *)table_entry(st, lane);

	return __atomic_load_n(&t->uses, __ATOMIC_RELAXED) != 0;
}

static const char *
lane_start(const struct tf_stat *st, unsigned lane)
{
	return st->map + st->at.lanes.offset + lane * st->at.lanes.stride;
}

const char *
stat_lane(const struct tf_stat *st, unsigned lane)
{
	return lane_used(st, lane) ? lane_start(st, lane) : NULL;
}

/* Acquire, so that what is read after it is not older. */
static uint64_t
word_at(const char *base, uint64_t offset)
{
	return word_published((const void *)(base + offset));
}

static void
put_together(uint64_t *sum, uint32_t kind, uint64_t value)
{
	if (kind != SEGMENT_MAXIMUM)
		*sum += value;
	else if (value > *sum)
		*sum = value;
}

static uint64_t
lane_value(const struct tf_stat *st, const struct segment_counter *c,
    struct range methods, unsigned lane)
{
	const char *table = lane_start(st, lane) + st->at.method_table.offset;
	uint64_t sum = 0;
	unsigned m;

	if (c->place == SEGMENT_IN_LANE)
		return word_at(lane_start(st, lane), c->offset);
	if (c->place == SEGMENT_IN_TABLE)
		return word_at(table_entry(st, lane), c->offset);
	for (m = methods.first; m < methods.end; m++)
		put_together(&sum, c->kind, word_at(table +
		    m * st->at.method_table.stride, c->offset));
	return sum;
}

uint64_t
tf_stat_value(const struct tf_stat *st, int counter, int method, int lane)
{
	struct range lanes = stat_lanes(st, lane);
	struct range methods = stat_range(method, stat_methods(st));
	const struct segment_counter *c;
	uint64_t sum = 0;
	unsigned l;

	if (counter < 0 || (unsigned)counter >= st->counters)
		return 0;
	c = &st->counter[counter];
	if (c->place == SEGMENT_IN_SERVER)
		return word_at(st->map + st->at.server.offset, c->offset);
	for (l = lanes.first; l < lanes.end; l++)
		if (lane_used(st, l))
			put_together(&sum, c->kind,
			    lane_value(st, c, methods, l));
	return sum;
}

/* Counters, or -1: what has gone, and what has come. */
struct flow {
	int		 gone[3], come[2];
};

static uint64_t
sum_of(const struct tf_stat *st, const int *counter, int n, int method,
    int lane)
{
	uint64_t sum = 0;

	while (n-- > 0)
		sum += tf_stat_value(st, *counter++, method, lane);
	return sum;
}

/*
 * What has gone is read before what has come, so that what is left is no less
 * than nothing; and again after it, because any number may have come and gone
 * while the reader was stopped in between.
 */
static uint64_t
left(const struct tf_stat *st, const struct flow *f, int method, int lane)
{
	uint64_t gone = sum_of(st, f->gone, 3, method, lane), now, come;
	uint64_t n, least = UINT64_MAX;

	for (int tries = 0; tries < RECORD_TRIES; tries++) {
		come = sum_of(st, f->come, 2, method, lane);
		n = come > gone ? come - gone : 0;
		if ((now = sum_of(st, f->gone, 3, method, lane)) == gone)
			return n;
		least = n < least ? n : least;
		gone = now;
	}
	return least;
}

static uint64_t
left_in_lanes(const struct tf_stat *st, const struct flow *f, int lane)
{
	struct range lanes = stat_lanes(st, lane);
	uint64_t sum = 0;

	for (unsigned l = lanes.first; l < lanes.end; l++)
		sum += left(st, f, 0, (int)l);
	return sum;
}

static struct flow
flow_of(const struct stat_flight *of)
{
	return (struct flow){ { of->ended, of->aborted, -1 },
	    { of->begun, -1 } };
}

uint64_t
tf_stat_in_flight(const struct tf_stat *st, int lane)
{
	const struct flow f = flow_of(&st->workers);

	return left_in_lanes(st, &f, lane);
}

uint64_t
tf_stat_method_in_flight(const struct tf_stat *st, int method, int lane)
{
	const struct flow f = flow_of(&st->methods);
	struct range lanes = stat_lanes(st, lane);
	struct range methods = stat_range(method, stat_methods(st));
	uint64_t sum = 0;

	for (unsigned l = lanes.first; l < lanes.end; l++)
		for (unsigned m = methods.first; m < methods.end; m++)
			sum += left(st, &f, (int)m, (int)l);
	return sum;
}

static int
of_worker(const struct tf_stat *st, const char *name)
{
	return tf_stat_find(st, TF_STAT_WORKER, name);
}

uint64_t
tf_stat_connections(const struct tf_stat *st, int lane)
{
	const struct flow f = {
		{ of_worker(st, "connections_closed"),
		    of_worker(st, "connections_moved_out"),
		    of_worker(st, "connections_lost") },
		{ of_worker(st, "connections_accepted"),
		    of_worker(st, "connections_moved_in") } };

	return left_in_lanes(st, &f, lane);
}
