/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON by field name: what is written, what is understood, and where errors
 * are said to be.
 */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "wire/text.h"
#include "../wire/sample.h"
#include "unit_wire.h"

static const char *why;

static int
decode(const struct tf_type *t, const char *text, size_t len, void *v)
{
	char *exact = exact_copy(text, len);
	ptrdiff_t n;

	n = tf_decode(t, TF_JSON, exact, len, arena, v, &why);
	free(exact);
	ck_assert(n == -1 || (size_t)n == len);
	return n == -1 ? -1 : 0;
}

static void
ok(const struct tf_type *t, const char *text, void *v)
{
	ck_assert_msg(decode(t, text, strlen(text), v) == 0, "%s: %s", text,
	    why);
}

static void
bad(const struct tf_type *t, const char *text, const char *expected)
{
	struct sample_all v;

	ck_assert_msg(decode(t, text, strlen(text), &v) == -1, "%s", text);
	ck_assert_str_eq(why, expected);
}

static void
writes(const struct tf_type *t, const void *v, const char *text)
{
	struct tf_str s;

	ck_assert_int_eq(tf_encode(t, TF_JSON, v, arena, &s, &why), 0);
	ck_assert_str_eq(s.s, text);
}

START_TEST(structs)
{
	struct sample_point p;

	ok(&sample_point_type, " { \"y\" : 2 ,\n\"x\":\t-1 } ", &p);
	ck_assert_int_eq(p.x, -1);
	ck_assert_int_eq(p.y, 2);
	ck_assert(!p.has_label);
	writes(&sample_point_type, &p, "{\"x\":-1,\"y\":2}");
	ok(&sample_point_type, "{}", &p);
	ck_assert_int_eq(p.x, 3);
	ok(&sample_point_type, "{\"label\":null}", &p);
	ck_assert(!p.has_label);
	ok(&sample_point_type, "{\"label\":\"\"}", &p);
	ck_assert(p.has_label);
	writes(&sample_point_type, &p, "{\"x\":3,\"y\":0,\"label\":\"\"}");
	bad(&sample_point_type, "{\"x\":1,}", "offset 7: expected '\"'");
	bad(&sample_point_type, "{\"x\":1 \"y\":2}", "offset 7: expected ','");
	bad(&sample_point_type, "{\"z\":1}", "offset 1: no such field: z");
	bad(&sample_point_type, "{\"x\":1", "offset 6: input ends too early");
	bad(&sample_point_type, "", "offset 0: input ends too early");
	bad(&sample_point_type, "[]", "offset 0: expected '{'");
	bad(&sample_point_type, "{\"x\":null}",
	    "offset 9: null for a field that is not optional: x");
	bad(&sample_strict_type, "{\"a\":1,\"node\":{},\"node\":null}",
	    "offset 28: null for a field that is not optional: node");
}
END_TEST

START_TEST(numbers)
{
	struct sample_all a;

	ok(&sample_all_type, "{\"big\":-9223372036854775808,\"tiny\":127,"
	    "\"small\":\"-32768\",\"real\":1e2}", &a);
	ck_assert_int_eq(a.big, INT64_MIN);
	ck_assert_int_eq(a.tiny, 127);
	ck_assert_int_eq(a.small, -32768);
	ck_assert_double_eq(a.real, 100);
	bad(&sample_all_type, "{\"big\":9223372036854775808}",
	    "offset 7: number out of range: 9223372036854775808");
	bad(&sample_all_type, "{\"tiny\":128}",
	    "offset 8: number out of range: 128");
	bad(&sample_all_type, "{\"tiny\":1.0}",
	    "offset 8: expected an integer: 1.0");
	bad(&sample_all_type, "{\"tiny\":01}", "offset 8: expected a number");
	bad(&sample_all_type, "{\"tiny\":+1}", "offset 8: expected a number");
	bad(&sample_all_type, "{\"real\":.5}", "offset 8: expected a number");
	bad(&sample_all_type, "{\"real\":5.}", "offset 8: expected a number");
	bad(&sample_all_type, "{\"real\":1e}", "offset 8: expected a number");
	bad(&sample_all_type, "{\"real\":NaN}", "offset 8: expected a number");
	bad(&sample_all_type, "{\"real\":\"\"}", "offset 8: expected a number");
	bad(&sample_all_type, "{\"tiny\":\"1\\u0000\"}",
	    "offset 8: expected a number");
	ok(&sample_all_type, "{\"real\":\"NaN\"}", &a);
	ck_assert(isnan(a.real));
	ok(&sample_all_type, "{\"real\":\"-Infinity\"}", &a);
	ck_assert(isinf(a.real) && a.real < 0);
}
END_TEST

START_TEST(shortest_doubles)
{
	char text[DOUBLE_TEXT];

	double_text(text, 0.1);
	ck_assert_str_eq(text, "0.1");
	double_text(text, 1.0 / 3);
	ck_assert_str_eq(text, "0.3333333333333333");
	double_text(text, 5e-324);
	ck_assert_str_eq(text, "5e-324");
	double_text(text, -0.0);
	ck_assert_str_eq(text, "-0");
	double_text(text, 9007199254740993.0);
	ck_assert_double_eq(strtod(text, NULL), 9007199254740993.0);
	/* Whatever the locale of the program, if there is one with a comma. */
	if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL)
		return;
	double_text(text, 0.5);
	ck_assert_str_eq(text, "0.5");
	ck_assert_double_eq(double_value("0.5"), 0.5);
	setlocale(LC_NUMERIC, "C");
}
END_TEST

START_TEST(enums_and_bools)
{
	struct sample_all a;
	struct tf_list_i32 l;
	struct tf_list_bool b;

	ok(&sample_all_type, "{\"color\":\"BLUE\"}", &a);
	ck_assert_int_eq(a.color, -7);
	ok(&sample_list_color_type, "[\"RED\",2,99,\"99\"]", &l);
	writes(&sample_list_color_type, &l, "[\"RED\",\"GREEN\",99,99]");
	bad(&sample_all_type, "{\"color\":\"PINK\"}",
	    "offset 9: no such enum value: PINK");
	ok(&sample_list_bool_type, "[true, false]", &b);
	ck_assert(b.v[0] && !b.v[1]);
	bad(&sample_list_bool_type, "[1]", "offset 1: expected true or false");
}
END_TEST

START_TEST(strings)
{
	struct tf_list_str l;
	const char *text = "[\"\\u00e9\\ud83d\\ude00\\n\\/\\\"\\udcff\"]";

	ok(&sample_set_str_type, text, &l);
	ck_assert_str_eq(l.v[0].s, "\xc3\xa9\xf0\x9f\x98\x80\n/\"\xff");
	writes(&sample_set_str_type, &l,
	    "[\"\xc3\xa9\xf0\x9f\x98\x80\\n/\\\"\\udcff\"]");
	bad(&sample_set_str_type, "[\"\\ud83d\"]", "offset 2: bad escape");
	bad(&sample_set_str_type, "[\"\\ude00\"]", "offset 2: bad escape");
	bad(&sample_set_str_type, "[\"a\\x\"]", "offset 3: bad escape");
	bad(&sample_set_str_type, "[\"\\u12\"]", "offset 2: bad escape");
	bad(&sample_set_str_type, "[\"a\n\"]",
	    "offset 3: control character in a string");
	bad(&sample_set_str_type, "[\"a\\\"]", "offset 2: string does not end");
	/* U+0080 to U+009F are control characters, as U+007F is. */
	ok(&sample_set_str_type, "[\"\x7f\xc2\x80\xc2\x9f\xc2\xa0\"]", &l);
	writes(&sample_set_str_type, &l,
	    "[\"\\u007f\\u0080\\u009f\xc2\xa0\"]");
	/* Every byte, alone and after a lead byte, survives. */
	for (int c = 0; c < 256; c++) {
		char raw[] = { (char)c, (char)0xe2, (char)c, (char)0x82,
		    (char)0xc2, (char)c };
		struct tf_str one = { raw, 6 }, s;
		struct tf_list_str in = { &one, 1, 0 };

		ck_assert_int_eq(tf_encode(&sample_set_str_type, TF_JSON, &in,
		    arena, &s, &why), 0);
		ck_assert_int_eq(decode(&sample_set_str_type, s.s, s.len, &l),
		    0);
		ck_assert(tf_equal(&sample_set_str_type, &in, &l));
	}
}
END_TEST

START_TEST(binary_and_uuid)
{
	struct sample_all a;

	ok(&sample_all_type, "{\"blob\":\"AAEC/w==\"}", &a);
	ck_assert_uint_eq(a.blob.len, 4);
	ck_assert_mem_eq(a.blob.s, "\0\1\2\xff", 5);
	ok(&sample_all_type, "{\"blob\":\"AAEC/w\"}", &a);
	ck_assert_uint_eq(a.blob.len, 4);
	ok(&sample_all_type, "{\"blob\":\"\"}", &a);
	ck_assert_uint_eq(a.blob.len, 0);
	bad(&sample_all_type, "{\"blob\":\"A\"}", "offset 11: bad base64");
	bad(&sample_all_type, "{\"blob\":\"A*==\"}", "offset 14: bad base64");
	ok(&sample_all_type, "{\"uuid\":"
	    "\"00112233-4455-6677-8899-AABBCCDDEEFF\"}", &a);
	ck_assert_mem_eq(a.uuid.b, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99"
	    "\xaa\xbb\xcc\xdd\xee\xff", 16);
	bad(&sample_all_type, "{\"uuid\":\"0011\"}",
	    "offset 14: expected a UUID");
}
END_TEST

START_TEST(maps_and_unions)
{
	struct sample_map_i8_bool m;
	struct sample_map_point_list t;
	struct sample_shape s;

	ok(&sample_map_i8_bool_type, "{\"1\":true,\"-1\":false}", &m);
	ck_assert_uint_eq(m.n, 2);
	ck_assert_int_eq(m.v[1].key, -1);
	writes(&sample_map_i8_bool_type, &m, "{\"1\":true,\"-1\":false}");
	bad(&sample_map_i8_bool_type, "{1:true}", "offset 1: expected '\"'");
	ok(&sample_map_point_list_type, "[[{\"y\":1},[0.5]],[{},[]]]", &t);
	ck_assert_uint_eq(t.n, 2);
	ck_assert_int_eq(t.v[0].key.x, 3);
	writes(&sample_map_point_list_type, &t,
	    "[[{\"x\":3,\"y\":1},[0.5]],[{\"x\":3,\"y\":0},[]]]");
	ok(&sample_shape_type, "{\"text\":\"t\"}", &s);
	ck_assert_int_eq(s.which, 2);
	writes(&sample_shape_type, &s, "{\"text\":\"t\"}");
	bad(&sample_shape_type, "{\"number\":1,\"flag\":true}",
	    "offset 19: union with two members: flag");
	s.which = 0;
	ck_assert_int_eq(tf_encode(&sample_shape_type, TF_JSON, &s, arena,
	    &(struct tf_str){ NULL, 0 }, &why), -1);
	ck_assert_str_eq(why, "Shape: no member is set");
}
END_TEST

START_TEST(limits)
{
	static char text[40000];
	struct sample_node n;
	struct tf_list_i32 l;

	for (size_t i = 0; i < 4000; i++)
		memcpy(text + i * 8, "{\"left\":", 8);
	ck_assert_int_eq(decode(&sample_node_type, text, 32000, &n), -1);
	ck_assert_ptr_nonnull(strstr(why, "nested too deep"));
	bad(&sample_strict_type, "{\"a\":1}", "Strict.node: not set");
	/* 80,000 bytes of elements against a limit of 10,000. */
	tf_arena_free(arena);
	arena = tf_arena_new(10000);
	memset(text, ',', sizeof(text));
	for (size_t i = 1; i < sizeof(text); i += 2)
		text[i] = '1';
	text[0] = '[';
	ck_assert_int_eq(decode(&sample_list_i32_type, text, sizeof(text), &l),
	    -1);
	ck_assert_ptr_nonnull(strstr(why, "memory limit"));
}
END_TEST

START_TEST(everything)
{
	struct sample_all a;
	struct tf_str s;

	ck_assert_int_eq(tf_encode(&sample_all_type, TF_JSON,
	    sample_all_full(), arena, &s, &why), 0);
	ck_assert_int_eq(decode(&sample_all_type, s.s, s.len, &a), 0);
	ck_assert(tf_equal(&sample_all_type, &a, sample_all_full()));
	for (size_t n = 0; n < s.len; n += 1 + n / 50)
		ck_assert_int_eq(decode(&sample_all_type, s.s, n, &a), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire/json");
	TCase *t = unit_wire_case(s, "json");

	tcase_add_test(t, structs);
	tcase_add_test(t, numbers);
	tcase_add_test(t, shortest_doubles);
	tcase_add_test(t, enums_and_bools);
	tcase_add_test(t, strings);
	tcase_add_test(t, binary_and_uuid);
	tcase_add_test(t, maps_and_unions);
	tcase_add_test(t, limits);
	tcase_add_test(t, everything);
	return unit_main(s);
}
