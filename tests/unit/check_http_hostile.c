/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP from peers that mean no good: what could be read in two ways is read in
 * none, and nobody takes more time or memory than with other dialects.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_http.h"
#include "unit_worker.h"

#define TIMEOUT_NS	(300 * NS_PER_MS)
#define LATE_NS		(3 * NS_PER_S)
#define CLOSED		"\r\nConnection: close\r\n"

START_TEST(no_messages)
{
	static const char *const bodies[] = { "", "<html>", "\x82\x41\x01\1p",
	    "\x82", "[1,", "\x80\x02", "\x16\x03\x01" };
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	http_post_raw(&out, "/", "", bodies[_i], strlen(bodies[_i]));
	http_post_raw(&out, "/", "", "[1,\"ping\",1,1,{}]", 17);
	peer_send_bytes(fd, &out);
	http_expect(fd, 400, CLOSED);
	peer_end(fd);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN), 0);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 1);
}
END_TEST

#define POST	"POST / HTTP/1.1\r\nHost: x\r\n"
#define CHUNKED	POST "Transfer-Encoding: chunked\r\n\r\n"

/* A front that reads it otherwise would let a second request in. */
static const struct {
	int		 status;
	const char	*request;
} refused[] = {
	{ 400, POST "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "0\r\n\r\n" },
	{ 400, POST "Content-Length: 9\r\nContent-Length: 9\r\n\r\n" },
	{ 400, POST "Content-Length: 9, 9\r\n\r\n" },
	{ 400, POST "Content-Length: +9\r\n\r\n" },
	{ 400, POST "Content-Length: 0x9\r\n\r\n" },
	{ 400, POST "Content-Length : 9\r\n\r\n" },
	{ 400, POST " Content-Length: 9\r\n\r\n" },
	{ 400, POST "X: y\r\n z\r\nContent-Length: 9\r\n\r\n" },
	{ 400, POST "X: y\nContent-Length: 9\r\n\r\n" },
	{ 400, POST "X: y\rContent-Length: 9\r\n\r\n" },
	{ 400, POST "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
	{ 501, POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" },
	{ 501, POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" },
	{ 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" },
	{ 400, CHUNKED "x\r\n" },
	{ 400, CHUNKED "-1\r\n" },
	{ 400, CHUNKED "1\r\nab\r\n0\r\n\r\n" },
	{ 400, CHUNKED "1\nb\r\n0\r\n\r\n" },
	{ 413, CHUNKED "ffffffffff\r\n" },
	{ 400, CHUNKED "10000000000000000\r\n" },
	{ 413, POST "Content-Length: 10001\r\n\r\n" },
	{ 413, POST "Content-Length: 99999999999999999999\r\n\r\n" },
	{ 413, CHUNKED "2711\r\n" },
	{ 411, POST "\r\n" },
	{ 417, POST "Expect: 200-ok\r\nContent-Length: 9\r\n\r\n" },
	{ 505, "POST / HTTP/2.0\r\n\r\n" },
	{ 400, "POST /\r\n\r\n" },
	{ 400, "GET  / HTTP/1.1\r\n\r\n" },
};

START_TEST(refusals)
{
	struct bytes out = { 0 };
	int fd;

	bench_limits.max_frame = 10000;
	bench_start();
	fd = bench_unix();
	peer_send(fd, refused[_i].request, strlen(refused[_i].request));
	http_post_raw(&out, "/", "", "[1,\"ping\",1,1,{}]", 17);
	peer_send_bytes(fd, &out);
	http_expect(fd, refused[_i].status, CLOSED);
	peer_end(fd);
	bench_barrier();
	/* The barrier's own. */
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN), bench_pings());
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS) +
	    bench_count(COUNTER_FRAMES_TOO_LARGE), 1);
}
END_TEST

/* Without an end they would be kept; who goes on sending is cut off. */
START_TEST(giant_heads)
{
	static const char *const begun[] = { "POST /", POST "X: ",
	    POST "X: y\r\n", CHUNKED "1;" };
	static const int status[] = { 414, 431, 431, 400 };
	char piece[1024];
	int fd;

	bench_start();
	fd = bench_unix();
	memset(piece, 'a', sizeof(piece));
	for (size_t i = 0; _i == 2 && i + 6 <= sizeof(piece); i += 6)
		memcpy(piece + i, "a: b\r\n", 6);
	peer_send(fd, begun[_i], strlen(begun[_i]));
	for (int i = 0; i < 64 && !peer_soon(fd, POLLIN, 0); i++) {
		if (send(fd, piece, sizeof(piece) - sizeof(piece) % 6,
		    MSG_NOSIGNAL) == -1)
			break;
		bench_barrier();
	}
	http_expect(fd, status[_i], CLOSED);
	peer_end(fd);
	ck_assert_uint_lt(bench_count(COUNTER_BYTES_RECEIVED), 32 << 10);
}
END_TEST

/* From the first byte to the last, head and body, whatever trickles in. */
START_TEST(slow_senders)
{
	struct bytes out = { 0 }, frame = { 0 };
	char text[1000] = "";
	uint64_t ns;
	int fd;

	bench_limits.frame_timeout_ns = TIMEOUT_NS;
	bench_start();
	fd = bench_unix();
	frame_text(&frame, "echo", 1, text, sizeof(text));
	if (_i == 0)
		http_post(&out, "/", "", &frame);
	else
		http_post_chunks(&out, "/", &frame, 100);
	ns = bench_trickle(fd, &out);
	peer_end(fd);
	ck_assert_uint_ge(ns, TIMEOUT_NS - 5 * NS_PER_MS);
	ck_assert_uint_lt(ns, LATE_NS);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_FRAME_TIMEOUTS), 1);
	bytes_free(&out);
}
END_TEST

static void
large_body(size_t size, bool chunks)
{
	struct bytes out = { 0 }, frame = { 0 };
	char *text = calloc(1, size);
	int fd = bench_unix();

	frame_text(&frame, "size", 1, text, size);
	if (chunks)
		http_post_chunks(&out, "/", &frame, 100);
	else
		http_post(&out, "/", "", &frame);
	bench_send_pieces(fd, &out, 1000);
	http_expect_message(fd, PEER_REPLY, "size", 1);
	bytes_free(&out);
	free(text);
	close(fd);
}

static void
large_whole_body(size_t size)
{
	large_body(size, false);
}

static void
large_chunked_body(size_t size)
{
	large_body(size, true);
}

START_TEST(a_large_body_in_small_pieces_is_linear)
{
	bench_start();
	bench_linear(_i == 1 ? large_chunked_body : large_whole_body, 1 << 20);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_hostile");
	TCase *t = unit_case(s, "http_hostile");

	tcase_add_checked_fixture(t, bench_setup, bench_teardown);
	tcase_add_loop_test(t, no_messages, 0, 7);
	tcase_add_loop_test(t, refusals, 0, COUNT(refused));
	tcase_add_loop_test(t, giant_heads, 0, 4);
	tcase_add_loop_test(t, slow_senders, 0, 2);
	tcase_add_loop_test(t, a_large_body_in_small_pieces_is_linear, 0, 2);
	return unit_main(s);
}
