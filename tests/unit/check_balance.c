/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Even load: every distribution of a few connections over a few workers, and
 * what must be true of the advice for it.
 */
#include "lib/unit.h"
#include "proc/balance.h"

/* Gives to the least loaded what is shed, as the master does. */
static void
carry_out(unsigned *load, unsigned n, const unsigned *shed)
{
	for (unsigned i = 0; i < n; i++)
		load[i] -= shed[i];
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < shed[i]; k++) {
			unsigned least = 0;

			for (unsigned j = 1; j < n; j++)
				if (load[j] < load[least])
					least = j;
			load[least]++;
		}
}

static unsigned
spread(const unsigned *load, unsigned n)
{
	unsigned min = load[0], max = load[0];

	for (unsigned i = 1; i < n; i++) {
		min = load[i] < min ? load[i] : min;
		max = load[i] > max ? load[i] : max;
	}
	return max - min;
}

static unsigned
sum(const unsigned *v, unsigned n)
{
	unsigned total = 0;

	for (unsigned i = 0; i < n; i++)
		total += v[i];
	return total;
}

static void
try_out(const unsigned *from, unsigned n)
{
	unsigned load[8], shed[8];
	unsigned before = spread(from, n);

	for (unsigned i = 0; i < n; i++)
		load[i] = from[i];
	balance(load, n, shed);
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_le(shed[i], load[i]);
	if (before < 2)			/* even enough: nothing moves */
		ck_assert_uint_eq(sum(shed, n), 0);
	carry_out(load, n, shed);
	ck_assert_uint_lt(spread(load, n), 2);
}

START_TEST(every_small_case)
{
	for (unsigned n = 1; n <= 5; n++) {
		unsigned load[8] = { 0 }, i;

		do {
			try_out(load, n);
			for (i = 0; i < n && ++load[i] == 8; i++)
				load[i] = 0;
		} while (i < n);
	}
}
END_TEST

START_TEST(nobody_and_one)
{
	unsigned load = 1000000, shed = 7;

	balance(&load, 0, &shed);
	ck_assert_uint_eq(shed, 7);
	balance(&load, 1, &shed);
	ck_assert_uint_eq(shed, 0);
}
END_TEST

START_TEST(a_few_at_once)
{
	unsigned load[2] = { 20000, 0 }, shed[2];

	balance(load, 2, shed);
	ck_assert_uint_gt(shed[0], 0);
	ck_assert_uint_lt(shed[0], 1000);
	ck_assert_uint_eq(shed[1], 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("balance");
	TCase *t = unit_case(s, "balance");

	tcase_add_test(t, every_small_case);
	tcase_add_test(t, nobody_and_one);
	tcase_add_test(t, a_few_at_once);
	return unit_main(s);
}
