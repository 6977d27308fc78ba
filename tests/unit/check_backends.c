/* SPDX-License-Identifier: Apache-2.0 */
/* Which server is next, with a clock that the test turns. */
#include <string.h>

#include "base/clock.h"
#include "client/backends.h"
#include "lib/unit.h"

#define NOW	(1000 * NS_PER_S)
#define LONG	(20 * NS_PER_S)		/* more than any pause */

static struct backends b;

static void
three(void)
{
	backends_init(&b, "a:1, b:2,c:3", 1);
	ck_assert_uint_eq(b.n, 3);
}

static void
forget(void)
{
	backends_fini(&b);
}

/* One that is chosen, as a set. */
static unsigned
chosen(uint64_t now, uint64_t except)
{
	return 1u << backends_choose(&b, now, except);
}

START_TEST(a_list_is_split)
{
	ck_assert_str_eq(b.v[0].addr, "a:1");
	ck_assert_str_eq(b.v[1].addr, "b:2");
	ck_assert_str_eq(b.v[2].addr, "c:3");
}
END_TEST

START_TEST(an_empty_list_has_one_that_cannot_be_reached)
{
	struct backends none;

	backends_init(&none, " ,", 1);
	ck_assert_uint_eq(none.n, 1);
	ck_assert_str_eq(none.v[0].addr, "");
	backends_fini(&none);
}
END_TEST

START_TEST(no_more_than_there_is_room_for)
{
	char list[4 * (BACKENDS_MAX + 8) + 1] = "";
	struct backends many;

	for (size_t i = 0; i + 4 < sizeof(list); i += 4)
		memcpy(list + i, "a:1,", 4);
	ck_assert_uint_eq(backends_init(&many, list, 1), BACKENDS_MAX + 8);
	ck_assert_uint_eq(many.n, BACKENDS_MAX);
	backends_fini(&many);
	list[4 * BACKENDS_MAX] = '\0';
	ck_assert_uint_eq(backends_init(&many, list, 1), BACKENDS_MAX);
	backends_fini(&many);
}
END_TEST

START_TEST(equals_take_turns)
{
	ck_assert_uint_eq(chosen(NOW, 0) | chosen(NOW, 0) | chosen(NOW, 0), 7);
}
END_TEST

START_TEST(the_least_busy_is_next)
{
	b.v[0].busy = b.v[2].busy = 2;
	b.v[1].busy = 1;
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(chosen(NOW, 0), 2);
}
END_TEST

START_TEST(what_was_tried_is_left_out)
{
	ck_assert_uint_eq(chosen(NOW, 3), 4);
	ck_assert_uint_eq(chosen(NOW, 5), 2);
	ck_assert_uint_ne(chosen(NOW, 7), 0);	/* all: then anyone */
}
END_TEST

START_TEST(who_broke_is_left_alone)
{
	b.v[0].busy = b.v[2].busy = 9;
	backends_tell(&b, 1, BACKEND_BROKE, NOW);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_ne(chosen(NOW, 0), 2);
}
END_TEST

START_TEST(one_looks_whether_it_is_back)
{
	b.v[0].busy = b.v[2].busy = 9;
	backends_tell(&b, 1, BACKEND_BROKE, NOW);
	ck_assert_uint_eq(chosen(NOW + LONG, 0), 2);
	backends_try(&b, 1);
	ck_assert_uint_ne(chosen(NOW + LONG, 0), 2);
	backends_tell(&b, 1, BACKEND_ANSWERED, NOW + LONG);
	ck_assert_uint_eq(chosen(NOW + LONG, 0), 2);
}
END_TEST

START_TEST(a_look_in_vain_makes_it_wait_for_longer)
{
	uint64_t first, second;

	backends_tell(&b, 1, BACKEND_BROKE, NOW);
	first = b.v[1].down_until_ns - NOW;
	ck_assert_uint_le(first, 100 * NS_PER_MS);
	ck_assert_uint_ge(first, 50 * NS_PER_MS);
	backends_try(&b, 1);
	backends_tell(&b, 1, BACKEND_LATE, NOW + LONG);
	second = b.v[1].down_until_ns - (NOW + LONG);
	ck_assert_uint_le(second, 200 * NS_PER_MS);
	ck_assert_uint_ge(second, 100 * NS_PER_MS);
}
END_TEST

START_TEST(who_fail_together_fail_once)
{
	uint64_t until;

	backends_tell(&b, 1, BACKEND_BROKE, NOW);
	until = b.v[1].down_until_ns;
	for (int i = 0; i < 30; i++)
		backends_tell(&b, 1, BACKEND_BROKE, NOW + 1);
	ck_assert_uint_eq(b.v[1].down_until_ns, until);
	ck_assert_uint_eq(b.v[1].failures, 1);
}
END_TEST

START_TEST(there_is_a_longest_pause)
{
	uint64_t now = NOW;

	for (int i = 0; i < 100; i++) {
		backends_tell(&b, 1, BACKEND_BROKE, now);
		ck_assert_uint_le(b.v[1].down_until_ns - now, 13 * NS_PER_S);
		ck_assert_uint_le(backends_pause_ns(&b, (unsigned)i),
		    NS_PER_S);
		now += LONG;
	}
}
END_TEST

START_TEST(late_now_and_then_is_no_failure)
{
	for (int i = 0; i < 10; i++) {
		backends_tell(&b, 1, BACKEND_LATE, NOW);
		backends_tell(&b, 1, BACKEND_LATE, NOW);
		backends_tell(&b, 1, BACKEND_ANSWERED, NOW);
	}
	ck_assert_uint_eq(b.v[1].down_until_ns, 0);
	for (int i = 0; i < 3; i++)
		backends_tell(&b, 1, BACKEND_LATE, NOW);
	ck_assert_uint_ne(b.v[1].down_until_ns, 0);
}
END_TEST

/* Who hangs takes oneways as well; who has been away is back. */
START_TEST(who_is_reached_is_there)
{
	for (int i = 0; i < 3; i++) {
		backends_tell(&b, 1, BACKEND_LATE, NOW);
		backends_tell(&b, 1, BACKEND_REACHED, NOW);
	}
	ck_assert_uint_ne(b.v[1].down_until_ns, 0);
	backends_try(&b, 1);
	backends_tell(&b, 1, BACKEND_REACHED, NOW);
	ck_assert_uint_ne(b.v[1].down_until_ns, 0);
	ck_assert(!b.v[1].tried);
	backends_tell(&b, 2, BACKEND_BROKE, NOW);
	backends_tell(&b, 2, BACKEND_REACHED, NOW);
	ck_assert_uint_eq(b.v[2].down_until_ns, 0);
	ck_assert_uint_eq(b.v[2].failures, 0);
}
END_TEST

START_TEST(who_is_spared_can_be_tried_again)
{
	backends_tell(&b, 1, BACKEND_BROKE, NOW);
	backends_try(&b, 1);
	backends_tell(&b, 1, BACKEND_SPARED, NOW + LONG);
	ck_assert(!b.v[1].tried);
	ck_assert_uint_ne(b.v[1].down_until_ns, 0);
}
END_TEST

START_TEST(if_all_are_down_the_one_that_is_due_first)
{
	for (unsigned i = 0; i < 3; i++)
		backends_tell(&b, i, BACKEND_BROKE, NOW + 10 * i * NS_PER_S);
	ck_assert_uint_eq(chosen(NOW, 0), 1);
	ck_assert_uint_eq(chosen(NOW, 1), 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("backends");
	TCase *t = unit_case(s, "backends");

	tcase_add_checked_fixture(t, three, forget);
	tcase_add_test(t, a_list_is_split);
	tcase_add_test(t, an_empty_list_has_one_that_cannot_be_reached);
	tcase_add_test(t, no_more_than_there_is_room_for);
	tcase_add_test(t, equals_take_turns);
	tcase_add_test(t, the_least_busy_is_next);
	tcase_add_test(t, what_was_tried_is_left_out);
	tcase_add_test(t, who_broke_is_left_alone);
	tcase_add_test(t, one_looks_whether_it_is_back);
	tcase_add_test(t, a_look_in_vain_makes_it_wait_for_longer);
	tcase_add_test(t, who_fail_together_fail_once);
	tcase_add_test(t, there_is_a_longest_pause);
	tcase_add_test(t, late_now_and_then_is_no_failure);
	tcase_add_test(t, who_is_reached_is_there);
	tcase_add_test(t, who_is_spared_can_be_tried_again);
	tcase_add_test(t, if_all_are_down_the_one_that_is_due_first);
	return unit_main(s);
}
