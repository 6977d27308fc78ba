/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that are waited for together: all of them, or those that have ended by
 * a deadline; none; some that are cancelled; and gathers that are freed when
 * nobody expects it.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit_async.h"
#include "unit_service.h"

#define MANY	20

static struct tf_gather *gather;
static struct probe probes[MANY];
static int told, fd;
static int32_t ids[MANY];
static void (*then)(void);

static void
gathered(struct tf_gather *g, void *arg)
{
	ck_assert_ptr_eq(g, gather);
	ck_assert_ptr_eq(arg, &told);
	told++;
	if (then != NULL)
		then();
}

static void
begin(uint64_t timeout_ms, int n)
{
	memset(probes, 0, sizeof(probes));
	told = 0;
	then = NULL;
	gather = tf_gather_new(loop, timeout_ms, gathered, &told);
	for (int i = 0; i < n; i++) {
		fly(&probes[i]);
		tf_gather_add(gather, probes[i].flight);
	}
	if (n == 0)
		return;
	fd = accepted();
	for (int i = 0; i < n; i++)
		ids[i] = asked_at(fd, "size");
	ck_assert_int_eq(told, 0);
}

static void
finish(void)
{
	tf_gather_free(gather);
	if (fd > 0)
		close(fd);
	fd = 0;
}

/* In the order they were added: value, or -1 for those that failed. */
static void
assert_members(const int *values, int n)
{
	const struct unit_divide_result *r;
	struct tf_flight *f = NULL;
	const void *result;

	for (int i = 0; i < n; i++) {
		f = tf_gather_next(gather, f);
		ck_assert_ptr_nonnull(f);
		ck_assert_ptr_eq(tf_flight_arg(f), &probes[i]);
		if (tf_flight_finish(f, unit_method("size"), &result) == -1) {
			ck_assert_int_eq(values[i], -1);
			ck_assert_str_ne(tf_flight_error(f), "");
			continue;
		}
		r = result;
		ck_assert_int_eq(values[i], r->success);
	}
	ck_assert_ptr_null(tf_gather_next(gather, f));
}

START_TEST(all_of_them)
{
	int values[MANY];

	begin(5000, MANY);
	for (int i = MANY - 1; i >= 0; i--) {
		values[i] = i;
		ck_assert_int_eq(told, 0);
		reply(fd, ids[i], i);
		until(probes[i].told > 0);
	}
	ck_assert_int_eq(told, 1);
	assert_members(values, MANY);
	turn_ms(3);
	ck_assert_int_eq(told, 1);
	finish();
}
END_TEST

START_TEST(those_that_have_ended_by_then)
{
	uint64_t began = clock_ns();
	int values[MANY];

	begin(60, MANY);
	for (int i = 0; i < MANY; i++) {
		values[i] = i % 3 == 0 ? i : -1;
		if (i % 3 == 0)
			reply(fd, ids[i], i);
	}
	until(told > 0);
	ck_assert_uint_ge(clock_ns() - began, 60 * NS_PER_MS);
	for (int i = 0; i < MANY; i++) {
		if (i % 3 == 0)
			ended_well(&probes[i], i);
		else
			ended_badly(&probes[i], "gathered for 60 ms");
	}
	assert_members(values, MANY);
	/* What comes now is for nobody. */
	for (int i = 0; i < MANY; i++)
		if (i % 3 != 0)
			reply(fd, ids[i], i);
	turn_ms(5);
	assert_members(values, MANY);
	ck_assert_int_eq(told, 1);
	finish();
}
END_TEST

START_TEST(none)
{
	begin(0, 0);
	ck_assert_int_eq(told, 0);
	until(told > 0);
	assert_members(NULL, 0);
	finish();
}
END_TEST

START_TEST(some_are_cancelled)
{
	int values[3] = { -1, 1, -1 };

	begin(0, 3);
	tf_flight_cancel(probes[0].flight);
	reply(fd, ids[1], 1);
	until(probes[1].told > 0);
	ck_assert_int_eq(told, 0);
	tf_flight_cancel(probes[2].flight);
	ck_assert_int_eq(told, 0);		/* not in our face */
	until(told > 0);
	assert_members(values, 3);
	ck_assert_int_eq(probes[0].told + probes[2].told, 0);
	finish();
}
END_TEST

static void
free_gather(void)
{
	finish();
	gather = NULL;
}

START_TEST(freed_in_its_function)
{
	begin(_i == 0 ? 0 : 30, 5);
	then = free_gather;
	for (int i = 0; i < (_i == 0 ? 5 : 2); i++)
		reply(fd, ids[i], i);
	until(told > 0);
	turn_ms(3);
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(probes[4].told, 1);
}
END_TEST

static void
free_in_call(struct probe *p)
{
	(void)p;
	free_gather();
}

/* By an answer, or by one that comes too late for the gather. */
START_TEST(freed_in_the_function_of_a_call)
{
	begin(30, 5);
	probes[2].then = free_in_call;
	if (_i == 0)
		reply(fd, ids[2], 2);
	until(probes[2].told > 0);
	turn_ms(40);
	ck_assert_int_eq(told, 0);
	ck_assert_int_eq(probes[2].told, 1);
	ck_assert_int_eq(probes[3].told, 0);
}
END_TEST

START_TEST(freed_early)
{
	begin(30, 5);
	finish();
	turn_ms(40);
	ck_assert_int_eq(told, 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(probes[i].told, 0);
	tf_gather_free(NULL);
}
END_TEST

START_TEST(the_client_goes_first)
{
	int values[3] = { 0, -1, -1 };

	begin(0, 3);
	reply(fd, ids[0], 0);
	until(probes[0].told > 0);
	tf_async_free(client);
	client = NULL;
	ck_assert_int_eq(told, 1);
	assert_members(values, 3);
	finish();
}
END_TEST

static struct tf_async *doomed;

static void
free_doomed(void)
{
	tf_async_free(doomed);
}

static void
free_doomed_in_call(struct probe *p)
{
	(void)p;
	tf_async_free(doomed);
}

/*
 * When all calls have been answered, when the time is over, or as the client is
 * freed; another call, which is not waited for, does the same.
 */
START_TEST(the_client_is_freed_in_its_function)
{
	struct probe other = { .then = free_doomed_in_call };

	begin(_i == 1 ? 30 : 0, 3);
	fly(&other);
	then = free_doomed;
	doomed = client;
	client = NULL;
	for (int i = 0; i < 3 && _i == 0; i++)
		reply(fd, ids[i], i);
	if (_i == 2)
		tf_async_free(doomed);
	until(told > 0 && other.told > 0);
	turn_ms(3);
	ck_assert_int_eq(told, 1);
	ended_badly(&other, "has been freed");
	finish();
}
END_TEST

START_TEST(calls_without_functions)
{
	const struct unit_text args = { TF_STR("four") };

	begin(0, 0);
	for (int i = 0; i < 3; i++)
		tf_gather_add(gather, tf_async_start(client,
		    unit_method("size"), &args, NULL, &probes[i]));
	fd = accepted();
	for (int i = 0; i < 3; i++)
		reply(fd, asked_at(fd, "size"), i);
	until(told > 0);
	assert_members((const int []){ 0, 1, 2 }, 3);
	finish();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gather");
	TCase *t = unit_async_case(s, "gather");

	tcase_add_test(t, all_of_them);
	tcase_add_test(t, those_that_have_ended_by_then);
	tcase_add_test(t, none);
	tcase_add_test(t, some_are_cancelled);
	tcase_add_loop_test(t, freed_in_its_function, 0, 2);
	tcase_add_loop_test(t, freed_in_the_function_of_a_call, 0, 2);
	tcase_add_test(t, freed_early);
	tcase_add_test(t, the_client_goes_first);
	tcase_add_loop_test(t, the_client_is_freed_in_its_function, 0, 3);
	tcase_add_test(t, calls_without_functions);
	return unit_main(s);
}
