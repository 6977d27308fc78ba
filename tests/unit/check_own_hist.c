/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's own histograms, in the segment: what each writer has recorded is
 * found by readers, exactly, whoever else records at the same time; a lane
 * counts on, and so does the next master.
 */
#include <sys/mman.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "base/hist.h"
#include "lib/unit.h"
#include "shm/own.h"
#include "shm/segment.h"
#include "unit/unit_stat.h"

#define HISTOGRAM	SEGMENT_OWN_HISTOGRAM
#define WRITERS		20		/* more than have a part */
#define ROUNDS		20000

static const struct segment_sizes sizes = { 2, 4, 3 };
static struct segment *next;
static struct tf_stat *st;
static struct lane_own *own[2];		/* of two lanes */
static char why[200];

static int
add(struct segment *s, const char *name, const char *unit)
{
	return own_add(s, HISTOGRAM, name, unit, "help", why, sizeof(why));
}

static void
setup(void)
{
	st = stat_empty(&sizes);
	ck_assert_int_eq(add(seg, "rows", "rows"), 0);
	ck_assert_int_eq(own_add(seg, SEGMENT_OWN_COUNTER, "hits", "", "", why,
	    sizeof(why)), 0);
	ck_assert_int_eq(add(seg, "lookup", "ns"), 0);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(segment_lane_take(seg, i, 1), (int)i);
		own[i] = own_of_lane(seg, segment_attach_self(seg, i));
	}
}

static void
teardown(void)
{
	tf_stat_close(st);
	segment_free(seg);
	segment_free(next);
}

static const struct tf_stat_own_values *
values(const char *name, int lane)
{
	static struct tf_stat_own_values v;

	tf_stat_get_own_values(st, tf_stat_find_own_histogram(st, name), lane,
	    &v);
	return &v;
}

static uint64_t
count(const char *name, int lane)
{
	return tf_stat_times_below(&values(name, lane)->counts, UINT64_MAX);
}

static void
record(unsigned lane, const char *name, uint64_t value)
{
	int number = own_histogram(seg, name);

	ck_assert_int_ge(number, 0);
	own_record(own[lane], (unsigned)number, value);
}

START_TEST(what_is_declared)
{
	struct tf_stat_own_histogram h;
	struct tf_stat_own o;

	ck_assert(tf_stat_get_own_histogram(st, 1, &h));
	ck_assert_str_eq(h.name, "lookup");
	ck_assert_str_eq(h.unit, "ns");
	ck_assert_str_eq(h.help, "help");
	ck_assert(!tf_stat_get_own_histogram(st, 2, &h));
	ck_assert_int_eq(tf_stat_find_own_histogram(st, "hits"), -1);
	ck_assert(tf_stat_get_own(st, 0, &o));
	ck_assert_str_eq(o.name, "hits");
	ck_assert(!tf_stat_get_own(st, 1, &o));
	ck_assert_int_eq(tf_stat_find_own(st, "rows"), -1);
	ck_assert_int_eq(own_histogram(seg, "hits"), -1);
	ck_assert_int_eq(own_histogram(seg, "nobody"), -1);
	ck_assert_ptr_null(own_cell(seg, segment_attach_self(seg, 0),
	    HISTOGRAM, "rows"));
}
END_TEST

/* Values of all sizes, as another histogram has them. */
START_TEST(what_is_recorded)
{
	struct tf_stat_times want = { { 0 } };
	uint64_t value, sum = 0;

	for (unsigned bit = 0; bit < 64; bit++)
		for (uint64_t i = 0; i < 3; i++) {
			value = (UINT64_C(1) << bit) - i;
			record(bit & 1, "rows", value);
			tf_stat_times_add(&want, value);
			sum += value;
		}
	ck_assert_mem_eq(&values("rows", TF_STAT_ALL)->counts, &want,
	    sizeof(want));
	ck_assert_uint_eq(values("rows", TF_STAT_ALL)->sum, sum);
	ck_assert_uint_eq(values("rows", TF_STAT_ALL)->max, UINT64_MAX);
	ck_assert_uint_eq(count("rows", 0) + count("rows", 1),
	    count("rows", TF_STAT_ALL));
	ck_assert_uint_eq(count("rows", 0), 3 * 32);
	ck_assert_uint_eq(count("lookup", TF_STAT_ALL), 0);
	ck_assert_uint_eq(count("hits", TF_STAT_ALL), 0);
	ck_assert_uint_eq(values("lookup", TF_STAT_ALL)->max, 0);
}
END_TEST

static void *
record_many(void *arg)
{
	own_writer((unsigned)(uintptr_t)arg);
	for (uint64_t i = 1; i <= ROUNDS; i++)
		own_record(own[0], 1, i);
	return NULL;
}

/* Those that have no part of their own, too. */
START_TEST(by_many_threads)
{
	pthread_t threads[WRITERS];

	for (uintptr_t i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, record_many,
		    (void *)i), 0);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(count("lookup", 0), WRITERS * ROUNDS);
	ck_assert_uint_eq(values("lookup", 0)->sum,
	    UINT64_C(1) * WRITERS * ROUNDS * (ROUNDS + 1) / 2);
	ck_assert_uint_eq(values("lookup", 0)->max, ROUNDS);
	ck_assert_uint_eq(count("rows", 0), 0);
	for (unsigned i = 0; i < LANE_OWN_WRITERS; i++)
		ck_assert_uint_eq(own[0]->tally[1][i].many, i < OWN_OTHERS ?
		    ROUNDS : (WRITERS - OWN_OTHERS) * ROUNDS);
}
END_TEST

START_TEST(the_next_process_and_master)
{
	record(0, "rows", 5);
	segment_lane_ended(seg, 0);
	ck_assert_uint_eq(count("rows", TF_STAT_ALL), 1);
	ck_assert_int_eq(segment_lane_take(seg, 0, 2), 0);
	record(0, "rows", 6);
	ck_assert_uint_eq(values("rows", 0)->sum, 11);
	next = segment_adopt(segment_write_fd(seg), &sizes);
	ck_assert_ptr_nonnull(next);
	ck_assert_int_eq(add(next, "rows", "rows"), 0);
	ck_assert_int_eq(add(next, "rows", "bytes"), -1);
	ck_assert_ptr_nonnull(strstr(why, "histogram rows: it is in rows "
	    "already, not in bytes"));
	ck_assert_int_eq(own_add(next, SEGMENT_OWN_GAUGE, "rows", "", "", why,
	    sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, "it is a histogram already"));
	ck_assert_int_eq(add(next, "more", "x"), 0);
	ck_assert_int_eq(own_histogram(next, "more"), 2);
	ck_assert_int_eq(tf_stat_find_own_histogram(st, "more"), 2);
	ck_assert_uint_eq(values("rows", 0)->sum, 11);
}
END_TEST

START_TEST(what_cannot_be_declared)
{
	static const char *const bad[] = { "", "a b", "a_b", "sum", "count",
		"bucket", "a\n", "\xc3\xa9", "abcdefghijklmnop" };
	char name[32];

	for (int i = 0; i < COUNT(bad); i++)
		ck_assert_int_eq(add(seg, "x", bad[i]), -1);
	ck_assert_int_eq(add(seg, "a b", "ns"), -1);
	for (int i = 2; i <= LANE_OWN_HISTS; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		ck_assert_int_eq(add(seg, name, "abcdefghijklmno"),
		    i < LANE_OWN_HISTS ? 0 : -1);
	}
	ck_assert_ptr_nonnull(strstr(why, "no room for more than 16"));
	record(1, "h15", 7);
	ck_assert_uint_eq(values("h15", 1)->sum, 7);
	ck_assert_uint_eq(values("h14", 1)->sum, 0);
}
END_TEST

static struct segment_own *
entries(void)
{
	struct segment_head *h = mmap(NULL, (size_t)lseek(segment_fd(seg), 0,
	    SEEK_END), PROT_READ | PROT_WRITE, MAP_SHARED,
	    segment_write_fd(seg), 0);

	ck_assert_ptr_ne(h, MAP_FAILED);
	return (void *)((char *)h + h->own.offset);
}

/* As somebody might write it who has reached what he should not. */
START_TEST(an_entry_that_makes_no_sense)
{
	struct segment_own *o = entries();
	uint64_t right = o[0].offset;

	record(0, "rows", 3);
	o[0].offset += 8;
	ck_assert_int_eq(tf_stat_find_own_histogram(st, "rows"), -1);
	o[0].offset = 0;
	ck_assert_int_eq(tf_stat_find_own_histogram(st, "rows"), -1);
	o[0].offset = right + LANE_OWN_HISTS * LANE_OWN_WRITERS * 64;
	ck_assert_int_eq(tf_stat_find_own_histogram(st, "rows"), -1);
	ck_assert_int_eq(tf_stat_find_own_histogram(st, "lookup"), 0);
	ck_assert_ptr_null(segment_adopt(segment_write_fd(seg), &sizes));
	o[0].offset = right;
	memset(o[0].unit, 'x', sizeof(o[0].unit));
	ck_assert_uint_eq(values("rows", 0)->sum, 3);
}
END_TEST

START_TEST(what_is_shown)
{
	char *text;

	record(0, "rows", 10);
	record(1, "rows", 20);
	record(0, "lookup", 1500000);
	text = printed(st, true);
	ck_assert_ptr_nonnull(strstr(text, "\"own_histograms\":{\"rows\":{"
	    "\"unit\":\"rows\",\"count\":2,\"sum\":30,\"max\":20,\"p50\":10,"
	    "\"p90\":20,\"p99\":20,\"p999\":20},"));
	ck_assert_ptr_nonnull(strstr(text, "\"rows\":{\"unit\":\"rows\","
	    "\"count\":1,\"sum\":20,\"max\":20,"));
	ck_assert_ptr_nonnull(strstr(text, "\"own\":{\"hits\":{\"kind\":"
	    "\"counter\",\"unit\":\"\"},\"rows\":{\"kind\":\"histogram\","
	    "\"unit\":\"rows\"},\"lookup\":{"));
	free(text);
	text = printed(st, false);
	ck_assert_ptr_nonnull(strstr(text, "\n"
	    "HISTOGRAM                          OF                 COUNT "
	    "   P50    P99    MAX\n"
	    "rows                               rows                   2     "
	    "10     20     20\n"
	    "lookup                             time                   1 "
	    "1.50ms 1.50ms 1.50ms\n"));
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("own_hist");
	TCase *t = unit_case(s, "own_hist");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_declared);
	tcase_add_test(t, what_is_recorded);
	tcase_add_test(t, by_many_threads);
	tcase_add_test(t, the_next_process_and_master);
	tcase_add_test(t, what_cannot_be_declared);
	tcase_add_test(t, an_entry_that_makes_no_sense);
	tcase_add_test(t, what_is_shown);
	return unit_main(s);
}
