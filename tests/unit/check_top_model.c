/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user of top chooses, and the lines that come of it: rows sorted,
 * filtered and marked, by keys, at several widths; no terminal takes part.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cell.h"
#include "lib/unit.h"
#include "top/keys.h"
#include "top/layout.h"

#define S	UINT64_C(1000000000)
#define P50	(METHOD_COUNTED + COUNTED_P50)
#define P99	(METHOD_COUNTED + COUNTED_P99)
#define WAIT	(METHOD_COUNTED + COUNTED_WAIT)

/* A text to an array. */
#define SET(to, text)	snprintf(to, sizeof(to), "%s", text)

static struct worker_row workers[3];
static struct method_row methods[4];
static struct call_row calls[1];
static struct view view;
static struct model model;

static void
set_method(unsigned i, const char *name, uint64_t ncalls, uint64_t ns)
{
	struct tally *t = &methods[i].tally[INTERVAL];

	methods[i].number = i;
	snprintf(methods[i].service, sizeof(methods[i].service), "%s",
	    i == 0 ? "" : "Calculator");
	snprintf(methods[i].method, sizeof(methods[i].method), "%s", name);
	t->calls = ncalls;
	t->time_ns = ncalls * ns;
	t->p50_ns = t->p99_ns = t->p999_ns = t->max_ns = ns;
	methods[i].tally[TOTAL] = *t;
	view.methods_ns[INTERVAL] += t->time_ns;
}

/* Two processes in slot 0 and one in slot 1; one method was never called. */
static void
setup(void)
{
	unsigned i;

	memset(workers, 0, sizeof(workers));
	memset(methods, 0, sizeof(methods));
	view = (struct view){ .name = "calc", .listen = "[::1]:9090",
	    .library = "9.8.7", .pid = 100, .generation = 4, .wanted = 2,
	    .interval_ns = 2 * S, .lane = -1, .methods_since = true,
	    .worker = workers, .method = methods, .call = calls,
	    .workers = 3, .methods = 4 };
	for (i = 0; i < 3; i++) {
		workers[i] = (struct worker_row){ .slot = (int)i % 2,
		    .lane = (int)i, .pid = 200 + (int)i, .state = "ready" };
		workers[i].tally[INTERVAL].calls = 10 * (i + 1);
	}
	SET(workers[2].state, "leaving");
	set_method(0, "other", 0, 0);
	set_method(1, "add", 200, 1000);
	set_method(2, "history", 30, 50000);
	set_method(3, "zip", 400, 20);
	view.tally[INTERVAL].calls = 630;
	model_init(&model, S);
	model_arrange(&model, &view);
}

static void
teardown(void)
{
	model_fini(&model);
}

static void
press(const char *keys)
{
	for (; *keys != '\0'; keys++)
		ck_assert(!keys_press(&model, &view, 80, *keys == '\n' ?
		    KEY_IS_ENTER : *keys == '\t' ? KEY_IS_TAB :
		    *keys == '\x1b' ? KEY_IS_ESCAPE : *keys));
}

static void
key(int k)
{
	ck_assert(!keys_press(&model, &view, 80, k));
}

/* The rows in their order, a digit each, the marked one in brackets. */
static const char *
order(enum table table)
{
	const struct model_table *t = &model.table[table];
	static char text[64];
	unsigned i, n = 0;

	text[0] = '\0';
	for (i = 0; i < t->n; i++)
		n += (unsigned)snprintf(text + n, sizeof(text) - n,
		    i == t->marked ? "[%u]" : "%u", t->order[i]);
	return text;
}

START_TEST(rows_as_they_begin)
{
	ck_assert_str_eq(order(WORKERS), "[0]21");
	ck_assert_str_eq(order(METHODS), "[3]12");
}
END_TEST

START_TEST(rows_by_another_column)
{
	key(KEY_IS_TAB);
	key(KEY_IS_RIGHT);	/* ERR: all the same, so as they are */
	ck_assert_str_eq(order(METHODS), "12[3]");
	key(KEY_IS_RIGHT);	/* P50 */
	ck_assert_uint_eq(model.table[METHODS].sort, P50);
	ck_assert_str_eq(order(METHODS), "21[3]");
	press("r");
	ck_assert_str_eq(order(METHODS), "[3]12");
	press("<<<<<");		/* METHOD */
	ck_assert_uint_eq(model.table[METHODS].sort, METHOD_NAME);
	ck_assert_str_eq(order(METHODS), "12[3]");
	press("r");
	ck_assert_str_eq(order(METHODS), "[3]21");
	press("<");		/* round: the last that is shown in 80 */
	ck_assert_uint_eq(model.table[METHODS].sort, WAIT);
	ck_assert_str_eq(order(WORKERS), "[0]21");
}
END_TEST

START_TEST(what_is_not_known_comes_last)
{
	view.methods_since = false;
	model_arrange(&model, &view);
	ck_assert_str_eq(order(METHODS), "12[3]");
	press("\tr");
	ck_assert_str_eq(order(METHODS), "12[3]");
	methods[2].tally[INTERVAL].calls = 0;
	view.methods_since = true;
	model.table[METHODS].sort = P99;
	model_arrange(&model, &view);
	ck_assert_str_eq(order(METHODS), "[3]12");
	press("r");
	ck_assert_str_eq(order(METHODS), "1[3]2");
}
END_TEST

START_TEST(the_mark_stays_on_its_row)
{
	press("\tj");
	ck_assert_str_eq(order(METHODS), "3[1]2");
	methods[1].tally[INTERVAL].calls = 9999;
	model_arrange(&model, &view);
	ck_assert_str_eq(order(METHODS), "[1]32");
	press("G");
	ck_assert_str_eq(order(METHODS), "13[2]");
	view.methods = 2;	/* it is gone */
	model_arrange(&model, &view);
	ck_assert_str_eq(order(METHODS), "[1]");
	view.methods = 0;
	model_arrange(&model, &view);
	ck_assert_int_eq(model_marked(&model, METHODS), -1);
	press("jGg\n");
	ck_assert_int_eq(model.lane, -1);
}
END_TEST

START_TEST(arrows_cross_from_table_to_table)
{
	press("kjjj");
	ck_assert_int_eq(model.focus, METHODS);
	ck_assert_str_eq(order(METHODS), "[3]12");
	press("jjj");
	ck_assert_str_eq(order(METHODS), "31[2]");
	press("kkk");
	ck_assert_int_eq(model.focus, WORKERS);
	ck_assert_str_eq(order(WORKERS), "02[1]");
	key(KEY_IS_PAGE_UP);
	ck_assert_str_eq(order(WORKERS), "[0]21");
}
END_TEST

START_TEST(filters)
{
	press("/LEAV\n");
	ck_assert_str_eq(order(WORKERS), "[2]");
	ck_assert_str_eq(order(METHODS), "[3]12");
	press("\x1b/201\n");
	ck_assert_str_eq(order(WORKERS), "[1]");
	press("\x1b/1\n");		/* its place, and in its pid */
	ck_assert_str_eq(order(WORKERS), "[1]");
	press("\t/.h\x1b");		/* not wanted after all */
	ck_assert_str_eq(order(METHODS), "[3]12");
	press("/.hx");
	key(KEY_IS_BACKSPACE);
	press("\n");
	ck_assert_str_eq(order(METHODS), "[2]");
	press("/");
	ck_assert_str_eq(model.typed, ".h");
	key(KEY_IS_BACKSPACE);
	key(KEY_IS_BACKSPACE);
	key(KEY_IS_BACKSPACE);
	press("\n");
	ck_assert_uint_eq(model.table[METHODS].n, 3);
	press("/");
	for (int i = 0; i < 200; i++)
		press("q");		/* only a letter here */
	press("\n");
	ck_assert_uint_eq(model.table[METHODS].n, 0);
	ck_assert_uint_eq(strlen(model.table[METHODS].filter), MODEL_TEXT - 1);
}
END_TEST

START_TEST(one_worker_alone)
{
	press("j\n");
	ck_assert_int_eq(model.pid, 202);
	ck_assert_int_eq(model.focus, METHODS);
	press("\tkkkk");		/* there is no other table */
	ck_assert_int_eq(model.focus, METHODS);
	ck_assert(model_follow(&model, &view));
	ck_assert_str_eq(model.said, "");
	view.workers = 2;		/* slot 0 has 200 alone */
	ck_assert(model_follow(&model, &view));
	ck_assert_int_eq(model.pid, 200);
	ck_assert_str_eq(model.said, "process 202 has ended, 200 has its slot");
	workers[0].lane = -1;
	workers[0].pid = 0;
	ck_assert(!model_follow(&model, &view));
	ck_assert_int_eq(model.lane, -1);
	ck_assert_int_eq(model.focus, WORKERS);
	ck_assert_str_eq(model.said, "process 200 has ended, and slot 0 is "
	    "empty");
	press("g\n");
	ck_assert_int_eq(model.lane, -1);
	ck_assert_str_eq(model.said, "slot 0 has no process now");
	press("G\n\x1b");
	ck_assert_int_eq(model.lane, -1);
}
END_TEST

START_TEST(intervals)
{
	static const char *const wrong[] = { "", "5", "s", "5x", "99ms", "61m",
	    "1e99s", "-1s", "nans", "0x10s5", " 1s", "1s " };
	uint64_t ns = 0;
	unsigned i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(interval_parse(wrong[i], &ns) == -1, "%s",
		    wrong[i]);
	ck_assert_int_eq(interval_parse("2.5s", &ns), 0);
	ck_assert_uint_eq(ns, 5 * S / 2);
	ck_assert_int_eq(interval_parse("100ms", &ns), 0);
	ck_assert_int_eq(interval_parse("60m", &ns), 0);
	press("d");
	ck_assert_str_eq(model.typed, "1s");
	press("0\n");
	ck_assert_uint_eq(model.interval_ns, S);
	ck_assert_str_eq(model.said, "'1s0' is no interval, such as 500ms, "
	    "5s or 1m");
	press("d");
	key(KEY_IS_BACKSPACE);
	press("0s\n");
	ck_assert_uint_eq(model.interval_ns, 10 * S);
	ck_assert_str_eq(model.said, "");
}
END_TEST

START_TEST(other_keys)
{
	press("p");
	ck_assert(model.paused);
	press(" t");
	ck_assert(!model.paused);
	ck_assert_int_eq(model.period, TOTAL);
	press("h");
	ck_assert_int_eq(model.mode, HELP);
	model.more_help = 5;		/* as drawing says */
	press("x");
	ck_assert_uint_eq(model.help, 5);
	model.more_help = 0;
	press("x");
	ck_assert_int_eq(model.mode, BROWSING);
	press("?q");
	ck_assert_int_eq(model.mode, BROWSING);
	ck_assert(keys_press(&model, &view, 80, 'q'));
}
END_TEST

static const char *
row(enum table table, unsigned place, unsigned width)
{
	static char line[LAYOUT_WIDTH];

	layout_row(&model, &view, table, place, width, line);
	return line;
}

START_TEST(lines_at_80_columns)
{
	char line[LAYOUT_WIDTH];

	layout_titles(&model, WORKERS, 80, line);
	ck_assert_str_eq(line, "*SLOT     PID STATE    UPTIME CONNS INFLT "
	    "CALLS/s ERR/s    P50    P99  P99.9");
	ck_assert_str_eq(row(WORKERS, 0, 80), ">   0     200 ready        0s  "
	    "   0     0       5     0    0ns    0ns    0ns");
	press("\tr");
	layout_titles(&model, METHODS, 80, line);
	ck_assert_str_eq(line, " METHOD                      NOW INFLT^CALLS/s"
	    " ERR/s    P50    P99  P99.9 WAIT99");
	ck_assert_str_eq(row(METHODS, 0, 80), " Calculator.history            "
	    "0     0      15     0 50.0us 50.0us 50.0us      -");
	press("t");
	layout_titles(&model, METHODS, 80, line);
	ck_assert_ptr_nonnull(strstr(line, "NOW INFLT  ^CALLS   ERR"));
	ck_assert_ptr_nonnull(strstr(row(METHODS, 0, 80), "    30     0"));
}
END_TEST

START_TEST(lines_at_any_width)
{
	char line[LAYOUT_WIDTH];
	unsigned shown[MAX_COLUMNS], n, all, w, t, before[TABLES] = { 0 };

	memset(view.listen, 'x', sizeof(view.listen) - 1);
	for (w = 1; w < LAYOUT_WIDTH; w++)
		for (t = 0; t < TABLES; t++) {
			layout_titles(&model, (enum table)t, w, line);
			ck_assert_uint_le(strlen(line), w);
			ck_assert_uint_le(strlen(row((enum table)t, 1, w)), w);
			layout_head(&view, INTERVAL, 2, w, line);
			ck_assert_uint_le(strlen(line), w);
			n = model_columns((enum table)t, w, shown);
			ck_assert_uint_ge(n, before[t]);
			before[t] = n;
		}
	columns_of(WORKERS, &all);
	ck_assert_uint_eq(before[WORKERS], all);
	ck_assert_uint_eq(model_columns(WORKERS, 200, shown), all);
	ck_assert_uint_eq(model_columns(METHODS, 200, shown), METHOD_COLUMNS);
}
END_TEST

START_TEST(what_went_wrong)
{
	struct reasons r = { .of = { { "by_peer", 30 }, { "idle", 0 },
	    { "\x1b[m", 5 } }, .n = 3 };
	char line[LAYOUT_WIDTH];
	unsigned whole;

	view.interval_ns = 10 * S;
	layout_head(&view, INTERVAL, 3, 80, line);
	ck_assert_str_eq(line, "died none  closed/s none");
	view.has_queue = true;
	view.queue = 3;
	view.drops[INTERVAL] = 20;
	view.closed[INTERVAL] = view.closed[TOTAL] = view.died = r;
	layout_head(&view, INTERVAL, 3, 120, line);
	ck_assert_str_eq(line, "to be accepted 3  turned away/s 2  died by "
	    "peer 30, \\x1b[m 5  closed/s by peer 3, \\x1b[m 0.50");
	whole = (unsigned)strlen(line);
	layout_head(&view, INTERVAL, 3, whole, line);
	ck_assert_uint_eq(strlen(line), whole);
	layout_head(&view, INTERVAL, 3, whole - 1, line);
	ck_assert_str_eq(line, "to be accepted 3  turned away/s 2  died by "
	    "peer 30, \\x1b[m 5  closed/s by peer 3, ...");
	layout_head(&view, TOTAL, 3, 120, line);
	ck_assert_ptr_nonnull(strstr(line, "  closed by peer 30, "));
	layout_head(&view, INTERVAL, 3, 40, line);
	ck_assert_uint_eq(strlen(line), 40);
	view.interval_ns = 0;
	layout_head(&view, INTERVAL, 3, 80, line);
	ck_assert_ptr_nonnull(strstr(line, "turned away/s -  "));
	ck_assert_ptr_nonnull(strstr(line, "  closed/s -"));
}
END_TEST

/* Names are anybody's bytes, and so are states and peers. */
START_TEST(nothing_that_a_terminal_obeys)
{
	char line[LAYOUT_WIDTH];
	const char *s;

	SET(methods[3].method, "\x1b]0;x\x07");
	SET(workers[0].state, "\x9b" "2J");
	SET(view.name, "\r\n");
	SET(view.listen, "\x1b[H");
	SET(view.library, "\x7f");
	calls[0] = (struct call_row){ .method = 3, .thread = -1,
	    .peer = "\x1b[m", .seqid = -7, .running_ns = 3 * S, .stale = true };
	view.calls = 1;
	workers[0].threads = 3;
	layout_calls(&view, &workers[0], 200, line);
	ck_assert_str_eq(line, "in calls now, 0 of 3 threads busy, 0 calls "
	    "waiting");
	layout_call(&view, 0, 200, line);
	ck_assert_str_eq(line, " loop         3.00s  Calculator.\\x1b]0;x\\x07 "
	    "(seqid -7, from \\x1b[m, perhaps)");
	ck_assert_ptr_nonnull(strstr(row(METHODS, 0, 80),
	    "Calculator.\\x1b]0;x\\x07"));
	layout_head(&view, INTERVAL, 0, 80, line);
	ck_assert_int_eq(strncmp(line, "\\x0d\\x0a: thriftfork \\x7f,", 24),
	    0);
	layout_worker(&workers[0], 200, line);
	for (s = line; *s != '\0'; s++)
		ck_assert_msg(*s >= ' ' && *s <= '~', "%s", line);
	for (s = row(WORKERS, 0, 200); *s != '\0'; s++)
		ck_assert(*s >= ' ' && *s <= '~');
}
END_TEST

START_TEST(a_long_name_loses_its_beginning)
{
	memset(methods[3].service, 'x', sizeof(methods[3].service) - 1);
	SET(methods[3].method, "end");
	ck_assert_int_eq(strncmp(row(METHODS, 0, 80),
	    " ~xxxxxxxxxxxxxxxxxxxxx.end  ", 29), 0);
}
END_TEST

START_TEST(marks_in_sight)
{
	struct model_table *t = &model.table[METHODS];

	t->n = 100;
	t->marked = 50;
	model_scroll(&model, METHODS, 10);
	ck_assert_uint_eq(t->first, 41);
	t->marked = 45;
	model_scroll(&model, METHODS, 10);
	ck_assert_uint_eq(t->first, 41);
	t->marked = 3;
	model_scroll(&model, METHODS, 10);
	ck_assert_uint_eq(t->first, 3);
	t->marked = t->first = 95;
	model_scroll(&model, METHODS, 10);
	ck_assert_uint_eq(t->first, 90);
	model_scroll(&model, METHODS, 200);
	ck_assert_uint_eq(t->first, 0);
	model_scroll(&model, METHODS, 0);
	t->n = 3;
	t->marked = 0;
}
END_TEST

START_TEST(numbers_in_few_characters)
{
	static const struct {
		double		 n;
		unsigned	 width;
		const char	*text;
	} numbers[] = {
		{ 0, 5, "0" }, { -3, 5, "0" }, { 0.25, 5, "0.25" },
		{ 9.5, 5, "9.50" }, { 45.62, 5, "45.6" }, { 99.96, 5, "100" },
		{ 7, 5, "7" }, { 12345, 5, "12345" }, { 123456, 5, "123k" },
		{ 999700, 5, "1.00M" }, { 1234567, 7, "1234567" },
		{ 12345678, 7, "12.3M" }, { 1.8e19, 7, "18.0E" },
	};
	static const struct {
		double		 ns;
		const char	*text;
	} times[] = {
		{ 0, "0ns" }, { 870, "870ns" }, { 999.6, "1.00us" },
		{ 14321, "14.3us" }, { 99960, "100us" }, { 2.05e9, "2.05s" },
		{ 999.6e9, "16m39s" }, { 4e12, "1h06m" },
		{ 2e14, "2d07h" },
	};
	unsigned i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		ck_assert_str_eq(cell_number(numbers[i].n, numbers[i].width).s,
		    numbers[i].text);
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		ck_assert_str_eq(cell_time(times[i].ns).s, times[i].text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("top_model");
	TCase *t = unit_case(s, "model");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, rows_as_they_begin);
	tcase_add_test(t, rows_by_another_column);
	tcase_add_test(t, what_is_not_known_comes_last);
	tcase_add_test(t, the_mark_stays_on_its_row);
	tcase_add_test(t, arrows_cross_from_table_to_table);
	tcase_add_test(t, filters);
	tcase_add_test(t, one_worker_alone);
	tcase_add_test(t, intervals);
	tcase_add_test(t, other_keys);
	tcase_add_test(t, lines_at_80_columns);
	tcase_add_test(t, lines_at_any_width);
	tcase_add_test(t, what_went_wrong);
	tcase_add_test(t, nothing_that_a_terminal_obeys);
	tcase_add_test(t, a_long_name_loses_its_beginning);
	tcase_add_test(t, marks_in_sight);
	tcase_add_test(t, numbers_in_few_characters);
	return unit_main(s);
}
