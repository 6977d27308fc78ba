/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers: nothing passes the maximum, the mark of a refusal stays until a
 * reset, bytes survive growth, and appending costs what it appends.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/unit.h"

START_TEST(bytes_survive_growth)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	for (unsigned i = 0; i < 100000; i++) {
		uint8_t c = (uint8_t)(i * 7);

		if (buf_put(&b, &c, 1) == -1)
			ck_abort_msg("byte %u", i);
	}
	ck_assert_uint_eq(b.len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		if (b.p[i] != (uint8_t)(i * 7))
			ck_abort_msg("byte %u", i);
	buf_fini(&b);
}
END_TEST

/* Up to the maximum it takes all, and not one byte more, whatever it is. */
START_TEST(the_maximum_is_exact)
{
	static const size_t maxima[] = { 1, 100, 255, 256, 257, 1000, 65536 };
	static uint8_t zero[65537];

	for (size_t i = 0; i < sizeof(maxima) / sizeof(maxima[0]); i++) {
		struct buf b;

		buf_init(&b, maxima[i]);
		ck_assert_int_eq(buf_put(&b, NULL, 0), 0);
		ck_assert_int_eq(buf_put(&b, zero, maxima[i]), 0);
		ck_assert_int_eq(buf_put(&b, zero, 0), 0);
		ck_assert(!b.over);
		ck_assert_msg(buf_put(&b, zero, 1) == -1,
		    "a buffer of at most %zu bytes took one more", maxima[i]);
		ck_assert(b.over);
		ck_assert_uint_eq(b.len, maxima[i]);
		buf_fini(&b);
	}
}
END_TEST

START_TEST(byte_by_byte_up_to_the_maximum)
{
	struct buf b;
	size_t n = 0;

	buf_init(&b, 5000);
	while (n < 6000 && buf_put(&b, "x", 1) == 0)
		n++;
	ck_assert_uint_eq(n, 5000);
	ck_assert_uint_le(b.cap, 5000);
	buf_fini(&b);
}
END_TEST

START_TEST(the_mark_stays_until_reset)
{
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_ptr_null(buf_need(&b, 1001));
	ck_assert(b.over);
	buf_put(&b, "x", 1);
	ck_assert(b.over);
	ck_assert_ptr_null(buf_need(&b, SIZE_MAX));
	buf_reset(&b, 1000);
	ck_assert(!b.over);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(buf_put(&b, "x", 1), 0);
	buf_fini(&b);
}
END_TEST

START_TEST(reset_gives_back_what_is_too_much)
{
	struct buf b;
	uint8_t *p;

	buf_init(&b, 1 << 20);
	b.len += 1000 * (buf_need(&b, 1000) != NULL);
	p = b.p;
	buf_reset(&b, 4096);
	ck_assert_ptr_eq(b.p, p);
	b.len += 100000 * (buf_need(&b, 100000) != NULL);
	buf_reset(&b, 4096);
	ck_assert_ptr_null(b.p);
	ck_assert_uint_eq(b.cap, 0);
	buf_fini(&b);
}
END_TEST

/* Growth by a constant would need thousands of steps. */
START_TEST(growth_is_by_doubling)
{
	struct buf b;
	size_t cap = 0;
	int steps = 0;

	buf_init(&b, 64 << 20);
	for (int i = 0; i < 1 << 20; i++) {
		buf_put(&b, "0123456789abcdef", 16);
		steps += b.cap != cap;
		cap = b.cap;
	}
	ck_assert_uint_eq(b.len, 16u << 20);
	ck_assert_int_le(steps, 20);
	ck_assert_uint_le(b.cap, 32u << 20);
	buf_fini(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("buf");
	TCase *t = unit_case(s, "buf");

	tcase_add_test(t, bytes_survive_growth);
	tcase_add_test(t, the_maximum_is_exact);
	tcase_add_test(t, byte_by_byte_up_to_the_maximum);
	tcase_add_test(t, the_mark_stays_until_reset);
	tcase_add_test(t, reset_gives_back_what_is_too_much);
	tcase_add_test(t, growth_is_by_doubling);
	return unit_main(s);
}
