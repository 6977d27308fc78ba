/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary protocol, byte by byte, strict and non-strict.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "../wire/sample.h"
#include "unit_wire.h"

#define OK(type, lit, v)	DECODES(wire_binary(), type, lit, v)
#define BAD(type, lit, v, error) REFUSES(wire_binary(), type, lit, v, error)

static int
decode(const struct tf_type *t, const char *bytes, size_t len, void *v)
{
	return unit_decode(wire_binary(), t, bytes, len, v, 64);
}

static const char point_bytes[] =
    "\x08\x00\x01\x00\x00\x00\x03"
    "\x08\x00\x02\xff\xff\xff\xff"
    "\x0b\x00\x03\x00\x00\x00\x02hi"
    "\x00";

START_TEST(vectors)
{
	struct sample_point p = { .x = 3, .y = -1, .has_label = true,
	    .label = TF_STR_INIT("hi") }, q;
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_int_eq(wire_binary()->write(&b, plan_get(&sample_point_type),
	    &p, NULL), 0);
	ck_assert_uint_eq(b.len, sizeof(point_bytes) - 1);
	ck_assert_mem_eq(b.p, point_bytes, b.len);
	buf_fini(&b);
	OK(&sample_point_type, point_bytes, &q);
	ck_assert(tf_equal(&sample_point_type, &p, &q));
}
END_TEST

START_TEST(order_and_unknown)
{
	struct sample_point p;
	struct tf_list_bool l;

	OK(&sample_point_type, "\x08\x00\x02\x00\x00\x00\x05"
	    "\x08\x00\x01\x00\x00\x00\x06" "\x00", &p);
	ck_assert_int_eq(p.x, 6);
	ck_assert_int_eq(p.y, 5);
	/* One of each type under unknown ids, then x. */
	OK(&sample_point_type, "\x02\x00\x09\x01" "\x03\x00\x09\x01"
	    "\x04\x00\x09" "12345678" "\x06\x00\x09\x01\x02"
	    "\x08\x00\x09\x01\x02\x03\x04" "\x0a\x00\x09" "12345678"
	    "\x0b\x00\x09\x00\x00\x00\x01z" "\x0c\x00\x09\x02\x00\x01\x01\x00"
	    "\x0d\x00\x09\x03\x0b\x00\x00\x00\x01\x05\x00\x00\x00\x00"
	    "\x0e\x00\x09\x06\x00\x00\x00\x02\x01\x02\x03\x04"
	    "\x0f\x00\x09\x00\x00\x00\x00\x00" "\x10\x00\x09"
	    "0123456789abcdef" "\x08\x00\x01\x00\x00\x00\x06" "\x00", &p);
	ck_assert_int_eq(p.x, 6);
	/* Another type under a known id. */
	OK(&sample_point_type, "\x06\x00\x01\x00\x06" "\x00", &p);
	ck_assert_int_eq(p.x, 3);
	BAD(&sample_point_type, "\x01\x00\x09\x00\x00\x00", &p, WIRE_BAD);
	BAD(&sample_point_type, "\x11\x00\x09\x00\x00\x00", &p, WIRE_BAD);
	BAD(&sample_point_type, "\x0f\x00\x09\x01\x00\x00\x00\x01\x00", &p,
	    WIRE_BAD);
	BAD(&sample_point_type, "\x0f\x00\x09\x0b\xff\xff\xff\xff\x00", &p,
	    WIRE_BAD);
	/* Any byte but 0 is true. */
	OK(&sample_list_bool_type, "\x02\x00\x00\x00\x03\x00\x01\xff", &l);
	ck_assert(!l.v[0] && l.v[1] && l.v[2]);
}
END_TEST

START_TEST(counts)
{
	struct tf_list_i64 l;
	struct sample_map_str_str m;
	struct sample_all a;

	OK(&sample_list_i64_type, "\x00\x00\x00\x00\x00", &l);
	OK(&sample_map_str_str_type, "\x00\x00\x00\x00\x00\x00", &m);
	BAD(&sample_list_i64_type, "\x08\x00\x00\x00\x01\x00\x00\x00\x00", &l,
	    WIRE_BAD);
	BAD(&sample_list_i64_type, "\x0a\x80\x00\x00\x00", &l, WIRE_BAD);
	BAD(&sample_list_i64_type, "\x0a\x7f\xff\xff\xff" "12345678", &l,
	    WIRE_SHORT);
	/* 2^29 elements of 8 bytes: 2^32 in 32 bits is 0. */
	BAD(&sample_list_i64_type, "\x0a\x20\x00\x00\x00", &l, WIRE_SHORT);
	BAD(&sample_map_str_str_type, "\x0b\x0b\x20\x00\x00\x00", &m,
	    WIRE_SHORT);
	BAD(&sample_all_type, "\x0b\x00\x07\xff\xff\xff\xff\x00", &a,
	    WIRE_BAD);
	BAD(&sample_all_type, "\x0b\x00\x07\x7f\xff\xff\xff\x00", &a,
	    WIRE_SHORT);
	ck_assert_uint_eq(arena->held, 0);
}
END_TEST

START_TEST(depth)
{
	static char bytes[30000];
	struct sample_point p;

	for (size_t i = 0; i + 5 <= sizeof(bytes); i += 5)
		memcpy(bytes + i, "\x0f\x00\x00\x00\x01", 5);
	memmove(bytes + 3, bytes, sizeof(bytes) - 3);
	memcpy(bytes, "\x0f\x00\x09", 3);
	ck_assert_int_eq(decode(&sample_point_type, bytes, sizeof(bytes), &p),
	    -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
	for (size_t i = 0; i + 3 <= sizeof(bytes); i += 3)
		memcpy(bytes + i, "\x0c\x00\x09", 3);
	ck_assert_int_eq(decode(&sample_point_type, bytes, sizeof(bytes), &p),
	    -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
}
END_TEST

START_TEST(every_prefix)
{
	unit_prefixes(wire_binary(), TF_BINARY);
}
END_TEST

static void
check_msg(const char *bytes, size_t len, int type)
{
	struct wire_msg m;

	for (size_t n = 0; n < len; n++) {
		wire_reader_init(&reader, bytes, n, arena, 64);
		ck_assert_int_eq(wire_binary()->read_msg(&reader, &m), -1);
		ck_assert_int_eq(reader.err, WIRE_SHORT);
	}
	wire_reader_init(&reader, bytes, len, arena, 64);
	ck_assert_int_eq(wire_binary()->read_msg(&reader, &m), 0);
	ck_assert(tf_str_eq(m.name, TF_STR("add")));
	ck_assert_int_eq(m.type, type);
	ck_assert_int_eq(m.seqid, -2);
	ck_assert_ptr_eq(reader.p, reader.end);
}

START_TEST(messages)
{
	static const char strict[] =
	    "\x80\x01\x00\x02\x00\x00\x00\x03" "add\xff\xff\xff\xfe";
	static const char lax[] =
	    "\x00\x00\x00\x03" "add\x01\xff\xff\xff\xfe";
	struct wire_msg m = { TF_STR_INIT("add"), -2, WIRE_REPLY };
	struct sample_none value;
	struct buf b;

	check_msg(strict, sizeof(strict) - 1, WIRE_REPLY);
	check_msg(lax, sizeof(lax) - 1, WIRE_CALL);
	buf_init(&b, 1000);
	ck_assert_int_eq(wire_binary()->write_message(&b, &m,
	    plan_get(&sample_none_type), &value, NULL), 0);
	ck_assert_uint_eq(b.len, sizeof(strict));	/* with the stop */
	ck_assert_mem_eq(b.p, strict, b.len);
	buf_fini(&b);
	wire_reader_init(&reader, "\x80\x02\x00\x01\0\0\0\0\0\0\0\0", 12,
	    arena, 64);
	ck_assert_int_eq(wire_binary()->read_msg(&reader, &m), -1);
	ck_assert_int_eq(reader.err, WIRE_BAD);
	wire_reader_init(&reader,
	    "\x80\x01\x00\x01\xff\xff\xff\xff\0\0\0\0", 12, arena, 64);
	ck_assert_int_eq(wire_binary()->read_msg(&reader, &m), -1);
	ck_assert_int_eq(reader.err, WIRE_BAD);
	wire_reader_init(&reader, "GET / HTTP/1.0\r\n", 16, arena, 64);
	ck_assert_int_eq(wire_binary()->read_msg(&reader, &m), -1);
	ck_assert_int_eq(reader.err, WIRE_SHORT);
}
END_TEST

START_TEST(limit_of_texts)
{
	unit_limits_of_texts(wire_binary(), 6, 4);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire/binary");
	TCase *t = unit_wire_case(s, "binary");

	tcase_add_test(t, vectors);
	tcase_add_test(t, order_and_unknown);
	tcase_add_test(t, counts);
	tcase_add_test(t, depth);
	tcase_add_test(t, every_prefix);
	tcase_add_test(t, messages);
	tcase_add_test(t, limit_of_texts);
	return unit_main(s);
}
