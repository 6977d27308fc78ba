/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PROXY headers of both versions, however they arrive, and what only looks
 * like one.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "unit_wire.h"
#include "wire/proxy.h"

#define SIGN "\r\n\r\n\0\r\nQUIT\n"

static struct proxy x;

static enum proxy_result
get(const void *bytes, size_t len)
{
	uint8_t *exact = exact_copy(bytes, len);
	enum proxy_result rc = proxy_read(&x, exact, len);

	free(exact);
	return rc;
}

/* The first size bytes are a header, no fewer are, and more do not matter. */
static void
reads(const void *bytes, size_t len, size_t size)
{
	for (size_t n = 0; n < size; n++)
		ck_assert_int_eq(get(bytes, n), PROXY_MORE);
	for (size_t n = size; n <= len; n++) {
		ck_assert_msg(get(bytes, n) == PROXY_DONE, "%s", x.why);
		ck_assert_uint_eq(x.size, size);
	}
}

#define READS(lit)	reads(lit "\x82!\r\n", sizeof(lit) + 3, sizeof(lit) - 1)

static void
refuses(const void *bytes, size_t len)
{
	ck_assert_int_eq(get(bytes, len), PROXY_BAD);
	ck_assert_ptr_nonnull(x.why);
}

#define REFUSED(lit)	refuses(lit, sizeof(lit) - 1)

static void
end_is(const struct proxy_end *end, int family, const char *ip, unsigned port)
{
	char text[INET6_ADDRSTRLEN];

	ck_assert_ptr_nonnull(inet_ntop(family, end->ip, text, sizeof(text)));
	ck_assert_str_eq(text, ip);
	ck_assert_uint_eq(end->port, port);
}

START_TEST(lines)
{
	READS("PROXY TCP4 192.168.0.1 10.0.0.255 56324 443\r\n");
	ck_assert_int_eq(x.kind, PROXY_IP4);
	end_is(&x.source, AF_INET, "192.168.0.1", 56324);
	end_is(&x.destination, AF_INET, "10.0.0.255", 443);
	READS("PROXY TCP6 2001:db8::1 ::1 0 65535\r\n");
	ck_assert_int_eq(x.kind, PROXY_IP6);
	end_is(&x.source, AF_INET6, "2001:db8::1", 0);
	end_is(&x.destination, AF_INET6, "::1", 65535);
	READS("PROXY UNKNOWN\r\n");
	ck_assert_int_eq(x.kind, PROXY_UNKNOWN);
	READS("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n");
	ck_assert_uint_eq(x.size, 107);
}
END_TEST

START_TEST(bad_lines)
{
	REFUSED("PROXY \r\n");
	REFUSED("PROXY TCP4\r\n");
	REFUSED("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n");
	REFUSED("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n");
	REFUSED("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n");
	REFUSED("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n");
	REFUSED("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n");
	REFUSED("PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n");
	REFUSED("PROXY TCP4 ::1 ::1 1 2\r\n");
	REFUSED("PROXY TCP6 1.2.3.4 ::1 1 2\r\n");
	REFUSED("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n");
	REFUSED("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n");
	REFUSED("PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n");
	REFUSED("PROXY TCP4 1.2.3.4 1.2.3.4 1 +2\r\n");
	REFUSED("PROXY TCP4 1.2.3.4 1.2.3.4 1 99999999999999999999\r\n");
	REFUSED("PROXY UNKNOWN\n");
	REFUSED("PROXY UNKNOWN\0\r\n");
	REFUSED("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 2\r\n");
	REFUSED("PROXY\tTCP4");
	REFUSED("GET / HTTP/1.1\r\n");
	REFUSED("PROXY UNKNOWN 89012345678901234567890123456789012345678901234"
	    "567890123456789012345678901234567890123456789012345678");
}
END_TEST

START_TEST(blocks)
{
	char all[16 + 216] = SIGN "\x21\x31\0\xd8/run/from";

	READS(SIGN "\x21\x11\0\x0c" "\1\2\3\4\5\6\7\x08\xff\xfe\0\x50");
	ck_assert_int_eq(x.kind, PROXY_IP4);
	end_is(&x.source, AF_INET, "1.2.3.4", 65534);
	end_is(&x.destination, AF_INET, "5.6.7.8", 80);
	READS(SIGN "\x21\x21\0\x24" "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1" "\0\1\0\2");
	ck_assert_int_eq(x.kind, PROXY_IP6);
	end_is(&x.source, AF_INET6, "2001:db8::1", 1);
	end_is(&x.destination, AF_INET6, "::1", 2);
	memset(all + 16 + PROXY_PATH, 'x', PROXY_PATH);
	reads(all, sizeof(all), sizeof(all));
	ck_assert_int_eq(x.kind, PROXY_UNIX);
	ck_assert_str_eq(x.source.path, "/run/from");
	ck_assert_uint_eq(strlen(x.destination.path), PROXY_PATH);
}
END_TEST

START_TEST(blocks_that_say_nothing)
{
	READS(SIGN "\x20\x00\0\0");
	ck_assert_int_eq(x.kind, PROXY_LOCAL);
	READS(SIGN "\x20\x11\0\x0c" "\1\2\3\4\5\6\7\x08\xff\xfe\0\x50");
	ck_assert_int_eq(x.kind, PROXY_LOCAL);
	ck_assert_uint_eq(x.source.port, 0);
	READS(SIGN "\x21\x00\0\3" "abc");
	ck_assert_int_eq(x.kind, PROXY_UNKNOWN);
}
END_TEST

START_TEST(extensions)
{
	READS(SIGN "\x21\x11\0\x17" "\1\2\3\4\5\6\7\x08\0\1\0\2"
	    "\4\0\0" "\5\0\5hello");
	ck_assert_int_eq(x.kind, PROXY_IP4);
	REFUSED(SIGN "\x21\x11\0\x0e" "\1\2\3\4\5\6\7\x08\0\1\0\2" "\4\0");
	REFUSED(SIGN "\x21\x11\0\x11" "\1\2\3\4\5\6\7\x08\0\1\0\2"
	    "\4\0\3ab" "c");
	REFUSED(SIGN "\x21\x11\0\x10" "\1\2\3\4\5\6\7\x08\0\1\0\2"
	    "\4\xff\xff" "a");
}
END_TEST

START_TEST(bad_blocks)
{
	REFUSED(SIGN "\x11\x11\0\0");
	REFUSED(SIGN "\x22\x11\0\0");
	REFUSED(SIGN "\x21\x41\0\0");
	REFUSED(SIGN "\x21\x13\0\x0c" "\1\2\3\4\5\6\7\x08\0\1\0\2");
	REFUSED(SIGN "\x21\x11\0\x0b" "\1\2\3\4\5\6\7\x08\0\1\0");
	REFUSED(SIGN "\x21\x21\0\x23"
	    "12345678901234567890123456789012345");
	REFUSED(SIGN "\x21\x31\0\x0c" "123456789012");
	REFUSED(SIGN "\x21\x11\xff\xff");
	REFUSED("\r\n\r\n\1");
}
END_TEST

/* All single bits, over all that arrives: nothing but three answers. */
START_TEST(bits)
{
	char block[] = SIGN "\x21\x11\0\x14" "\1\2\3\4\5\6\7\x08\0\1\0\2"
	    "\4\0\5hello";
	char line[] = "PROXY TCP4 192.168.0.1 10.0.0.255 56324 443\r\n";

	for (size_t bit = 0; bit < 8 * (sizeof(block) - 1); bit++) {
		block[bit / 8] ^= (char)(1 << bit % 8);
		for (size_t n = 0; n < sizeof(block); n++)
			if (get(block, n) == PROXY_DONE)
				ck_assert_uint_le(x.size, n);
		block[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * (sizeof(line) - 1); bit++) {
		line[bit / 8] ^= (char)(1 << bit % 8);
		for (size_t n = 0; n < sizeof(line); n++)
			if (get(line, n) == PROXY_DONE)
				ck_assert_uint_le(x.size, n);
		line[bit / 8] ^= (char)(1 << bit % 8);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire_proxy");
	TCase *t = unit_case(s, "proxy");

	tcase_add_test(t, lines);
	tcase_add_test(t, bad_lines);
	tcase_add_test(t, blocks);
	tcase_add_test(t, blocks_that_say_nothing);
	tcase_add_test(t, extensions);
	tcase_add_test(t, bad_blocks);
	tcase_add_test(t, bits);
	return unit_main(s);
}
