/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients that leave: their calls are for nobody then, begun or not, but what
 * they have sent of oneways is done, in its turn.  And clients that have to
 * leave: what they have asked before is answered.
 */
#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_service.h"
#include "unit_worker.h"

static atomic_int disconnects;

static void
disconnect(void *ctx, struct tf_peer *peer)
{
	(void)ctx;
	ck_assert_ptr_nonnull(peer->addr);
	disconnects++;
}

static void
setup(void)
{
	bench_setup();
	bench_limits.max_in_flight = 5;
	bench_limits.max_in_flight_per_connection = 3;
	bench_hooks.disconnect = disconnect;
	disconnects = 0;
	bench_start();
}

/* That many messages at once. */
static void
say(int fd, const char *method, int n)
{
	struct bytes out = { 0 };

	for (int i = 0; i < n; i++)
		frame_text(&out, method, i, "x", 1);
	peer_send_bytes(fd, &out);
}

static void
heard(struct tf_later t)
{
	ck_assert_int_eq(tf_later_reply(t, unit_method("whisper"), ""), 0);
}

/* Until that many connections have ended, and all calls. */
static void
expect_end(int n)
{
	while (disconnects < n)
		bench_barrier();
	ck_assert(!bench_has_token());
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN),
	    bench_count(COUNTER_CALLS_ENDED));
}

static void
take(struct tf_later *t, int n)
{
	for (int i = 0; i < n; i++)
		t[i] = bench_token();
}

static void
expect_void(const struct tf_later *t, int n)
{
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(bench_reply(t[i], "x"), -1);
}

/* Nothing more is begun, and the worker sleeps. */
static void
expect_rest(void)
{
	int quiet = bench_unix();
	uint64_t turns;

	bench_barrier();
	turns = bench_count(COUNTER_LOOP_WAKEUPS);
	ck_assert(!peer_soon(quiet, POLLIN, 50));
	ck_assert_uint_lt(bench_count(COUNTER_LOOP_WAKEUPS), turns + 10);
	ck_assert(!bench_has_token());
	close(quiet);
	while (disconnects == 0)
		bench_barrier();
	disconnects--;
}

START_TEST(a_call_is_void)
{
	int fd = bench_unix();
	struct tf_later t;

	say(fd, "later", 1);
	say(fd, "echo", 1);
	t = bench_token();
	close(fd);
	expect_end(1);
	expect_void(&t, 1);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_ABANDONED), 1);
}
END_TEST

/* Its handler is in the middle of it, and has been answered for. */
START_TEST(a_call_ends_with_its_handler)
{
	struct bytes out = { 0 };
	int fd = bench_unix();
	struct tf_later t;

	frame_text(&out, "later", 1, "e", 1);
	peer_send_bytes(fd, &out);
	t = bench_token();
	bench_held();
	close(fd);
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	ck_assert_int_eq(disconnects, 0);
	bench_release();
	expect_end(1);
}
END_TEST

START_TEST(a_oneway_does_not_care)
{
	int fd = bench_unix();
	struct tf_later t;

	say(fd, "whisper", 1);
	t = bench_token();
	close(fd);
	while (bench_count(COUNTER_CONNECTIONS_CLOSED) == 0)
		bench_barrier();
	ck_assert_int_eq(disconnects, 0);
	heard(t);
	expect_end(1);
}
END_TEST

/* Three are begun, and all five have been read. */
static void
leave_five_oneways(int fd)
{
	struct tf_later t[5];

	say(fd, "whisper", 5);
	close(fd);
	take(t, 3);
	expect_rest();
	for (int i = 0; i < 3; i++)
		heard(t[i]);
	take(t + 3, 2);
	heard(t[3]);
	heard(t[4]);
	expect_end(1);
}

START_TEST(oneways_wait_for_their_like)
{
	leave_five_oneways(bench_unix());
	disconnects = 0;
	leave_five_oneways(bench_tcp());
}
END_TEST

/* Three of one and two of another are all that the worker may have out. */
static void
fill(const int *fd, struct tf_later *t)
{
	say(fd[0], "later", 3);
	take(t, 3);
	say(fd[1], "later", 2);
	take(t + 3, 2);
}

static void
finish(int fd, const struct tf_later *t, int n)
{
	for (int i = 0; i < n; i++) {
		ck_assert_int_eq(bench_reply(t[i], "x"), 0);
		peer_expect(fd, PEER_REPLY, "later", i);
	}
	close(fd);
}

/* They have not been read when their client leaves. */
START_TEST(oneways_wait_for_the_worker)
{
	int fd[2] = { bench_unix(), bench_unix() }, third = bench_unix();
	struct tf_later t[5], oneway[2];

	fill(fd, t);
	say(third, "whisper", 2);
	close(third);
	ck_assert(!peer_soon(fd[0], POLLIN, 50));
	ck_assert(!bench_has_token());
	finish(fd[0], t, 3);
	finish(fd[1], t + 3, 2);
	take(oneway, 2);
	heard(oneway[0]);
	heard(oneway[1]);
	expect_end(3);
}
END_TEST

START_TEST(calls_that_wait_are_not_begun)
{
	int fd[2] = { bench_unix(), bench_unix() }, third = bench_unix();
	struct tf_later t[5];

	fill(fd, t);
	say(third, "later", 1);
	ck_assert(!peer_soon(third, POLLIN, 50));
	close(third);
	finish(fd[0], t, 3);
	while (disconnects < 2)
		bench_barrier();
	ck_assert(!bench_has_token());
	close(fd[1]);
	expect_end(3);
	expect_void(t + 3, 2);
}
END_TEST

/* Nobody waits for those that are out, so a oneway behind them need not. */
START_TEST(oneways_do_not_wait_for_calls)
{
	int fd = bench_unix();
	struct tf_later t[3], oneway;

	say(fd, "later", 4);
	take(t, 3);
	say(fd, "whisper", 1);
	say(fd, "echo", 1);
	close(fd);
	oneway = bench_token();
	expect_void(t, 3);
	heard(oneway);
	expect_end(1);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_ABANDONED), 5);
}
END_TEST

/* There are replies before them that nobody reads. */
START_TEST(oneways_do_not_wait_for_a_reader)
{
	int fd = bench_unix();
	struct bytes out = { 0 };

	for (int i = 0; i < 4; i++)
		frame_ints(&out, "big", i, 1000000, 0);
	peer_send_bytes(fd, &out);
	while (bench_count(COUNTER_SEND_BACKLOG) == 0)
		bench_barrier();
	say(fd, "note", 2);
	close(fd);
	expect_end(1);
	ck_assert_int_eq(bench_note(), 'x');
	ck_assert_int_eq(bench_note(), 'x');
	ck_assert_int_eq(bench_note(), -1);
	ck_assert_uint_eq(bench_count(COUNTER_SEND_BACKLOG), 0);
}
END_TEST

/* What is no call ends the connection, behind the answers that are owed. */
static const struct {
	const char	*bytes;
	size_t		 n;
} nonsense[] = {
#define NONSENSE(bytes)	{ bytes, sizeof(bytes) - 1 }
	NONSENSE("\xff\xff\xff\xff"),
	NONSENSE("\x70\0\0\0\x82\x21\1\4ping\0"),
	NONSENSE("\0\0\0\x09\x82\x41\1\4ping\0"),
	NONSENSE("\0\0\0\2ab"),
	NONSENSE("\x82\x21\1\4ping\x1f\0"),
	NONSENSE("\x16\3\1\0\5\1\0\0\1\0")
#undef NONSENSE
};

START_TEST(nonsense_behind_a_call)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();
	struct tf_later t;

	frame_text(&out, "later", 1, "x", 1);
	frame_call(&out, "ping", 2);
	bytes_add(&out, nonsense[_i].bytes, nonsense[_i].n);
	frame_call(&out, "ping", 3);
	peer_send_bytes(fd, &out);
	t = bench_token();
	say(fd, "later", 1);
	bench_barrier();
	ck_assert(!peer_soon(fd, POLLIN, 0));
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	peer_expect(fd, PEER_REPLY, "ping", 2);
	peer_end(fd);
	expect_end(1);
	ck_assert_uint_eq(bench_count(COUNTER_CLOSED_TOO_LARGE) +
	    bench_count(COUNTER_CLOSED_PROTOCOL), 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("leave");
	TCase *t = unit_case(s, "clients");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_test(t, a_call_is_void);
	tcase_add_test(t, a_call_ends_with_its_handler);
	tcase_add_test(t, a_oneway_does_not_care);
	tcase_add_test(t, oneways_wait_for_their_like);
	tcase_add_test(t, oneways_wait_for_the_worker);
	tcase_add_test(t, calls_that_wait_are_not_begun);
	tcase_add_test(t, oneways_do_not_wait_for_calls);
	tcase_add_test(t, oneways_do_not_wait_for_a_reader);
	tcase_add_loop_test(t, nonsense_behind_a_call, 0, COUNT(nonsense));
	return unit_main(s);
}
