/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the worker counts what goes wrong: each error under its kind, once.
 * That the kinds add up is looked at in every test of a worker, see
 * unit_lane.h.
 */
#include <string.h>
#include <unistd.h>

#include "lib/unit.h"
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

int
main(void)
{
	Suite *s = suite_create("counted");
	TCase *t = unit_case(s, "counted");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_loop_test(t, an_error_has_a_kind, 0, COUNT(errors));
	tcase_add_test(t, what_is_no_error_has_none);
	return unit_main(s);
}
