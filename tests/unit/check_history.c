/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the status page remembers: the differences of looks, whatever lies
 * between them, and what each method did of late.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "admin/history.h"
#include "admin/recent.h"
#include "base/clock.h"
#include "base/hist.h"
#include "lib/unit.h"
#include "shm/segment.h"

#define BEGAN_MS	UINT64_C(1700000000000)

static struct history *h;
static struct recent *r;
static struct history_look look;
static char *text;			/* what was printed last */

static void
setup(void)
{
	h = history_new(5 * NS_PER_S, BEGAN_MS);
	r = recent_new();
	memset(&look, 0, sizeof(look));
	look.at_ns = 5 * NS_PER_S;
	look.pid = 100;
	look.master_ms = BEGAN_MS - 5000;
	look.generation = 1;
	look.calls = 1000;
	look.bytes_in = 50000;
	look.bytes_out = 90000;
	look.times.count[hist_index(5000)] = 1000;
}

static void
teardown(void)
{
	history_free(h);
	recent_free(r);
	free(text);
	text = NULL;
}

static const char *
printed(uint64_t since)
{
	size_t size;
	FILE *f;

	free(text);
	f = open_memstream(&text, &size);
	history_print(h, since, f);
	fclose(f);
	return text;
}

/* A look after so long, in which that many calls of that length have ended. */
static void
pass(uint64_t ns, unsigned calls, uint64_t call_ns)
{
	look.at_ns += ns;
	look.calls += calls;
	look.bytes_in += 50 * (uint64_t)calls;
	look.bytes_out += 90 * (uint64_t)calls;
	look.times.count[hist_index(call_ns)] += calls;
	history_add(h, &look);
}

/* How many points there are, of which the first has this number. */
static unsigned
points(uint64_t since, uint64_t first)
{
	const char *p = strstr(printed(since), "\"points\":[");
	const char *end = strstr(text, "\"events\"");
	char want[64];
	unsigned n = 0;

	ck_assert(p != NULL && end != NULL);
	snprintf(want, sizeof(want), "\"points\":[{\"n\":%" PRIu64 ",", first);
	ck_assert(first == 0 || strncmp(p, want, strlen(want)) == 0);
	while ((p = strstr(p, "{\"n\":")) != NULL && p < end) {
		n++;
		p++;
	}
	return n;
}

static void
has(uint64_t since, const char *what)
{
	ck_assert_msg(strstr(printed(since), what) != NULL, "%s not in %s",
	    what, text);
}

START_TEST(the_first_look_makes_no_point)
{
	ck_assert_uint_eq(points(0, 0), 0);
	history_add(h, &look);
	ck_assert_uint_eq(points(0, 0), 0);
	has(0, "\"began_ms\":1700000000000,\"last\":0,");
}
END_TEST

START_TEST(a_point_is_a_difference)
{
	history_add(h, &look);
	look.exceptions = 3;
	look.errors = 2;
	look.in_flight = 7;
	look.connections = 8;
	pass(NS_PER_S, 10, 20000);
	has(0, "\"points\":[{\"n\":1,\"at_ms\":1700000001000,\"ms\":1000,"
	    "\"calls\":10,\"exceptions\":3,\"errors\":2,\"bytes_in\":500,"
	    "\"bytes_out\":900,\"in_flight\":7,\"connections\":8,"
	    "\"p50_ns\":20479,\"p99_ns\":20479,\"p999_ns\":20479,"
	    "\"max_ns\":20479,\"wait_p99_ns\":0,\"wait_max_ns\":0,"
	    "\"lag_p99_ns\":0,\"lag_max_ns\":0,\"first\":9,\"times\":[10]}],"
	    "\"events\":[");
	pass(NS_PER_S, 0, 20000);
	has(1, "\"calls\":0,");
	has(1, "\"max_ns\":0,\"wait_p99_ns\":0,");
	has(1, ",\"first\":0,\"times\":[]}");
}
END_TEST

/* How long calls waited, and the loop let others wait, since the last look. */
START_TEST(waits_and_lags)
{
	look.waits.count[hist_index(NS_PER_S)] = 7;
	look.lags.count[hist_index(NS_PER_S)] = 7;
	history_add(h, &look);
	look.waits.count[hist_index(3000)] += 199;
	look.waits.count[hist_index(20000)]++;
	look.lags.count[hist_index(5000)] += 199;
	look.lags.count[hist_index(40000)]++;
	pass(NS_PER_S, 1, 1);
	has(0, "\"wait_p99_ns\":3071,\"wait_max_ns\":20479,"
	    "\"lag_p99_ns\":5119,\"lag_max_ns\":40959,");
	pass(NS_PER_S, 1, 1);
	has(1, "\"wait_p99_ns\":0,\"wait_max_ns\":0,\"lag_p99_ns\":0,"
	    "\"lag_max_ns\":0,");
}
END_TEST

/* Who looks may be stopped meanwhile; nothing is lost, it is one point. */
START_TEST(a_gap_is_one_long_point)
{
	history_add(h, &look);
	pass(NS_PER_S, 1, 1);
	pass(15 * NS_PER_S, 300, 1);
	has(1, "{\"n\":2,\"at_ms\":1700000016000,\"ms\":15000,\"calls\":300,");
	ck_assert_uint_eq(points(1, 2), 1);
}
END_TEST

START_TEST(looks_out_of_time_are_ignored)
{
	look.at_ns = 4 * NS_PER_S;
	history_add(h, &look);
	look.at_ns = 5 * NS_PER_S;
	history_add(h, &look);
	pass(NS_PER_S, 1, 1);
	pass(0, 1, 1);
	pass(NS_PER_MS - 1, 1, 1);
	look.at_ns -= NS_PER_S / 2;
	history_add(h, &look);
	ck_assert_uint_eq(points(0, 1), 1);
	look.at_ns += NS_PER_S;
	history_add(h, &look);
	has(1, "\"calls\":2,");
}
END_TEST

START_TEST(counting_that_begins_anew)
{
	uint64_t *const sums[] = { &look.calls, &look.exceptions,
	    &look.errors, &look.bytes_in, &look.bytes_out };

	look.exceptions = look.errors = 9;
	history_add(h, &look);
	pass(NS_PER_S, 4, 1);
	*sums[_i] = 1;
	pass(NS_PER_S, 0, 1);
	ck_assert_uint_eq(points(0, 1), 1);
	pass(NS_PER_S, 6, 1);
	ck_assert_uint_eq(points(0, 1), 2);
	has(1, "{\"n\":2,\"at_ms\":1700000003000,\"ms\":1000,\"calls\":6,");
}
END_TEST

/* Another segment may be ahead of the one before in all its sums. */
START_TEST(what_is_forgotten)
{
	history_add(h, &look);
	pass(NS_PER_S, 4, 1);
	history_forget(h);
	look.pid = 200;
	look.master_ms = BEGAN_MS + 1500;
	pass(NS_PER_S, 5000, 1);
	ck_assert_uint_eq(points(0, 1), 1);
	pass(NS_PER_S, 5, 1);
	has(1, "\"ms\":1000,\"calls\":5,");
	has(1, ",{\"at_ms\":1700000001500,\"what\":\"master\","
	    "\"pid\":200,\"generation\":1}]");
}
END_TEST

START_TEST(the_ring_wraps)
{
	unsigned i;

	history_add(h, &look);
	for (i = 1; i <= HISTORY_POINTS; i++)
		pass(NS_PER_S, i, 1);
	ck_assert_uint_eq(points(0, 1), HISTORY_POINTS);
	pass(NS_PER_S, i, 1);
	ck_assert_uint_eq(points(0, 2), HISTORY_POINTS);
	for (i++; i <= 1500; i++)
		pass(NS_PER_S, i, 1);
	ck_assert_uint_eq(points(0, 901), HISTORY_POINTS);
	ck_assert_uint_eq(points(3, 901), HISTORY_POINTS);
	ck_assert_uint_eq(points(900, 901), HISTORY_POINTS);
	ck_assert_uint_eq(points(901, 902), HISTORY_POINTS - 1);
	ck_assert_uint_eq(points(1498, 1499), 2);
	ck_assert_uint_eq(points(1500, 0), 0);
	ck_assert_uint_eq(points(UINT64_MAX, 0), 0);
	has(1499, "\"last\":1500,");
	has(1499, "[{\"n\":1500,\"at_ms\":1700001500000,\"ms\":1000,"
	    "\"calls\":1500,");
}
END_TEST

START_TEST(reloads_and_masters)
{
	unsigned i;

	history_add(h, &look);
	look.generation++;
	pass(NS_PER_S, 1, 1);
	look.pid = 101;
	look.master_ms = BEGAN_MS + 1700;
	pass(NS_PER_S, 1, 1);
	has(0, "\"events\":[{\"at_ms\":1699999995000,\"what\":\"master\","
	    "\"pid\":100,\"generation\":1},{\"at_ms\":1700000001000,"
	    "\"what\":\"reload\",\"pid\":100,\"generation\":2},"
	    "{\"at_ms\":1700000001700,\"what\":\"master\",\"pid\":101,"
	    "\"generation\":2}]");
	for (i = 0; i < 16; i++) {
		look.generation++;
		pass(NS_PER_S, 1, 1);
	}
	has(0, "\"events\":[{\"at_ms\":1700000003000,");
	has(0, "\"generation\":18}]");
}
END_TEST

/* Each step from its least time to its greatest; the last has what is more. */
START_TEST(times_in_steps)
{
	static const struct {
		uint64_t	 ns;
		const char	*is;
	} step[] = {
		{ 1, "\"first\":0,\"times\":[1]" },
		{ 1023, "\"first\":0,\"times\":[1]" },
		{ 1024, "\"first\":1,\"times\":[1]" },
		{ 1535, "\"first\":1,\"times\":[1]" },
		{ 1536, "\"first\":2,\"times\":[1]" },
		{ 2048, "\"first\":3,\"times\":[1]" },
		{ UINT64_C(3) << 34, "\"first\":52,\"times\":[1]" },
		{ UINT64_C(1) << 40, "\"first\":52,\"times\":[1]" },
	};

	history_add(h, &look);
	pass(NS_PER_S, 1, step[_i].ns);
	has(0, step[_i].is);
	pass(NS_PER_S, 1, step[_i].ns);
	has(1, step[_i].is);
	has(0, "\"ends_ns\":[1024,1536,2048,3072,");
	has(0, ",51539607552,68719476736],\"points\"");
}
END_TEST

static const struct segment_sizes sizes = { 2, 2, 4 };
static struct segment *seg;
static struct lane *lane;
static struct tf_stat *st;

static void
setup_segment(void)
{
	const char *why;

	setup();
	seg = segment_create("calc", &sizes);
	segment_set_master(seg, 100, 4, 1);
	segment_method_add(seg, "Calculator", "add");
	segment_lane_take(seg, 0, 4);
	segment_lane_started(seg, 0, 200);
	lane = segment_attach_self(seg, 0);
	st = tf_stat_open_fd(segment_fd(seg), &why);
	ck_assert_ptr_nonnull(st);
}

static void
teardown_segment(void)
{
	tf_stat_close(st);
	segment_free(seg);
	teardown();
}

static void
work(unsigned method, unsigned calls, enum call_outcome how, uint64_t ns)
{
	while (calls-- > 0) {
		lane_call_begin(lane, method, 1, "10.0.0.3:5432", 1);
		lane_call_end(lane, method, how, ns, 10, 20);
	}
}

/* A call that ends with its process went wrong. */
START_TEST(a_look_at_a_segment)
{
	struct tf_stat_master m;

	lane_add(lane, COUNTER_CONNECTIONS_ACCEPTED, 9);
	lane_add(lane, COUNTER_BYTES_RECEIVED, 4000);
	lane_add(lane, COUNTER_BYTES_SENT, 5000);
	work(1, 5, CALL_OK, 1000);
	work(1, 2, CALL_EXCEPTION, 1000);
	work(0, 1, CALL_ERROR, 1000);
	lane_call_waited(lane, 1, 3000);
	lane_turn(lane, 5000);
	lane_turn(lane, 5000);
	lane_call_begin(lane, 1, 1, "10.0.0.3:5432", 1);
	history_look(&look, st, 77);
	ck_assert_uint_eq(look.in_flight, 1);
	ck_assert_uint_eq(look.connections, 9);
	segment_lane_ended(seg, 0);
	history_look(&look, st, 78);
	ck_assert_uint_eq(look.at_ns, 78);
	ck_assert_int_eq(look.pid, 100);
	tf_stat_get_master(st, &m);
	ck_assert_uint_eq(look.master_ms, m.started_at_ns / NS_PER_MS);
	ck_assert_uint_eq(look.generation, 4);
	ck_assert_uint_eq(look.calls, 9);
	ck_assert_uint_eq(look.exceptions, 2);
	ck_assert_uint_eq(look.errors, 2);
	ck_assert_uint_eq(look.bytes_in, 4000);
	ck_assert_uint_eq(look.bytes_out, 5000);
	ck_assert_uint_eq(look.in_flight, 0);
	ck_assert_uint_eq(look.connections, 0);
	ck_assert_uint_eq(tf_stat_times_below(&look.times, 1024), 8);
	ck_assert_uint_eq(tf_stat_times_quantile(&look.waits, 1), 3071);
	ck_assert_uint_eq(tf_stat_times_below(&look.waits, UINT64_MAX), 1);
	ck_assert_uint_eq(tf_stat_times_quantile(&look.lags, 1), 5119);
	ck_assert_uint_eq(tf_stat_times_below(&look.lags, UINT64_MAX), 2);
}
END_TEST

static void
look_after(uint64_t seconds)
{
	size_t size;
	FILE *f;

	look.at_ns += seconds * NS_PER_S;
	recent_look(r, st, look.at_ns);
	free(text);
	f = open_memstream(&text, &size);
	recent_print(r, f);
	fclose(f);
}

static void
shows(const char *what)
{
	ck_assert_msg(strstr(text, what) != NULL, "%s not in %s", what, text);
}

/* What was before the last five to ten seconds shows in the total only. */
START_TEST(what_a_method_did_of_late)
{
	work(1, 10, CALL_OK, 1000000);
	lane_call_waited(lane, 1, NS_PER_S);
	look_after(0);
	shows("\"methods_ms\":0,\"methods\":[{\"service\":\"Calculator\","
	    "\"method\":\"add\",\"p50_ns\":0,");
	work(1, 3, CALL_OK, 2000);
	work(1, 1, CALL_EXCEPTION, 2000);
	lane_call_waited(lane, 1, 3000);
	look_after(4);
	shows("\"methods_ms\":4000,\"methods\":[{\"service\":\"Calculator\","
	    "\"method\":\"add\",\"p50_ns\":2047,\"p99_ns\":2047,"
	    "\"p999_ns\":2047,\"max_ns\":2047,\"wait_p99_ns\":3071,"
	    "\"calls\":4,\"exceptions\":1,"
	    "\"errors\":0,\"bytes_in\":40,\"bytes_out\":80,\"total\":{"
	    "\"calls\":14,\"exceptions\":1,\"errors\":0,\"bytes_in\":140,"
	    "\"bytes_out\":280}}]");
	look_after(1);
	shows("\"methods_ms\":5000,");
	shows(",\"calls\":4,");
	look_after(4);
	shows("\"methods_ms\":9000,");
	shows(",\"calls\":4,");
	look_after(1);
	shows("\"methods_ms\":5000,");
	shows("\"max_ns\":0,\"wait_p99_ns\":0,\"calls\":0,");
	shows("{\"calls\":14,");
}
END_TEST

/* What is added by a reload; and no word of what nobody has called. */
START_TEST(a_method_that_comes_later)
{
	look_after(0);
	ck_assert_str_eq(text, "\"methods_ms\":0,\"methods\":[]");
	segment_method_add(seg, "Late\x1b[31m", "<b>\"\xff");
	work(2, 7, CALL_OK, 2000);
	look_after(1);
	shows("\"methods\":[{\"service\":\"Late\\u001b[31m\","
	    "\"method\":\"<b>\\\"\\ufffd\",\"p50_ns\":2047,");
	shows(",\"calls\":7,");
}
END_TEST

START_TEST(sums_that_fall)
{
	work(1, 7, CALL_OK, 2000);
	look_after(0);
	work(1, 3, CALL_OK, 2000);
	look_after(1);
	shows("\"max_ns\":2047,\"wait_p99_ns\":0,\"calls\":3,");
	lane_method(lane, 1)->count[METHOD_CALLS] = 1;
	look_after(1);
	shows("\"methods_ms\":0,");
	shows("\"max_ns\":0,\"wait_p99_ns\":0,\"calls\":0,");
	work(1, 2, CALL_OK, 2000);
	look_after(1);
	shows("\"methods_ms\":1000,");
	shows("\"max_ns\":2047,\"wait_p99_ns\":0,\"calls\":2,");
	recent_forget(r);
	look_after(1);
	shows("\"methods_ms\":0,");
	shows(",\"calls\":0,");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("history");
	TCase *t = unit_case(s, "points");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_first_look_makes_no_point);
	tcase_add_test(t, a_point_is_a_difference);
	tcase_add_test(t, waits_and_lags);
	tcase_add_test(t, a_gap_is_one_long_point);
	tcase_add_test(t, looks_out_of_time_are_ignored);
	tcase_add_loop_test(t, counting_that_begins_anew, 0, 5);
	tcase_add_test(t, what_is_forgotten);
	tcase_add_test(t, the_ring_wraps);
	tcase_add_test(t, reloads_and_masters);
	tcase_add_loop_test(t, times_in_steps, 0, 8);
	t = unit_case(s, "segment");
	tcase_add_checked_fixture(t, setup_segment, teardown_segment);
	tcase_add_test(t, a_look_at_a_segment);
	tcase_add_test(t, what_a_method_did_of_late);
	tcase_add_test(t, a_method_that_comes_later);
	tcase_add_test(t, sums_that_fall);
	return unit_main(s);
}
