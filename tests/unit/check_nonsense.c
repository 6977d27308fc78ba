/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever a process has written over its lane: what the master makes of it is
 * bounded, takes no time, and ends with the process.
 */
#include <sys/syscall.h>

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "lib/unit.h"
#include "shm/segment_body.h"
#include "unit/unit_stat.h"

enum { TOOK = 4, GAVE = 1, HAS = 6 };

static const struct segment_sizes sizes = { 2, 4, 8 };
static struct tf_stat *st;
static unsigned lane;
static struct lane *l;
static unsigned yields;

/* Instead of libc's. */
int
sched_yield(void)
{
	yields++;
	return (int)syscall(SYS_sched_yield);
}

static void
take_lane(void)
{
	int taken = segment_lane_take(seg, 0, 1);

	ck_assert_int_ge(taken, 0);
	lane = (unsigned)taken;
	l = segment_attach_self(seg, lane);
	ck_assert_ptr_nonnull(l);
}

static void
setup(void)
{
	st = stat_empty(&sizes);
	ck_assert_int_eq(segment_method_add(seg, "Calc", "add"), 1);
	ck_assert_int_eq(segment_method_add(seg, "Calc", "hang"), 2);
	take_lane();
}

static void
teardown(void)
{
	tf_stat_close(st);
	segment_free(seg);
}

static uint64_t
total(const char *name)
{
	return value(st, TF_STAT_WORKER, name, 0, TF_STAT_ALL);
}

/* As a process would, which is in one of two calls. */
static void
count(void)
{
	lane_add(l, COUNTER_CONNECTIONS_ACCEPTED, 5);
	lane_add(l, COUNTER_CONNECTIONS_CLOSED, 2);
	lane_add(l, COUNTER_CONNECTIONS_MOVED_IN, TOOK);
	lane_add(l, COUNTER_CONNECTIONS_MOVED_OUT, GAVE);
	lane_call_begin(l, 1, 1, "10.0.0.1:1", 1000);
	lane_call_end(l, 1, CALL_OK, 1000, 10, 20);
	lane_call_begin(l, 2, 2, "10.0.0.1:1", 2000);
}

static long
connections(void)
{
	return segment_lane_connections(seg, lane, TOOK, GAVE);
}

static void
fill(int how)
{
	uint64_t x = 88172645463325252, *w = (uint64_t *)l;

	for (size_t i = 0; i < lane_size(9) / sizeof(*w); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		w[i] = how == 0 ? 0 : how == 1 ? UINT64_MAX : x;
	}
}

static void
zeros(void)
{
	fill(0);
}

static void
ones(void)
{
	fill(1);
}

static void
random_words(void)
{
	fill(2);
}

static void
nothing_closed(void)
{
	lane_set(l, COUNTER_CONNECTIONS_CLOSED, 0);
}

static void
more_closed_than_opened(void)
{
	lane_set(l, COUNTER_CONNECTIONS_CLOSED, 9);
}

static void
many_accepted(void)
{
	lane_set(l, COUNTER_CONNECTIONS_ACCEPTED, UINT64_MAX / 2);
}

static void
fewer_taken(void)
{
	lane_set(l, COUNTER_CONNECTIONS_MOVED_IN, TOOK - 1);
}

static void
many_given(void)
{
	lane_set(l, COUNTER_CONNECTIONS_MOVED_IN, TOOK + 65000);
	lane_set(l, COUNTER_CONNECTIONS_ACCEPTED, 70000);
	lane_set(l, COUNTER_CONNECTIONS_MOVED_OUT, GAVE + 65537);
}

static void
more_ended_than_begun(void)
{
	lane_set(l, COUNTER_CALLS_BEGUN, 1);
	lane_set(l, COUNTER_CALLS_ENDED, 7);
	word_set(&l->method[2].count[METHOD_CALLS], 7);
}

static void
many_begun(void)
{
	lane_set(l, COUNTER_CALLS_BEGUN, UINT64_MAX / 2);
	word_set(&l->method[2].count[METHOD_BEGUN], UINT64_MAX / 2);
}

/* And how many connections that is. */
static const struct {
	void	(*write)(void);
	long	  connections;
} kinds[] = {
	{ zeros, -1 }, { ones, -1 }, { random_words, -1 },
	{ nothing_closed, HAS + 2 }, { more_closed_than_opened, -1 },
	{ many_accepted, -1 }, { fewer_taken, -1 }, { many_given, -1 },
	{ more_ended_than_begun, HAS }, { many_begun, HAS }
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

START_TEST(what_the_master_reads)
{
	struct current_call call;
	struct tf_stat_call seen;

	count();
	ck_assert_int_eq(connections(), HAS);
	kinds[_i].write();
	ck_assert_int_eq(connections(), kinds[_i].connections);
	yields = 0;
	segment_lane_current(seg, lane, &call);
	ck_assert_uint_le(segment_lane_threads(seg, lane), LANE_THREADS);
	for (unsigned i = 0; i < LANE_THREADS; i++)
		segment_lane_thread(seg, lane, i, &call);
	tf_stat_get_call(st, lane, &seen);
	for (unsigned i = 0; i < LANE_THREADS; i++)
		tf_stat_get_thread(st, lane, i, &seen);
	ck_assert_uint_eq(yields, 0);
}
END_TEST

START_TEST(readers_print_it)
{
	FILE *null = fopen("/dev/null", "w");

	count();
	kinds[_i].write();
	ck_assert_int_eq(tf_stat_print(st, null, true), 0);
	ck_assert_int_eq(tf_stat_print(st, null, false), 0);
	fclose(null);
}
END_TEST

/* Nothing is open in that lane, as readers see it and as the master does. */
static void
nothing_is_open(void)
{
	struct tf_stat_call seen;

	ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 0);
	ck_assert_uint_eq(tf_stat_method_in_flight(st, TF_STAT_ALL,
	    TF_STAT_ALL), 0);
	ck_assert_uint_eq(tf_stat_connections(st, TF_STAT_ALL), 0);
	ck_assert(!tf_stat_get_call(st, lane, &seen));
	ck_assert_uint_eq(segment_lane_threads(seg, lane), 0);
	ck_assert_uint_eq(segment_lane_busy(seg, lane), 0);
}

/* The next process in that lane is counted right. */
START_TEST(it_ends_with_its_process)
{
	count();
	kinds[_i].write();
	segment_lane_gave(seg, lane, GAVE, 0);
	segment_lane_ended(seg, lane);
	ck_assert_uint_le(total("calls_aborted"), LANE_OPEN_MAX);
	ck_assert_uint_le(total("connections_lost"), LANE_OPEN_MAX);
	nothing_is_open();

	take_lane();
	ck_assert_int_eq(segment_lane_connections(seg, lane, 0, 0), 0);
	ck_assert_uint_eq(segment_lane_calls(seg, lane), 0);
	count();
	ck_assert_int_eq(connections(), HAS);
	ck_assert_uint_eq(segment_lane_calls(seg, lane), 1);
	ck_assert_uint_eq(segment_lane_in_flight(seg, lane), 1);
	ck_assert_uint_eq(tf_stat_method_in_flight(st, 2, (int)lane), 1);
	ck_assert_uint_eq(tf_stat_connections(st, (int)lane), HAS);
	segment_lane_ended(seg, lane);
	nothing_is_open();
}
END_TEST

START_TEST(a_peer_is_made_printable)
{
	struct current_call call;

	lane_call_begin(l, 99, 1, "a\n\x1b\x80\xff b", 1000);
	ck_assert(segment_lane_current(seg, lane, &call));
	ck_assert_str_eq(call.peer, "a???? b");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("nonsense");
	TCase *t = unit_case(s, "nonsense");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, what_the_master_reads, 0, KINDS);
	tcase_add_loop_test(t, readers_print_it, 0, KINDS);
	tcase_add_loop_test(t, it_ends_with_its_process, 0, KINDS);
	tcase_add_test(t, a_peer_is_made_printable);
	return unit_main(s);
}
