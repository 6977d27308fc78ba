/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that are out, and their connections: the order of replies, what waits
 * for what, and what becomes of both when the deadline comes, or the worker
 * leaves.  Clients that go: check_leave.c.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_headed.h"
#include "unit_http.h"
#include "unit_service.h"
#include "unit_worker.h"
#include "wire/app_error.h"

static atomic_int disconnects;

static void
disconnect(void *ctx, struct tf_peer *peer)
{
	(void)ctx;
	ck_assert_ptr_nonnull(peer->addr);
	disconnects++;
}

static void
start(void)
{
	bench_hooks.disconnect = disconnect;
	disconnects = 0;
	bench_start();
}

static void
setup(void)
{
	bench_setup();
	start();
}

static void
setup_limits(void)
{
	bench_setup();
	bench_limits.max_in_flight = 5;
	bench_limits.max_in_flight_per_connection = 3;
	start();
}

static void
setup_impatient(void)
{
	bench_setup();
	bench_limits.idle_timeout_ns = 100 * NS_PER_MS;
	start();
}

/* ---- what the peer does */

static void
ask(int fd, int32_t seqid)
{
	struct bytes out = { 0 };

	frame_text(&out, "later", seqid, "x", 1);
	peer_send_bytes(fd, &out);
}

static void
ping(int fd, int32_t seqid)
{
	struct bytes out = { 0 };

	frame_call(&out, "ping", seqid);
	peer_send_bytes(fd, &out);
}

/* In a THeader frame, perhaps with a pair. */
static void
add_headed(struct bytes *out, const char *method, int32_t seqid,
    const char *key, const char *value)
{
	struct bytes head = { 0 }, message = { 0 };

	head_begin(&head, 2);
	if (key != NULL)
		head_pair(&head, 1, key, value);
	if (strcmp(method, "ping") == 0)
		frame_call(&message, method, seqid);
	else
		frame_text(&message, method, seqid, "h", 1);
	headed_message(out, seqid, &head, &message);
}

static void
ask_headed(int fd, const char *method, int32_t seqid, unsigned flags,
    const char *key, const char *value)
{
	struct bytes out = { 0 };

	add_headed(&out, method, seqid, key, value);
	out.p[7] = (uint8_t)flags;
	peer_send_bytes(fd, &out);
}

static void
expect_nothing(int fd)
{
	bench_barrier();
	ck_assert(!peer_soon(fd, POLLIN, 0));
}

static void
expect_seqid(int fd, int32_t seqid)
{
	struct message m;
	struct headed h;

	headed_expect(fd, &h, &m);
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_int_eq(m.seqid, seqid);
	message_free(&m);
	headed_free(&h);
}

static void
expect_all_ended(void)
{
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN),
	    bench_count(COUNTER_CALLS_ENDED));
}

/* ---- order */

START_TEST(in_order)
{
	int fd = bench_unix();
	struct tf_later first, second;

	ask(fd, 1);
	ping(fd, 2);
	ask(fd, 3);
	ping(fd, 4);
	first = bench_token();
	second = bench_token();
	expect_nothing(fd);
	ck_assert_int_eq(bench_reply(second, "3"), 0);
	expect_nothing(fd);
	ck_assert_int_eq(bench_reply(first, "1"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	peer_expect(fd, PEER_REPLY, "ping", 2);
	peer_expect(fd, PEER_REPLY, "later", 3);
	peer_expect(fd, PEER_REPLY, "ping", 4);
	expect_all_ended();
	close(fd);
}
END_TEST

/* All that waited leaves at once, which is more than is sent at once. */
START_TEST(large_in_order)
{
	int fd = bench_unix();
	struct bytes out = { 0 };

	ask(fd, 1);
	for (int i = 2; i <= 5; i++)
		frame_ints(&out, "big", i, 3000000, 0);
	peer_send_bytes(fd, &out);
	expect_nothing(fd);
	ck_assert_int_eq(bench_reply(bench_token(), "1"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	for (int i = 2; i <= 5; i++)
		peer_expect(fd, PEER_REPLY, "big", i);
	expect_all_ended();
	close(fd);
}
END_TEST

START_TEST(as_they_come)
{
	int fd = bench_unix();
	struct tf_later first, second, third;

	ask_headed(fd, "later", 1, 1, NULL, NULL);
	ask_headed(fd, "later", 2, 1, NULL, NULL);
	ask_headed(fd, "ping", 3, 1, NULL, NULL);
	ask_headed(fd, "later", 4, 0, NULL, NULL);
	ask_headed(fd, "ping", 5, 0, NULL, NULL);
	first = bench_token();
	second = bench_token();
	third = bench_token();
	expect_seqid(fd, 3);
	ck_assert_int_eq(bench_reply(second, "2"), 0);
	expect_seqid(fd, 2);
	ck_assert_int_eq(bench_reply(third, "4"), 0);
	expect_nothing(fd);	/* who has asked for order has it */
	ck_assert_int_eq(bench_reply(first, "1"), 0);
	expect_seqid(fd, 1);
	expect_seqid(fd, 4);
	expect_seqid(fd, 5);
	expect_all_ended();
	close(fd);
}
END_TEST

/* Set before the token was taken; not after. */
START_TEST(headers)
{
	int fd = bench_unix();

	ask_headed(fd, "later", 1, 0, NULL, NULL);
	ck_assert_int_eq(bench_reply(bench_token(), "x"), 0);
	headed_expect_text(fd, 1, "x", "late=no,");
	headed_expect_service(fd);
	close(fd);
}
END_TEST

static void
post(int fd, const char *method)
{
	struct bytes frame = { 0 }, out = { 0 };

	if (strcmp(method, "ping") == 0)
		frame_call(&frame, method, 1);
	else
		frame_text(&frame, method, 1, "h", 1);
	http_post(&out, "/", "", &frame);
	peer_send_bytes(fd, &out);
}

/* Answers of every kind come in order; oneways have some, too. */
START_TEST(http)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd = bench_unix();
	struct tf_later t;

	post(fd, "later");
	peer_send(fd, get, strlen(get));
	post(fd, "whisper");
	post(fd, "ping");
	t = bench_token();
	expect_nothing(fd);
	ck_assert(!bench_has_token());
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	ck_assert(!http_expect_message(fd, PEER_REPLY, "later", 1));
	http_expect(fd, 200, "");
	t = bench_token();
	expect_nothing(fd);
	ck_assert_int_eq(tf_later_reply(t, unit_method("whisper"), ""), 0);
	http_expect(fd, 200, "");
	ck_assert(!http_expect_message(fd, PEER_REPLY, "ping", 1));
	expect_all_ended();
	close(fd);
}
END_TEST

/* What HTTP answers without a call waits for its turn as well. */
START_TEST(http_behind_a_frame)
{
	static const struct {
		const char	*request;
		int		 status;
	} of[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 200 },
		{ "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 200 },
		{ "PUT / HTTP/1.1\r\nHost: x\r\n"
		    "Content-Length: 0\r\n\r\n", 405 },
		{ "POST / HTTP/1.1\r\nHost: x\r\n"
		    "Content-Length: 4\r\n\r\nnone", 400 },
		{ "POST / HTTP/9.9\r\nHost: x\r\n\r\n", 505 },
	};
	int fd = bench_unix();
	struct tf_later t;

	ask(fd, 1);
	ping(fd, 2);
	t = bench_token();
	peer_send(fd, of[_i].request, strlen(of[_i].request));
	expect_nothing(fd);
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	peer_expect(fd, PEER_REPLY, "ping", 2);
	http_expect(fd, of[_i].status, "");
	expect_all_ended();
	close(fd);
}
END_TEST

/* The same in one piece, and what follows is served. */
START_TEST(http_between_frames)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
	int fd = bench_unix();
	struct bytes out = { 0 };

	frame_text(&out, "later", 1, "x", 1);
	bytes_add(&out, get, strlen(get));
	frame_call(&out, "ping", 2);
	peer_send_bytes(fd, &out);
	expect_nothing(fd);
	ck_assert_int_eq(bench_reply(bench_token(), "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	http_expect(fd, 200, "");
	peer_expect(fd, PEER_REPLY, "ping", 2);
	close(fd);
}
END_TEST

/* ---- other ends */

START_TEST(deadline)
{
	int fd = bench_unix();
	uint64_t before = clock_ns();
	struct tf_later t;

	ask_headed(fd, "later", 1, 0, "client_timeout", "200");
	ask_headed(fd, "ping", 2, 0, NULL, NULL);
	t = bench_token();
	headed_expect_error(fd, APP_INTERNAL_ERROR, 1, "within 200 ms");
	ck_assert_uint_ge(clock_ns() - before, 200 * NS_PER_MS);
	ck_assert_int_eq(bench_reply(t, "x"), -1);
	expect_seqid(fd, 2);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_TIMED_OUT), 1);
	expect_all_ended();
	close(fd);
}
END_TEST

/* Answered in time, it is not answered again. */
START_TEST(in_time)
{
	int fd = bench_unix();

	ask_headed(fd, "later", 1, 0, "client_timeout", "200");
	ck_assert_int_eq(bench_reply(bench_token(), "x"), 0);
	headed_expect_text(fd, 1, "x", "late=no,");
	ck_assert(!peer_soon(fd, POLLIN, 300));
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_TIMED_OUT), 0);
	close(fd);
}
END_TEST

/* A oneway call has a deadline as well, and nobody to tell. */
START_TEST(deadline_oneway)
{
	int fd = bench_unix();
	struct tf_later t;

	ask_headed(fd, "whisper", 1, 0, "client_timeout", "50");
	t = bench_token();
	while (bench_count(COUNTER_CALLS_TIMED_OUT) == 0)
		bench_barrier();
	ck_assert_int_eq(tf_later_reply(t, unit_method("whisper"), ""), -1);
	headed_expect_service(fd);
	expect_all_ended();
	close(fd);
}
END_TEST

/* No more is to come from it, but it still reads. */
START_TEST(half_closed)
{
	int fd = bench_tcp();
	struct tf_later t;

	ask(fd, 1);
	ping(fd, 2);
	shutdown(fd, SHUT_WR);
	t = bench_token();
	expect_nothing(fd);
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	peer_expect(fd, PEER_REPLY, "ping", 2);
	peer_end(fd);
}
END_TEST

START_TEST(idle)
{
	uint64_t until = clock_ns() + 300 * NS_PER_MS;
	int fd = bench_unix();
	struct tf_later t;

	ask(fd, 1);
	t = bench_token();
	do
		bench_barrier();
	while (clock_ns() < until);
	ck_assert_uint_eq(bench_count(COUNTER_IDLE_TIMEOUTS), 0);
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	peer_end(fd);
}
END_TEST

START_TEST(stopped)
{
	int fd = bench_unix(), other = bench_unix();
	struct tf_later t;

	ask(fd, 1);
	ping(fd, 2);
	t = bench_token();
	ping(other, 3);
	peer_expect(other, PEER_REPLY, "ping", 3);
	bench_order(ORDER_STOP);
	peer_end(other);
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	peer_expect(fd, PEER_REPLY, "ping", 2);
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

/* What it asks after that has not been asked, but for what had begun. */
START_TEST(stopped_while_it_goes_on_asking)
{
	int fd = bench_unix(), other = bench_unix();
	struct bytes out = { 0 };
	struct tf_later t, last;

	ask(fd, 1);
	t = bench_token();
	if (_i == 1) {
		frame_text(&out, "later", 2, "x", 1);
		ck_assert_int_eq(send(fd, out.p, 6, 0), 6);
	}
	ping(other, 3);
	peer_expect(other, PEER_REPLY, "ping", 3);
	/* In a message it is not let go before a later turn. */
	peer_send(other, "", 1);
	bench_barrier();
	bench_order(ORDER_STOP);
	peer_end(other);
	if (_i == 1) {
		frame_text(&out, "later", 3, "x", 1);
		ck_assert_int_gt(send(fd, out.p + 6, out.n - 6, 0), 0);
		last = bench_token();
	}
	bytes_free(&out);
	ask(fd, 4);
	ck_assert(!peer_soon(fd, POLLIN, 100));
	ck_assert(!bench_has_token());
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	if (_i == 1) {
		ck_assert_int_eq(bench_reply(last, "x"), 0);
		peer_expect(fd, PEER_REPLY, "later", 2);
	}
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

/*
 * One that is to move does so between two calls, with what it has read of the
 * next ones; and if nobody takes it, they are handled here.
 */
START_TEST(comes_back_from_a_move)
{
	struct bytes out = { 0 };
	int fd = bench_unix(), other = bench_unix();
	struct tf_later t[2];

	ask(fd, 1);
	t[0] = bench_token();
	ping(other, 1);
	peer_expect(other, PEER_REPLY, "ping", 1);
	bench_drain();
	ck_assert_uint_eq(bench_told(), ORDER_OFFER);
	bench_answer(ORDER_TAKEN, 1);
	peer_end(other);
	frame_text(&out, "later", 2, "x", 1);
	frame_call(&out, "ping", 3);
	peer_send_bytes(fd, &out);
	t[1] = bench_token();
	ck_assert_int_eq(bench_reply(t[0], "x"), 0);
	ck_assert_int_eq(bench_reply(t[1], "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	peer_expect(fd, PEER_REPLY, "later", 2);
	ck_assert_uint_eq(bench_told(), ORDER_OFFER);
	ck_assert(!peer_soon(fd, POLLIN, 20));
	bench_answer(ORDER_REFUSED, 2);
	peer_expect(fd, PEER_REPLY, "ping", 3);
	ck_assert_uint_eq(bench_told(), ORDER_OFFER);
	bench_answer(ORDER_TAKEN, 3);
	ck_assert_int_eq(bench_wait(), 0);
	peer_end(fd);
}
END_TEST

/* What the worker leaves behind is counted by its master. */
START_TEST(quits)
{
	struct bytes out = { 0 };
	int fd = bench_unix();
	struct tf_later t, oneway;

	ask(fd, 1);
	frame_text(&out, "whisper", 2, "x", 1);
	peer_send_bytes(fd, &out);
	t = bench_token();
	oneway = bench_token();
	bench_order(ORDER_QUIT);
	ck_assert_int_eq(bench_wait(), 1);
	ck_assert_int_eq(bench_reply(t, "x"), -1);
	ck_assert_int_eq(bench_reply(oneway, "x"), -1);
	ck_assert_int_eq(disconnects, 1);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN),
	    bench_count(COUNTER_CALLS_ENDED) + 2);
	peer_end(fd);
}
END_TEST

/* ---- limits */

/* Three of a connection; the worker has room for two more then. */
START_TEST(limit_of_a_connection)
{
	int fd = bench_unix();
	struct tf_later t;

	for (int i = 0; i < 6; i++)
		ask(fd, i);
	ping(fd, 6);
	for (int i = 0; i < 6; i++) {
		t = bench_token();
		if (i == 0) {
			bench_token();
			bench_token();
		}
		bench_barrier();
		ck_assert(!bench_has_token());
		if (i > 0)
			break;
		ck_assert_int_eq(bench_reply(t, "x"), 0);
		peer_expect(fd, PEER_REPLY, "later", 0);
	}
	close(fd);
	while (disconnects == 0)
		bench_barrier();
	ck_assert_int_eq(bench_reply(t, "x"), -1);
}
END_TEST

/* Who waits for his turn has come when he was read. */
START_TEST(time_that_others_take)
{
	struct bytes out = { 0 };
	int fd = bench_unix();
	struct tf_later t[3];

	for (int i = 0; i < 3; i++)
		frame_text(&out, "later", i, "x", 1);
	add_headed(&out, "ping", 3, "client_timeout", "50");
	add_headed(&out, "ping", 4, "client_timeout", "3600000");
	peer_send_bytes(fd, &out);
	for (int i = 0; i < 3; i++)
		t[i] = bench_token();
	ck_assert(!peer_soon(fd, POLLIN, 60));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(bench_reply(t[i], "x"), 0);
	for (int i = 0; i < 3; i++)
		peer_expect(fd, PEER_REPLY, "later", i);
	headed_expect_error(fd, APP_INTERNAL_ERROR, 3, "was not begun");
	expect_seqid(fd, 4);
	close(fd);
}
END_TEST

/* A call that waits behind another counts as one that is out. */
START_TEST(limit_of_the_queue)
{
	int fd = bench_unix();
	struct tf_later t;

	ask(fd, 1);
	for (int i = 2; i < 9; i++)
		ping(fd, i);
	t = bench_token();
	bench_barrier();
	/* Our own and three of fd. */
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN), bench_pings() + 3);
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	peer_expect(fd, PEER_REPLY, "later", 1);
	for (int i = 2; i < 9; i++)
		peer_expect(fd, PEER_REPLY, "ping", i);
	expect_all_ended();
	close(fd);
}
END_TEST

/* The worker is full, for all, and goes on with those who came first. */
START_TEST(limit_of_the_worker)
{
	int fd[2] = { bench_unix(), bench_unix() }, third = bench_unix();
	struct tf_later t[5];

	for (int i = 0; i < 3; i++)
		ask(fd[0], i);
	for (int i = 0; i < 3; i++)
		t[i] = bench_token();
	for (int i = 0; i < 3; i++)
		ask(fd[1], i);
	for (int i = 3; i < 5; i++)
		t[i] = bench_token();
	ping(third, 1);
	ck_assert(!peer_soon(third, POLLIN, 50));
	ck_assert(!bench_has_token());
	ck_assert_int_eq(bench_reply(t[0], "x"), 0);
	peer_expect(fd[0], PEER_REPLY, "later", 0);
	t[0] = bench_token();		/* the third of the second one */
	ck_assert(!peer_soon(third, POLLIN, 50));
	ck_assert_int_eq(bench_reply(t[1], "x"), 0);
	peer_expect(fd[0], PEER_REPLY, "later", 1);
	peer_expect(third, PEER_REPLY, "ping", 1);
	ck_assert_int_eq(bench_reply(t[2], "x"), 0);
	ck_assert_int_eq(bench_reply(t[0], "x"), 0);
	ck_assert_int_eq(bench_reply(t[4], "x"), 0);
	ck_assert_int_eq(bench_reply(t[3], "x"), 0);
	peer_expect(fd[0], PEER_REPLY, "later", 2);
	for (int i = 0; i < 3; i++)
		peer_expect(fd[1], PEER_REPLY, "later", i);
	expect_all_ended();
	close(fd[0]);
	close(fd[1]);
	close(third);
}
END_TEST

/* And the worker may stop: what has been asked is answered. */
START_TEST(stopped_when_full)
{
	int fd[2] = { bench_unix(), bench_unix() }, third = bench_unix();
	struct tf_later t[5];

	for (int i = 0; i < 5; i++) {
		ask(fd[i / 3], i);
		t[i] = bench_token();
	}
	ping(third, 9);
	ck_assert(!peer_soon(third, POLLIN, 50));
	bench_order(ORDER_STOP);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(bench_reply(t[i], "x"), 0);
	for (int i = 0; i < 5; i++)
		peer_expect(fd[i / 3], PEER_REPLY, "later", i);
	peer_expect(third, PEER_REPLY, "ping", 9);
	peer_end(third);
	peer_end(fd[0]);
	peer_end(fd[1]);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pending");
	TCase *t = unit_case(s, "calls"), *l = unit_case(s, "limits"),
	    *i = unit_case(s, "impatient");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_test(t, in_order);
	tcase_add_test(t, large_in_order);
	tcase_add_test(t, as_they_come);
	tcase_add_test(t, headers);
	tcase_add_test(t, http);
	tcase_add_loop_test(t, http_behind_a_frame, 0, 5);
	tcase_add_test(t, http_between_frames);
	tcase_add_test(t, deadline);
	tcase_add_test(t, in_time);
	tcase_add_test(t, deadline_oneway);
	tcase_add_test(t, half_closed);
	tcase_add_test(t, stopped);
	tcase_add_loop_test(t, stopped_while_it_goes_on_asking, 0, 2);
	tcase_add_test(t, comes_back_from_a_move);
	tcase_add_test(t, quits);
	tcase_add_checked_fixture(l, setup_limits, bench_teardown);
	tcase_add_test(l, limit_of_a_connection);
	tcase_add_test(l, time_that_others_take);
	tcase_add_test(l, limit_of_the_queue);
	tcase_add_test(l, limit_of_the_worker);
	tcase_add_test(l, stopped_when_full);
	tcase_add_checked_fixture(i, setup_impatient, bench_teardown);
	tcase_add_test(i, idle);
	return unit_main(s);
}
