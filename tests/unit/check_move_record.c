/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a connection that moves: it says again what it was told, in
 * bytes that any other build understands, and any other bytes are refused.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "proc/succession.h"
#include "serve/move_record.h"

enum { FIXED = 40, FIXED_2 = 48, AT_VERSION = 4, AT_SIZE = 6, AT_KIND = 8,
    AT_PEER = 10, AT_IN = 12, AT_OUT = 16, AT_HEADERS = 40, AT_ZERO = 44 };

static uint8_t bytes[ORDER_RECORD], in[MOVE_INPUT], out[MOVE_OUTPUT],
    headers[MOVE_INPUT + MOVE_OUTPUT];

static struct move_record
sample(void)
{
	return (struct move_record){ .kind = MOVE_UNIX, .peer = "unix:/x",
	    .cred = { 1, 2, 3 }, .left_ns = 123456789, .in = in,
	    .out = out, .in_len = 5, .out_len = 7 };
}

static struct move_record
sample_with_headers(void)
{
	struct move_record r = sample();

	r.headers = headers;
	r.headers_len = 3;
	return r;
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
		ck_assert_int_eq(memcmp(r->headers, headers, r->headers_len),
		    0);
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
	for (size_t i = 0; i < sizeof(headers); i++)
		headers[i] = (uint8_t)(i * 13 + 2);
}

START_TEST(there_and_back)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a, 1);

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
	ck_assert_uint_eq(r.headers_len, 0);
}
END_TEST

START_TEST(there_and_back_with_headers)
{
	struct move_record a = sample_with_headers(), r;
	size_t len = move_record_put(bytes, &a, 2);

	ck_assert_uint_eq(len, FIXED_2 + 7 + 5 + 7 + 3);
	ck_assert_int_eq(get(&r, len), 0);
	ck_assert_str_eq(r.peer, "unix:/x");
	ck_assert_uint_eq(r.left_ns, 123456789);
	ck_assert_uint_eq(r.in_len, 5);
	ck_assert_uint_eq(r.out_len, 7);
	ck_assert_uint_eq(r.headers_len, 3);
}
END_TEST

/* Headers take the room that input and output leave, and no older reader. */
START_TEST(what_fits)
{
	const size_t all = MOVE_INPUT + MOVE_OUTPUT;
	struct move_record a = sample_with_headers(), r;

	ck_assert(move_record_fits(MOVE_INPUT, MOVE_OUTPUT, 0, 0));
	ck_assert(move_record_fits(MOVE_INPUT, MOVE_OUTPUT, 0, 2));
	ck_assert(!move_record_fits(MOVE_INPUT + 1, 0, 0, 2));
	ck_assert(!move_record_fits(0, MOVE_OUTPUT + 1, 0, 2));
	ck_assert(!move_record_fits(MOVE_INPUT, MOVE_OUTPUT, 1, 2));
	ck_assert(move_record_fits(MOVE_INPUT, MOVE_OUTPUT - 1, 1, 2));
	ck_assert(move_record_fits(0, 0, all, UINT32_MAX));
	ck_assert(!move_record_fits(0, 0, all + 1, 2));
	ck_assert(!move_record_fits(0, 0, 1, 0));
	ck_assert(!move_record_fits(0, 0, 1, 1));
	a.in_len = 1;
	a.headers_len = all - 1 - a.out_len;
	memset(a.peer, 'p', sizeof(a.peer) - 1);
	ck_assert_int_eq(get(&r, move_record_put(bytes, &a, 2)), 0);
	ck_assert_uint_eq(r.headers_len, a.headers_len);
}
END_TEST

START_TEST(the_largest)
{
	struct move_record a = sample(), r;

	memset(a.peer, 'p', sizeof(a.peer) - 1);
	a.in_len = MOVE_INPUT;
	a.out_len = MOVE_OUTPUT;
	ck_assert_int_eq(get(&r, move_record_put(bytes, &a, 1)), 0);
	ck_assert_str_eq(r.peer, a.peer);
	ck_assert_uint_eq(r.in_len, MOVE_INPUT);
	ck_assert_uint_eq(r.out_len, MOVE_OUTPUT);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a, 1);

	for (size_t n = 0; n < len; n++)
		ck_assert_msg(get(&r, n) == -1, "%zu bytes", n);
	ck_assert_int_eq(get(&r, len), 0);
	ck_assert_int_eq(get(&r, len + 1), -1);
	a = sample_with_headers();
	len = move_record_put(bytes, &a, 2);
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
		{ AT_VERSION, 3 }, { AT_VERSION, 0xffff }, { AT_SIZE, 0 },
		{ AT_SIZE, FIXED - 1 },
		{ AT_SIZE, FIXED + 1 }, { AT_KIND, 2 }, { AT_KIND, 0xffff },
		{ AT_PEER, 8 }, { AT_PEER, 6 }, { AT_PEER, 0xffff },
		{ AT_IN, 4 }, { AT_IN, 6 }, { AT_OUT, 6 }, { AT_OUT, 8 },
	};
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a, 1);

	put16(bad[_i].at, bad[_i].value);
	ck_assert_int_eq(get(&r, len), -1);
	move_record_put(bytes, &a, 1);
	ck_assert_int_eq(get(&r, len), 0);
}
END_TEST

START_TEST(what_is_not_understood_of_version_2)
{
	static const struct { size_t at; unsigned value; } bad[] = {
		{ AT_VERSION, 1 }, { AT_VERSION, 3 }, { AT_SIZE, FIXED },
		{ AT_SIZE, FIXED_2 + 8 }, { AT_PEER, 8 }, { AT_IN, 6 },
		{ AT_OUT, 6 }, { AT_HEADERS, 2 }, { AT_HEADERS, 4 },
		{ AT_HEADERS + 2, 1 }, { AT_ZERO, 1 },
	};
	struct move_record a = sample_with_headers(), r;
	size_t len = move_record_put(bytes, &a, 2);

	put16(bad[_i].at, bad[_i].value);
	ck_assert_int_eq(get(&r, len), -1);
	move_record_put(bytes, &a, 2);
	ck_assert_int_eq(get(&r, len), 0);
}
END_TEST

START_TEST(lengths_that_are_too_large)
{
	struct move_record a = sample(), r;
	size_t len = move_record_put(bytes, &a, 1);

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
	size_t len = move_record_put(bytes, &a, 1);

	bytes[FIXED + 3] = '\0';
	ck_assert_int_eq(get(&r, len), -1);
}
END_TEST

/*
 * What other builds have in their memory and on their way: not one of these
 * may ever change.
 */
static const char version_1_unix[] = "tfmv\1\0\x28\0\1\0\7\0\5\0\0\0\7\0\0\0"
    "\1\0\0\0\2\0\0\0\3\0\0\0\x15\xcd\x5b\7\0\0\0\0unix:/x"
    "\0\7\16\25\34\1\14\27\42\55\70\103";
static const char version_1_tcp[] = "tfmv\1\0\x28\0\0\0\3\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff[x]";

static const char version_2_unix[] = "tfmv\2\0\x30\0\1\0\7\0\5\0\0\0\7\0\0\0"
    "\1\0\0\0\2\0\0\0\3\0\0\0\x15\xcd\x5b\7\0\0\0\0\3\0\0\0\0\0\0\0"
    "unix:/x\0\7\16\25\34\1\14\27\42\55\70\103\2\17\34";
static const char version_2_tcp[] = "tfmv\2\0\x30\0\0\0\3\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0"
    "\0\0[x]";

/* For readers that say nothing, and that say the first version. */
START_TEST(version_1_is_frozen)
{
	static const uint32_t reads[] = { 0, 1 };
	struct move_record a = sample(), b = { .kind = MOVE_TCP,
	    .peer = "[x]", .left_ns = MOVE_NO_LIMIT };

	ck_assert_uint_eq(move_record_put(bytes, &a, reads[_i]),
	    sizeof(version_1_unix) - 1);
	ck_assert_mem_eq(bytes, version_1_unix, sizeof(version_1_unix) - 1);
	ck_assert_uint_eq(move_record_put(bytes, &b, reads[_i]),
	    sizeof(version_1_tcp) - 1);
	ck_assert_mem_eq(bytes, version_1_tcp, sizeof(version_1_tcp) - 1);
}
END_TEST

/* For readers of it, of one that is to come, of the last one. */
START_TEST(version_2_is_frozen)
{
	static const uint32_t reads[] = { 2, 3, UINT32_MAX };
	struct move_record a = sample_with_headers(), b = { .kind = MOVE_TCP,
	    .peer = "[x]", .left_ns = MOVE_NO_LIMIT };

	ck_assert_uint_eq(move_record_newest(), 2);
	ck_assert_uint_eq(move_record_put(bytes, &a, reads[_i]),
	    sizeof(version_2_unix) - 1);
	ck_assert_mem_eq(bytes, version_2_unix, sizeof(version_2_unix) - 1);
	ck_assert_uint_eq(move_record_put(bytes, &b, reads[_i]),
	    sizeof(version_2_tcp) - 1);
	ck_assert_mem_eq(bytes, version_2_tcp, sizeof(version_2_tcp) - 1);
}
END_TEST

START_TEST(words_between_masters_are_frozen)
{
	static const uint32_t words[] = { ORDER_OFFER, ORDER_TAKEN,
	    ORDER_REFUSED, SUCCESSION_SEGMENT, SUCCESSION_CONTROL,
	    SUCCESSION_SOCKET, SUCCESSION_END, SUCCESSION_SERVES,
	    SUCCESSION_YOURS, SUCCESSION_MINE, SUCCESSION_REFUSED };
	static const uint32_t frozen[] = { 201, 202, 203, 101, 102, 103, 104,
	    105, 106, 107, 108 };
	static const uint8_t offer[] = { 201, 0, 0, 0, 5, 0, 0, 0, 7, 0, 0, 0,
	    0, 0, 0, 0 };
	struct order o = { .kind = ORDER_OFFER, .arg = 5, .id = 7 };

	ck_assert_mem_eq(words, frozen, sizeof(frozen));
	ck_assert_uint_eq(sizeof(o), sizeof(offer));
	ck_assert_mem_eq(&o, offer, sizeof(offer));
	ck_assert_uint_eq(ORDER_RECORD, 139264);
	ck_assert_uint_eq(SUCCESSION_NONE, UINT32_MAX);
	ck_assert_str_eq(SUCCESSION_ENV, "THRIFTFORK_UPGRADE");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("move record");
	TCase *t = unit_case(s, "record");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, there_and_back);
	tcase_add_test(t, there_and_back_with_headers);
	tcase_add_test(t, what_fits);
	tcase_add_test(t, the_largest);
	tcase_add_test(t, every_truncation_is_refused);
	tcase_add_loop_test(t, what_is_not_understood_is_refused, 0, 17);
	tcase_add_loop_test(t, what_is_not_understood_of_version_2, 0, 11);
	tcase_add_test(t, lengths_that_are_too_large);
	tcase_add_test(t, a_peer_with_a_nul);
	tcase_add_loop_test(t, version_1_is_frozen, 0, 2);
	tcase_add_loop_test(t, version_2_is_frozen, 0, 3);
	tcase_add_test(t, words_between_masters_are_frozen);
	return unit_main(s);
}
