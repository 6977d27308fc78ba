/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits to be accepted, by address: what a master tells the segment, and
 * the next one, of the same sockets or of others, is what a reader finds; what
 * was counted once is neither forgotten nor counted again.
 */
#include <stdio.h>
#include <string.h>

#include <thriftfork/stat.h>

#include "lib/unit.h"
#include "shm/layout.h"
#include "shm/segment.h"
#include "unit/unit_stat.h"

static const struct segment_sizes sizes = { 2, 4, 3 };
static struct segment *next;
static struct tf_stat *st;

static void
setup(void)
{
	st = stat_empty(&sizes);
}

static void
teardown(void)
{
	tf_stat_close(st);
	segment_free(seg);
	segment_free(next);
}

static struct listener_state
tcp(const char *address, uint64_t queue, uint64_t drops)
{
	return (struct listener_state){ .address = address, .kind = "tcp",
	    .has_queue = true, .has_drops = true, .sockets = 2,
	    .queue = queue, .longest = queue, .limit = 128, .drops = drops };
}

static uint64_t
of_server(const char *name)
{
	return value(st, TF_STAT_SERVER, name, 0, 0);
}

/* What is at an address; its place. */
static int
find(const char *address, struct tf_stat_listener *l)
{
	for (unsigned i = 0; tf_stat_get_listener(st, i, l); i++)
		if (strcmp(l->address, address) == 0)
			return (int)i;
	return -1;
}

static uint64_t
drops(const char *address)
{
	struct tf_stat_listener l;

	ck_assert_int_ge(find(address, &l), 0);
	return l.drops;
}

START_TEST(what_the_master_saw)
{
	struct listener_state all[] = { tcp("a", 3, 5),
	    { .address = "unix:b", .kind = "unix", .has_queue = true,
	    .sockets = 1, .queue = 1, .longest = 1, .limit = 4 },
	    { .address = "c", .kind = "tcp", .sockets = 1 } };
	struct tf_stat_listener l;

	ck_assert(!tf_stat_get_listener(st, 0, &l));
	segment_set_listeners(seg, all, 3);
	ck_assert_int_eq(find("a", &l), 0);
	ck_assert_str_eq(l.kind, "tcp");
	ck_assert(l.has_queue && l.has_drops);
	ck_assert_uint_eq(l.sockets, 2);
	ck_assert_uint_eq(l.queue, 3);
	ck_assert_uint_eq(l.longest, 3);
	ck_assert_uint_eq(l.limit, 128);
	ck_assert_uint_eq(l.drops, 5);
	ck_assert_int_eq(find("unix:b", &l), 1);
	ck_assert_str_eq(l.kind, "unix");
	ck_assert(l.has_queue && !l.has_drops);
	ck_assert_uint_eq(l.limit, 4);
	ck_assert_int_eq(find("c", &l), 2);
	ck_assert(!l.has_queue && !l.has_drops);
	ck_assert(!tf_stat_get_listener(st, 3, &l));
	ck_assert_uint_eq(of_server("accept_queue"), 4);
	ck_assert_uint_eq(of_server("accept_queue_max"), 3);
	ck_assert_uint_eq(of_server("accept_drops"), 5);
}
END_TEST

START_TEST(only_what_is_more)
{
	struct listener_state all[] = { tcp("a", 3, 5), tcp("b", 1, 1) };

	segment_set_listeners(seg, all, 2);
	segment_set_listeners(seg, all, 2);
	ck_assert_uint_eq(of_server("accept_drops"), 6);
	all[0] = tcp("a", 0, 7);
	segment_set_listeners(seg, all, 2);
	ck_assert_uint_eq(drops("a"), 7);
	ck_assert_uint_eq(of_server("accept_drops"), 8);
	ck_assert_uint_eq(of_server("accept_queue"), 1);
	ck_assert_uint_eq(of_server("accept_queue_max"), 3);
	/* It did not tell this time. */
	all[0].has_drops = false;
	all[0].drops = 0;
	segment_set_listeners(seg, all, 2);
	all[0] = tcp("a", 0, 9);
	segment_set_listeners(seg, all, 2);
	ck_assert_uint_eq(drops("a"), 9);
	ck_assert_uint_eq(of_server("accept_drops"), 10);
}
END_TEST

/* It lists what it has in another order, has one more and one less. */
START_TEST(the_next_master)
{
	struct listener_state all[] = { tcp("a", 3, 5), tcp("b", 1, 1) };
	struct listener_state its[] = { tcp("c", 0, 2), tcp("b", 0, 4) };
	struct tf_stat_listener l;

	segment_set_listeners(seg, all, 2);
	next = segment_adopt(segment_write_fd(seg), &sizes);
	ck_assert_ptr_nonnull(next);
	segment_set_listeners(next, its, 2);
	ck_assert_int_eq(find("a", &l), -1);
	ck_assert_uint_eq(drops("b"), 4);
	ck_assert_uint_eq(drops("c"), 2);
	ck_assert_uint_eq(of_server("accept_drops"), 6 + 3 + 2);
	ck_assert(!tf_stat_get_listener(st, 2, &l));
	/* And an address comes back: its sockets are new. */
	segment_set_listeners(next, all, 2);
	ck_assert_uint_eq(drops("a"), 5);
	ck_assert_uint_eq(drops("b"), 4);
	ck_assert_uint_eq(of_server("accept_drops"), 6 + 3 + 2 + 5);
}
END_TEST

/* Some are lost, or all are: those that remain have not counted again. */
START_TEST(other_sockets_at_the_same_address)
{
	struct listener_state one = tcp("a", 0, 50);

	segment_set_listeners(seg, &one, 1);
	one.drops = 20;
	segment_set_listeners(seg, &one, 1);
	ck_assert_uint_eq(drops("a"), 50);
	one.drops = 23;
	segment_set_listeners(seg, &one, 1);
	ck_assert_uint_eq(drops("a"), 53);
	ck_assert_uint_eq(of_server("accept_drops"), 53);
}
END_TEST

START_TEST(as_many_as_there_is_room_for)
{
	struct listener_state all[SEGMENT_LISTENERS];
	char names[SEGMENT_LISTENERS][200];
	struct tf_stat_listener l;

	for (unsigned i = 0; i < SEGMENT_LISTENERS; i++) {
		memset(names[i], 'x', sizeof(names[i]));
		snprintf(names[i], 20, "%u", i);
		all[i] = tcp(names[i], i, i);
	}
	names[7][1] = 'x';		/* too long: it is cut */
	names[7][199] = '\0';
	for (int again = 0; again < 2; again++) {
		segment_set_listeners(seg, all, SEGMENT_LISTENERS);
		for (unsigned i = 0; i < SEGMENT_LISTENERS; i++) {
			ck_assert(tf_stat_get_listener(st, i, &l));
			ck_assert_uint_eq(l.drops, i);
		}
	}
	ck_assert(!tf_stat_get_listener(st, SEGMENT_LISTENERS, &l));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("listeners");
	TCase *t = unit_case(s, "listeners");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_the_master_saw);
	tcase_add_test(t, only_what_is_more);
	tcase_add_test(t, the_next_master);
	tcase_add_test(t, other_sockets_at_the_same_address);
	tcase_add_test(t, as_many_as_there_is_room_for);
	return unit_main(s);
}
