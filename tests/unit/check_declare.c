/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles of what setup() declares: refused with a reason, bound or not at all,
 * never pointing nowhere, and used by many threads at a time.
 */
#include <pthread.h>
#include <string.h>

#include "lib/unit.h"
#include "server/declare.h"
#include "shm/segment.h"

#define THREADS	4
#define ROUNDS	20000

static const struct segment_sizes sizes = { 1, 2, 4 };
static struct segment *seg;
static struct declarations all;
static char why[256];

static void
setup(void)
{
	seg = segment_create("test", &sizes);
	ck_assert_ptr_nonnull(seg);
	declarations_init(&all);
}

static void
teardown(void)
{
	segment_free(seg);
	declarations_fini(&all);
}

START_TEST(what_cannot_be_declared)
{
	ck_assert_ptr_null(declare(&all, SEGMENT_OWN_LOCK, "a b", "", ""));
	ck_assert_str_eq(all.why,
	    "lock a b: a name has letters, digits and _ only");
	ck_assert_ptr_null(declare(&all, SEGMENT_OWN_GAUGE, "a", "", "b\nc"));
	ck_assert_ptr_nonnull(declare(&all, SEGMENT_OWN_GAUGE, "a", "", ""));
	ck_assert_ptr_null(declare(&all, SEGMENT_OWN_LOCK, "a", "", ""));
	ck_assert_str_eq(all.why,
	    "lock a: declared as something else as well");
	declare(&all, SEGMENT_OWN_COUNTER, "forgotten", "", "");
	ck_assert_int_eq(own_add(seg, SEGMENT_OWN_GAUGE, "a", "", "", why,
	    sizeof(why)), 0);
	ck_assert_int_eq(declarations_bind(&all, seg,
	    segment_attach_self(seg, 0), why, sizeof(why)), -1);
	ck_assert_str_eq(why,
	    "counter forgotten: the preflight did not declare it");
}
END_TEST

/* In a lone process counters are the segment's, and locks are its own. */
START_TEST(bound_alone)
{
	struct declared *hits, *list;

	hits = declare(&all, SEGMENT_OWN_COUNTER, "hits", "", "");
	list = declare(&all, SEGMENT_OWN_LOCK, "list", "", "");
	tf_count((struct tf_counter *)hits, 1);
	ck_assert_uint_eq(hits->spare, 1);
	ck_assert_int_eq(declarations_bind_alone(&all, seg,
	    segment_attach_self(seg, 0), why, sizeof(why)), 0);
	tf_count((struct tf_counter *)hits, 2);
	ck_assert_uint_eq(*own_cell(seg, segment_attach_self(seg, 0),
	    SEGMENT_OWN_COUNTER, "hits"), 2);
	ck_assert_int_eq(tf_lock((struct tf_lock *)list), TF_LOCKED);
	ck_assert_ptr_eq(list->mutex, &list->alone);
	ck_assert_ptr_null(declare(&all, SEGMENT_OWN_LOCK, "late", "", ""));
	ck_assert_ptr_eq(declare(&all, SEGMENT_OWN_LOCK, "list", "", ""), list);
	declarations_release(&all);
	tf_count((struct tf_counter *)hits, 4);
	ck_assert_uint_eq(hits->spare, 5);
	ck_assert_int_eq(tf_unlock((struct tf_lock *)list), 0);
}
END_TEST

static struct tf_counter *hits;
static struct tf_gauge *size;
static struct tf_lock *list;
static uint64_t guarded;

/* Under the lock the plain word is as good as the atomic ones. */
static void *
use_all(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		tf_count(hits, 3);
		tf_gauge_add(size, i % 2 == 0 ? 5 : -4);
		if (tf_lock(list) == -1)
			break;
		guarded++;
		tf_unlock(list);
	}
	return arg;
}

START_TEST(by_many_threads)
{
	struct lane *l = segment_attach_self(seg, 0);
	pthread_t threads[THREADS];

	hits = (struct tf_counter *)declare(&all, SEGMENT_OWN_COUNTER, "hits",
	    "", "");
	size = (struct tf_gauge *)declare(&all, SEGMENT_OWN_GAUGE, "size", "",
	    "");
	list = (struct tf_lock *)declare(&all, SEGMENT_OWN_LOCK, "list", "",
	    "");
	ck_assert_int_eq(declarations_bind_alone(&all, seg, l, why,
	    sizeof(why)), 0);
	tf_gauge_set(size, -7);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, use_all,
		    NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(guarded, THREADS * ROUNDS);
	ck_assert_uint_eq(*own_cell(seg, l, SEGMENT_OWN_COUNTER, "hits"),
	    3 * THREADS * ROUNDS);
	ck_assert_int_eq((int64_t)*own_cell(seg, l, SEGMENT_OWN_GAUGE, "size"),
	    THREADS * ROUNDS / 2 - 7);
}
END_TEST

/* Nothing while it is not bound, also in the middle of use. */
START_TEST(a_histogram)
{
	struct lane *l = segment_attach_self(seg, 0);
	struct tf_histogram *h = (struct tf_histogram *)declare(&all,
	    SEGMENT_OWN_HISTOGRAM, "rows", "rows", "");
	const struct lane_tally *t = own_of_lane(seg, l)->tally[0];

	ck_assert_ptr_nonnull(h);
	ck_assert_ptr_eq(declare(&all, SEGMENT_OWN_HISTOGRAM, "rows", "rows",
	    "x"), h);
	ck_assert_ptr_null(declare(&all, SEGMENT_OWN_HISTOGRAM, "rows", "ns",
	    ""));
	ck_assert_ptr_null(declare(&all, SEGMENT_OWN_HISTOGRAM, "more", "",
	    ""));
	ck_assert_str_eq(all.why, "histogram more: a unit has 1 to 15 "
	    "characters");
	tf_record(h, 1);
	ck_assert_int_eq(declarations_bind_alone(&all, seg, l, why,
	    sizeof(why)), 0);
	tf_record(h, 7);
	own_writer(OWN_LOOP);
	tf_record(h, 5);
	own_writer(OWN_OTHERS);
	ck_assert_uint_eq(t[OWN_OTHERS].sum, 7);
	ck_assert_uint_eq(t[OWN_LOOP].sum, 5);
	declarations_release(&all);
	tf_record(h, 1);
	ck_assert_uint_eq(t[OWN_OTHERS].many + t[OWN_LOOP].many, 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("declare");
	TCase *t = unit_case(s, "declare");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_cannot_be_declared);
	tcase_add_test(t, bound_alone);
	tcase_add_test(t, by_many_threads);
	tcase_add_test(t, a_histogram);
	return unit_main(s);
}
