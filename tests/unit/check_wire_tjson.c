/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TJSONProtocol: the bytes that Apache's writers make of values, those that
 * only some of them make, and those that are none.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "../wire/sample.h"
#include "unit_wire.h"

static struct sample_all all;
static struct sample_point point;

#define OK(type, lit, v)	DECODES(wire_json(), &type, lit, v)
#define BAD(type, lit, error, text) do {				\
	struct sample_all any;						\
									\
	REFUSES(wire_json(), &type, lit, &any, error);			\
	ck_assert_ptr_nonnull(strstr(reader.why, text));		\
} while (0)

static void
writes(const struct tf_type *t, const void *v, const char *text)
{
	const char *why;
	struct tf_str s;

	ck_assert_int_eq(tf_encode(t, TF_TJSON, v, arena, &s, &why), 0);
	ck_assert_str_eq(s.s, text);
}

/* One field of the sample, with what it must be written as again. */
static void
field(const char *text, const char *again)
{
	const char *why, *at;
	struct tf_str s;

	ck_assert_msg(unit_decode(wire_json(), &sample_all_type, text,
	    strlen(text), &all, 64) == 0, "%s: %s", text, reader.why);
	ck_assert_int_eq(tf_encode(&sample_all_type, TF_TJSON, &all, arena, &s,
	    &why), 0);
	at = strstr(s.s, again);
	ck_assert_msg(at != NULL, "%s: %s", again, s.s);
}

START_TEST(structs)
{
	OK(sample_point_type, "{\"1\":{\"i32\":-1},\"2\":{\"i32\":2},"
	    "\"3\":{\"str\":\"l\"}}", &point);
	ck_assert_int_eq(point.x, -1);
	ck_assert_int_eq(point.y, 2);
	ck_assert(point.has_label);
	ck_assert_str_eq(point.label.s, "l");
	writes(&sample_point_type, &point, "{\"1\":{\"i32\":-1},"
	    "\"2\":{\"i32\":2},\"3\":{\"str\":\"l\"}}");
	OK(sample_point_type, "{}", &point);
	ck_assert_int_eq(point.x, 3);
	ck_assert(!point.has_label);
	OK(sample_point_type, " { \"1\" :\t{ \"i32\" : 7 } ,\n"
	    "2 : {\"i32\":\"8\"}}", &point);
	ck_assert_int_eq(point.x, 7);
	ck_assert_int_eq(point.y, 8);
}
END_TEST

START_TEST(numbers)
{
	field("{\"2\":{\"i8\":-128},\"3\":{\"i16\":32767}}",
	    "\"2\":{\"i8\":-128},\"3\":{\"i16\":32767}");
	field("{\"5\":{\"i64\":-9223372036854775808}}",
	    "\"5\":{\"i64\":-9223372036854775808}");
	field("{\"5\":{\"i64\":9223372036854775807}}",
	    "\"5\":{\"i64\":9223372036854775807}");
	field("{\"1\":{\"tf\":1}}", "\"1\":{\"tf\":1}");
	field("{\"1\":{\"tf\":0}}", "\"1\":{\"tf\":0}");
	field("{\"-3\":{\"i16\":-3}}", "\"-3\":{\"i16\":-3}");
	field("{\"10\":{\"i32\":77}}", "\"10\":{\"i32\":77}");
	field("{\"4\":{\"i32\":-0}}", "\"4\":{\"i32\":0}");
}
END_TEST

START_TEST(doubles)
{
	field("{\"6\":{\"dbl\":0.10000000000000001}}", "{\"dbl\":0.1}");
	field("{\"6\":{\"dbl\":-0}}", "{\"dbl\":-0}");
	field("{\"6\":{\"dbl\":4.9406564584124654e-324}}",
	    "{\"dbl\":5e-324}");
	field("{\"6\":{\"dbl\":1E+3}}", "{\"dbl\":1000}");
	field("{\"6\":{\"dbl\":\"1.5\"}}", "{\"dbl\":1.5}");
	field("{\"6\":{\"dbl\":\"NaN\"}}", "{\"dbl\":\"NaN\"}");
	field("{\"6\":{\"dbl\":\"-Infinity\"}}", "{\"dbl\":\"-Infinity\"}");
	field("{\"6\":{\"dbl\":\"Infinity\"}}", "{\"dbl\":\"Infinity\"}");
	/* Python */
	field("{\"6\":{\"dbl\":nan}}", "{\"dbl\":\"NaN\"}");
	field("{\"6\":{\"dbl\":-inf}}", "{\"dbl\":\"-Infinity\"}");
	field("{\"6\":{\"dbl\":inf}}", "{\"dbl\":\"Infinity\"}");
	/* Node */
	field("{\"6\":{\"dbl\":NaN}}", "{\"dbl\":\"NaN\"}");
	field("{\"6\":{\"dbl\":-Infinity}}", "{\"dbl\":\"-Infinity\"}");
}
END_TEST

START_TEST(strings)
{
	field("{\"7\":{\"str\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f"
	    "\"}}", "{\"str\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\"}");
	ck_assert_uint_eq(all.text.len, 10);
	field("{\"7\":{\"str\":\"\\u00E9\\u4e16\\ud83d\\uDE00\x7f\"}}",
	    "{\"str\":\"\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80\x7f\"}");
	/* Python writes control characters as they are. */
	field("{\"7\":{\"str\":\"a\x01\x1f\"}}",
	    "{\"str\":\"a\\u0001\\u001f\"}");
	/* A string of bytes stays what it is, as in the other protocols. */
	field("{\"7\":{\"str\":\"\xff\xed\xb2\x80\"}}",
	    "{\"str\":\"\xff\xed\xb2\x80\"}");
	BAD(sample_all_type, "{\"7\":{\"str\":\"\\udc80\"}}", WIRE_BAD,
	    "bad escape");
	BAD(sample_all_type, "{\"7\":{\"str\":\"\\ud83d\"}}", WIRE_BAD,
	    "bad escape");
	BAD(sample_all_type, "{\"7\":{\"str\":\"\\ud83d\\u0041\"}}",
	    WIRE_BAD, "bad escape");
	BAD(sample_all_type, "{\"7\":{\"str\":\"\\x\"}}", WIRE_BAD,
	    "bad escape");
	BAD(sample_all_type, "{\"7\":{\"str\":\"\\u12", WIRE_SHORT,
	    "does not end");
}
END_TEST

START_TEST(binary)
{
	field("{\"8\":{\"str\":\"AAEC/w==\"}}", "{\"str\":\"AAEC/w==\"}");
	ck_assert_uint_eq(all.blob.len, 4);
	ck_assert_int_eq(memcmp(all.blob.s, "\0\1\2\377", 5), 0);
	field("{\"8\":{\"str\":\"AAEC/w\"}}", "{\"str\":\"AAEC/w==\"}");
	field("{\"8\":{\"str\":\"AAEC\"}}", "{\"str\":\"AAEC\"}");
	field("{\"8\":{\"str\":\"\"}}", "\"8\":{\"str\":\"\"}");
	BAD(sample_all_type, "{\"8\":{\"str\":\"A\"}}", WIRE_BAD, "base64");
	BAD(sample_all_type, "{\"8\":{\"str\":\"AA=A\"}}", WIRE_BAD,
	    "base64");
}
END_TEST

START_TEST(uuids)
{
	field("{\"9\":{\"uid\":\"00112233-4455-6677-8899-AABBccddeeff\"}}",
	    "{\"uid\":\"00112233-4455-6677-8899-aabbccddeeff\"}");
	ck_assert_uint_eq(all.uuid.b[1], 0x11);
	field("{\"1001\":{\"lst\":[\"uid\",1,"
	    "\"00112233-4455-6677-8899-aabbccddeeff\"]}}",
	    "[\"uid\",1,\"00112233-4455-6677-8899-aabbccddeeff\"]");
	BAD(sample_all_type, "{\"9\":{\"uid\":\"001122\"}}", WIRE_BAD, "UUID");
}
END_TEST

START_TEST(containers)
{
	field("{\"11\":{\"lst\":[\"i32\",3,1,-2,3]}}",
	    "\"11\":{\"lst\":[\"i32\",3,1,-2,3]}");
	field("{\"11\":{\"lst\":[\"tf\",0]}}", "\"11\":{\"lst\":[\"i32\",0]}");
	field("{\"12\":{\"set\":[\"str\",2,\"b\",\"a\"]}}",
	    "\"12\":{\"set\":[\"str\",2,\"b\",\"a\"]}");
	field("{\"17\":{\"lst\":[\"tf\",2,1,0]}}", "[\"tf\",2,1,0]");
	field("{\"18\":{\"lst\":[\"lst\",2,[\"i64\",1,5],[\"i64\",0]]}}",
	    "\"18\":{\"lst\":[\"lst\",2,[\"i64\",1,5],[\"i64\",0]]}");
	field("{\"13\":{\"map\":[\"str\",\"str\",2,{\"k\":\"v\",\"\":\"\"}]}}",
	    "\"13\":{\"map\":[\"str\",\"str\",2,{\"k\":\"v\",\"\":\"\"}]}");
	field("{\"13\":{\"map\":[\"i8\",\"dbl\",0,{}]}}",
	    "\"13\":{\"map\":[\"str\",\"str\",0,{}]}");
	/* Numbers are quoted as keys, and as values not. */
	field("{\"1000\":{\"map\":[\"i8\",\"tf\",1,{\"-7\":1}]}}",
	    "\"1000\":{\"map\":[\"i8\",\"tf\",1,{\"-7\":1}]}");
	/* No JSON, but what C++ writes. */
	field("{\"19\":{\"map\":[\"rec\",\"lst\",1,{{\"1\":{\"i32\":1}}:"
	    "[\"dbl\",1,0.5]}]}}", "\"19\":{\"map\":[\"rec\",\"lst\",1,"
	    "{{\"1\":{\"i32\":1},\"2\":{\"i32\":0}}:[\"dbl\",1,0.5]}]}");
}
END_TEST

START_TEST(what_is_no_container)
{
	BAD(sample_all_type, "{\"11\":{\"lst\":[\"i32\",2,1]}}", WIRE_BAD,
	    "expected ','");
	BAD(sample_all_type, "{\"11\":{\"lst\":[\"i32\",1,1,2]}}", WIRE_BAD,
	    "expected ']'");
	BAD(sample_all_type, "{\"11\":{\"lst\":[\"i64\",1,1]}}", WIRE_BAD,
	    "another element type");
	BAD(sample_all_type, "{\"11\":{\"lst\":[\"i32\",-1]}}", WIRE_BAD,
	    "out of range");
	BAD(sample_all_type, "{\"11\":{\"lst\":[\"i32\",2147483647,1]}}",
	    WIRE_SHORT, "too early");
	BAD(sample_all_type, "{\"11\":{\"lst\":[\"i32\",4294967296,1]}}",
	    WIRE_BAD, "out of range");
	BAD(sample_all_type, "{\"13\":{\"map\":[\"str\",\"str\",9999999,{",
	    WIRE_SHORT, "too early");
	BAD(sample_all_type, "{\"13\":{\"map\":[\"str\",\"str\",1,{}]}}",
	    WIRE_BAD, "expected '\"'");
	BAD(sample_all_type, "{\"13\":{\"map\":[\"str\",\"i32\",1,"
	    "{\"k\":1}]}}", WIRE_BAD, "another element type");
}
END_TEST

START_TEST(what_is_no_number)
{
	BAD(sample_all_type, "{\"2\":{\"i8\":128}}", WIRE_BAD, "out of range");
	BAD(sample_all_type, "{\"2\":{\"i8\":-129}}", WIRE_BAD, "out of");
	BAD(sample_all_type, "{\"5\":{\"i64\":9223372036854775808}}",
	    WIRE_BAD, "out of range");
	BAD(sample_all_type, "{\"5\":{\"i64\":-9223372036854775809}}",
	    WIRE_BAD, "out of range");
	BAD(sample_all_type, "{\"5\":{\"i64\":99999999999999999999}}",
	    WIRE_BAD, "out of range");
	BAD(sample_all_type, "{\"4\":{\"i32\":1.5}}", WIRE_BAD, "expected");
	BAD(sample_all_type, "{\"4\":{\"i32\":1e3}}", WIRE_BAD, "expected");
	BAD(sample_all_type, "{\"4\":{\"i32\":\"1}}", WIRE_BAD, "expected");
	BAD(sample_all_type, "{\"4\":{\"i32\":}}", WIRE_BAD, "an integer");
	BAD(sample_all_type, "{\"1\":{\"tf\":2}}", WIRE_BAD, "out of range");
	BAD(sample_all_type, "{\"1\":{\"tf\":true}}", WIRE_BAD, "an integer");
	BAD(sample_all_type, "{\"6\":{\"dbl\":0x1}}", WIRE_BAD, "a number");
	BAD(sample_all_type, "{\"6\":{\"dbl\":1e}}", WIRE_BAD, "a number");
	BAD(sample_all_type, "{\"6\":{\"dbl\":--1}}", WIRE_BAD, "a number");
	BAD(sample_all_type, "{\"6\":{\"dbl\":infinity}}", WIRE_BAD,
	    "expected");
	BAD(sample_all_type, "{\"6\":{\"dbl\":1", WIRE_SHORT, "too early");
	BAD(sample_all_type, "{\"99999\":{\"tf\":1}}", WIRE_BAD,
	    "out of range");
}
END_TEST

/* Ids that are not known, and known ones of another type. */
START_TEST(what_is_passed_over)
{
	OK(sample_point_type, "{\"9\":{\"rec\":{\"1\":{\"lst\":[\"rec\",2,{},"
	    "{\"1\":{\"str\":\"]}\\\"\"}}]}}},\"1\":{\"str\":\"no\"},"
	    "\"77\":{\"xyz\":[nan,true,{\"a\":[]}]},\"8\":{\"map\":[\"rec\","
	    "\"dbl\",1,{{\"1\":{\"i32\":1}}:-1.5e+3}]},\"2\":{\"i32\":5}}",
	    &point);
	ck_assert_int_eq(point.x, 3);
	ck_assert_int_eq(point.y, 5);
	BAD(sample_point_type, "{\"9\":{\"rec\":[}}}", WIRE_BAD, "expected");
	BAD(sample_point_type, "{\"9\":{\"rec\":{]}}", WIRE_BAD, "expected");
	BAD(sample_point_type, "{\"9\":{\"rec\":[1 2]}}", WIRE_BAD,
	    "expected");
	BAD(sample_point_type, "{\"9\":{\"rec\":[", WIRE_SHORT, "");
}
END_TEST

START_TEST(sticky)
{
	struct wire_reader r;
	struct wire_msg m;

	wire_reader_init(&r, "[2,{}]", 6, arena, 64);
	ck_assert_int_eq(wire_json()->read_msg(&r, &m), -1);
	r.p += 2;
	ck_assert_int_eq(wire_json()->skip_struct(&r), -1);
	ck_assert_int_eq(wire_json()->read_end(&r), -1);
}
END_TEST

/* As deep in what is passed over as in what is read. */
START_TEST(depth)
{
	char text[4096] = "";

	for (int i = 0; i < 64; i++)
		strlcat(text, "{\"9\":{\"rec\":", sizeof(text));
	strlcat(text, "{}", sizeof(text));
	for (int i = 0; i < 64; i++)
		strlcat(text, "}}", sizeof(text));
	ck_assert_int_eq(unit_decode(wire_json(), &sample_point_type, text,
	    strlen(text), &point, 66), 0);
	ck_assert_int_eq(unit_decode(wire_json(), &sample_point_type, text,
	    strlen(text), &point, 64), -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
	memset(text, '[', sizeof(text));
	memcpy(text, "{\"9\":{\"lst\":", 12);
	ck_assert_int_eq(unit_decode(wire_json(), &sample_point_type, text,
	    sizeof(text), &point, 64), -1);
	ck_assert_int_eq(reader.err, WIRE_TOO_DEEP);
}
END_TEST

START_TEST(unions_and_required_fields)
{
	struct sample_strict strict;
	struct sample_shape shape;

	OK(sample_shape_type, "{\"2\":{\"str\":\"t\"}}", &shape);
	ck_assert_int_eq(shape.which, 2);
	writes(&sample_shape_type, &shape, "{\"2\":{\"str\":\"t\"}}");
	OK(sample_shape_type, "{\"99\":{\"str\":\"t\"}}", &shape);
	ck_assert_int_eq(shape.which, 0);
	BAD(sample_shape_type, "{\"2\":{\"str\":\"t\"},\"5\":{\"tf\":1}}",
	    WIRE_BAD, "two members");
	BAD(sample_strict_type, "{\"1\":{\"i32\":1}}", WIRE_MISSING, "node");
	OK(sample_strict_type, "{\"1\":{\"i32\":1},\"20\":{\"rec\":{}},"
	    "\"21\":{\"rec\":{\"5\":{\"tf\":1}}}}", &strict);
	ck_assert_ptr_nonnull(strict.node);
}
END_TEST

static int
read_head(const char *text, struct wire_msg *m)
{
	wire_reader_init(&reader, text, strlen(text), arena, 64);
	return wire_json()->read_msg(&reader, m);
}

START_TEST(messages)
{
	const struct wire_msg out = { TF_STR("na\"me\n"), -7, WIRE_REPLY };
	const struct wire_proto *p = wire_json();
	struct wire_msg m;
	struct buf b;

	buf_init(&b, 1000);
	point = (struct sample_point){ .x = 1, .y = 2 };
	ck_assert_int_eq(p->write_message(&b, &out,
	    plan_get(&sample_point_type), &point, NULL), 0);
	ck_assert_int_eq(buf_put(&b, "", 1), 0);
	ck_assert_str_eq((char *)b.p, "[1,\"na\\\"me\\n\",2,-7,"
	    "{\"1\":{\"i32\":1},\"2\":{\"i32\":2}}]");
	ck_assert_int_eq(read_head((char *)b.p, &m), 0);
	ck_assert(tf_str_eq(m.name, out.name));
	ck_assert_int_eq(m.seqid, -7);
	ck_assert_int_eq(m.type, WIRE_REPLY);
	point.x = 0;
	ck_assert_int_eq(wire_read_body(p, &reader,
	    plan_get(&sample_point_type), &point), 0);
	ck_assert_ptr_eq(reader.p, reader.end);
	ck_assert_int_eq(point.x, 1);
	buf_fini(&b);
	ck_assert_int_eq(read_head(" [ 1 , \"\" , 4 , 2147483647 , {", &m), 0);
	ck_assert_uint_eq(m.name.len, 0);
	ck_assert_int_eq(m.type, WIRE_ONEWAY);
	ck_assert_int_eq(read_head("[2,\"a\",1,0,{", &m), -1);
	ck_assert_int_eq(read_head("[1,\"a\",256,0,{", &m), -1);
	ck_assert_int_eq(read_head("[1,\"a\",1,2147483648,{", &m), -1);
	ck_assert_int_eq(read_head("[1,a,1,0,{", &m), -1);
	ck_assert_int_eq(read_head("[1,\"a\",1,0]", &m), -1);
	ck_assert_int_eq(read_head("[1,\"a\",1", &m), -1);
	ck_assert_int_eq(reader.err, WIRE_SHORT);
	ck_assert_int_eq(read_head("", &m), -1);
	ck_assert_int_eq(read_head("[1,\"a\",1,0,{}", &m), 0);
	ck_assert_int_eq(wire_read_body(p, &reader,
	    plan_get(&sample_point_type), &point), -1);
	ck_assert_int_eq(reader.err, WIRE_SHORT);
}
END_TEST

/* A buffer that is too small for it, wherever it ends, is left as it was. */
START_TEST(no_room)
{
	const struct sample_all *v = sample_all_full();
	const struct plan *pl = plan_get(&sample_all_type);
	const struct wire_msg m = { TF_STR("name"), 1, WIRE_CALL };
	const char *why;
	struct buf b;
	size_t full;

	buf_init(&b, 100000);
	ck_assert_int_eq(wire_json()->write(&b, pl, v, &why), 0);
	full = b.len;
	buf_fini(&b);
	for (size_t max = 0; max < full; max += 7) {
		buf_init(&b, max);
		ck_assert_int_eq(wire_json()->write(&b, pl, v, &why), -1);
		ck_assert_ptr_nonnull(why);
		ck_assert_uint_eq(b.len, 0);
		buf_fini(&b);
	}
	for (size_t max = 0; max < full + 15; max++) {
		buf_init(&b, max);
		ck_assert_int_eq(wire_json()->write_message(&b, &m, pl, v,
		    &why), -1);
		ck_assert_ptr_nonnull(why);
		ck_assert_uint_eq(b.len, 0);
		buf_fini(&b);
	}
}
END_TEST

/* Each prefix of a full value is an error, each changed byte harmless. */
START_TEST(prefixes_and_flips)
{
	struct sample_all back;
	struct tf_str s;
	const char *why;
	char *copy;

	ck_assert_int_eq(tf_encode(&sample_all_type, TF_TJSON,
	    sample_all_full(), arena, &s, &why), 0);
	copy = strdup(s.s);
	for (size_t i = 0; i < s.len; i++) {
		tf_arena_reset(arena);
		ck_assert_int_eq(unit_decode(wire_json(), &sample_all_type,
		    copy, i, &back, 64), -1);
	}
	for (size_t i = 0; i < s.len * 8; i++) {
		ptrdiff_t n;

		tf_arena_reset(arena);
		copy[i / 8] ^= (char)(1 << i % 8);
		n = tf_decode(&sample_all_type, TF_TJSON, copy, s.len, arena,
		    &back, &why);
		ck_assert(n == -1 || (size_t)n <= s.len);
		copy[i / 8] ^= (char)(1 << i % 8);
	}
	ck_assert_int_eq(unit_decode(wire_json(), &sample_all_type, copy,
	    s.len, &back, 64), 0);
	ck_assert(tf_equal(&sample_all_type, &back, sample_all_full()));
	free(copy);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire_tjson");
	TCase *t = unit_wire_case(s, "wire_tjson");

	tcase_add_test(t, structs);
	tcase_add_test(t, numbers);
	tcase_add_test(t, doubles);
	tcase_add_test(t, strings);
	tcase_add_test(t, binary);
	tcase_add_test(t, uuids);
	tcase_add_test(t, containers);
	tcase_add_test(t, what_is_no_container);
	tcase_add_test(t, what_is_no_number);
	tcase_add_test(t, what_is_passed_over);
	tcase_add_test(t, sticky);
	tcase_add_test(t, depth);
	tcase_add_test(t, unions_and_required_fields);
	tcase_add_test(t, messages);
	tcase_add_test(t, no_room);
	tcase_add_test(t, prefixes_and_flips);
	return unit_main(s);
}
