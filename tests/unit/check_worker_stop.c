/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a worker leaves: told to stop it answers all that had been asked, also
 * by connections it had not accepted yet; told to quit it goes at once; when
 * its master dies it stops.  Descriptors are as many afterwards as before.
 */
#include <sys/socket.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_worker.h"

static void
setup(void)
{
	bench_setup();
	bench_start();
}

/* A connection in the middle of a call, which blocks the whole worker. */
static int
hold(void)
{
	struct bytes out = { 0 };
	int fd = bench_unix();

	frame_call(&out, "hold", 1);
	peer_send_bytes(fd, &out);
	bench_held();
	return fd;
}

static void
send_pings(int fd, int n)
{
	struct bytes out = { 0 };

	for (int i = 0; i < n; i++)
		frame_call(&out, "ping", i);
	peer_send_bytes(fd, &out);
}

static void
expect_pings(int fd, int n)
{
	for (int i = 0; i < n; i++)
		peer_expect(fd, PEER_REPLY, "ping", i);
	peer_expect_end(fd);
}

START_TEST(idle_connections_are_let_go)
{
	int fd[3] = { bench_unix(), bench_tcp(), bench_unix() };

	bench_barrier();
	bench_order(ORDER_STOP);
	for (int i = 0; i < 3; i++) {
		peer_end(fd[i]);
	}
}
END_TEST

START_TEST(peers_that_do_not_leave_are_left)
{
	uint64_t since = clock_ns();
	int fd = bench_unix();

	bench_barrier();
	bench_order(ORDER_STOP);
	ck_assert_int_eq(bench_wait(), 0);
	ck_assert_uint_lt(clock_ns() - since, 4 * NS_PER_S);
	close(fd);
}
END_TEST

START_TEST(calls_that_have_arrived_are_answered)
{
	int holder = hold(), old = bench_tcp(), young;

	send_pings(old, 100);
	young = bench_unix();
	send_pings(young, 50);
	bench_order(ORDER_STOP);
	send_pings(holder, 10);
	bench_release();
	peer_expect(holder, PEER_REPLY, "hold", 1);
	expect_pings(holder, 10);
	expect_pings(old, 100);
	expect_pings(young, 50);
	close(holder);
	close(old);
	close(young);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

/*
 * More than one read can take, in frames that end where a read ends: 32 bytes
 * each, and the receive buffer is a multiple of that.
 */
START_TEST(more_calls_than_one_read_are_answered)
{
	enum { N = 5000 };
	struct bytes out = { 0 };
	int holder = hold(), room = 1 << 20;

	setsockopt(holder, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	for (int i = 0; i < N; i++)
		frame_text(&out, "size", i % 100, "12345678901234567", 17);
	ck_assert_uint_eq(out.n, N * 32);
	peer_send_bytes(holder, &out);
	bench_order(ORDER_STOP);
	bench_release();
	peer_expect(holder, PEER_REPLY, "hold", 1);
	for (int i = 0; i < N; i++)
		peer_expect(holder, PEER_REPLY, "size", i % 100);
	peer_end(holder);
}
END_TEST

/* Replies that are stuck do not hide the calls behind them. */
START_TEST(calls_behind_unread_replies_are_answered)
{
	struct bytes out = { 0 };
	int fd = bench_unix(), room = 1 << 20;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	frame_ints(&out, "big", 0, 1 << 20, 0);
	frame_ints(&out, "big", 1, 1 << 20, 0);
	peer_send_bytes(fd, &out);
	bench_barrier();
	send_pings(fd, 100);		/* nobody reads them at present */
	bench_barrier();
	bench_order(ORDER_STOP);
	peer_expect(fd, PEER_REPLY, "big", 0);
	peer_expect(fd, PEER_REPLY, "big", 1);
	expect_pings(fd, 100);
	close(fd);
}
END_TEST

START_TEST(a_frame_that_has_begun_may_end)
{
	struct bytes out = { 0 };
	int fd = bench_unix(), idle = bench_unix();

	frame_text(&out, "echo", 5, "hello", 5);
	peer_send(fd, out.p, 9);
	bench_barrier();
	bench_order(ORDER_STOP);
	peer_end(idle);			/* the order has been heard */
	ck_assert(!peer_soon(fd, POLLIN, 0));
	peer_send(fd, out.p + 9, out.n - 9);
	peer_expect(fd, PEER_REPLY, "echo", 5);
	peer_expect_end(fd);
	bytes_free(&out);
	close(fd);
}
END_TEST

START_TEST(quit_is_at_once)
{
	struct bytes out = { 0 };
	int fd = bench_unix(), idle = bench_tcp();

	frame_ints(&out, "big", 0, 3 << 20, 0);
	peer_send_bytes(fd, &out);
	bench_barrier();
	bench_order(ORDER_QUIT);
	ck_assert_int_eq(bench_wait(), 1);
	peer_expect_end(idle);
	close(fd);
	close(idle);
}
END_TEST

START_TEST(quit_ends_a_stop)
{
	int fd = bench_unix(), idle = bench_unix();

	peer_send(fd, "\0\0\0\t\202", 5);
	bench_barrier();
	bench_order(ORDER_STOP);
	bench_order(ORDER_STOP);
	peer_end(idle);			/* the first has been heard */
	ck_assert(!peer_soon(fd, POLLIN, 0));
	bench_order(ORDER_QUIT);
	ck_assert_int_eq(bench_wait(), 1);
	close(fd);
}
END_TEST

static void
setup_thread(void)
{
	bench_setup();
	bench_thread("hold");
	bench_start();
}

/* It waits for a thread, and accepts nobody meanwhile. */
START_TEST(quit_with_a_busy_thread)
{
	int fd = hold(), idle = bench_unix(), late;
	uint64_t accepted;

	bench_barrier();
	bench_order(ORDER_QUIT);
	peer_end(idle);
	accepted = bench_count(COUNTER_CONNECTIONS_ACCEPTED);
	late = bench_unix();
	bench_release();
	ck_assert_int_eq(bench_wait(), 1);
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_ACCEPTED), accepted);
	close(late);
	peer_end(fd);
}
END_TEST

static void
setup_oneway(void)
{
	bench_setup();
	bench_thread("whisper");
	bench_start();
}

/* Nobody will answer, and nobody waits for that. */
START_TEST(quit_with_a_oneway_that_wants_to_answer_later)
{
	struct bytes out = { 0 };
	int fd = bench_unix();

	frame_text(&out, "whisper", 1, "held", 4);
	peer_send_bytes(fd, &out);
	bench_held();
	bench_order(ORDER_QUIT);
	peer_end(fd);
	bench_release();
	ck_assert_int_eq(bench_wait(), 1);
	close(fd);
}
END_TEST

START_TEST(the_death_of_the_master)
{
	int holder = hold();

	send_pings(holder, 10);
	bench_hang_up();
	bench_release();
	peer_expect(holder, PEER_REPLY, "hold", 1);
	expect_pings(holder, 10);
	close(holder);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

static void
still_serves(int fd)
{
	send_pings(fd, 1);
	peer_expect(fd, PEER_REPLY, "ping", 0);
}

/* The master is told, and has its time to say what becomes of it. */
START_TEST(the_signal)
{
	int fd = bench_unix();

	kill(getpid(), SIGINT);
	kill(getpid(), SIGHUP);
	bench_barrier();
	kill(getpid(), SIGTERM);
	ck_assert_uint_eq(bench_told(), ORDER_LEAVING);
	still_serves(fd);
	bench_order(ORDER_STOP);
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

/* Nobody listens: it does not fit into the channel, and never will. */
START_TEST(the_signal_with_a_deaf_master)
{
	int fd = bench_unix();

	bench_fill_channel();
	kill(getpid(), SIGTERM);
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

/* It will: until then, and until the master has an answer, all goes on. */
START_TEST(the_signal_with_a_slow_master)
{
	int fd = bench_unix();
	unsigned n = bench_fill_channel();

	for (int i = 0; i < 3; i++) {
		kill(getpid(), SIGTERM);
		bench_barrier();
	}
	still_serves(fd);
	while (n-- > 0)
		ck_assert_uint_eq(bench_told(), ORDER_READY);
	ck_assert_uint_eq(bench_told(), ORDER_LEAVING);
	bench_barrier();
	ck_assert(!bench_is_told());
	still_serves(fd);
	kill(getpid(), SIGTERM);
	ck_assert_uint_eq(bench_told(), ORDER_LEAVING);
	bench_order(ORDER_STOP);
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

/* The rest of a frame that had begun is waited for, but not for long. */
START_TEST(half_a_frame_at_the_end)
{
	uint64_t since;
	int fd = bench_unix();

	peer_send(fd, "\0\0\0\t\202", 5);
	bench_barrier();
	since = clock_ns();
	bench_order(ORDER_STOP);
	/* The time itself is under test: most of the second that it has. */
	ck_assert(!peer_soon(fd, POLLIN, 700));
	peer_send(fd, "\041", 1);	/* a byte more buys no time */
	peer_expect_end(fd);
	ck_assert_uint_lt(clock_ns() - since, 2500 * NS_PER_MS);
	ck_assert_int_eq(bench_wait(), 0);
	close(fd);
}
END_TEST

START_TEST(an_unknown_order)
{
	bench_order(ORDER_READY);
	bench_order(4711);
	bench_barrier();
}
END_TEST

/*
 * The second half of a frame comes as the worker stops, and the first one of
 * another, which nobody waits for, but the answer to the first.
 */
START_TEST(stopped_with_half_of_the_next)
{
	struct bytes out = { 0 };
	int fd = bench_unix();
	struct tf_later t;
	size_t half;

	frame_text(&out, "later", 1, "x", 1);
	half = out.n - 2;
	frame_text(&out, "later", 2, "x", 1);
	ck_assert_int_eq(send(fd, out.p, half, 0), (ssize_t)half);
	bench_barrier();
	bench_order(ORDER_STOP);
	ck_assert(!peer_soon(fd, POLLIN, 100));
	ck_assert_int_eq(send(fd, out.p + half, 8, 0), 8);
	bytes_free(&out);
	t = bench_token();
	ck_assert(!peer_soon(fd, POLLIN, 1500));
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("worker stop");
	TCase *t = unit_case(s, "stop"), *q = unit_case(s, "threads");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_test(t, idle_connections_are_let_go);
	tcase_add_test(t, peers_that_do_not_leave_are_left);
	tcase_add_test(t, calls_that_have_arrived_are_answered);
	tcase_add_test(t, more_calls_than_one_read_are_answered);
	tcase_add_test(t, calls_behind_unread_replies_are_answered);
	tcase_add_test(t, a_frame_that_has_begun_may_end);
	tcase_add_test(t, quit_is_at_once);
	tcase_add_test(t, quit_ends_a_stop);
	tcase_add_test(t, the_death_of_the_master);
	tcase_add_test(t, the_signal);
	tcase_add_test(t, the_signal_with_a_deaf_master);
	tcase_add_test(t, the_signal_with_a_slow_master);
	tcase_add_test(t, half_a_frame_at_the_end);
	tcase_add_test(t, stopped_with_half_of_the_next);
	tcase_add_test(t, an_unknown_order);
	tcase_add_checked_fixture(q, setup_thread, bench_teardown);
	tcase_add_test(q, quit_with_a_busy_thread);
	q = unit_case(s, "oneway");
	tcase_add_checked_fixture(q, setup_oneway, bench_teardown);
	tcase_add_test(q, quit_with_a_oneway_that_wants_to_answer_later);
	return unit_main(s);
}
