/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialects are told apart by their first bytes: each by what it really begins
 * with, for every length that has arrived; and all first bytes there are.
 */
#include <stdlib.h>
#include <string.h>

#include "unit_wire.h"
#include "wire/dialect.h"
#include "wire/frame.h"

static enum dialect
look(const void *bytes, size_t len)
{
	uint8_t *exact = exact_copy(bytes, len);
	enum dialect d = dialect_of(exact, len);

	free(exact);
	return d;
}

/* Told from its first least bytes on, and "more" before. */
static void
tells(const char *bytes, size_t len, size_t least, enum dialect d)
{
	for (size_t n = 0; n <= len; n++)
		ck_assert_msg(look(bytes, n) ==
		    (n < least ? DIALECT_MORE : d), "%s after %zu bytes: %s",
		    dialect_name(d), n, dialect_name(look(bytes, n)));
}

#define TELLS(lit, least, d)	tells(lit, sizeof(lit) - 1, least, DIALECT_##d)

START_TEST(messages)
{
	TELLS("\x82\x21\x01\x03" "add", 1, COMPACT);
	TELLS("\x80\x01\x00\x01\x00\x00\x00\x03" "add", 2, BINARY);
	TELLS("[1,\"add\",1,0,{}]", 1, JSON);
	TELLS("\x00\x00\x00\x10\x82", 1, FRAME);
	TELLS("\x00\xfa\x00\x00\x80", 1, FRAME);
}
END_TEST

START_TEST(transports)
{
	TELLS("POST /service HTTP/1.1\r\n", 5, HTTP);
	TELLS("GET / HTTP/1.0\r\n", 4, HTTP);
	TELLS("HEAD / HTTP/1.0\r\n", 5, HTTP);
	TELLS("OPTIONS * HTTP/1.1\r\n", 8, HTTP);
	TELLS("PUT / HTTP/1.1\r\n", 4, HTTP);
	TELLS("DELETE / HTTP/1.1\r\n", 7, HTTP);
	TELLS("PATCH / HTTP/1.1\r\n", 6, HTTP);
	TELLS("CONNECT h:1 HTTP/1.1\r\n", 8, HTTP);
	TELLS("TRACE / HTTP/1.1\r\n", 6, HTTP);
	TELLS("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 12, HTTP_2);
	TELLS("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 3, TLS);
	TELLS("\x16\x03\x03\x02\x00\x01", 3, TLS);
	TELLS("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", 6, PROXY_1);
	TELLS("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 4, PROXY_2);
	TELLS("\x78\x9c\x03\x00", 2, ZLIB);
	TELLS("\x78\x01\x03\x00", 2, ZLIB);
	TELLS("\x78\xda\x03\x00", 2, ZLIB);
	TELLS("\x01\x00\x00\x00\x05PLAIN", 6, SASL);
	TELLS("\x01\x00\x00\x00\x06GSSAPI", 6, SASL);
	TELLS("BIGF\0\0\0\1\0\0\0\0", 4, BIG_FRAME);
}
END_TEST

/* Each length that a frame may have, as far as bytes matter. */
START_TEST(lengths_of_frames)
{
	static const uint32_t edges[] = { 0, 1, 0xff, 0x100, 16384000,
	    0xffffff, 0x1000001, 0x1010000, 0x5000000, 0xcffffff, 0xd000000,
	    0xd0a0000, 0xd0a0d00, DIALECT_MAX_FRAME };
	uint8_t head[FRAME_HEADER + 1] = { 0 };

	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		frame_put(head, edges[i]);
		ck_assert_msg(look(head, sizeof(head)) == DIALECT_FRAME,
		    "%#x: %s", edges[i], dialect_name(look(head, 5)));
	}
	frame_put(head, DIALECT_MAX_FRAME + 1);
	ck_assert_int_eq(look(head, sizeof(head)), DIALECT_PROXY_2);
	frame_put(head, DIALECT_MAX_FRAME + 2);
	ck_assert_int_eq(look(head, sizeof(head)), DIALECT_UNKNOWN);
	/* 16 MiB is the start of SASL only with a mechanism behind it. */
	ck_assert_int_eq(look("\1\0\0\0\x82\x21", 6), DIALECT_FRAME);
	ck_assert_int_eq(look("\1\0\0\0\x80\x01", 6), DIALECT_FRAME);
	ck_assert_int_eq(look("\1\0\0\0\x0f\xff", 6), DIALECT_FRAME);
	ck_assert_int_eq(look("\1\0\0\0[1", 6), DIALECT_FRAME);
	ck_assert_int_eq(look("\1\0\0\0\0\0", 6), DIALECT_FRAME);
}
END_TEST

START_TEST(strangers)
{
	static const char *const all[] = { "hello", "PUSH ", "POSTX", "GETX",
	    "PROXZ", "PRI * HTTP/3", "SSH-2.0-x", "EHLO x", "\x81\x01",
	    "\x80\x02", "\x83", "\x16\x02", "\x16\x03\x05", "\x78\x9d", "{",
	    "BIGG", "\r\n\r\r", "\r\r", "get / ", " GET /", "\xff\xff" };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		ck_assert_msg(look(all[i], strlen(all[i])) ==
		    DIALECT_UNKNOWN, "%s", all[i]);
}
END_TEST

static enum dialect
expected_first(unsigned c)
{
	if (c == 0x82)
		return DIALECT_COMPACT;
	if (c == '[')
		return DIALECT_JSON;
	if (c != 1 && c < 0x0d)
		return DIALECT_FRAME;
	return c == 1 || c == 0x0d || c == 0x16 || c == 0x78 || c == 0x80 ||
	    (c != 0 && c < 0x80 && strchr("BCDGHOPT", (int)c) != NULL) ?
	    DIALECT_MORE : DIALECT_UNKNOWN;
}

/*
 * All pairs of first bytes: what one byte has told, the second does not
 * change, and what is still open after DIALECT_BYTES never was.
 */
START_TEST(all_first_bytes)
{
	uint8_t p[DIALECT_BYTES] = { 0 };
	enum dialect one, two, last;

	for (unsigned i = 0; i < 0x10000; i++) {
		p[0] = (uint8_t)(i >> 8);
		p[1] = (uint8_t)i;
		one = look(p, 1);
		two = look(p, 2);
		last = look(p, sizeof(p));
		ck_assert_int_eq(one, expected_first(i >> 8));
		ck_assert(one == DIALECT_MORE || two == one);
		ck_assert(two == DIALECT_MORE || last == two);
		ck_assert_int_ne(last, DIALECT_MORE);
	}
}
END_TEST

static enum dialect
framed(const char *bytes, size_t len)
{
	uint8_t *exact = exact_copy(bytes, len);
	enum dialect d = dialect_in_frame(exact, len);

	free(exact);
	return d;
}

START_TEST(in_frames)
{
	ck_assert_int_eq(framed("\x82\x21", 2), DIALECT_COMPACT);
	ck_assert_int_eq(framed("\x80\x01\0\1", 4), DIALECT_BINARY);
	ck_assert_int_eq(framed("\x80\x02\0\1", 4), DIALECT_UNKNOWN);
	ck_assert_int_eq(framed("\0\0\0\3add", 7), DIALECT_OLD_BINARY);
	ck_assert_int_eq(framed("\x0f\xff\0\0", 4), DIALECT_HEADER);
	ck_assert_int_eq(framed("\x0f\xfe\0\0", 4), DIALECT_UNKNOWN);
	ck_assert_int_eq(framed("\0\0\0\2\x0f\xff", 6), DIALECT_FRAMED_HEADER);
	ck_assert_int_eq(framed("\0\0\0\3\x0f\xff", 6), DIALECT_OLD_BINARY);
	ck_assert_int_eq(framed("\0\0\0\2\x0f\xfe", 6), DIALECT_OLD_BINARY);
	ck_assert_int_eq(framed("\0\0\0\1\x0f", 5), DIALECT_OLD_BINARY);
	ck_assert_int_eq(framed("[1,", 3), DIALECT_JSON);
	ck_assert_int_eq(framed("", 0), DIALECT_UNKNOWN);
	ck_assert_int_eq(framed("\x82", 1), DIALECT_UNKNOWN);
	ck_assert_int_eq(framed("\x16\x03", 2), DIALECT_UNKNOWN);
	ck_assert_int_eq(framed("GET /", 5), DIALECT_UNKNOWN);
}
END_TEST

START_TEST(all_have_names)
{
	for (enum dialect d = DIALECT_MORE; d <= DIALECT_BIG_FRAME; d++)
		ck_assert_ptr_nonnull(dialect_name(d));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire_dialect");
	TCase *t = unit_case(s, "dialect");

	tcase_add_test(t, messages);
	tcase_add_test(t, transports);
	tcase_add_test(t, lengths_of_frames);
	tcase_add_test(t, strangers);
	tcase_add_test(t, all_first_bytes);
	tcase_add_test(t, in_frames);
	tcase_add_test(t, all_have_names);
	return unit_main(s);
}
