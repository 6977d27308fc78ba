/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in flight, and how many connections are open, are differences of
 * words that others change meanwhile: a reader that is stopped between two of
 * them must not take all that has ended since for what is still there.
 */
#include <pthread.h>
#include <stdbool.h>

#include <thriftfork/stat.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "shm/segment.h"

#define READINGS	100000
#define CALL_NS		5000

static struct segment *seg;
static bool over;

static void
setup(void)
{
	seg = segment_create("flight", &(struct segment_sizes){ 2, 2, 1 });
	ck_assert_ptr_nonnull(seg);
	segment_method_add(seg, "Calculator", "add");
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(segment_lane_take(seg, i, 1), (int)i);
}

static void
teardown(void)
{
	segment_free(seg);
}

static void
spend(uint64_t ns)
{
	uint64_t until = clock_ns() + ns;

	while (clock_ns() < until)
		;
}

/* One call after the other, each by a connection of its own. */
static void *
serve(void *arg)
{
	struct lane *l = arg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		lane_add(l, COUNTER_CONNECTIONS_ACCEPTED, 1);
		lane_call_begin(l, 1, 1, "10.0.0.3:5432", 1);
		spend(CALL_NS);
		lane_call_end(l, 1, CALL_OK, CALL_NS, 1, 1);
		lane_add(l, COUNTER_CONNECTIONS_CLOSED, 1);
		spend(CALL_NS);
	}
	return NULL;
}

START_TEST(never_more_than_there_is)
{
	struct tf_stat *st = tf_stat_open_fd(segment_fd(seg), NULL);
	uint64_t calls = 0, connections = 0, n;
	pthread_t thread;

	ck_assert_ptr_nonnull(st);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve,
	    segment_attach_self(seg, 1)), 0);
	for (unsigned i = 0; i < READINGS; i++) {
		if ((n = tf_stat_in_flight(st, TF_STAT_ALL)) > calls)
			calls = n;
		if ((n = tf_stat_method_in_flight(st, 1, TF_STAT_ALL)) > calls)
			calls = n;
		if ((n = tf_stat_connections(st, TF_STAT_ALL)) > connections)
			connections = n;
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(calls, 1);
	ck_assert_uint_eq(connections, 1);
	ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 0);
	ck_assert_uint_eq(tf_stat_connections(st, TF_STAT_ALL), 0);
	tf_stat_close(st);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("flight");
	TCase *t = unit_case(s, "flight");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, never_more_than_there_is);
	return unit_main(s);
}
