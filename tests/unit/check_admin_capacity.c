/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a load balancer is told: by how many workers serve, how busy they are
 * and have been, and what becomes of the server.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/capacity.h"
#include "base/clock.h"
#include "lib/unit.h"
#include "shm/segment.h"

static const struct segment_sizes sizes = { 4, 4, 4 };
static struct segment *seg;
static struct lane *lanes[2];
static struct tf_stat *st;
static struct capacity *c;
static uint64_t now_ms;

static void
setup(void)
{
	const char *why = "";
	unsigned i;

	seg = segment_create("calc", &sizes);
	ck_assert_ptr_nonnull(seg);
	segment_set_master(seg, 100, 4, 2);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(segment_lane_take(seg, i, 4), (int)i);
		segment_lane_started(seg, i, 200 + (int)i);
		segment_slot_set(seg, i, SLOT_READY, (int)i, 200 + (int)i, 0);
		lanes[i] = segment_attach_self(seg, i);
	}
	st = tf_stat_open_fd(segment_fd(seg), &why);
	ck_assert_msg(st != NULL, "%s", why);
	c = capacity_new();
	now_ms = 1000000;
}

static void
teardown(void)
{
	capacity_free(c);
	tf_stat_close(st);
	segment_free(seg);
}

static void
look_for(unsigned ms)
{
	for (unsigned i = 0; i < ms; i += CAPACITY_LOOK_MS)
		capacity_look(c, st, now_ms += CAPACITY_LOOK_MS);
}

static void
set_busy(unsigned lane, bool busy)
{
	lane_busy(lanes[lane], busy ? clock_ns() - NS_PER_S : 0);
}

static void
is(const char *want)
{
	char line[CAPACITY_LINE];

	capacity_line(c, st, line);
	ck_assert_str_eq(line, want);
}

START_TEST(nobody_is_busy)
{
	is("up ready 100%\n");
	look_for(1000);
	is("up ready 100%\n");
}
END_TEST

/* Slowly, and back again. */
START_TEST(one_is_busy)
{
	unsigned percent;

	look_for(1000);
	set_busy(0, true);
	look_for(CAPACITY_LOOK_MS);
	percent = capacity_free_percent(c, st);
	ck_assert_uint_lt(percent, 100);
	ck_assert_uint_gt(percent, 95);
	look_for(2000);
	percent = capacity_free_percent(c, st);
	ck_assert_uint_gt(percent, 60);
	ck_assert_uint_lt(percent, 75);
	look_for(60000);
	is("up ready 50%\n");
	set_busy(0, false);
	look_for(60000);
	is("up ready 100%\n");
}
END_TEST

START_TEST(all_are_busy)
{
	set_busy(0, true);
	set_busy(1, true);
	look_for(60000);
	is("up ready 1%\n");
}
END_TEST

/* It is as if they had always been so. */
START_TEST(a_long_time_between_looks)
{
	look_for(CAPACITY_LOOK_MS);
	set_busy(0, true);
	now_ms += 1000000;
	look_for(CAPACITY_LOOK_MS);
	is("up ready 50%\n");
}
END_TEST

START_TEST(fewer_than_there_should_be)
{
	segment_slot_set(seg, 1, SLOT_BACKOFF, -1, 0, 1);
	is("up ready 50%\n");
	segment_slot_set(seg, 0, SLOT_STARTING, 0, 200, 1);
	is("down#no worker serves\n");
	segment_slot_set(seg, 0, SLOT_READY, 0, 200, 1);
	is("up ready 50%\n");
}
END_TEST

/* As when a server is about to have fewer. */
START_TEST(more_than_there_should_be)
{
	segment_set_master(seg, 100, 4, 1);
	is("up ready 100%\n");
}
END_TEST

START_TEST(another_process)
{
	set_busy(0, true);
	look_for(60000);
	is("up ready 50%\n");
	segment_lane_ended(seg, 0);
	segment_slot_set(seg, 0, SLOT_STARTING, -1, 0, 1);
	ck_assert_int_eq(segment_lane_take(seg, 0, 4), 0);
	segment_lane_started(seg, 0, 300);
	segment_slot_set(seg, 0, SLOT_READY, 0, 300, 1);
	set_busy(0, false);
	is("up ready 100%\n");
	look_for(CAPACITY_LOOK_MS);
	is("up ready 100%\n");
}
END_TEST

START_TEST(a_server_that_stops)
{
	segment_set_stopping(seg);
	is("drain\n");
	segment_slot_set(seg, 0, SLOT_DRAINING, 0, 200, 0);
	segment_slot_set(seg, 1, SLOT_PARKED, -1, 0, 0);
	is("drain\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("admin_capacity");
	TCase *t = unit_case(s, "all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nobody_is_busy);
	tcase_add_test(t, one_is_busy);
	tcase_add_test(t, all_are_busy);
	tcase_add_test(t, a_long_time_between_looks);
	tcase_add_test(t, fewer_than_there_should_be);
	tcase_add_test(t, more_than_there_should_be);
	tcase_add_test(t, another_process);
	tcase_add_test(t, a_server_that_stops);
	return unit_main(s);
}
