/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zlib streams: what Python's zlib flushes can be read at once, what we write
 * can be read at once, in portions of any size, and no more comes out than
 * there is room for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit_wire.h"
#include "wire/zstream.h"

#define FIRST	"\x78\x9c\x6a\x52\x64\x64\x4e\x4c\x49\x61" \
		"\x00\x00\x00\x00\xff\xff"
#define SECOND	"\x6a\x52\x64\x02\xd3\x00\x00\x00\x00\xff\xff"
#define LAST	"\x03\x00\x1f\x9e\x03\xa2"
#define CALLS	"\x82!\x01\x03" "add\0" "\x82!\x02\x03" "add\0"

static struct zstream *z;
static struct buf out;

static void
setup(void)
{
	z = zstream_new();
	buf_init(&out, 100000);
}

static void
teardown(void)
{
	zstream_free(z);
	buf_fini(&out);
}

static enum zstream_result
get(const void *bytes, size_t len, size_t *used)
{
	uint8_t *exact = exact_copy(bytes, len);
	enum zstream_result rc = zstream_read(z, exact, len, used, &out);

	free(exact);
	return rc;
}

static void
reads(const void *bytes, size_t len, enum zstream_result expected)
{
	size_t used;

	ck_assert_int_eq(get(bytes, len, &used), expected);
	ck_assert_uint_eq(used, len);
}

static void
out_is(const char *bytes, size_t len)
{
	ck_assert_uint_eq(out.len, len);
	ck_assert(len == 0 || memcmp(out.p, bytes, len) == 0);
}

START_TEST(from_python)
{
	size_t used;

	reads(FIRST, sizeof(FIRST) - 1, ZSTREAM_OK);
	out_is(CALLS, 8);
	reads(SECOND, sizeof(SECOND) - 1, ZSTREAM_OK);
	out_is(CALLS, 16);
	ck_assert_int_eq(get(LAST "more", sizeof(LAST) + 3, &used),
	    ZSTREAM_END);
	ck_assert_uint_eq(used, sizeof(LAST) - 1);
	out_is(CALLS, 16);
	ck_assert_int_eq(get("", 0, &used), ZSTREAM_END);
}
END_TEST

START_TEST(byte_by_byte)
{
	const char all[] = FIRST SECOND;

	for (size_t i = 0; i < sizeof(all) - 1; i++)
		reads(all + i, 1, ZSTREAM_OK);
	out_is(CALLS, 16);
}
END_TEST

/* One byte of room: one byte comes, also when all input is used. */
START_TEST(little_room)
{
	const char *p = FIRST SECOND, *end = p + sizeof(FIRST SECOND) - 1;
	enum zstream_result rc = ZSTREAM_FULL;
	size_t used, n = 0;

	out.max = 1;
	while (rc == ZSTREAM_FULL) {
		out.len = 0;
		rc = get(p, (size_t)(end - p), &used);
		p += used;
		if (out.len == 0)
			continue;
		ck_assert_uint_lt(n, 16);
		ck_assert_int_eq(out.p[0], (uint8_t)CALLS[n]);
		n++;
	}
	ck_assert_int_eq(rc, ZSTREAM_OK);
	ck_assert_uint_eq(n, 16);
	ck_assert_ptr_eq(p, end);
}
END_TEST

START_TEST(malformed)
{
	size_t used;

	ck_assert_int_eq(get("\x78\x9d", 2, &used), ZSTREAM_BAD);
	ck_assert_int_eq(get(FIRST, sizeof(FIRST) - 1, &used), ZSTREAM_BAD);
	zstream_free(z);
	z = zstream_new();
	/* A preset dictionary, which nobody has. */
	ck_assert_int_eq(get("\x78\xbb\0\0\0\1abc", 9, &used), ZSTREAM_BAD);
	zstream_free(z);
	z = zstream_new();
	ck_assert_int_eq(get(FIRST "\x07", sizeof(FIRST), &used),
	    ZSTREAM_BAD);
}
END_TEST

/* Written, and read from what each write has made. */
START_TEST(written)
{
	char text[5000];
	struct buf wire;
	size_t at = 0;

	buf_init(&wire, 200000);
	for (size_t n = 0; n < sizeof(text); n = n * 3 + 1) {
		for (size_t i = 0; i < n; i++)
			text[i] = (char)(i * i * 7 + n);
		ck_assert_int_eq(zstream_write(z, (uint8_t *)text, n, &wire),
		    0);
		out.len = 0;
		reads(wire.p + at, wire.len - at, ZSTREAM_OK);
		out_is(text, n);
		at = wire.len;
	}
	/* A peer's stream is told by its first bytes. */
	ck_assert_int_eq(wire.p[0], 0x78);
	ck_assert_int_eq(zstream_finish(z, &wire), 0);
	reads(wire.p + at, wire.len - at, ZSTREAM_END);
	ck_assert_int_eq(zstream_write(z, (uint8_t *)text, 1, &wire), -1);
	buf_fini(&wire);
}
END_TEST

START_TEST(written_past_the_maximum)
{
	uint8_t bytes[1000];
	struct buf wire;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i * i >> 3);
	for (size_t max = 0; max < 60; max++) {
		zstream_free(z);
		z = zstream_new();
		buf_init(&wire, max);
		ck_assert_int_eq(zstream_write(z, bytes, sizeof(bytes),
		    &wire), -1);
		ck_assert_uint_le(wire.len, max);
		ck_assert_int_eq(zstream_write(z, bytes, 0, &wire), -1);
		buf_fini(&wire);
	}
}
END_TEST

/* Ten megabytes in ten kilobytes: taken in portions, none of them larger. */
START_TEST(bombs)
{
	static uint8_t zeros[100000];
	size_t used, at = 0, sum = 0;
	struct buf wire;

	buf_init(&wire, 200000);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(zstream_write(z, zeros, sizeof(zeros),
		    &wire), 0);
	ck_assert_uint_lt(wire.len, 20000);
	for (;;) {
		out.len = 0;
		if (get(wire.p + at, wire.len - at, &used) != ZSTREAM_FULL)
			break;
		ck_assert_uint_eq(out.len, out.max);
		ck_assert_uint_le(out.cap, out.max);
		sum += out.len;
		at += used;
	}
	ck_assert_uint_eq(sum + out.len, 100 * sizeof(zeros));
	buf_fini(&wire);
}
END_TEST

/* What there is of a stream says the beginning of it, and is no end. */
START_TEST(every_prefix)
{
	const char all[] = FIRST SECOND LAST;

	for (size_t n = 0; n < sizeof(all) - 1; n++) {
		zstream_free(z);
		z = zstream_new();
		out.len = 0;
		reads(all, n, ZSTREAM_OK);
		out_is(CALLS, out.len);
	}
}
END_TEST

START_TEST(swept)
{
	char all[] = FIRST SECOND LAST;
	size_t used;

	for (size_t bit = 0; bit < 8 * (sizeof(all) - 1); bit++) {
		all[bit / 8] ^= (char)(1 << bit % 8);
		zstream_free(z);
		z = zstream_new();
		out.len = 0;
		if (get(all, sizeof(all) - 1, &used) == ZSTREAM_END)
			ck_assert_uint_le(used, sizeof(all) - 1);
		all[bit / 8] ^= (char)(1 << bit % 8);
	}
}
END_TEST

START_TEST(not_built_in)
{
	uint8_t byte = 0x78;
	size_t used;

	ck_assert_ptr_null(z);
	ck_assert_int_eq(zstream_read(z, &byte, 1, &used, &out), ZSTREAM_BAD);
	ck_assert_int_eq(zstream_write(z, &byte, 1, &out), -1);
	ck_assert_int_eq(zstream_finish(z, &out), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire_zstream");
	TCase *t = unit_case(s, "zstream");
	struct zstream *there = zstream_new();

	tcase_add_checked_fixture(t, setup, teardown);
	if (there != NULL) {
		tcase_add_test(t, from_python);
		tcase_add_test(t, byte_by_byte);
		tcase_add_test(t, little_room);
		tcase_add_test(t, malformed);
		tcase_add_test(t, written);
		tcase_add_test(t, written_past_the_maximum);
		tcase_add_test(t, bombs);
		tcase_add_test(t, every_prefix);
		tcase_add_test(t, swept);
	} else {
		tcase_add_test(t, not_built_in);
	}
	zstream_free(there);
	return unit_main(s);
}
