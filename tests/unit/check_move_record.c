/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a connection that moves: it says again what it was told, also
 * to builds that know less of it or more, and any other bytes are refused.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "serve/move_record.h"

enum { FIXED = 40, AT_VERSION = 4, AT_SIZE = 6, AT_KIND = 8, AT_PEER = 10,
    AT_IN = 12, AT_OUT = 16, LEAST = 32 };

static uint8_t bytes[ORDER_RECORD], in[MOVE_INPUT], out[MOVE_OUTPUT];

static struct move_record
sample(void)
{
	return (struct move_record){ .kind = MOVE_UNIX, .peer = "unix:/x",
	    .cred = { 1, 2, 3 }, .left_ns = 123456789, .in = in,
	    .out = out, .in_len = 5, .out_len = 7 };
}

/* In memory that ends where the record does. */
static int
get(struct move_record *r, size_t len)
{
	uint8_t *p = malloc(len == 0 ? 1 : len);
	int rc;

	memcpy(p, bytes, len);
	rc = move_record_get(r, p, len);
	if (rc == 0) {
		ck_assert_int_eq(memcmp(r->in, in, r->in_len), 0);
		ck_assert_int_eq(memcmp(r->out, out, r->out_len), 0);
	}
	free(p);
	return rc;
}

static void
put16(size_t at, unsigned value)
{
	bytes[at] = (uint8_t)value;
	bytes[at + 1] = (uint8_t)(value >> 8);
}

static void
put32(size_t at, uint32_t value)
{
	put16(at, value & 0xffff);
	put16(at + 2, value >> 16);
}

static void
setup(void)
{
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * 11 + 1);
}

START_TEST(there_and_back)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a);

	ck_assert_uint_eq(len, FIXED + 7 + 5 + 7);
	ck_assert_int_eq(get(&r, len), 0);
	ck_assert_int_eq(r.kind, MOVE_UNIX);
	ck_assert_str_eq(r.peer, "unix:/x");
	ck_assert_int_eq(r.cred.pid, 1);
	ck_assert_uint_eq(r.cred.uid, 2);
	ck_assert_uint_eq(r.cred.gid, 3);
	ck_assert_uint_eq(r.left_ns, 123456789);
	ck_assert_uint_eq(r.in_len, 5);
	ck_assert_uint_eq(r.out_len, 7);
}
END_TEST

START_TEST(the_largest)
{
	struct move_record a = sample(), r;

	memset(a.peer, 'p', sizeof(a.peer) - 1);
	a.in_len = MOVE_INPUT;
	a.out_len = MOVE_OUTPUT;
	ck_assert_int_eq(get(&r, move_record_put(bytes, &a)), 0);
	ck_assert_str_eq(r.peer, a.peer);
	ck_assert_uint_eq(r.in_len, MOVE_INPUT);
	ck_assert_uint_eq(r.out_len, MOVE_OUTPUT);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a);

	for (size_t n = 0; n < len; n++)
		ck_assert_msg(get(&r, n) == -1, "%zu bytes", n);
	ck_assert_int_eq(get(&r, len), 0);
	ck_assert_int_eq(get(&r, len + 1), -1);
}
END_TEST

START_TEST(what_is_not_understood_is_refused)
{
	static const struct { size_t at; unsigned value; } bad[] = {
		{ 0, 0 }, { AT_VERSION, 0 }, { AT_VERSION, 2 },
		{ AT_VERSION, 0xffff }, { AT_SIZE, 0 }, { AT_SIZE, LEAST - 1 },
		{ AT_SIZE, 0xffff }, { AT_KIND, 2 }, { AT_KIND, 0xffff },
		{ AT_PEER, 8 }, { AT_PEER, 6 }, { AT_PEER, 0xffff },
		{ AT_IN, 4 }, { AT_IN, 6 }, { AT_OUT, 6 }, { AT_OUT, 8 },
	};
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a);

	put16(bad[_i].at, bad[_i].value);
	ck_assert_int_eq(get(&r, len), -1);
	move_record_put(bytes, &a);
	ck_assert_int_eq(get(&r, len), 0);
}
END_TEST

START_TEST(lengths_that_are_too_large)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a);

	put32(AT_IN, UINT32_MAX - 4);	/* the sum is right in 32 bits */
	put32(AT_OUT, 7 + 5 + 5);
	ck_assert_int_eq(get(&r, len), -1);
	put32(AT_IN, MOVE_INPUT + 1);
	put32(AT_OUT, 0);
	ck_assert_int_eq(get(&r, FIXED + 7 + MOVE_INPUT + 1), -1);
	put32(AT_IN, 0);
	put32(AT_OUT, MOVE_OUTPUT + 1);
	ck_assert_int_eq(get(&r, FIXED + 7 + MOVE_OUTPUT + 1), -1);
}
END_TEST

START_TEST(a_peer_with_a_nul)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a);

	bytes[FIXED + 3] = '\0';
	ck_assert_int_eq(get(&r, len), -1);
}
END_TEST

/* Its fixed part is longer, and there is a part behind all others. */
START_TEST(a_newer_build)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a);

	memmove(bytes + FIXED + 8, bytes + FIXED, len - FIXED);
	memset(bytes + FIXED, 0xee, 8);
	put16(AT_SIZE, FIXED + 8);
	memset(bytes + len + 8, 0xdd, 10);
	ck_assert_int_eq(get(&r, len + 18), 0);
	ck_assert_str_eq(r.peer, "unix:/x");
	ck_assert_uint_eq(r.in_len, 5);
	ck_assert_uint_eq(r.left_ns, 123456789);
}
END_TEST

START_TEST(an_older_build)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a);

	memmove(bytes + LEAST, bytes + FIXED, len - FIXED);
	put16(AT_SIZE, LEAST);
	ck_assert_int_eq(get(&r, len - FIXED + LEAST), 0);
	ck_assert_str_eq(r.peer, "unix:/x");
	ck_assert_uint_eq(r.cred.uid, 2);
	ck_assert_uint_eq(r.left_ns, MOVE_NO_LIMIT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("move record");
	TCase *t = unit_case(s, "record");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, there_and_back);
	tcase_add_test(t, the_largest);
	tcase_add_test(t, every_truncation_is_refused);
	tcase_add_loop_test(t, what_is_not_understood_is_refused, 0, 16);
	tcase_add_test(t, lengths_that_are_too_large);
	tcase_add_test(t, a_peer_with_a_nul);
	tcase_add_test(t, a_newer_build);
	tcase_add_test(t, an_older_build);
	return unit_main(s);
}
