/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker behind a zlib stream: what zlib's own functions make of the frames
 * is served as they are, in any pieces; a stream that is none, that holds too
 * much, or that comes too late costs its sender the connection.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_worker.h"

#define ROOM	(4u << 20)

static z_stream to, from;
static uint8_t *room;

static void
setup(void)
{
	bench_setup();
	bench_limits.max_frame = 1 << 20;
	bench_start();
	memset(&to, 0, sizeof(to));
	memset(&from, 0, sizeof(from));
	ck_assert_int_eq(deflateInit(&to, 9), Z_OK);
	ck_assert_int_eq(inflateInit(&from), Z_OK);
	room = calloc(1, ROOM);
	ck_assert_ptr_nonnull(room);
}

static void
teardown(void)
{
	deflateEnd(&to);
	inflateEnd(&from);
	free(room);
	bench_teardown();
}

/* What the bytes become in the stream; they are emptied. */
static size_t
pressed(struct bytes *b, int flush)
{
	to.next_in = b->p;
	to.avail_in = (uInt)b->n;
	to.next_out = room;
	to.avail_out = ROOM;
	ck_assert_int_ge(deflate(&to, flush), Z_OK);
	ck_assert_uint_eq(to.avail_in, 0);
	bytes_free(b);
	return ROOM - to.avail_out;
}

/* n bytes of the worker's stream; fewer if it ends before. */
static size_t
unpressed(int fd, uint8_t *p, size_t n)
{
	static uint8_t in[4096];	/* and what it has of the next */
	ssize_t got;
	int rc = Z_OK;

	from.next_out = p;
	from.avail_out = (uInt)n;
	while (from.avail_out > 0 && rc != Z_STREAM_END) {
		rc = inflate(&from, Z_SYNC_FLUSH);
		ck_assert(rc == Z_OK || rc == Z_BUF_ERROR ||
		    rc == Z_STREAM_END);
		if (rc != Z_BUF_ERROR)
			continue;
		peer_wait(fd, POLLIN, PEER_MS);
		if ((got = recv(fd, in, sizeof(in), 0)) <= 0)
			break;
		from.next_in = in;
		from.avail_in = (uInt)got;
	}
	return n - from.avail_out;
}

/* count replies to ping, which are all of one length while seqids are. */
static void
expect_pings(int fd, unsigned count)
{
	uint8_t p[64], again[64];
	size_t size;

	ck_assert_uint_eq(unpressed(fd, p, 4), 4);
	size = p[3];
	ck_assert_uint_lt(size, 60);
	ck_assert_uint_eq(unpressed(fd, p + 4, size), size);
	ck_assert_int_eq(memcmp(p + 4, "\x82\x41\x07\x04ping", 8), 0);
	while (--count > 0) {
		ck_assert_uint_eq(unpressed(fd, again, 4 + size), 4 + size);
		ck_assert_mem_eq(again, p, 4 + size);
	}
}

START_TEST(pieces)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();
	size_t n;

	frame_call(&out, "ping", 7);
	n = pressed(&out, Z_SYNC_FLUSH);
	for (size_t i = 0; i < n; i++) {
		peer_send(fd, room + i, 1);
		if (i % 5 == 0)
			bench_barrier();
	}
	expect_pings(fd, 1);
	frame_call(&out, "ping", 7);
	frame_call(&out, "ping", 7);
	peer_send(fd, room, pressed(&out, Z_FULL_FLUSH));
	expect_pings(fd, 2);
	close(fd);
}
END_TEST

/* Far more calls than a portion holds, in one write of a few kilobytes. */
START_TEST(portions)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();
	size_t n;

	for (int i = 0; i < 40000; i++)
		frame_call(&out, "ping", 7);
	n = pressed(&out, Z_SYNC_FLUSH);
	ck_assert_uint_lt(n, 8192);
	peer_send(fd, room, n);
	expect_pings(fd, 40000);
	ck_assert_uint_gt(bench_count(COUNTER_LOOP_WAKEUPS), 8);
	close(fd);
}
END_TEST

START_TEST(large)
{
	struct bytes out = { 0 };
	char *text = calloc(1, 1000000);
	int fd = bench_tcp();
	uint8_t p[4];

	frame_text(&out, "echo", 1, text, 1000000);
	peer_send(fd, room, pressed(&out, Z_SYNC_FLUSH));
	ck_assert_uint_eq(unpressed(fd, p, 4), 4);
	ck_assert_uint_eq(unpressed(fd, room, 1000000), 1000000);
	free(text);
	close(fd);
}
END_TEST

/* A frame of more than max-frame, and more bytes than memory shall see. */
START_TEST(bomb)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();

	bytes_add(&out, "\x0c\0\0\0", 4);
	for (int i = 0; i < 1000; i++)
		bytes_add(&out, room, 4096);
	peer_send(fd, room, pressed(&out, Z_SYNC_FLUSH));
	peer_expect_end(fd);
	ck_assert_uint_eq(bench_count(COUNTER_FRAMES_TOO_LARGE), 1);
	close(fd);
}
END_TEST

START_TEST(no_stream)
{
	int fd = bench_tcp();

	peer_send(fd, "\x78\x9c" "no zlib at all", 16);
	peer_expect_end(fd);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 1);
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTION_ERRORS), 0);
	close(fd);
}
END_TEST

/* What is none behind one: who has asked before is answered. */
START_TEST(no_stream_any_more)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();
	struct tf_later t;
	uint8_t more;

	frame_text(&out, "later", 1, "x", 1);
	frame_call(&out, "ping", 7);
	peer_send(fd, room, pressed(&out, Z_SYNC_FLUSH));
	t = bench_token();
	/* More than one read takes, and the sockets. */
	memset(room, 0xff, ROOM);
	for (int i = 0; i < 4; i++)
		peer_send(fd, room, ROOM);
	shutdown(fd, SHUT_WR);
	ck_assert(!peer_soon(fd, POLLIN, 100));
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	ck_assert_uint_eq(unpressed(fd, room, 4), 4);
	ck_assert_uint_eq(unpressed(fd, room + 4, room[3]), room[3]);
	expect_pings(fd, 1);
	ck_assert_uint_eq(unpressed(fd, &more, 1), 0);
	close(fd);
	while (bench_count(COUNTER_CLOSED_PROTOCOL) == 0)
		bench_barrier();
}
END_TEST

/* A stream within the stream, and one behind a message. */
START_TEST(elsewhere)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();

	bytes_add(&out, "\x78\x9c", 2);
	peer_send(fd, room, pressed(&out, Z_SYNC_FLUSH));
	peer_expect_end(fd);
	close(fd);
	fd = bench_tcp();
	frame_call(&out, "ping", 1);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	peer_send(fd, "\x78\x9c", 2);
	peer_expect_end(fd);
	close(fd);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 2);
}
END_TEST

/* The peer ends its stream but not the connection: it is answered. */
START_TEST(ended)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();
	uint8_t more;

	frame_call(&out, "ping", 7);
	peer_send(fd, room, pressed(&out, Z_FINISH));
	expect_pings(fd, 1);
	ck_assert_uint_eq(unpressed(fd, &more, 1), 0);
	close(fd);
}
END_TEST

/* The worker leaves: what has come is answered, and the stream ends. */
START_TEST(stopped)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();
	uint8_t more;

	frame_call(&out, "hold", 1);
	for (int i = 0; i < 20000; i++)
		frame_call(&out, "ping", 7);
	peer_send(fd, room, pressed(&out, Z_SYNC_FLUSH));
	bench_held();
	bench_order(ORDER_STOP);
	bench_release();
	ck_assert_uint_eq(unpressed(fd, room, 4), 4);
	ck_assert_uint_eq(unpressed(fd, room + 4, room[3]), room[3]);
	expect_pings(fd, 20000);
	ck_assert_uint_eq(unpressed(fd, &more, 1), 0);
	close(fd);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("worker behind zlib");
	TCase *t = unit_case(s, "streams");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, pieces);
	tcase_add_test(t, portions);
	tcase_add_test(t, large);
	tcase_add_test(t, bomb);
	tcase_add_test(t, no_stream);
	tcase_add_test(t, no_stream_any_more);
	tcase_add_test(t, elsewhere);
	tcase_add_test(t, ended);
	tcase_add_test(t, stopped);
	return unit_main(s);
}
