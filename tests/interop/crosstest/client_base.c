/* SPDX-License-Identifier: Apache-2.0 */
/* Single values: the server must return them as they are, to the bit. */
#include "client.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#define N(a)		(sizeof(a) / sizeof((a)[0]))
#define BINARY_MAX	131072

bool
test_void(struct run *r)
{
	return CALL(void)(r->client) == 0 || answer_is_missing(r);
}

typedef int string_fn(struct tf_client *, struct tf_str, struct tf_str *);

static bool
string_returns(struct run *r, string_fn *call, struct tf_str sent)
{
	struct tf_str got;

	if (call(r->client, sent, &got) == -1)
		return answer_is_missing(r);
	return tf_str_eq(sent, got) ||
	    answer_is_wrong("%zu bytes were sent, and %zu came back: '%.100s'",
	    sent.len, got.len, got.s);
}

bool
test_string(struct run *r)
{
	static const struct tf_str strings[] = {
		TF_STR_INIT(""),
		TF_STR_INIT("Test"),
		/* two, three and four bytes; right to left; composed */
		TF_STR_INIT("na\u00efve \u0441\u043b\u043e\u0432\u043e "
		    "\u05d0\u05d1\u05d2 \u0627\u0644\u0639 \u4e2d\u6587 "
		    "\ud55c\uad6d\uc5b4 \u0928\u092e\u0938\u094d\u0924\u0947 "
		    "e\u0301 \U0001f600 \U00010348 \u200f"),
		/* what JSON has to escape, and what it must not */
		TF_STR_INIT("\" \\ / \\/ \b \f \n \r \t \x01 \x1f \x7f "
		    "]] \"]] \\\" }}}{ [[[ \\u0041 &<>'"),
	};

	for (size_t i = 0; i < N(strings); i++)
		if (!string_returns(r, CALL(string), strings[i]))
			return false;
	return true;
}

bool
test_binary(struct run *r)
{
	static char bytes[BINARY_MAX];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i + i / 256);
	for (size_t n = 0; n <= sizeof(bytes); n = n == 0 ? 1 : 2 * n)
		if (!string_returns(r, CALL(binary),
		    (struct tf_str){ bytes, n }))
			return false;
	return true;
}

/* A test that sends values of one type; fmt is for printing them as TP. */
#define TEST_RETURNS(test, method, T, fmt, TP, ...)			\
bool									\
test(struct run *r)							\
{									\
	static const T values[] = { __VA_ARGS__ };			\
	T got;								\
									\
	for (size_t i = 0; i < N(values); i++) {			\
		if (thrift_test_thrift_test_test_##method(r->client,	\
		    values[i], &got) == -1)				\
			return answer_is_missing(r);			\
		if (memcmp(&got, &values[i], sizeof(got)) != 0)		\
			return answer_is_wrong(fmt " was sent, and "	\
			    fmt " came back", (TP)values[i], (TP)got);	\
	}								\
	return true;							\
}
TEST_RETURNS(test_bool, bool, bool, "%d", int, true, false)
TEST_RETURNS(test_byte, byte, int8_t, "%d", int, 0, 1, -1, 42, -42, INT8_MAX,
    INT8_MIN)
TEST_RETURNS(test_i32, i32, int32_t, "%d", int, 0, 1, -1, 1 << 15, -(1 << 15),
    190000013, -190000013, INT32_MAX, INT32_MIN)
TEST_RETURNS(test_i64, i64, int64_t, "%jd", intmax_t, 0, 1, -1,
    INT64_C(7000000000000000123), INT64_C(-7000000000000000123),
    INT64_C(1) << 32, -(INT64_C(1) << 32), (INT64_C(1) << 32) + 1,
    -(INT64_C(1) << 32) - 1, (INT64_C(1) << 53) + 1, INT64_MAX, INT64_MIN)
TEST_RETURNS(test_double, double, double, "%.17g", double, 0, -1, 5.2098523,
    -5.2098523, -0.000341012439638598279, 4294967296, 4294967297, -4294967297,
    9007199254740991, -9007199254740991, 1e307, 1e-292, DBL_MAX, DBL_MIN)
TEST_RETURNS(test_enum, enum, enum thrift_test_numberz, "%d", int,
    THRIFT_TEST_NUMBERZ_ONE, THRIFT_TEST_NUMBERZ_TWO, THRIFT_TEST_NUMBERZ_THREE,
    THRIFT_TEST_NUMBERZ_FIVE, THRIFT_TEST_NUMBERZ_SIX,
    THRIFT_TEST_NUMBERZ_EIGHT)
TEST_RETURNS(test_typedef, typedef, thrift_test_user_id, "%jd", intmax_t,
    309858235082523)

bool
test_uuid(struct run *r)
{
	static const struct tf_uuid uuids[] = {
		{ { 0x5e, 0x2a, 0xb1, 0x88, 0x17, 0x26, 0x4e, 0x75,
		    0xa0, 0x4f, 0x1e, 0xd9, 0xa6, 0xa8, 0x9c, 0x4c } },
		{ { 0 } },
	};
	struct tf_uuid got;

	for (size_t i = 0; i < N(uuids); i++) {
		if (CALL(uuid)(r->client, uuids[i], &got) == -1)
			return answer_is_missing(r);
		if (memcmp(&got, &uuids[i], sizeof(got)) != 0)
			return answer_is_wrong("another uuid came back");
	}
	return true;
}
