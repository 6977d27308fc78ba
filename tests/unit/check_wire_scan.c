/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a message that no frame announces, above all in JSON: found
 * however the bytes arrive, never past the limits, and without reading past
 * what is there.
 */
#include <stdlib.h>
#include <string.h>

#include "unit_wire.h"
#include "wire/scan.h"

#define MAX_SIZE 65536

static struct scan s;

/* The result for bytes that arrive in steps. */
static enum scan_result
scan_in_steps(const char *bytes, size_t len, size_t step)
{
	enum scan_result rc = SCAN_MORE;
	uint8_t *exact;

	scan_init(&s, len > 0 ? (uint8_t)bytes[0] : '[', MAX_SIZE);
	for (size_t n = 0; n < len && rc == SCAN_MORE;) {
		n = n + step < len ? n + step : len;
		exact = exact_copy(bytes, n);
		rc = scan_run(&s, exact, n);
		free(exact);
	}
	return rc;
}

/* All of its text is one message, and no less of it is. */
static void
whole(const char *text)
{
	size_t len = strlen(text);
	char *longer = malloc(len + 4);

	ck_assert_ptr_nonnull(longer);
	memcpy(longer, text, len);
	memcpy(longer + len, "\"[}", 4);
	for (size_t step = 1; step <= len; step++) {
		ck_assert_int_eq(scan_in_steps(longer, len + 3, step),
		    SCAN_DONE);
		ck_assert_uint_eq(s.pos, len);
	}
	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(scan_in_steps(text, n, len), SCAN_MORE);
	free(longer);
}

static void
refused(const char *text, enum scan_result expected)
{
	for (size_t step = 1; step <= strlen(text); step++)
		ck_assert_msg(scan_in_steps(text, strlen(text), step) ==
		    expected, "%s in steps of %zu", text, step);
}

START_TEST(messages)
{
	whole("[1,\"ping\",1,0,{}]");
	whole("[1,\"add\",1,-7,{\"1\":{\"i32\":1},\"2\":{\"i32\":-1}}]");
	whole("[1,\"f\",1,0,{\"1\":{\"lst\":[\"dbl\",3,1.5e+3,\"NaN\",0]}}]");
	whole("[1,\"f\",4,0,{\"1\":{\"map\":[\"i32\",\"str\",1,{\"1\":"
	    "\"x\"}]},\"2\":{\"tf\":1}}]");
	whole("[1,\"f\",1,0,{\"1\":{\"lst\":[\"dbl\",6,NaN,Infinity,"
	    "-Infinity,nan,inf,-inf]}}]");
	whole("[ 1 ,\t\"f\" ,\r\n 1 , 0 , { } ]");
}
END_TEST

START_TEST(strings)
{
	whole("[\"]\"]");
	whole("[\"\\\"]\"]");
	whole("[\"\\\\\"]");
	whole("[\"\\\\\\\"]\"]");
	whole("[\"\\u005d\\n{[\"]");
	whole("[\"\xc3\xa9\xff true\x01\"]");
}
END_TEST

START_TEST(strangers)
{
	refused("[}", SCAN_BAD);
	refused("[{]", SCAN_BAD);
	refused("[[}", SCAN_BAD);
	refused("[true", SCAN_BAD);
	refused("[1;", SCAN_BAD);
	refused("[\"a\"'b'", SCAN_BAD);
	refused("[\x80", SCAN_BAD);
	refused("{\"1\":1}", SCAN_BAD);
}
END_TEST

START_TEST(depth)
{
	char text[2 * SCAN_MAX_BRACKETS + 3];
	size_t n = SCAN_MAX_BRACKETS;

	/* Kinds alternate in a pattern that no word of bits repeats. */
	for (size_t i = 0; i < n; i++) {
		text[i] = i % 3 == 0 || i % 37 == 5 ? '[' : '{';
		text[2 * n - 1 - i] = text[i] == '[' ? ']' : '}';
	}
	ck_assert_int_eq(scan_in_steps(text, 2 * n, 2 * n), SCAN_DONE);
	ck_assert_int_eq(scan_in_steps(text, 2 * n, 7), SCAN_DONE);
	ck_assert_uint_eq(s.pos, 2 * n);
	ck_assert_uint_eq(s.depth, 0);
	for (size_t i = n; i < 2 * n; i++) {
		text[i] ^= '[' ^ '{';
		ck_assert_int_eq(scan_in_steps(text, 2 * n, 2 * n),
		    SCAN_BAD);
		ck_assert_uint_eq(s.pos, i + 1);
		text[i] ^= '[' ^ '{';
	}
	memset(text, '[', sizeof(text));
	ck_assert_int_eq(scan_in_steps(text, n, n), SCAN_MORE);
	ck_assert_int_eq(scan_in_steps(text, n + 1, 100), SCAN_TOO_DEEP);
}
END_TEST

/* Structs as deep as any reader goes, three containers around each. */
START_TEST(as_deep_as_readers)
{
	static const char message[] = "\x82\x21\0\1f", args[] = "[1,\"f\",1,0,",
	    head[] = "\x19\x19\x19\x1c", open[] = "{\"1\":{\"map\":[\"str\","
	    "\"map\",1,{\"\":[\"str\",\"map\",1,{\"\":[\"str\",\"rec\",1,"
	    "{\"\":", shut[] = "}]}]}]}}";
	static char bytes[WIRE_MAX_DEPTH * (sizeof(open) + sizeof(shut))];
	size_t n = sizeof(message) - 1, i;

	memcpy(bytes, message, n);
	for (i = 1; i < WIRE_MAX_DEPTH; i++, n += sizeof(head) - 1)
		memcpy(bytes + n, head, sizeof(head) - 1);
	memset(bytes + n, 0, WIRE_MAX_DEPTH);
	n += WIRE_MAX_DEPTH;
	ck_assert_int_eq(scan_in_steps(bytes, n, n), SCAN_DONE);
	ck_assert_int_eq(scan_in_steps(bytes, n, 7), SCAN_DONE);
	ck_assert_uint_eq(s.pos, n);

	strlcpy(bytes, args, sizeof(bytes));
	for (i = 1; i < WIRE_MAX_DEPTH; i++)
		strlcat(bytes, open, sizeof(bytes));
	strlcat(bytes, "{}", sizeof(bytes));
	for (i = 1; i < WIRE_MAX_DEPTH; i++)
		strlcat(bytes, shut, sizeof(bytes));
	n = strlcat(bytes, "]", sizeof(bytes));
	ck_assert_int_eq(scan_in_steps(bytes, n, n), SCAN_DONE);
	ck_assert_uint_eq(s.pos, n);
}
END_TEST

/* What is kept of a scan is what its depth says. */
START_TEST(kept)
{
	const char *text = "[[{[\"x\"]}]]";
	struct scan copy;

	for (size_t n = 1; n < strlen(text); n++) {
		scan_in_steps(text, n, n);
		memset(&copy, 0xa5, sizeof(copy));
		memcpy(&copy, &s, scan_size(&s));
		ck_assert_int_eq(scan_run(&copy, (const uint8_t *)text,
		    strlen(text)), SCAN_DONE);
		ck_assert_uint_eq(copy.pos, strlen(text));
	}
}
END_TEST

START_TEST(sizes)
{
	char *text = malloc(MAX_SIZE + 2);

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', MAX_SIZE + 2);
	memcpy(text, "[\"", 2);
	memcpy(text + MAX_SIZE - 2, "\"]", 2);
	ck_assert_int_eq(scan_in_steps(text, MAX_SIZE, 1000), SCAN_DONE);
	ck_assert_uint_eq(s.pos, MAX_SIZE);
	memcpy(text + MAX_SIZE - 2, "x\"]", 3);
	ck_assert_int_eq(scan_in_steps(text, MAX_SIZE + 1, 1000),
	    SCAN_TOO_BIG);
	ck_assert_int_eq(scan_in_steps(text, MAX_SIZE, MAX_SIZE),
	    SCAN_TOO_BIG);
	free(text);
}
END_TEST

/* With fields of all kinds, and a struct that is passed over. */
static const struct {
	const char	*bytes;
	size_t		 n;
} calls[] = {
#define C(lit)	{ lit, sizeof(lit) - 1 }
	C("[1,\"f\\\"\",1,-7,{\"1\":{\"map\":[\"i32\",\"str\",1,{\"1\":"
	    "\"x\"}]}}]"),
	C("\x82\x21\x87\1\1f\x11\x13\7\x14\x80\1\x17" "12345678"
	    "\x18\2ab\x19\x28\1a\1b\x1b\1\x58\3\1c\x1c\x11\0\0"),
	C("\x80\1\0\1\0\0\0\1f\0\0\0\7\2\0\1\1\3\0\2\7\6\0\3\0\7"
	    "\x0a\0\4" "12345678" "\x0b\0\5\0\0\0\2ab"
	    "\x0f\0\6\x0b\0\0\0\1\0\0\0\1a"
	    "\x0d\0\7\3\3\0\0\0\1\1\2\x0c\0\x08\2\0\1\0\0\0"),
};

/* No part is a message; with any bit turned over it ends the same way. */
START_TEST(swept)
{
	size_t n = calls[_i].n, pos;
	char *bytes = exact_copy(calls[_i].bytes, n);
	enum scan_result rc;

	for (size_t i = 1; i < n; i++)
		ck_assert_int_eq(scan_in_steps(bytes, i, i), SCAN_MORE);
	ck_assert_int_eq(scan_in_steps(bytes, n, 1), SCAN_DONE);
	ck_assert_uint_eq(s.pos, n);
	for (size_t bit = 8; bit < 8 * n; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		rc = scan_in_steps(bytes, n, n);
		pos = s.pos;
		ck_assert_int_eq(scan_in_steps(bytes, n, 1), rc);
		if (rc == SCAN_DONE) {
			ck_assert_uint_eq(s.pos, pos);
			ck_assert_uint_le(pos, n);
		}
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	free(bytes);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wire_scan");
	TCase *t = unit_case(suite, "json");

	tcase_add_test(t, messages);
	tcase_add_test(t, strings);
	tcase_add_test(t, strangers);
	tcase_add_test(t, depth);
	tcase_add_test(t, as_deep_as_readers);
	tcase_add_test(t, kept);
	tcase_add_test(t, sizes);
	tcase_add_loop_test(t, swept, 0, COUNT(calls));
	return unit_main(suite);
}
