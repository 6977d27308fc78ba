/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas: what is taken is aligned, zeroed, apart from all else and never
 * NULL; the soft limit is remembered, the hard one ends the process; a reset
 * starts anew; lists grow without touching what they borrowed.
 */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/type.h>

#include "base/arena.h"
#include "lib/unit.h"

static struct tf_arena *a;

static void
setup(void)
{
	a = tf_arena_new(0);
}

static void
teardown(void)
{
	tf_arena_free(a);
}

START_TEST(every_size_is_aligned_and_zero)
{
	for (size_t n = 1; n < 5000; n += n < 100 ? 1 : 37) {
		unsigned char *p = tf_alloc(a, n, 1);

		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			if (p[i] != 0)
				ck_abort_msg("byte %zu of %zu", i, n);
		memset(p, 0xa5, n);
	}
}
END_TEST

/* The contract says "never NULL", of nothing as well. */
START_TEST(nothing_is_not_null)
{
	void *volatile p = tf_alloc(a, 0, 8);

	ck_assert_ptr_nonnull(p);
}
END_TEST

/* Each block has a pattern of its own that must survive all the others. */
START_TEST(allocations_do_not_overlap)
{
	enum { N = 2000 };
	static unsigned char *p[N];
	static size_t len[N];
	uint32_t seed = 12345;

	for (int i = 0; i < N; i++) {
		seed = seed * 1664525u + 1013904223u;
		len[i] = i % 50 == 49 ? 100000 : seed >> 22;
		p[i] = i % 3 == 0 ? arena_take_text(a, len[i] + 1) :
		    arena_take(a, len[i] + 1);
		memset(p[i], i % 251, len[i] + 1);
	}
	for (int i = 0; i < N; i++)
		for (size_t j = 0; j <= len[i]; j++)
			if (p[i][j] != i % 251)
				ck_abort_msg("block %d byte %zu", i, j);
}
END_TEST

START_TEST(past_the_limit_it_is_over_until_reset)
{
	tf_arena_free(a);
	a = tf_arena_new(1 << 20);
	tf_alloc(a, 1, 900000);
	ck_assert(!tf_arena_over(a));
	memset(tf_alloc(a, 1, 900000), 1, 900000);
	ck_assert(tf_arena_over(a));
	tf_alloc(a, 1, 1);
	ck_assert(tf_arena_over(a));
	tf_arena_reset(a);
	ck_assert(!tf_arena_over(a));
	tf_alloc(a, 1, 900000);
	ck_assert(!tf_arena_over(a));
}
END_TEST

START_TEST(a_small_limit_is_a_limit_too)
{
	tf_arena_free(a);
	a = tf_arena_new(1000);
	memset(tf_alloc(a, 1, 500), 1, 500);
	ck_assert(!tf_arena_over(a));
	tf_alloc(a, 1, 700);
	ck_assert(tf_arena_over(a));
}
END_TEST

/* Also of a block that was kept. */
START_TEST(too_much_stays_too_much)
{
	tf_arena_free(a);
	a = tf_arena_new(65536);
	for (int i = 0; i < 3; i++) {
		tf_alloc(a, 200000, 1);
		ck_assert(tf_arena_over(a));
		tf_arena_reset(a);
	}
}
END_TEST

START_TEST(what_is_kept_does_not_count)
{
	tf_arena_free(a);
	a = tf_arena_new(1 << 20);
	for (int round = 0; round < 4; round++) {
		ck_assert(arena_fits(a, 900000));
		tf_alloc(a, 1, 900000);
		ck_assert(!tf_arena_over(a));
		ck_assert(!arena_fits(a, 200000));
		arena_reset(a);
		/* A few bytes of the block that is kept change little. */
		tf_alloc(a, 1, 10);
		ck_assert(arena_fits(a, 900000));
		tf_alloc(a, 1, 900000);
		ck_assert(!tf_arena_over(a));
		arena_reset(a);
	}
}
END_TEST

/* Fills an arena by pieces until one is too many; the bytes that it took. */
static size_t
fill(size_t piece)
{
	size_t n = 0;

	while (!tf_arena_over(a)) {
		bool fits = arena_fits(a, piece);

		memset(tf_alloc(a, 1, piece), 0xa5, piece);
		ck_assert_int_eq(fits, !tf_arena_over(a));
		n += piece;
	}
	return n - piece;
}

/* All but what alignment and the ends of blocks cost can be had. */
START_TEST(the_limit_is_reached)
{
	static const size_t pieces[] = { 16, 100, 1000, 5000, 40000, 70000 };
	const size_t max = 1 << 20;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		tf_arena_free(a);
		a = tf_arena_new(max);
		for (int round = 0; round < 3; round++) {
			size_t n = fill(pieces[i]);

			ck_assert_uint_le(n, max);
			ck_assert_uint_ge(n, max - max / 8 - pieces[i]);
			arena_reset(a);
			tf_alloc(a, 1, 10);
			tf_alloc(a, 1, 300000);
			arena_reset(a);
		}
	}
}
END_TEST

START_TEST(a_block_goes_no_further_than_the_limit)
{
	tf_arena_free(a);
	a = tf_arena_new(65536);
	tf_alloc(a, 1, 40000);
	tf_alloc(a, 1, 100);
	ck_assert(!tf_arena_over(a));
	ck_assert_uint_le(a->held, 65536);
	tf_alloc(a, 1, 25000);
	ck_assert(!tf_arena_over(a));
	tf_alloc(a, 1, 1000);
	ck_assert(tf_arena_over(a));
}
END_TEST

/* What a large piece leaves of a block is all that may be had of it. */
START_TEST(a_large_piece_counts_against_the_block_before_it)
{
	tf_arena_free(a);
	a = tf_arena_new(1 << 20);
	for (int i = 0; i < 5000; i++)
		tf_alloc(a, 1, 100);
	tf_arena_reset(a);
	tf_alloc(a, 1, 10);
	tf_alloc(a, 1, 900000);
	ck_assert(!tf_arena_over(a));
	for (int i = 0; i < 1500; i++)
		tf_alloc(a, 1, 112);
	ck_assert(tf_arena_over(a));
	tf_arena_reset(a);
	for (int i = 0; i < 9000; i++)
		tf_alloc(a, 1, 112);
	ck_assert(!tf_arena_over(a));
}
END_TEST

static void
take_the_limit(int times)
{
	tf_arena_free(a);
	a = tf_arena_new(1 << 20);
	for (int i = 0; i < times; i++)
		tf_alloc(a, 1, 1 << 20);
}

START_TEST(the_hard_limit_ends_the_process)
{
	take_the_limit(6);
	ck_abort_msg("six times the limit was given");
}
END_TEST

START_TEST(four_times_the_limit_is_soft)
{
	take_the_limit(4);
	ck_assert(tf_arena_over(a));
}
END_TEST

START_TEST(a_size_that_overflows_ends_the_process)
{
	volatile size_t n = SIZE_MAX / 4;

	tf_alloc(a, n, 8);
}
END_TEST

START_TEST(a_size_that_nobody_has_ends_the_process)
{
	volatile size_t n = SIZE_MAX - 5;

	tf_alloc(a, n, 1);
}
END_TEST

START_TEST(reset_keeps_one_block_of_bounded_size)
{
	for (int i = 0; i < 100; i++)
		tf_alloc(a, 1, 60000);
	ck_assert_uint_ge(a->held, 6000000);
	tf_arena_reset(a);
	ck_assert_uint_le(a->held, 256 * 1024);
	ck_assert(a->blocks == NULL || a->blocks->next == NULL);
	tf_arena_reset(a);
	ck_assert_uint_le(a->held, 256 * 1024);
	tf_alloc(a, 1, 100);
}
END_TEST

#ifndef ARENA_CHECKED
START_TEST(a_busy_arena_stops_asking_for_memory)
{
	struct arena_block *kept;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 100; i++)
			tf_alloc(a, 1, 1000);
		tf_arena_reset(a);
	}
	kept = a->blocks;
	for (int i = 0; i < 90; i++)
		tf_alloc(a, 1, 1000);
	ck_assert_ptr_eq(a->blocks, kept);
	ck_assert_ptr_null(a->blocks->next);
}
END_TEST

START_TEST(blocks_grow_with_use)
{
	int blocks = 0;

	for (int i = 0; i < 10000; i++)
		tf_alloc(a, 1, 100);
	for (struct arena_block *b = a->blocks; b != NULL; b = b->next)
		blocks++;
	ck_assert_int_le(blocks, 30);
	ck_assert_uint_le(a->held, 2 * 10000 * 112);
}
END_TEST
#endif

START_TEST(a_borrowed_list_is_copied)
{
	static int32_t mine[] = { 1, 2, 3, 4, 5 };
	struct tf_list_i32 l = { mine, 5, 0 };

	for (int32_t i = 6; i <= 3000; i++)
		*TF_PUSH(a, &l) = i;
	ck_assert_uint_eq(l.n, 3000);
	ck_assert_uint_ge(l.cap, 3000);
	for (int32_t i = 0; i < 3000; i++)
		ck_assert_int_eq(l.v[i], i + 1);
	l.v[0] = 99;
	ck_assert_int_eq(mine[0], 1);
}
END_TEST

START_TEST(a_pushed_element_is_zero)
{
	struct tf_list_str l = { 0 };

	for (int i = 0; i < 100; i++) {
		struct tf_str *s = TF_PUSH(a, &l);

		ck_assert_ptr_null(s->s);
		ck_assert_uint_eq(s->len, 0);
		*s = TF_STR("x");
	}
}
END_TEST

START_TEST(a_list_past_32_bits_ends_the_process)
{
	uint32_t cap;

	tf_grow(a, NULL, UINT32_MAX, &cap, 1);
}
END_TEST

START_TEST(text_of_any_length)
{
	static char text[5000];
	static const int lengths[] = { 0, 1, 254, 255, 256, 257, 4999 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		int len = lengths[i];
		struct tf_str s;

		memset(text, 'x', (size_t)len);
		text[len] = '\0';
		s = tf_strf(a, "%s", text);
		ck_assert_uint_eq(s.len, (size_t)len);
		ck_assert_str_eq(s.s, text);
	}
}
END_TEST

START_TEST(strings)
{
	struct tf_str s = tf_strn(a, "a\0b", 3), t = tf_strn(a, NULL, 0);

	ck_assert_int_eq(memcmp(s.s, "a\0b", 4), 0);
	ck_assert_ptr_nonnull(t.s);
	ck_assert_int_eq(t.s[0], '\0');
	ck_assert(tf_str_eq(s, (struct tf_str){ "a\0b", 3 }));
	ck_assert(!tf_str_eq(s, (struct tf_str){ "a\0c", 3 }));
	ck_assert(!tf_str_eq(s, TF_STR("a")));
	ck_assert(tf_str_eq(t, (struct tf_str){ NULL, 0 }));
}
END_TEST

START_TEST(free_of_null)
{
	tf_arena_free(NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("arena");
	TCase *t = unit_case(s, "arena");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_size_is_aligned_and_zero);
	tcase_add_test(t, nothing_is_not_null);
	tcase_add_test(t, allocations_do_not_overlap);
	tcase_add_test(t, past_the_limit_it_is_over_until_reset);
	tcase_add_test(t, a_small_limit_is_a_limit_too);
	tcase_add_test(t, too_much_stays_too_much);
	tcase_add_test(t, what_is_kept_does_not_count);
	tcase_add_test(t, the_limit_is_reached);
	tcase_add_test(t, a_block_goes_no_further_than_the_limit);
	tcase_add_test(t, a_large_piece_counts_against_the_block_before_it);
	tcase_add_test_raise_signal(t, the_hard_limit_ends_the_process,
	    SIGABRT);
	tcase_add_test(t, four_times_the_limit_is_soft);
	tcase_add_test_raise_signal(t, a_size_that_overflows_ends_the_process,
	    SIGABRT);
	tcase_add_test_raise_signal(t,
	    a_size_that_nobody_has_ends_the_process, SIGABRT);
	tcase_add_test(t, reset_keeps_one_block_of_bounded_size);
#ifndef ARENA_CHECKED
	tcase_add_test(t, a_busy_arena_stops_asking_for_memory);
	tcase_add_test(t, blocks_grow_with_use);
#endif
	tcase_add_test(t, a_borrowed_list_is_copied);
	tcase_add_test(t, a_pushed_element_is_zero);
	tcase_add_test_raise_signal(t, a_list_past_32_bits_ends_the_process,
	    SIGABRT);
	tcase_add_test(t, text_of_any_length);
	tcase_add_test(t, strings);
	tcase_add_test(t, free_of_null);
	return unit_main(s);
}
