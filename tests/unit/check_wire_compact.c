/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compact protocol, byte by byte: vectors written from its specification,
 * what readers must tolerate, and what they must refuse.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "wire/app_error.h"
#include "wire/compact.h"
#include "wire/frame.h"
#include "wire/write.h"
#include "../wire/sample.h"
#include "unit_wire.h"

#define OK(type, lit, v)	DECODES(wire_compact(), type, lit, v)
#define BAD(type, lit, v, error) REFUSES(wire_compact(), type, lit, v, error)

static int
decode_deep(const struct tf_type *t, const char *bytes, size_t len, void *v,
    unsigned depth)
{
	return unit_decode(wire_compact(), t, bytes, len, v, depth);
}

static int
decode(const struct tf_type *t, const char *bytes, size_t len, void *v)
{
	return decode_deep(t, bytes, len, v, 64);
}

static void
check_encoding(const struct tf_type *t, const void *v, const char *bytes,
    size_t len)
{
	struct buf b;
	const char *why = NULL;

	buf_init(&b, 1 << 16);
	ck_assert_int_eq(wire_compact()->write(&b, plan_get(t), v, &why), 0);
	ck_assert_uint_eq(b.len, len);
	ck_assert_mem_eq(b.p, bytes, len);
	buf_fini(&b);
}

#define ENCODES(type, v, lit)	check_encoding(type, v, lit, sizeof(lit) - 1)

static const char *
encode_fails(const struct tf_type *t, const void *v)
{
	struct buf b;
	const char *why = NULL;

	buf_init(&b, 1 << 16);
	ck_assert_int_eq(buf_put(&b, "xyz", 3), 0);
	ck_assert_int_eq(wire_compact()->write(&b, plan_get(t), v, &why), -1);
	ck_assert_uint_eq(b.len, 3);
	buf_fini(&b);
	ck_assert_ptr_nonnull(why);
	return why;
}

START_TEST(vectors)
{
	struct sample_point p = { .x = 3, .y = -1, .has_label = true,
	    .label = TF_STR_INIT("hi") }, q;
	struct sample_node n = { .value = 150 };
	struct app_error e = { TF_STR_INIT("no"), APP_UNKNOWN_METHOD };

	/* 3 zigzags to 6, -1 to 1; ids go up by one each. */
	ENCODES(&sample_point_type, &p, "\x15\x06\x15\x01\x18\x02hi\x00");
	OK(&sample_point_type, "\x15\x06\x15\x01\x18\x02hi\x00", &q);
	ck_assert(tf_equal(&sample_point_type, &p, &q));
	ck_assert_int_eq(q.label.s[2], '\0');
	/* 150 zigzags to 300 = 0xac 0x02; the empty list of structs is 0x0c. */
	ENCODES(&sample_node_type, &n, "\x15\xac\x02\x29\x0c\x00");
	ENCODES(app_error_type(), &e, "\x18\x02no\x15\x02\x00");
}
END_TEST

START_TEST(defaults)
{
	struct sample_point p;
	struct sample_all a;

	memset(&p, 0xa5, sizeof(p));
	OK(&sample_point_type, "\x00", &p);
	ck_assert_int_eq(p.x, 3);
	ck_assert_int_eq(p.y, 0);
	ck_assert(!p.has_label);
	ck_assert_str_eq(p.label.s, "");
	memset(&a, 0xa5, sizeof(a));
	tf_init(&sample_all_type, &a);
	ck_assert_int_eq(a.here.x, 3);
	ck_assert_str_eq(a.text.s, "");
	ck_assert_str_eq(a.here.label.s, "");
	ck_assert_ptr_null(a.there);
	ck_assert_uint_eq(a.words.n, 0);
}
END_TEST

START_TEST(order_and_headers)
{
	struct sample_point p;

	/* y before x: a long header with a smaller id. */
	OK(&sample_point_type, "\x25\x02\x05\x02\x04\x00", &p);
	ck_assert_int_eq(p.x, 2);
	ck_assert_int_eq(p.y, 1);
	/* Long headers where short ones would do. */
	OK(&sample_point_type, "\x05\x02\x02\x05\x04\x04\x00", &p);
	ck_assert_int_eq(p.x, 1);
	ck_assert_int_eq(p.y, 2);
	/* Twice: the last wins. */
	OK(&sample_point_type, "\x15\x02\x05\x02\x04\x00", &p);
	ck_assert_int_eq(p.x, 2);
	/* A STOP with a delta is a STOP. */
	OK(&sample_point_type, "\x15\x02\x70", &p);
	/* After an unknown id no delta means what the plan predicts. */
	OK(&sample_point_type, "\x85\x02\x15\x0a\x05\x02\x04\x00", &p);
	ck_assert_int_eq(p.x, 2);
	ck_assert_int_eq(p.y, 0);
}
END_TEST

START_TEST(unknown_fields)
{
	struct sample_point p;

	/* Every type, as field 8 and on, then x = 1 by a long header. */
	OK(&sample_point_type, "\x81\x12\x13\x7f\x14\xff\x01\x15\x80\x01\x16"
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x17" "12345678\x18\x03"
	    "abc\x19\x25\x02\x04\x1a\x11\x02\x1b\x01\x58\x01\x02ok\x1c\x15\x02"
	    "\x00\x1d" "0123456789abcdef\x1b\x00\x19\x0f\x05\x02\x02\x00", &p);
	ck_assert_int_eq(p.x, 1);
	/* A known id of another type is unknown: y as a string. */
	OK(&sample_point_type, "\x28\x01z\x05\x02\x02\x00", &p);
	ck_assert_int_eq(p.x, 1);
	ck_assert_int_eq(p.y, 0);
	/* Types that do not exist. */
	BAD(&sample_point_type, "\x8e\x00\x00", &p, WIRE_BAD);
	BAD(&sample_point_type, "\x8f\x00\x00", &p, WIRE_BAD);
	BAD(&sample_point_type, "\x89\x1e\x00\x00", &p, WIRE_BAD);
	BAD(&sample_point_type, "\x89\x10\x00\x00", &p, WIRE_BAD);
	BAD(&sample_point_type, "\x8b\x01\x0e\x00\x00\x00", &p, WIRE_BAD);
	/* Empty containers may hold anything. */
	OK(&sample_point_type, "\x89\x0e\x00", &p);
}
END_TEST

START_TEST(varints)
{
	struct tf_list_i64 l;
	struct tf_list_i32 w;
	struct sample_point p;

	OK(&sample_list_i64_type, "\x46"
	    "\x00"
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
	    "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
	    "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", &l);
	ck_assert_int_eq(l.v[1], INT64_MIN);
	ck_assert_int_eq(l.v[2], INT64_MAX);
	ck_assert_int_eq(l.v[3], 0);
	/* 32 bits from ten bytes: what is above is dropped. */
	OK(&sample_list_i32_type,
	    "\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &w);
	ck_assert_int_eq(w.v[0], INT32_MIN);
	BAD(&sample_list_i64_type,
	    "\x16\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", &l, WIRE_BAD);
	BAD(&sample_list_i64_type,
	    "\x16\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
	    &l, WIRE_BAD);
	/* The same in what is skipped, and short of its end. */
	BAD(&sample_point_type, "\x86\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"
	    "\x00\x00", &p, WIRE_BAD);
	BAD(&sample_list_i64_type, "\x16\x80\x80\x80", &l, WIRE_SHORT);
	/* All lengths, none longer than it has to be, and back. */
	for (int bits = 0; bits < 64; bits++) {
		int64_t v[2] = { INT64_MAX >> bits, INT64_MIN >> bits };
		struct tf_list_i64 in = { v, 2, 0 };
		struct tf_str s;

		ck_assert_int_eq(tf_encode(&sample_list_i64_type, TF_COMPACT,
		    &in, arena, &s, NULL), 0);
		ck_assert_uint_eq(s.len, 1 + 2 * ((64 - bits + 6) / 7));
		ck_assert_int_eq(decode(&sample_list_i64_type, s.s, s.len,
		    &l), 0);
		ck_assert(tf_equal(&sample_list_i64_type, &in, &l));
	}
}
END_TEST

START_TEST(bools)
{
	struct tf_list_bool l;
	struct sample_all a;

	OK(&sample_list_bool_type, "\x41\x01\x02\x00\x01", &l);
	ck_assert(l.v[0] && !l.v[1] && !l.v[2] && l.v[3]);
	OK(&sample_list_bool_type, "\x12\x01", &l);
	ck_assert(l.v[0]);
	OK(&sample_all_type, "\x11\x00", &a);
	ck_assert(a.yes);
	OK(&sample_all_type, "\x12\x00", &a);
	ck_assert(!a.yes);
	OK(&sample_all_type, "\x02\x28\x01\x02\x00", &a);
	ck_assert(a.has_maybe && !a.maybe && a.yes);
}
END_TEST

START_TEST(containers)
{
	struct tf_list_i32 l;
	struct sample_map_str_str m;
	char fifteen[17] = "\xf5\x0f";

	OK(&sample_list_i32_type, "\x05", &l);
	ck_assert_uint_eq(l.n, 0);
	OK(&sample_list_i32_type, "\x0f", &l);		/* any type if empty */
	ck_assert_int_eq(decode(&sample_list_i32_type, fifteen,
	    sizeof(fifteen), &l), 0);
	ck_assert_uint_eq(l.n, 15);
	OK(&sample_map_str_str_type, "\x00", &m);
	ck_assert_uint_eq(m.n, 0);
	OK(&sample_map_str_str_type, "\x01\x88\x01k\x00", &m);
	ck_assert_str_eq(m.v[0].key.s, "k");
	ck_assert_str_eq(m.v[0].val.s, "");
	/* Another element type is refused, never misread. */
	BAD(&sample_list_i32_type, "\x16\x02", &l, WIRE_BAD);
	BAD(&sample_list_i32_type, "\x13\x02", &l, WIRE_BAD);
	BAD(&sample_map_str_str_type, "\x01\x58\x02\x00", &m, WIRE_BAD);
	BAD(&sample_map_str_str_type, "\x01\x85\x00\x02", &m, WIRE_BAD);
	/* Counts: negative, above 2^31, above what is left. */
	BAD(&sample_list_i32_type, "\xf5\xff\xff\xff\xff\x0f", &l, WIRE_BAD);
	BAD(&sample_list_i32_type, "\xf5\x80\x80\x80\x80\x08", &l, WIRE_BAD);
	BAD(&sample_list_i32_type, "\xf5\xff\xff\xff\xff\x07\x02", &l,
	    WIRE_SHORT);
	BAD(&sample_map_str_str_type, "\xff\xff\xff\xff\x07\x88", &m,
	    WIRE_SHORT);
	BAD(&sample_list_double_type, "\x27" "12345678" "1234567", &l,
	    WIRE_SHORT);
}
END_TEST

START_TEST(strings)
{
	struct sample_all a;

	BAD(&sample_all_type, "\x78\xff\xff\xff\xff\x0f", &a, WIRE_BAD);
	BAD(&sample_all_type, "\x78\xff\xff\xff\xff\x07" "abc", &a,
	    WIRE_SHORT);
	BAD(&sample_all_type, "\x78\x04" "abc", &a, WIRE_SHORT);
	OK(&sample_all_type, "\x78\x03" "a\0b\x00", &a);
	ck_assert_uint_eq(a.text.len, 3);
	ck_assert_mem_eq(a.text.s, "a\0b", 4);
}
END_TEST

START_TEST(unions)
{
	struct sample_shape s;
	struct sample_strict strict = { .a = 1 };
	struct sample_node node = { .value = 1 };

	OK(&sample_shape_type, "\x28\x02hi\x00", &s);
	ck_assert_int_eq(s.which, 2);
	ck_assert_str_eq(s.u.text.s, "hi");
	OK(&sample_shape_type, "\x00", &s);
	ck_assert_int_eq(s.which, 0);
	OK(&sample_shape_type, "\x98\x02hi\x00", &s);	/* of a newer type */
	ck_assert_int_eq(s.which, 0);
	BAD(&sample_shape_type, "\x15\x02\x18\x02hi\x00", &s, WIRE_BAD);
	BAD(&sample_shape_type, "\x15\x02\x05\x02\x02\x00", &s, WIRE_BAD);
	BAD(&sample_shape_type, "\x15\x02\x85\x02\x00", &s, WIRE_BAD);
	BAD(&sample_shape_type, "\x85\x02\x05\x02\x02\x00", &s, WIRE_BAD);
	s.which = 0;
	ck_assert_str_eq(encode_fails(&sample_shape_type, &s),
	    "Shape: no member is set");
	s.which = 77;
	encode_fails(&sample_shape_type, &s);
	s.which = 4;
	s.u.node = NULL;
	ck_assert_str_eq(encode_fails(&sample_shape_type, &s),
	    "Shape.node: not set");
	ck_assert_str_eq(encode_fails(&sample_strict_type, &strict),
	    "Strict.node: not set");
	strict.node = &node;
	ck_assert_str_eq(encode_fails(&sample_strict_type, &strict),
	    "Strict.shape: not set");
}
END_TEST

START_TEST(required)
{
	struct sample_strict s;

	OK(&sample_strict_type, "\x15\x02\x0c\x28\x00\x00", &s);
	ck_assert_int_eq(s.a, 1);
	ck_assert_ptr_nonnull(s.node);
	BAD(&sample_strict_type, "\x0c\x28\x00\x00", &s, WIRE_MISSING);
	ck_assert_str_eq(reader.why, "Strict.a: not set");
	BAD(&sample_strict_type, "\x15\x02\x00", &s, WIRE_MISSING);
	/* Of another type, it has not come. */
	BAD(&sample_strict_type, "\x16\x02\x0c\x28\x00\x00", &s,
	    WIRE_MISSING);
	/* Twice the one is not both. */
	BAD(&sample_strict_type, "\x15\x02\x05\x02\x02\x00", &s,
	    WIRE_MISSING);
}
END_TEST

/* n nested Nodes through "left", or lists of lists that nobody knows. */
static size_t
nest(char *out, unsigned n, const char *open, size_t len)
{
	size_t at = 0;

	for (unsigned i = 0; i < n; i++, at += len)
		memcpy(out + at, open, len);
	memset(out + at, 0, n + 1);
	return at + n + 1;
}

START_TEST(depth)
{
	static char bytes[20000];
	struct sample_node node;
	struct sample_point p;
	size_t len;

	/* depth d: the outer struct and d - 1 inside. */
	len = nest(bytes, 63, "\x2c", 1);
	ck_assert_int_eq(decode_deep(&sample_node_type, bytes, len, &node, 64),
	    0);
	len = nest(bytes, 64, "\x2c", 1);
	ck_assert_int_eq(decode_deep(&sample_node_type, bytes, len, &node, 64),
	    -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
	len = nest(bytes, 5000, "\x2c", 1);
	ck_assert_int_eq(decode_deep(&sample_node_type, bytes, len, &node,
	    UINT32_MAX), -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
	/* Unknown field 8: lists of one list each; then structs; maps. */
	memset(bytes, 0x19, sizeof(bytes));
	bytes[0] = (char)0x89;
	ck_assert_int_eq(decode_deep(&sample_point_type, bytes, sizeof(bytes),
	    &p, UINT32_MAX), -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
	memset(bytes, 0x8c, sizeof(bytes));
	ck_assert_int_eq(decode_deep(&sample_point_type, bytes, sizeof(bytes),
	    &p, UINT32_MAX), -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
	wire_reader_init(&reader, bytes, sizeof(bytes), arena, 64);
	ck_assert_int_eq(wire_compact()->skip_struct(&reader), -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
	for (size_t i = 0; i + 1 < sizeof(bytes); i += 2)
		memcpy(bytes + i, "\x01\xbb", 2);
	bytes[0] = (char)0x8b;
	bytes[1] = 1;
	for (size_t i = 2; i + 1 < sizeof(bytes); i += 2)
		memcpy(bytes + i, "\xbb\x01", 2);
	ck_assert_int_eq(decode_deep(&sample_point_type, bytes, sizeof(bytes),
	    &p, UINT32_MAX), -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
}
END_TEST

START_TEST(depth_of_writing)
{
	static struct sample_node chain[WIRE_MAX_DEPTH + 1], back;
	struct tf_str s;

	for (size_t i = 0; i < WIRE_MAX_DEPTH; i++)
		chain[i].left = &chain[i + 1];
	ck_assert_int_eq(tf_encode(&sample_node_type, TF_COMPACT, &chain[1],
	    arena, &s, NULL), 0);
	ck_assert_int_eq(tf_decode(&sample_node_type, TF_COMPACT, s.s, s.len,
	    arena, &back, NULL), (ptrdiff_t)s.len);
	encode_fails(&sample_node_type, &chain[0]);
	chain[5].left = &chain[3];
	encode_fails(&sample_node_type, &chain[5]);
}
END_TEST

/* A megabyte of empty Nodes, 32 bytes each in memory. */
START_TEST(memory)
{
	size_t n = 1 << 20;
	char *bytes = calloc(n + 5, 1);
	struct sample_list_node l;

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, "\xfc\x80\x80\x40", 4);
	ck_assert_int_eq(decode(&sample_list_node_type, bytes, n + 4, &l), -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_BIG);
	ck_assert(arena->held <= arena->max);
	/* A claim of 2^31 - 1 with half a megabyte behind it: no memory. */
	tf_arena_reset(arena);
	memcpy(bytes, "\xfc\xff\xff\xff\xff\x07", 6);
	ck_assert_int_eq(decode(&sample_list_node_type, bytes, n / 2, &l), -1);
	ck_assert_int_eq(reader.err, WIRE_SHORT);
	ck_assert_uint_eq(arena->held, 0);
	/* A claim that the bytes allow, but do not keep. */
	memset(bytes + 4, 0xff, 8);
	memcpy(bytes, "\xfc\xff\xff\x05", 4);
	ck_assert_int_eq(decode(&sample_list_node_type, bytes, 100 << 10, &l),
	    -1);
	ck_assert_int_eq(reader.err, WIRE_BAD);
	ck_assert(arena->held < 4 * (100 << 10));
	free(bytes);
}
END_TEST

START_TEST(every_prefix)
{
	unit_prefixes(wire_compact(), TF_COMPACT);
}
END_TEST

START_TEST(sticky)
{
	struct sample_point p;
	struct wire_msg m;

	wire_reader_init(&reader, "\x8f", 1, arena, 64);
	ck_assert_int_eq(wire_compact()->read(&reader,
	    plan_get(&sample_point_type), &p), -1);
	reader.p = (const uint8_t *)"\x00";
	reader.end = reader.p + 1;
	ck_assert_int_eq(wire_compact()->read(&reader,
	    plan_get(&sample_point_type), &p), -1);
	ck_assert_int_eq(wire_compact()->skip_struct(&reader), -1);
	ck_assert_int_eq(wire_compact()->read_msg(&reader, &m), -1);
	ck_assert_int_eq(reader.err, WIRE_BAD);
}
END_TEST

static int
read_msg(const char *bytes, size_t len, struct wire_msg *m)
{
	wire_reader_init(&reader, bytes, len, arena, 64);
	return wire_compact()->read_msg(&reader, m);
}

START_TEST(messages)
{
	struct wire_msg m = { TF_STR_INIT("add"), -1, WIRE_ONEWAY }, got;
	const char bytes[] = "\x82\x81\xff\xff\xff\xff\x0f\x03" "add";
	const struct plan *none = plan_get(&sample_none_type);
	struct sample_none value;
	struct buf b;

	buf_init(&b, 100);
	ck_assert_int_eq(wire_compact()->write_message(&b, &m, none, &value,
	    NULL), 0);
	ck_assert_uint_eq(b.len, sizeof(bytes));	/* with the stop */
	ck_assert_mem_eq(b.p, bytes, b.len);
	for (size_t n = 0; n < sizeof(bytes) - 1; n++) {
		ck_assert_int_eq(read_msg(bytes, n, &got), -1);
		ck_assert_int_eq(reader.err, WIRE_SHORT);
	}
	ck_assert_int_eq(read_msg(bytes, b.len - 1, &got), 0);
	ck_assert_int_eq(wire_compact()->read(&reader, none, &value), -1);
	ck_assert_int_eq(reader.err, WIRE_SHORT);
	ck_assert_int_eq(read_msg(bytes, b.len, &got), 0);
	ck_assert_int_eq(wire_compact()->read(&reader, none, &value), 0);
	ck_assert_ptr_eq(reader.p, reader.end);
	ck_assert(tf_str_eq(got.name, m.name));
	ck_assert_int_eq(got.seqid, -1);
	ck_assert_int_eq(got.type, WIRE_ONEWAY);
	buf_fini(&b);
	/* A sequence number that was sign-extended. */
	ck_assert_int_eq(read_msg("\x82\x21\xfe\xff\xff\xff\xff\xff\xff\xff"
	    "\xff\x01\x00", 13, &got), 0);
	ck_assert_int_eq(got.seqid, -2);
	ck_assert_int_eq(read_msg("\x82\x22\x00\x00", 4, &got), -1);
	ck_assert_int_eq(reader.err, WIRE_BAD);
	ck_assert_int_eq(read_msg("\x80\x21\x00\x00", 4, &got), -1);
	ck_assert_int_eq(read_msg("\x82\x21\x00\xff\xff\xff\xff\x0f", 8,
	    &got), -1);
	ck_assert_int_eq(reader.err, WIRE_BAD);
}
END_TEST

START_TEST(limit_of_buffer)
{
	struct sample_node n = { .value = 150 };	/* 6 bytes */
	struct buf b;
	const char *why;

	for (size_t max = 0; max < 12; max++) {
		buf_init(&b, max);
		ck_assert_int_eq(wire_compact()->write(&b,
		    plan_get(&sample_node_type), &n, &why), max < 6 ? -1 : 0);
		ck_assert_uint_eq(b.max, max);
		ck_assert_int_eq(b.over, max < 6);
		ck_assert_uint_eq(b.len, max < 6 ? 0 : 6);
		buf_fini(&b);
	}
}
END_TEST

/*
 * Runs of numbers as long as they can be, of which the short ones are written
 * without asking for room, end wherever the buffer does.
 */
START_TEST(limit_of_runs)
{
	int64_t widest[WRITE_FEW + 1];
	struct tf_list_i64 runs[8];
	struct sample_list_list_i64 list = { runs, 8, 8 };

	for (size_t i = 0; i <= WRITE_FEW; i++)
		widest[i] = INT64_MIN;		/* 10 bytes */
	for (uint32_t n = 15; n <= WRITE_FEW + 1; n++) {
		for (size_t i = 0; i < 8; i++)
			runs[i] = (struct tf_list_i64){ widest, n, n };
		unit_limits(wire_compact(), &sample_list_list_i64_type, &list,
		    1 + 8 * (2 + 10 * n));
	}
}
END_TEST

START_TEST(limit_of_texts)
{
	unit_limits_of_texts(wire_compact(), 2, 1);
}
END_TEST

START_TEST(frames)
{
	uint8_t h[4];

	frame_put(h, 0x01020304);
	ck_assert_int_eq(frame_size(h, 4, INT32_MAX), 0x01020308);
	ck_assert_int_eq(frame_size(h, 3, INT32_MAX), 0);
	ck_assert_int_eq(frame_size(h, 4, 0x01020303), -1);
	ck_assert_int_eq(frame_size((const uint8_t *)"\xff\xff\xff\xff", 4,
	    UINT32_MAX), -1);
	ck_assert_int_eq(frame_size((const uint8_t *)"\0\0\0\0", 4, 0), 4);
}
END_TEST

static void
use_any(void)
{
	compact_choose(true);
}

static void
use_best(void)
{
	compact_choose(false);
}

static void
add_case(Suite *s, const char *name, SFun before)
{
	TCase *t = unit_wire_case(s, name);

	tcase_add_checked_fixture(t, before, use_best);
	tcase_add_test(t, vectors);
	tcase_add_test(t, defaults);
	tcase_add_test(t, order_and_headers);
	tcase_add_test(t, unknown_fields);
	tcase_add_test(t, varints);
	tcase_add_test(t, bools);
	tcase_add_test(t, containers);
	tcase_add_test(t, strings);
	tcase_add_test(t, unions);
	tcase_add_test(t, required);
	tcase_add_test(t, depth);
	tcase_add_test(t, depth_of_writing);
	tcase_add_test(t, memory);
	tcase_add_test(t, every_prefix);
	tcase_add_test(t, sticky);
	tcase_add_test(t, messages);
	tcase_add_test(t, limit_of_buffer);
	tcase_add_test(t, limit_of_runs);
	tcase_add_test(t, limit_of_texts);
	tcase_add_test(t, frames);
}

int
main(void)
{
	Suite *s = suite_create("wire/compact");

	add_case(s, "for any processor", use_any);
	add_case(s, "for this one", use_best);
	return unit_main(s);
}
