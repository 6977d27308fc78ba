/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short copies and comparisons: of every length what memcpy() and memcmp() do,
 * and not a byte beyond it, in memory that ends where they do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/short.h"
#include "lib/unit.h"

#define TO	(COPY_SHORT + 16)	/* lengths that are compared */

static uint8_t text[TO];

static void
setup(void)
{
	for (size_t i = 0; i < TO; i++)
		text[i] = (uint8_t)(i * 11 + 1);
}

/* So many bytes of it in a block of their own. */
static uint8_t *
some(size_t n)
{
	uint8_t *p = malloc(n > 0 ? n : 1);

	ck_assert_ptr_nonnull(p);
	memcpy(p, text, n);
	return p;
}

START_TEST(copies_what_it_is_told)
{
	for (size_t n = 0; n <= COPY_SHORT; n++) {
		uint8_t *from = some(n), *to = calloc(n + 1, 1);

		ck_assert_ptr_eq(copy_short(to, from, n), to + n);
		ck_assert_msg(memcmp(to, from, n) == 0, "%zu bytes", n);
		ck_assert_msg(to[n] == 0, "behind %zu bytes", n);
		free(from);
		free(to);
	}
}
END_TEST

START_TEST(compares_each_byte)
{
	for (size_t n = 0; n <= TO; n++) {
		uint8_t *a = some(n), *b = some(n);

		ck_assert_msg(equal_short(a, b, n), "%zu bytes", n);
		for (size_t i = 0; i < n; i++) {
			b[i] ^= 0x80;
			ck_assert_msg(!equal_short(a, b, n),
			    "byte %zu of %zu", i, n);
			b[i] ^= 0x80;
		}
		free(a);
		free(b);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("short");
	TCase *t = unit_case(s, "short");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, copies_what_it_is_told);
	tcase_add_test(t, compares_each_byte);
	return unit_main(s);
}
