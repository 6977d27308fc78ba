/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's limits: replies and memory of a call, peers that do not read,
 * timeouts of every place a connection can be in, and the number of
 * connections.  Who keeps within them is never disturbed by who does not.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_worker.h"
#include "wire/app_error.h"

#define TIMEOUT_NS	(300 * NS_PER_MS)
#define LATE_NS		(3 * NS_PER_S)

static void
send_ints(int fd, const char *method, int n, int32_t a)
{
	struct bytes out = { 0 };

	for (int i = 0; i < n; i++)
		frame_ints(&out, method, i, a, 0);
	peer_send_bytes(fd, &out);
}

START_TEST(a_reply_too_large)
{
	static const int32_t extra[] = { 0, 1000, 300000, 600000, 3000000 };
	int fd;

	bench_limits.max_frame = 10000;
	bench_start();
	fd = bench_unix();
	send_ints(fd, "big", 1, 9900);
	peer_expect(fd, PEER_REPLY, "big", 0);
	send_ints(fd, "big", 1, 10000 + extra[_i]);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 0);
	send_ints(fd, "big", 1, 9900);
	peer_expect(fd, PEER_REPLY, "big", 0);
	close(fd);
}
END_TEST

START_TEST(a_handler_over_its_memory)
{
	int fd;

	bench_limits.max_memory_per_call = 1 << 20;
	bench_start();
	fd = bench_unix();
	send_ints(fd, "greedy", 1, 2 << 20);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 0);
	send_ints(fd, "greedy", 1, 1 << 19);
	peer_expect(fd, PEER_REPLY, "greedy", 0);
	close(fd);
}
END_TEST

/* What the peer does not read is neither gathered nor even computed. */
START_TEST(a_peer_that_never_reads)
{
	int fd, sibling;
	uint64_t begun, backlog;

	bench_start();
	fd = bench_unix();
	sibling = bench_unix();
	send_ints(fd, "big", 1000, 100000);
	for (int i = 0; i < 20; i++) {
		send_ints(sibling, "divide", 1, 0);
		close(sibling);
		sibling = bench_tcp();
		bench_barrier();
	}
	begun = bench_count(COUNTER_CALLS_BEGUN);
	backlog = bench_count(COUNTER_SEND_BACKLOG);
	ck_assert_uint_gt(backlog, 0);
	ck_assert_uint_lt(backlog, 1 << 20);
	ck_assert_uint_lt(begun, 100);
	for (int i = 0; i < 1000; i++)
		peer_expect(fd, PEER_REPLY, "big", i);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_SEND_BACKLOG), 0);
	close(fd);
	close(sibling);
}
END_TEST

/* How long until the worker closes fd, whose replies nobody reads. */
static uint64_t
time_to_hangup(int fd, uint64_t since)
{
	peer_wait(fd, POLLRDHUP, PEER_MS);
	return clock_ns() - since;
}

START_TEST(write_timeout)
{
	uint64_t ns, since;
	int fd;

	bench_limits.write_timeout_ns = TIMEOUT_NS;
	bench_start();
	fd = bench_unix();
	since = clock_ns();
	send_ints(fd, "big", 10, 500000);
	ns = time_to_hangup(fd, since);
	ck_assert_uint_ge(ns, TIMEOUT_NS);
	ck_assert_uint_lt(ns, LATE_NS);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_WRITE_TIMEOUTS), 1);
	ck_assert_uint_eq(bench_count(COUNTER_SEND_BACKLOG), 0);
	close(fd);
}
END_TEST

/*
 * Each reply is taken long before the timeout, all of them long after.  The
 * timeout is a long one: a machine may keep this process from reading.
 */
START_TEST(write_timeout_spares_who_reads)
{
	uint64_t next;
	int fd;

	bench_limits.write_timeout_ns = 10 * TIMEOUT_NS;
	bench_start();
	fd = bench_unix();
	send_ints(fd, "big", 30, 300000);
	for (int i = 0; i < 30; i++) {
		next = clock_ns() + TIMEOUT_NS / 2;
		while (clock_ns() < next)
			bench_barrier();
		peer_expect(fd, PEER_REPLY, "big", i);
	}
	close(fd);
}
END_TEST

/* Bytes that trickle in do not prolong it; a frame that is done ends it. */
START_TEST(frame_timeout)
{
	struct bytes out = { 0 };
	uint64_t ns;
	char text[1000] = "";
	int fd;

	bench_limits.frame_timeout_ns = TIMEOUT_NS;
	bench_start();
	fd = bench_unix();
	frame_text(&out, "echo", 1, text, sizeof(text));
	peer_send(fd, out.p, 100);
	bench_barrier();
	peer_send(fd, out.p + 100, out.n - 100);
	peer_expect(fd, PEER_REPLY, "echo", 1);
	ns = bench_trickle(fd, &out);
	peer_expect_end(fd);
	ck_assert_uint_ge(ns, TIMEOUT_NS);
	ck_assert_uint_lt(ns, LATE_NS);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_FRAME_TIMEOUTS), 1);
	bytes_free(&out);
	close(fd);
}
END_TEST

START_TEST(idle_timeout)
{
	struct bytes out = { 0 };
	uint64_t since, ns;
	int idle, fd;

	bench_limits.idle_timeout_ns = TIMEOUT_NS;
	bench_start();
	fd = bench_tcp();
	idle = bench_unix();
	since = clock_ns();
	for (int i = 0; !peer_soon(idle, POLLIN, 0); i++) {
		frame_call(&out, "ping", i);
		peer_send_bytes(fd, &out);
		peer_expect(fd, PEER_REPLY, "ping", i);
	}
	ns = clock_ns() - since;
	peer_expect_end(idle);
	ck_assert_uint_ge(ns, TIMEOUT_NS - 5 * NS_PER_MS);
	ck_assert_uint_lt(ns, LATE_NS);
	frame_call(&out, "ping", 1);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	peer_expect_end(fd);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_IDLE_TIMEOUTS), 2);
	close(idle);
	close(fd);
}
END_TEST

START_TEST(max_connections)
{
	int first, second, queued[3];

	bench_limits.max_connections = 3;	/* and the barrier's is one */
	bench_start();
	bench_barrier();
	first = bench_unix();
	second = bench_tcp();
	send_ints(first, "big", 1, 1);
	send_ints(second, "big", 1, 1);
	peer_expect(first, PEER_REPLY, "big", 0);
	peer_expect(second, PEER_REPLY, "big", 0);
	for (int i = 0; i < 3; i++) {
		queued[i] = i == 1 ? bench_tcp() : bench_unix();
		send_ints(queued[i], "big", 1, 1);
	}
	bench_barrier();
	bench_barrier();
	for (int i = 0; i < 3; i++)
		ck_assert(!peer_soon(queued[i], POLLIN, 0));
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_ACCEPTED), 3);
	close(first);
	close(second);
	/* Two get in; one of the doors waits for one of them to leave. */
	peer_expect(queued[0], PEER_REPLY, "big", 0);
	close(queued[0]);
	peer_expect(queued[1], PEER_REPLY, "big", 0);
	close(queued[1]);
	peer_expect(queued[2], PEER_REPLY, "big", 0);
	close(queued[2]);
}
END_TEST

/* Out of descriptors: accepting pauses, serving goes on, nobody is lost. */
START_TEST(no_descriptor_is_left)
{
	struct rlimit lim, few;
	int taken[128], n = 0, late;
	char c;

	bench_start();
	bench_barrier();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &lim), 0);
	late = dup(0);
	few = (struct rlimit){ 100, lim.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (n < 128 && (taken[n] = dup(0)) != -1)
		n++;
	close(late);
	late = bench_unix();
	/* Who knocks is turned away at once, and accepting pauses. */
	ck_assert(peer_soon(late, POLLIN, 1000));
	ck_assert_int_le(recv(late, &c, 1, 0), 0);
	ck_assert_uint_ge(bench_count(COUNTER_ACCEPT_ERRORS), 1);
	ck_assert_uint_le(bench_count(COUNTER_ACCEPT_ERRORS), 2);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lim), 0);
	close(late);
	late = bench_unix();
	send_ints(late, "big", 1, 1);
	peer_expect(late, PEER_REPLY, "big", 0);
	while (n > 0)
		close(taken[--n]);
	close(late);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("worker limits");
	TCase *t = unit_case(s, "limits");

	tcase_add_checked_fixture(t, bench_setup, bench_teardown);
	tcase_add_loop_test(t, a_reply_too_large, 0, 5);
	tcase_add_test(t, a_handler_over_its_memory);
	tcase_add_test(t, a_peer_that_never_reads);
	tcase_add_test(t, write_timeout);
	tcase_add_test(t, write_timeout_spares_who_reads);
	tcase_add_test(t, frame_timeout);
	tcase_add_test(t, idle_timeout);
	tcase_add_test(t, max_connections);
	tcase_add_test(t, no_descriptor_is_left);
	return unit_main(s);
}
