/* SPDX-License-Identifier: Apache-2.0 */
/* Times that the reader copies and adds up: histograms, what one asks them. */
#include <string.h>

#include "lib/unit.h"
#include "unit/unit_stat.h"

/* What a program counts itself is counted as a worker does it. */
START_TEST(times_of_ones_own)
{
	static struct tf_stat_times own, theirs;
	struct tf_stat *st = open_ok(segment_fd(seg));
	const uint64_t ns[] = { 0, 31, 32, 1000, 123456789, UINT64_MAX };
	unsigned i, b;

	tf_stat_get_times(st, 1, 0, &theirs);
	tf_stat_get_times(st, 1, 0, &own);
	for (i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		lane_call_count(segment_attach_self(seg, 0), 1, CALL_OK, ns[i],
		    1, 1);
		tf_stat_times_add(&own, ns[i]);
	}
	tf_stat_get_times(st, 1, 0, &theirs);
	ck_assert_mem_eq(&own, &theirs, sizeof(own));
	for (i = 0; i < 5; i++) {
		for (b = 0; tf_stat_times_low(b + 1) <= ns[i]; b++)
			;
		ck_assert_uint_gt(own.count[b], 0);
	}
	tf_stat_close(st);
}
END_TEST

START_TEST(the_times_of_an_interval)
{
	static struct tf_stat_times before, now, one;
	struct tf_stat *st = open_ok(segment_fd(seg));
	unsigned i;

	tf_stat_get_times(st, 1, TF_STAT_ALL, &before);
	ck_assert_uint_eq(tf_stat_times_quantile(&before, 0.5), 1023);
	tf_stat_get_times(st, 1, TF_STAT_ALL, &now);
	tf_stat_times_since(&now, &before);
	ck_assert_uint_eq(tf_stat_times_quantile(&now, 1), 0);
	for (i = 0; i < 99; i++)
		lane_call_count(busy, 1, CALL_OK, 20, 1, 1);
	lane_call_count(segment_attach_self(seg, 0), 1, CALL_OK, 31, 1, 1);
	lane_call_count(busy, 2, CALL_OK, 999999, 1, 1);
	tf_stat_get_times(st, 1, TF_STAT_ALL, &now);
	tf_stat_times_since(&now, &before);
	ck_assert_uint_eq(tf_stat_times_quantile(&now, 0.99), 20);
	ck_assert_uint_eq(tf_stat_times_quantile(&now, 1), 31);
	tf_stat_get_times(st, TF_STAT_ALL, 0, &one);
	ck_assert_uint_eq(tf_stat_times_quantile(&one, 0.1), 5);
	ck_assert_uint_eq(tf_stat_times_quantile(&one, 1), 1023);
	tf_stat_get_times(st, 99, 99, &one);
	ck_assert_uint_eq(tf_stat_times_quantile(&one, 1), 0);
	tf_stat_times_since(&before, &now);	/* never below nothing */
	ck_assert_uint_eq(tf_stat_times_quantile(&before, 1), 2047);
	tf_stat_close(st);
}
END_TEST

/* Exact at the steps, rounded down between them, and never more than there. */
START_TEST(calls_below_a_time)
{
	static struct tf_stat_times times;
	struct tf_stat *st = open_ok(segment_fd(seg));
	static const struct {
		uint64_t	 ns, calls;
	} below[] = {
		{ 0, 0 }, { 5, 0 }, { 6, 2 }, { 992, 2 }, { 1000, 2 },
		{ 1023, 2 }, { 1024, 3 }, { 1984, 3 }, { 2047, 3 },
		{ 2048, 4 }, { UINT64_C(1) << 35, 4 },
		{ (UINT64_C(1) << 36) - 1, 4 }, { UINT64_C(1) << 36, 5 },
		{ UINT64_MAX, 5 },
	};
	unsigned i;

	lane_call_count(busy, 1, CALL_OK, UINT64_C(1) << 40, 1, 1);
	tf_stat_get_times(st, TF_STAT_ALL, TF_STAT_ALL, &times);
	for (i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		ck_assert_uint_eq(tf_stat_times_below(&times, below[i].ns),
		    below[i].calls);
	times.count[0] = times.count[1] = UINT64_MAX;
	ck_assert_uint_eq(tf_stat_times_below(&times, 1), UINT64_MAX);
	ck_assert_uint_eq(tf_stat_times_below(&times, 2), UINT64_MAX);
	tf_stat_close(st);
}
END_TEST

/* Where there are threads: how long calls waited for one. */
START_TEST(a_histogram_by_its_name)
{
	static struct tf_stat_times times, same;
	struct tf_stat *st = open_ok(segment_fd(seg));
	int wait = tf_stat_find_histogram(st, TF_STAT_METHOD, "wait");
	int took = tf_stat_find_histogram(st, TF_STAT_METHOD, "time");

	ck_assert_int_ge(wait, 0);
	ck_assert_int_eq(tf_stat_find_histogram(st, TF_STAT_WORKER, "wait"),
	    -1);
	ck_assert_int_eq(tf_stat_find(st, TF_STAT_METHOD, "wait"), -1);
	tf_stat_get_histogram(st, wait, TF_STAT_ALL, TF_STAT_ALL, &times);
	ck_assert_uint_eq(tf_stat_times_quantile(&times, 1), 0);
	lane_call_waited(busy, 1, 30);
	lane_call_waited(busy, 4, 1000);
	lane_call_waited(segment_attach_self(seg, 0), 1, 20);
	tf_stat_get_histogram(st, wait, 1, TF_STAT_ALL, &times);
	ck_assert_uint_eq(tf_stat_times_quantile(&times, 0.5), 20);
	ck_assert_uint_eq(tf_stat_times_quantile(&times, 1), 30);
	tf_stat_get_histogram(st, wait, 1, 0, &times);
	ck_assert_uint_eq(tf_stat_times_quantile(&times, 1), 20);
	segment_method_add(seg, "Calculator", "third");
	segment_method_add(seg, "Calculator", "last");
	tf_stat_get_histogram(st, wait, TF_STAT_ALL, 1, &times);
	ck_assert_uint_eq(tf_stat_times_quantile(&times, 1), 1023);
	tf_stat_get_histogram(st, wait, 4, 1, &times);
	ck_assert_uint_eq(tf_stat_times_quantile(&times, 0), 1023);
	tf_stat_get_histogram(st, took, 1, 1, &times);
	tf_stat_get_times(st, 1, 1, &same);
	ck_assert_int_eq(memcmp(&times, &same, sizeof(same)), 0);
	tf_stat_get_histogram(st, -1, 1, 1, &times);
	ck_assert_uint_eq(tf_stat_times_quantile(&times, 1), 0);
	ck_assert_uint_eq(value(st, TF_STAT_METHOD, "threaded", 1,
	    TF_STAT_ALL), 2);
	ck_assert_uint_eq(value(st, TF_STAT_METHOD, "wait_sum", 1,
	    TF_STAT_ALL), 50);
	ck_assert_uint_eq(value(st, TF_STAT_METHOD, "wait_max", TF_STAT_ALL,
	    TF_STAT_ALL), 1000);
	tf_stat_close(st);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("shm_times");
	TCase *t = unit_case(s, "shm_times");

	tcase_add_checked_fixture(t, stat_setup, stat_teardown);
	tcase_add_test(t, times_of_ones_own);
	tcase_add_test(t, the_times_of_an_interval);
	tcase_add_test(t, calls_below_a_time);
	tcase_add_test(t, a_histogram_by_its_name);
	return unit_main(s);
}
