/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that come a byte at a time, in all that they can stand in: from the
 * first byte to the last there is one deadline, whatever trickles in.  HTTP and
 * PROXY are in check_http_hostile.c and check_gate_proxy.c.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lib/unit.h"
#include "unit_headed.h"
#include "unit_peer.h"
#include "unit_worker.h"
#include "wire/zstream.h"

#define TIMEOUT_NS	(300 * NS_PER_MS)
#define LATE_NS		(3 * NS_PER_S)

static const char text[1000];

static void
framed(struct bytes *out)
{
	frame_text(out, "echo", 1, text, sizeof(text));
}

static void
compact(struct bytes *out)
{
	struct bytes frame = { 0 };

	framed(&frame);
	bytes_add(out, frame.p + 4, frame.n - 4);
	bytes_free(&frame);
}

static void
binary(struct bytes *out)
{
	bytes_add(out, "\x80\1\0\1\0\0\0\4echo\0\0\0\1\x0b\0\1\0\0\3\xe8", 23);
	bytes_add(out, text, sizeof(text));
	bytes_add(out, "", 1);
}

static void
json(struct bytes *out)
{
	static const char begin[] = "[1,\"echo\",1,1,{\"1\":{\"str\":\"";
	char spaces[sizeof(text)];

	memset(spaces, ' ', sizeof(spaces));
	bytes_add(out, begin, sizeof(begin) - 1);
	bytes_add(out, spaces, sizeof(spaces));
	bytes_add(out, "\"}}]", 4);
}

static void
header(struct bytes *out)
{
	struct bytes head = { 0 }, frame = { 0 };

	framed(&frame);
	head_begin(&head, 2);
	headed_message(out, 1, &head, &frame);
}

/* What is slow is the header, and what stands in it. */
static void
pairs(struct bytes *out)
{
	struct bytes head = { 0 }, frame = { 0 };

	frame_call(&frame, "ping", 1);
	head_begin(&head, 2);
	for (int i = 0; i < 100; i++)
		head_pair(&head, 1, "key", "value");
	headed_message(out, 1, &head, &frame);
}

static void
zlib(struct bytes *out)
{
	struct zstream *z = zstream_new();
	struct bytes frame = { 0 };
	char noise[1000];
	struct buf b;

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(i * i * i * 2654435761u >> 24);
	frame_text(&frame, "echo", 1, noise, sizeof(noise));
	buf_init(&b, 2 * sizeof(noise));
	ck_assert_int_eq(zstream_write(z, frame.p, frame.n, &b), 0);
	bytes_add(out, b.p, b.len);
	buf_fini(&b);
	bytes_free(&frame);
	zstream_free(z);
}

static const struct {
	const char	*what;
	void		(*make)(struct bytes *);
} senders[] = {
	{ "a frame", framed },
	{ "compact", compact },
	{ "binary", binary },
	{ "json", json },
	{ "THeader", header },
	{ "headers of THeader", pairs },
	{ "a frame in zlib", zlib },
};

/* What they say is a call, as is seen when it comes at once. */
START_TEST(senders_of_calls)
{
	struct bytes out = { 0 };
	uint64_t ns;
	int fd;

	if (senders[_i].make == zlib && !zstream_is_built_in())
		return;
	bench_limits.frame_timeout_ns = TIMEOUT_NS;
	bench_start();
	senders[_i].make(&out);
	fd = bench_unix();
	peer_send(fd, out.p, out.n);
	peer_wait(fd, POLLIN, PEER_MS);
	close(fd);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN), 1);
	fd = bench_unix();
	ns = bench_trickle(fd, &out);
	peer_end(fd);
	ck_assert_msg(ns >= TIMEOUT_NS - 5 * NS_PER_MS && ns < LATE_NS,
	    "%s: %lu ms", senders[_i].what, (unsigned long)(ns / NS_PER_MS));
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_FRAME_TIMEOUTS), 1);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN),
	    1 + bench_pings());
	bytes_free(&out);
}
END_TEST

/* A stream of which nothing ever comes: who sends it is idle. */
START_TEST(sender_of_nothing)
{
	struct bytes out = { 0 };
	uint64_t ns;
	int fd;

	if (!zstream_is_built_in())
		return;
	bench_limits.idle_timeout_ns = TIMEOUT_NS;
	bench_start();
	fd = bench_unix();
	bytes_add(&out, "\x78\x9c", 2);
	for (int i = 0; i < 800; i++)
		bytes_add(&out, "\0\0\0\xff\xff", 5);
	ns = bench_trickle(fd, &out);
	peer_end(fd);
	ck_assert_msg(ns >= TIMEOUT_NS - 5 * NS_PER_MS && ns < LATE_NS,
	    "%lu ms", (unsigned long)(ns / NS_PER_MS));
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_IDLE_TIMEOUTS), 1);
	bytes_free(&out);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("worker_slow");
	TCase *t = unit_case(s, "worker_slow");

	tcase_add_checked_fixture(t, bench_setup, bench_teardown);
	tcase_add_loop_test(t, senders_of_calls, 0, COUNT(senders));
	tcase_add_test(t, sender_of_nothing);
	return unit_main(s);
}
