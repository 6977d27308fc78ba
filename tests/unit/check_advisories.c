/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has brought other implementations of Thrift down, by the names of the
 * advisories: each is sent to a worker, which has to refuse it, to use next to
 * no memory for it, and to serve on.
 *
 * The rest of them are elsewhere: compressed bombs in check_header and
 * check_worker_zlib, headers and HTTP in check_wire_header and check_wire_http,
 * certificates in check_tls, receiving in linear time in check_worker_limits,
 * and what a compiler may do with hostile IDL in tests/gen.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_worker.h"
#include "wire/app_error.h"

#define LARGEST		(1u << 20)	/* of a frame */
#define MEMORY		(64u << 10)	/* that a refusal may take */

enum outcome {
	REFUSED,		/* an exception; the connection goes on */
	SERVED,			/* what is wrong is passed over unread */
	CLOSED
};

struct part {
	const char	*p;
	size_t		 n;
};

#define P(lit)		{ lit, sizeof(lit) - 1 }
#define NONE		{ "", 0 }

/* A message: a beginning, something many times, and an end. */
struct advisory {
	const char	*name, *what;
	bool		 framed;
	enum outcome	 outcome;
	struct part	 head, unit;
	unsigned	 times;
	struct part	 tail;
};

/* Calls of echo(1: string), without their arguments. */
#define COMPACT		"\x82\x21\x01\x04" "echo"
#define BINARY		"\x80\x01\0\1\0\0\0\4" "echo" "\0\0\0\1"
#define JSON		"[1,\"echo\",1,1,"

static const struct advisory advisories[] = {
	{ "CVE-2015-3254", "skipping structs without end, compact", true,
	    REFUSED, P(COMPACT "\x9c"), P("\x1c"), 20000, NONE },
	{ "CVE-2015-3254", "the same in lists", true,
	    REFUSED, P(COMPACT "\x99"), P("\x19"), 20000, NONE },
	{ "CVE-2015-3254", "the same in maps", true,
	    REFUSED, P(COMPACT "\x9b"), P("\x01\x8b\x01"), 20000, NONE },
	{ "CVE-2026-41636", "skipping structs without end, binary", true,
	    REFUSED, P(BINARY "\x0c\0\x09"), P("\x0c\0\1"), 20000, NONE },
	{ "CVE-2026-41636", "the same in JSON", true,
	    REFUSED, P(JSON "{\"9\":{\"rec\":"), P("{\"1\":{\"rec\":"), 20000,
	    NONE },
	{ "CVE-2019-0205", "values that take no bytes, compact", true,
	    REFUSED, P(COMPACT "\x99\xf0\xff\xff\xff\xff\x07"), NONE, 0,
	    P("\0\0") },
	{ "CVE-2019-0205", "values that take no bytes, binary", true,
	    REFUSED, P(BINARY "\x0f\0\x09\1\x7f\xff\xff\xff"), NONE, 0,
	    P("\0") },
	{ "CVE-2019-3552", "a list of an unknown type, compact", true,
	    REFUSED, P(COMPACT "\x99\xff\xff\xff\x07"), NONE, 0, P("\0\0") },
	{ "CVE-2019-3564", "a map of unknown types, binary", true,
	    REFUSED, P(BINARY "\x0d\0\x09\x63\x63\0\xff\xff\xff"), NONE, 0,
	    P("\0") },
	{ "CVE-2019-0210", "JSON that ends in an escape", true,
	    REFUSED, P(JSON "{\"1\":{\"str\":\"\\u12"), NONE, 0, NONE },
	{ "CVE-2019-0210", "JSON that ends in a number", true,
	    REFUSED, P(JSON "{\"9\":{\"i32\":-"), NONE, 0, NONE },
	{ "CVE-2026-41607", "JSON that ends in the name of the method", true,
	    CLOSED, P("[1,\"ec"), NONE, 0, NONE },
	{ "CVE-2026-41607", "JSON that ends in half a surrogate pair", true,
	    REFUSED, P(JSON "{\"1\":{\"str\":\"\\ud83d"), NONE, 0, P("\\ud") },
	{ "CVE-2020-13949", "a long list in a short message, compact", true,
	    REFUSED, P(COMPACT "\x99\xf5\xff\xff\xff\xff\x07"), NONE, 0,
	    P("\2\0") },
	{ "CVE-2020-13949", "a long string in a short message, compact", true,
	    REFUSED, P(COMPACT "\x18\xff\xff\xff\xff\x07"), NONE, 0,
	    P("x\0") },
	{ "CVE-2026-43868", "a long list in a short message, binary", true,
	    REFUSED, P(BINARY "\x0f\0\x09\x0a\x10\0\0\0"), NONE, 0, P("\0") },
	{ "CVE-2026-58389", "a long string in a short message, binary", true,
	    REFUSED, P(BINARY "\x0b\0\1\x7f\xff\xff\xff"), NONE, 0, P("x\0") },
	{ "CVE-2026-58389", "a long list in JSON", true,
	    SERVED, P(JSON "{\"9\":{\"lst\":[\"i64\",2147483647,1]}}]"), NONE,
	    0, NONE },
	{ "CVE-2026-55969", "a number of pairs that overflows", true,
	    REFUSED, P(BINARY "\x0d\0\x09\x0a\x0a\x10\0\0\1"), NONE, 0,
	    P("\0") },
	{ "CVE-2026-55969", "a negative number of values", true,
	    REFUSED, P(BINARY "\x0f\0\x09\x0a\xff\xff\xff\xff"), NONE, 0,
	    P("\0") },
	{ "CVE-2026-41602", "a frame of 4 GiB less one", false,
	    CLOSED, P("\xff\xff\xff\xff"), NONE, 0, NONE },
	{ "CVE-2026-41602", "a frame of 2 GiB", false,
	    CLOSED, P("\x80\0\0\0"), NONE, 0, NONE },
	{ "CVE-2026-41602", "a frame of 2 GiB less one", false,
	    CLOSED, P("\x7f\xff\xff\xff"), NONE, 0, NONE },
	{ "CVE-2026-41605", "a size that is no int, compact", true,
	    REFUSED, P(COMPACT "\x18\xff\xff\xff\xff\x0f"), NONE, 0,
	    P("x\0") },
	{ "CVE-2026-41604", "a size beyond the message, to be skipped", true,
	    REFUSED, P(COMPACT "\x98\xff\xff\x03"), NONE, 0, P("x\0") },
	{ "CVE-2026-43871", "a varint without end in a field", true,
	    REFUSED, P(COMPACT "\x95"), P("\x80"), 10000, P("\1\0") },
	{ "CVE-2026-43871", "a varint without end in the head", true,
	    CLOSED, P("\x82\x21"), P("\x80"), 10000, P("\1\4echo\0") },
	{ "CVE-2026-45112", "a string longer than a message may be", false,
	    CLOSED, P(COMPACT "\x18\x81\x80\x80\x01"), NONE, 0, P("x") },
	{ "CVE-2026-58023", "a name longer than the frame, binary", true,
	    CLOSED, P("\x80\x01\0\1\x7f\xff\xff\xff" "echo"), NONE, 0, NONE },
	{ "THRIFT-6094", "the same without a version", true,
	    CLOSED, P("\0\xff\xff\xff" "echo\1\0\0\0\1\0"), NONE, 0, NONE },
};

static void
setup(void)
{
	bench_setup();
	bench_limits.max_frame = LARGEST;
	bench_start();
}

static void
add_message(struct bytes *b, const struct advisory *a)
{
	size_t n = a->head.n + a->unit.n * a->times + a->tail.n;
	const uint8_t size[] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 8), (uint8_t)n };

	if (a->framed)
		bytes_add(b, size, sizeof(size));
	bytes_add(b, a->head.p, a->head.n);
	for (unsigned i = 0; i < a->times; i++)
		bytes_add(b, a->unit.p, a->unit.n);
	bytes_add(b, a->tail.p, a->tail.n);
}

/* What the answer begins with, in the protocol of the call. */
static struct part
answer_to(const struct advisory *a)
{
	static const struct part compact = P("\x82\x61\x01\x04" "echo"),
	    binary = P("\x80\x01\0\3\0\0\0\4" "echo" "\0\0\0\1"),
	    json = P("[1,\"echo\",3,1,"), served = P("[1,\"echo\",2,1,");

	if (a->head.p[0] == '[')
		return a->outcome == SERVED ? served : json;
	return a->head.p[0] == '\x80' ? binary : compact;
}

static void
expect_answer(int fd, const struct advisory *a)
{
	const struct part want = answer_to(a);
	uint8_t got[1024];
	size_t n;

	ck_assert_uint_eq(peer_take(fd, got, 4), 4);
	n = (size_t)got[2] << 8 | got[3];
	ck_assert(got[0] == 0 && got[1] == 0 && n <= sizeof(got));
	ck_assert_uint_eq(peer_take(fd, got, n), n);
	ck_assert_msg(n > want.n && memcmp(got, want.p, want.n) == 0,
	    "%s: %s: another answer", a->name, a->what);
}

START_TEST(advisory)
{
	const struct advisory *a = &advisories[_i];
	struct bytes b = { 0 };
	int fd = bench_tcp();

	add_message(&b, a);
	peer_send_bytes(fd, &b);
	if (a->outcome != CLOSED) {
		expect_answer(fd, a);
		frame_call(&b, "ping", 2);
		peer_send_bytes(fd, &b);
		peer_expect(fd, PEER_REPLY, "ping", 2);
		close(fd);
	} else
		peer_end(fd);
	bench_barrier();
	ck_assert_msg(bench_count(COUNTER_CALL_MEMORY) <= MEMORY,
	    "%s: %s: %llu bytes", a->name, a->what,
	    (unsigned long long)bench_count(COUNTER_CALL_MEMORY));
}
END_TEST

/* CVE-2026-41606: a method of a base service; and names that name none. */
START_TEST(names)
{
	static const char *const none[] = { "", ":", "ping:", ":ping", "::",
	    "a:ping", "super:ping" };
	struct bytes b = { 0 };
	int fd = bench_tcp();

	frame_call(&b, "ping", 1);
	peer_send_bytes(fd, &b);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	for (int i = 0; i < COUNT(none); i++) {
		frame_call(&b, none[i], i);
		peer_send_bytes(fd, &b);
		peer_expect_error(fd, APP_UNKNOWN_METHOD, i);
	}
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("advisories");
	TCase *t = unit_case(s, "advisories");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_loop_test(t, advisory, 0, COUNT(advisories));
	tcase_add_test(t, names);
	return unit_main(s);
}
