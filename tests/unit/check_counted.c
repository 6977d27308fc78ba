/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the worker counts what ends: each error under its kind and each
 * connection under its reason, once.  That they add up is looked at in every
 * test of a worker, see unit_lane.h.
 */
#include <sys/socket.h>

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_http.h"
#include "unit_service.h"
#include "unit_worker.h"
#include "wire/app_error.h"

static int
before(struct tf_call *call)
{
	if (strcmp(call->method, "size") == 0)
		return -1;
	return strcmp(call->method, "echo") == 0 ?
	    tf_fail(call, "not you") : 0;
}

static void
setup(void)
{
	bench_setup();
	bench_hooks.before = before;
	bench_start();
}

/* ---- errors by kind */

static const struct error {
	const char	*method;
	int32_t		 a, b;		/* or, negative a: no arguments */
	int		 app_error;
	enum counter	 kind;
} errors[] = {
	{ "nonsense", -1, 0, APP_UNKNOWN_METHOD, COUNTER_UNKNOWN_METHODS },
	{ "absent", -1, 0, APP_UNKNOWN_METHOD, COUNTER_UNKNOWN_METHODS },
	{ "size", -1, 0, APP_INTERNAL_ERROR, COUNTER_CALLS_REFUSED },
	{ "echo", -1, 0, APP_INTERNAL_ERROR, COUNTER_CALLS_REFUSED },
	{ "divide", 1, -1, APP_INTERNAL_ERROR, COUNTER_CALLS_FAILED },
	{ "mute", -1, 0, APP_INTERNAL_ERROR, COUNTER_CALLS_FAILED },
	{ "greedy", 100 << 20, 0, APP_INTERNAL_ERROR, COUNTER_REPLY_ERRORS },
	{ "big", 5 << 20, 0, APP_INTERNAL_ERROR, COUNTER_REPLY_ERRORS },
};

START_TEST(an_error_has_a_kind)
{
	const struct error *e = &errors[_i];
	struct bytes out = { 0 };
	int fd = bench_unix();

	if (e->a < 0)
		frame_call(&out, e->method, 1);
	else
		frame_ints(&out, e->method, 1, e->a, e->b);
	peer_send_bytes(fd, &out);
	peer_expect_error(fd, e->app_error, 1);
	for (size_t i = 0; i < COUNT(errors); i++)
		ck_assert_uint_eq(bench_count(errors[i].kind),
		    errors[i].kind == e->kind);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_ENDED), 1);
	close(fd);
}
END_TEST

/* An exception is none, and nor is what goes well. */
START_TEST(what_is_no_error_has_none)
{
	struct bytes out = { 0 };
	int fd = bench_unix();

	frame_ints(&out, "divide", 1, 1, 0);
	frame_ints(&out, "divide", 2, 1, 1);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "divide", 1);
	peer_expect(fd, PEER_REPLY, "divide", 2);
	for (size_t i = 0; i < COUNT(errors); i++)
		ck_assert_uint_eq(bench_count(errors[i].kind), 0);
	close(fd);
}
END_TEST

/* ---- connections by reason */

static void
send_text(int fd, const char *text)
{
	peer_send(fd, text, strlen(text));
}

static void
leave(int fd)
{
	close(fd);
}

static void
ask_for_the_end(int fd)
{
	send_text(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	http_expect(fd, 200, "Connection: close");
	peer_end(fd);
}

static void
idle(int fd)
{
	peer_end(fd);
}

static void
send_half(int fd)
{
	send_text(fd, "\1");
	peer_end(fd);
}

static void
do_not_read(int fd)
{
	struct bytes out = { 0 };

	for (int i = 0; i < 10; i++)
		frame_ints(&out, "big", i, 500000, 0);
	peer_send_bytes(fd, &out);
	while (bench_count(COUNTER_CLOSED_WRITE) == 0)
		bench_barrier();
	close(fd);
}

static void
reset(int fd)
{
	const struct linger l = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void
send_garbage(int fd)
{
	send_text(fd, "\377\377\377\377");
	peer_end(fd);
}

static void
send_bad_request(int fd)
{
	send_text(fd, "POST / HTTP/9.9\r\n\r\n");
	http_expect(fd, 505, "Connection: close");
	peer_end(fd);
}

static void
send_too_much(int fd)
{
	peer_send(fd, "\0\120\0\0\202\41", 6);
	peer_end(fd);
}

static void
be_refused(int fd)
{
	peer_end(fd);
}

static void
stop(int fd)
{
	bench_order(ORDER_STOP);
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 0);
}

static void
quit(int fd)
{
	bench_order(ORDER_QUIT);
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 1);
}

static int
let_nobody_in(void *ctx, struct tf_peer *peer)
{
	(void)ctx;
	(void)peer;
	return -1;
}

static const struct end {
	void		(*act)(int fd);
	enum counter	 why;
} ends[] = {
	{ leave, COUNTER_CLOSED_BY_PEER },
	{ ask_for_the_end, COUNTER_CLOSED_DONE },
	{ idle, COUNTER_CLOSED_IDLE },
	{ send_half, COUNTER_CLOSED_FRAME },
	{ do_not_read, COUNTER_CLOSED_WRITE },
	{ reset, COUNTER_CLOSED_ERROR },
	{ send_garbage, COUNTER_CLOSED_PROTOCOL },
	{ send_bad_request, COUNTER_CLOSED_PROTOCOL },
	{ send_too_much, COUNTER_CLOSED_TOO_LARGE },
	{ be_refused, COUNTER_CLOSED_REFUSED },
	{ stop, COUNTER_CLOSED_STOP },
	{ quit, COUNTER_CLOSED_QUIT },
};

static void
start_for(const struct end *e)
{
	if (e->act == idle)
		bench_limits.idle_timeout_ns = 50 * NS_PER_MS;
	bench_limits.frame_timeout_ns = 50 * NS_PER_MS;
	bench_limits.write_timeout_ns = 50 * NS_PER_MS;
	if (e->act == be_refused)
		bench_hooks.connect = let_nobody_in;
	bench_start();
}

/* Of a worker that is replaced: check_move_fault; over TLS: t6800. */
START_TEST(a_connection_is_closed_for_a_reason)
{
	const struct end *e = &ends[_i];
	uint64_t deadline = clock_ns() + PEER_MS * NS_PER_MS;

	start_for(e);
	e->act(bench_tcp());
	while (bench_count(COUNTER_CONNECTIONS_CLOSED) == 0)
		ck_assert_uint_lt(clock_ns(), deadline);
	for (size_t i = 0; i < COUNT(ends); i++)
		ck_assert_uint_eq(bench_count(ends[i].why),
		    ends[i].why == e->why);
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_CLOSED), 1);
}
END_TEST

/* ---- turns of the loop */

/* Others wait as long as a handler holds it; what waits itself is no turn. */
START_TEST(the_loop_lags)
{
	struct bytes out = { 0 };
	uint64_t since = clock_ns(), held;
	int fd;

	bench_start();
	fd = bench_unix();
	frame_call(&out, "hold", 1);
	peer_send_bytes(fd, &out);
	bench_held();
	held = clock_ns();
	while (clock_ns() < held + 50 * NS_PER_MS)
		;
	bench_release();
	peer_expect(fd, PEER_REPLY, "hold", 1);
	bench_barrier();
	ck_assert_uint_ge(bench_count(COUNTER_LOOP_LAG_MAX), 50 * NS_PER_MS);
	ck_assert_uint_le(bench_count(COUNTER_LOOP_LAG_SUM),
	    clock_ns() - since);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("counted");
	TCase *t = unit_case(s, "counted");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_loop_test(t, an_error_has_a_kind, 0, COUNT(errors));
	tcase_add_test(t, what_is_no_error_has_none);
	t = unit_case(s, "closed");
	tcase_add_checked_fixture(t, bench_setup, bench_teardown);
	tcase_add_loop_test(t, a_connection_is_closed_for_a_reason, 0,
	    COUNT(ends));
	tcase_add_test(t, the_loop_lags);
	return unit_main(s);
}
