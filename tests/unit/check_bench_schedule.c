/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When bench says that requests are due, whatever the server does, and what its
 * report says of a run that is made up here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/draw.h"
#include "bench/report.h"
#include "lib/unit.h"
#include "unit/unit_service.h"

#define START	(5 * NS_PER_S)

static struct schedule s;

START_TEST(a_closed_loop_is_always_due)
{
	uint64_t turn = 0, due;

	schedule_init(&s, 0, 4, START, NS_PER_S, 3);
	ck_assert(schedule_take(&s, &turn, START, &due));
	ck_assert_uint_eq(due, START);
	ck_assert(schedule_take(&s, &turn, START + 17, &due));
	ck_assert_uint_eq(due, START + 17);
	ck_assert_uint_eq(schedule_missed(&s, START + 17), 0);
	ck_assert(!schedule_is_over(&s, START + 17));
	ck_assert(schedule_take(&s, &turn, START + 18, &due));
	ck_assert(schedule_is_over(&s, START + 18));
	ck_assert(!schedule_take(&s, &turn, START + 18, &due));
}
END_TEST

START_TEST(time_ends_it)
{
	uint64_t turn = 0, due;

	schedule_init(&s, 0, 1, START, 100, 0);
	ck_assert(schedule_take(&s, &turn, START + 99, &due));
	ck_assert(!schedule_take(&s, &turn, START + 100, &due));
	schedule_init(&s, 0, 1, START, 0, 0);
	ck_assert(schedule_take(&s, &turn, UINT64_MAX - 1, &due));
	schedule_stop(&s, START + 7);
	ck_assert(schedule_is_over(&s, START + 7));
	ck_assert(!schedule_take(&s, &turn, START + 7, &due));
}
END_TEST

/* A thousand a second over four connections: each has a user of its own. */
START_TEST(an_open_loop_keeps_its_times)
{
	uint64_t turn[4] = { 0, 1, 2, 3 }, due;

	schedule_init(&s, 1000, 4, START, NS_PER_S, 0);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(schedule_due(&s, i), START + i * NS_PER_MS);
		if (i > 0)
			ck_assert(!schedule_take(&s, &turn[i], START +
			    i * NS_PER_MS - 1, &due));
		ck_assert(schedule_take(&s, &turn[i], START + i * NS_PER_MS,
		    &due));
		ck_assert_uint_eq(due, START + i * NS_PER_MS);
	}
	ck_assert(!schedule_take(&s, &turn[0], START + 4 * NS_PER_MS - 1,
	    &due));
	/* It was held up, and what is due counts from when it was. */
	for (unsigned i = 1; i <= 5; i++) {
		ck_assert(schedule_take(&s, &turn[0], START + 20 * NS_PER_MS,
		    &due));
		ck_assert_uint_eq(due, START + 4 * i * NS_PER_MS);
	}
	ck_assert(!schedule_take(&s, &turn[0], START + 20 * NS_PER_MS, &due));
	ck_assert_uint_eq(schedule_passed(&s, START + 20 * NS_PER_MS), 21);
	ck_assert_uint_eq(schedule_missed(&s, START + 20 * NS_PER_MS), 12);
}
END_TEST

START_TEST(nothing_is_due_after_the_end)
{
	uint64_t turn = 0, due;

	schedule_init(&s, 1000, 1, START, 3 * NS_PER_MS, 0);
	ck_assert_uint_eq(schedule_due(&s, 2), START + 2 * NS_PER_MS);
	ck_assert_uint_eq(schedule_due(&s, 3), UINT64_MAX);
	ck_assert_uint_eq(schedule_passed(&s, START + NS_PER_S), 3);
	schedule_init(&s, 1000, 1, START, 0, 2);
	ck_assert_uint_eq(schedule_due(&s, 1), START + NS_PER_MS);
	ck_assert_uint_eq(schedule_due(&s, 2), UINT64_MAX);
	ck_assert_uint_eq(schedule_passed(&s, START + NS_PER_S), 2);
	ck_assert(schedule_take(&s, &turn, START + NS_PER_S, &due));
	ck_assert(schedule_take(&s, &turn, START + NS_PER_S, &due));
	ck_assert(!schedule_take(&s, &turn, START + NS_PER_S, &due));
	ck_assert_uint_eq(schedule_missed(&s, START + NS_PER_S), 0);
}
END_TEST

static const double rates[] = { 0.5, 3, 7777.7, 333333, 1e6, 3e7 };

/* How many have passed is how many were due, at odd rates too. */
START_TEST(passed_and_due_agree)
{
	uint64_t n, last = 0, passed;

	schedule_init(&s, rates[_i], 3, START, 0, 0);
	for (n = 0; n < 100000; n += 1 + n / 7) {
		ck_assert_uint_ge(schedule_due(&s, n), last);
		last = schedule_due(&s, n);
		passed = schedule_passed(&s, last);
		ck_assert_uint_gt(passed, n);
		ck_assert_uint_le(schedule_due(&s, passed - 1), last);
		ck_assert_uint_gt(schedule_due(&s, passed), last);
	}
	ck_assert_double_eq_tol((double)(last - START) / 1e9, (double)(n -
	    (n - 1) / 7) / rates[_i], 2 * (double)n / 7 / rates[_i]);
}
END_TEST

static struct plan plan;
static struct run run;
static char *text;

static void
setup(void)
{
	plan = (struct plan){ .conns = 2, .depth = 1, .framing = "framed",
	    .target = { .name = "Unit.divide", .addr = "a\"b",
	    .protocol = "compact", .method = unit_method("divide") } };
	memset(&run, 0, sizeof(run));
	run.plan = &plan;
	tally_init(&run.tally, plan.target.method, START);
	run.begun_ns = START;
	run.ended_ns = START + 2 * NS_PER_S;
	text = NULL;
}

static void
teardown(void)
{
	tally_fini(&run.tally);
	free(text);
}

static void
count(enum outcome_kind kind, int which, uint64_t ns, const char *words)
{
	const struct outcome o = { kind, which, { words, strlen(words) } };
	const struct request q = { START + 10, START + 10 + ns / 2 };

	tally_count(&run.tally, &o, &q, START + 10 + ns);
}

/* One of everything, and 96 that returned. */
static void
count_all(void)
{
	const struct request early = { START - 1, START - 1 };
	const struct outcome o = { .kind = RETURNED };

	tally_count(&run.tally, &o, &early, START + NS_PER_S);
	for (unsigned i = 1; i <= 96; i++)
		count(RETURNED, 0, i * 1000, "");
	count(THREW, 1, 97000, "");
	count(ERROR, 6, 98000, "it \x1b[31m is broken");
	count(ERROR, 6, 99000, "again");
	count(ERROR, 4711, 100000, "");
	count(WRONG, 0, 100000, "not mine");
	count(TIMED_OUT, 0, NS_PER_S, "late");
	count(LOST, 0, NS_PER_S, "gone");
	count(UNANSWERED, 0, NS_PER_S, "");
}

START_TEST(each_is_counted_once)
{
	const struct tally *t = &run.tally;
	uint64_t sum = 0;

	t = &run.tally;
	run.tally.paced = true;
	count_all();
	ck_assert_uint_eq(t->warmup, 1);
	ck_assert_uint_eq(t->requests, 104);
	for (unsigned i = 0; i < OUTCOMES; i++)
		sum += t->count[i];
	ck_assert_uint_eq(sum, t->requests);
	ck_assert_uint_eq(t->count[RETURNED], 96);
	ck_assert_uint_eq(tally_answered(t), 101);
	ck_assert_uint_eq(tally_failed(t), 7);
	ck_assert_uint_eq(t->thrown[1], 1);
	ck_assert_uint_eq(t->errors[6], 2);
	ck_assert_uint_eq(t->errors[ANSWER_ERRORS], 1);
	ck_assert_str_eq(t->first_error[6].s, "it \\x1b[31m is broken");
	/* The times of those that were answered; the warm-up's is 1 s. */
	ck_assert_uint_eq(t->max_ns, 100000);
	ck_assert_uint_eq(t->sum_ns, 5150000);
	ck_assert_uint_eq(t->behind_max_ns, 50000);
	ck_assert_uint_eq(report_quantile(&t->times, 1, t->max_ns), 100000);
	ck_assert_uint_ge(report_quantile(&t->times, 0.5, t->max_ns), 51000);
	ck_assert_uint_le(report_quantile(&t->times, 0.5, t->max_ns), 54188);
}
END_TEST

static const char *
written(bool json)
{
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (json)
		report_json(&run, f);
	else
		report_text(&run, f, 80);
	fclose(f);
	return text;
}

#define HAS(part) ck_assert_msg(strstr(text, part) != NULL, "%s", text)
#define HAS_NOT(part) ck_assert_msg(strstr(text, part) == NULL, "%s", text)

START_TEST(the_report_has_what_there_was)
{
	count_all();
	run.missed = 12;
	written(false);
	HAS("Unit.divide at a\"b: compact framed, 2 connections, 1 in flight");
	HAS("closed loop, 2.00 s after a warm-up of 1 requests\n");
	HAS("requests                          104  50/s\n");
	HAS("  returned                         96\n");
	HAS("  threw Refused                     1\n");
	HAS("  INTERNAL_ERROR                    2  first: it \\x1b[31m is ");
	HAS("  other errors                      1\n");
	HAS("  wrong replies                     1  first: not mine\n");
	HAS("  timed out                         1  first: late\n");
	HAS("  lost                              1  first: gone\n");
	HAS("never sent                         12  ");
	HAS_NOT("sent late");
	HAS_NOT("sent, oneway");
	HAS_NOT("\x1b");
}
END_TEST

START_TEST(an_empty_report)
{
	run.ended_ns = run.begun_ns;
	written(false);
	HAS("requests                            0  0/s\n");
	HAS_NOT("p50");
	free(text);
	written(true);
	HAS("\"requests\":0,");
	HAS("\"histogram\":[],");
	HAS_NOT("nan");
}
END_TEST

START_TEST(json_has_what_there_was)
{
	count_all();
	written(true);
	HAS("\"address\":\"a\\\"b\",");
	HAS("\"warmup\":1,\"requests\":104,\"answers_per_s\":50.500,"
	    "\"returned\":96,\"sent\":0,\"exceptions\":{\"Refused\":1},"
	    "\"errors\":{\"INTERNAL_ERROR\":2,\"other\":1},\"wrong\":1,"
	    "\"timed_out\":1,\"lost\":1,\"not_waited_for\":1,");
	HAS("\"max\":100000,\"mean\":50990}");
}
END_TEST

/* Spread over so many octaves, or in one bucket. */
START_TEST(the_histogram_fits)
{
	static struct tf_stat_times t;
	size_t size, rows = 0, width = 0, widest = 0;
	FILE *f = open_memstream(&text, &size);
	char *line, *rest;

	memset(&t, 0, sizeof(t));
	for (int i = 0; i <= 4 * _i; i++)
		for (int n = 0; n < 1 + 100 * (i == 2 * _i); n++)
			tf_stat_times_add(&t, UINT64_C(1) << i);
	draw_times(&t, f, 80);
	fclose(f);
	for (line = text; (rest = strchr(line, '\n')) != NULL;
	    line = rest + 1) {
		*rest = '\0';
		width = strlen(line);
		ck_assert_uint_le(width, 80);
		widest = width > widest ? width : widest;
		rows++;
	}
	ck_assert_uint_ge(rows, 1);
	ck_assert_uint_le(rows, DRAW_ROWS);
	/* All there are are in the last row; the longest bar is a full one. */
	ck_assert_uint_ge(widest, 77);
	ck_assert_ptr_nonnull(strstr(line - width - 1, " 100.000%"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("bench_schedule");
	TCase *t = unit_case(suite, "schedule");

	tcase_add_test(t, a_closed_loop_is_always_due);
	tcase_add_test(t, time_ends_it);
	tcase_add_test(t, an_open_loop_keeps_its_times);
	tcase_add_test(t, nothing_is_due_after_the_end);
	tcase_add_loop_test(t, passed_and_due_agree, 0, COUNT(rates));
	t = unit_case(suite, "report");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, each_is_counted_once);
	tcase_add_test(t, the_report_has_what_there_was);
	tcase_add_test(t, an_empty_report);
	tcase_add_test(t, json_has_what_there_was);
	tcase_add_loop_test(t, the_histogram_fits, 0, 10);
	return unit_main(suite);
}
