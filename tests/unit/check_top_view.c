/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What top makes of two looks at a segment: differences, whoever has a lane by
 * then, and whatever a broken process has written there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "shm/segment.h"
#include "top/json.h"
#include "top/reading.h"
#include "top/view.h"

static const struct segment_sizes sizes = { 3, 4, 4 };
static struct segment *seg;
static struct tf_stat *st;
static struct lane *lane[4];
static struct reading *before, *now;
static struct view *view;

static void
take(unsigned n, unsigned slot, unsigned generation, int pid)
{
	ck_assert_int_eq(segment_lane_take(seg, slot, generation), (int)n);
	segment_lane_started(seg, n, pid);
	lane[n] = segment_attach_self(seg, n);
}

static void
work(unsigned n, unsigned method, unsigned calls, uint64_t ns)
{
	while (calls-- > 0) {
		lane_call_begin(lane[n], method, 1, "10.0.0.3:5432", 1);
		lane_call_end(lane[n], method, CALL_OK, ns, 10, 20);
	}
}

static void
setup(void)
{
	const char *why;
	unsigned i;

	seg = segment_create("calc", &sizes);
	segment_set_master(seg, 100, 4, 2);
	segment_method_add(seg, "Calculator", "add");
	segment_method_add(seg, "Esc\x1b[31m", "b\xff");
	for (i = 0; i < 2; i++) {
		take(i, i, 4, 200 + (int)i);
		segment_slot_set(seg, i, SLOT_READY, (int)i, 200 + (int)i, 7);
		work(i, 1, 10, 1000000);
	}
	st = tf_stat_open_fd(segment_fd(seg), &why);
	ck_assert_ptr_nonnull(st);
}

static void
teardown(void)
{
	view_free(view);
	reading_free(before);
	reading_free(now);
	tf_stat_close(st);
	segment_free(seg);
	view = NULL;
	before = now = NULL;
}

static void
look(int which)
{
	view_free(view);
	reading_free(before);
	before = now;
	now = reading_take(st, which);
	view = view_make(before, now);
}

static const struct worker_row *
worker(int pid)
{
	unsigned i;

	for (i = 0; i < view->workers; i++)
		if (view->worker[i].pid == pid)
			return &view->worker[i];
	ck_abort_msg("no worker %d", pid);
}

START_TEST(one_look_has_totals)
{
	look(TF_STAT_ALL);
	ck_assert_uint_eq(view->interval_ns, 0);
	ck_assert(!view->methods_since);
	ck_assert_str_eq(view->name, "calc");
	ck_assert_uint_eq(view->generation, 4);
	ck_assert_uint_eq(view->tally[TOTAL].calls, 20);
	ck_assert_uint_eq(view->tally[TOTAL].p99_ns, 1000000);
	ck_assert_uint_eq(view->workers, 2);
	ck_assert_uint_eq(view->methods, 3);
	ck_assert_uint_eq(view->method[1].tally[TOTAL].bytes_in, 200);
}
END_TEST

/* Slow calls before, fast ones within: the quantiles are of the latter. */
START_TEST(two_looks_have_an_interval)
{
	look(TF_STAT_ALL);
	work(0, 1, 98, 1000);
	work(1, 1, 2, 2000);
	work(1, 2, 5, 30);
	look(TF_STAT_ALL);
	ck_assert_uint_gt(view->interval_ns, 0);
	ck_assert_uint_eq(view->tally[INTERVAL].calls, 105);
	ck_assert_uint_eq(view->tally[TOTAL].calls, 125);
	ck_assert_uint_eq(view->tally[INTERVAL].max_ns, 2047);
	ck_assert_uint_eq(view->tally[TOTAL].max_ns, 1000000);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].p50_ns, 1023);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].p99_ns, 2047);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].time_ns, 102000);
	ck_assert_uint_eq(view->method[2].tally[INTERVAL].p99_ns, 30);
	ck_assert_uint_eq(view->methods_ns[INTERVAL], 102150);
	ck_assert_uint_eq(worker(200)->tally[INTERVAL].calls, 98);
	ck_assert_uint_eq(worker(201)->tally[INTERVAL].calls, 7);
	ck_assert_uint_eq(worker(201)->tally[TOTAL].calls, 17);
}
END_TEST

/*
 * A new process gets a lane of its own, another one the lane of the first, in
 * another slot: nobody has done less than nothing, and nothing is lost.
 */
START_TEST(lanes_change_hands)
{
	work(0, 1, 1000, 1000);
	look(TF_STAT_ALL);
	work(0, 1, 5, 1000);
	take(2, 0, 5, 300);
	segment_slot_set(seg, 0, SLOT_READY, 2, 300, 7);
	work(2, 1, 3, 1000);
	segment_lane_ended(seg, 0);
	take(0, 2, 5, 301);
	segment_slot_set(seg, 2, SLOT_READY, 0, 301, 0);
	work(0, 1, 2, 1000);
	look(TF_STAT_ALL);
	ck_assert_uint_eq(view->tally[INTERVAL].calls, 10);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].calls, 10);
	ck_assert_uint_eq(worker(300)->tally[INTERVAL].calls, 3);
	ck_assert_uint_eq(worker(301)->tally[INTERVAL].calls, 7);
	ck_assert_int_eq(worker(301)->slot, 2);
	ck_assert_uint_eq(worker(201)->tally[INTERVAL].calls, 0);
}
END_TEST

START_TEST(two_processes_of_a_slot)
{
	take(2, 0, 5, 300);
	look(TF_STAT_ALL);
	ck_assert_str_eq(worker(300)->state, "starting");
	ck_assert_str_eq(worker(200)->state, "ready");
	segment_slot_set(seg, 0, SLOT_READY, 2, 300, 7);
	look(TF_STAT_ALL);
	ck_assert_str_eq(worker(300)->state, "ready");
	ck_assert_str_eq(worker(200)->state, "leaving");
	segment_slot_set(seg, 2, SLOT_BACKOFF, -1, 0, 9);
	look(TF_STAT_ALL);
	ck_assert_uint_eq(view->workers, 4);
	ck_assert_int_eq(worker(0)->slot, 2);
	ck_assert_int_eq(worker(0)->lane, -1);
	ck_assert_uint_eq(worker(0)->restarts, 9);
}
END_TEST

START_TEST(what_falls_has_not_happened)
{
	look(TF_STAT_ALL);
	memset(lane[0]->count, 0, sizeof(lane[0]->count));
	memset(&lane[0]->method[1], 0, sizeof(lane[0]->method[1]));
	lane[1]->method[1].count[METHOD_TIME_MAX] = 500;
	look(TF_STAT_ALL);
	ck_assert_uint_eq(view->tally[INTERVAL].calls, 0);
	ck_assert_uint_eq(worker(200)->tally[INTERVAL].calls, 0);
	ck_assert_uint_eq(worker(200)->tally[INTERVAL].bytes_in, 0);
	ck_assert_uint_eq(worker(201)->tally[TOTAL].p50_ns, 500);
}
END_TEST

START_TEST(a_call_that_took_its_worker_along)
{
	look(TF_STAT_ALL);
	lane_call_begin(lane[0], 1, 1, NULL, 1);
	segment_lane_ended(seg, 0);
	look(TF_STAT_ALL);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].calls, 1);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].errors, 1);
	ck_assert_uint_eq(view->tally[INTERVAL].errors, 1);
	ck_assert_uint_eq(view->in_flight, 0);
}
END_TEST

/* Of loop and threads; of one lane, or of all. */
START_TEST(calls_that_are_running)
{
	lane_set_threads(lane[1], 2);
	lane_call_begin(lane[0], 1, 70, "10.0.0.3:1", clock_ns() - NS_PER_S);
	lane_thread_begin(lane[1], 1, 2, 71, "10.0.0.3:2", clock_ns());
	look(TF_STAT_ALL);
	ck_assert_uint_eq(view->calls, 2);
	ck_assert_uint_eq(view->method[1].running, 1);
	ck_assert_uint_eq(view->method[2].running, 1);
	look(1);
	ck_assert_int_eq(view->lane, 1);
	ck_assert(!view->methods_since);
	ck_assert_uint_eq(view->calls, 1);
	ck_assert_int_eq(view->call[0].thread, 1);
	ck_assert_int_eq(view->call[0].seqid, 71);
	ck_assert_str_eq(view->call[0].peer, "10.0.0.3:2");
	ck_assert_uint_eq(view->method[1].tally[TOTAL].calls, 10);
	ck_assert_uint_eq(view->tally[TOTAL].calls, 20);
	work(1, 1, 4, 1000);
	work(0, 1, 4, 1000);
	look(1);
	ck_assert(view->methods_since);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].calls, 4);
	ck_assert_uint_eq(view->tally[INTERVAL].calls, 8);
	work(0, 1, 5, 1000);
	look(TF_STAT_ALL);		/* of all it is always known */
	ck_assert(view->methods_since);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].calls, 5);
}
END_TEST

/* Of each method, of one lane or of all, waiting for a thread as well. */
START_TEST(in_flight_and_waiting)
{
	lane_call_begin(lane[0], 1, 70, "10.0.0.3:1", 1);
	lane_call_begin(lane[0], 1, 71, "10.0.0.3:1", 1);
	lane_call_begin(lane[1], 2, 72, "10.0.0.3:1", 1);
	lane_call_waited(lane[0], 1, 5000);
	look(TF_STAT_ALL);
	ck_assert_uint_eq(view->method[1].in_flight, 2);
	ck_assert_uint_eq(view->method[2].in_flight, 1);
	ck_assert_uint_eq(view->method[1].tally[TOTAL].threaded, 1);
	ck_assert_uint_eq(view->method[1].tally[TOTAL].wait_p99_ns, 5000);
	lane_call_waited(lane[0], 1, 300);
	look(TF_STAT_ALL);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].threaded, 1);
	ck_assert_uint_eq(view->method[1].tally[INTERVAL].wait_p99_ns, 303);
	ck_assert_uint_eq(worker(200)->tally[INTERVAL].wait_p99_ns, 303);
	ck_assert_uint_eq(worker(201)->tally[TOTAL].threaded, 0);
	look(1);
	ck_assert_uint_eq(view->method[1].in_flight, 0);
	ck_assert_uint_eq(view->method[2].in_flight, 1);
}
END_TEST

static uint64_t
reason(const struct reasons *r, const char *name)
{
	for (unsigned i = 0; i < r->n; i++)
		if (strcmp(r->of[i].name, name) == 0)
			return r->of[i].n;
	ck_abort_msg("no %s", name);
}

START_TEST(what_went_wrong)
{
	struct listener_state l = { .address = "a", .kind = "tcp",
	    .has_queue = true, .has_drops = true, .queue = 3, .drops = 7 };

	lane_add(lane[0], COUNTER_CLOSED_BY_PEER, 4);
	look(TF_STAT_ALL);
	ck_assert(view->has_queue);
	ck_assert_uint_eq(reasons_sum(&view->closed[TOTAL]), 4);
	lane_add(lane[1], COUNTER_CLOSED_BY_PEER, 2);
	lane_add(lane[1], COUNTER_CLOSED_IDLE, 1);
	segment_count(seg, SERVER_DEATHS_HUNG, 2);
	segment_set_listeners(seg, &l, 1);
	look(TF_STAT_ALL);
	ck_assert_uint_eq(reason(&view->closed[TOTAL], "by_peer"), 6);
	ck_assert_uint_eq(reason(&view->closed[INTERVAL], "by_peer"), 2);
	ck_assert_uint_eq(reason(&view->closed[INTERVAL], "idle"), 1);
	ck_assert_uint_eq(reason(&view->died, "hung"), 2);
	ck_assert_uint_eq(view->queue, 3);
	ck_assert_uint_eq(view->drops[INTERVAL], 7);
	look(TF_STAT_ALL);
	ck_assert_uint_eq(reasons_sum(&view->closed[INTERVAL]), 0);
	ck_assert_uint_eq(view->drops[INTERVAL], 0);
	ck_assert_uint_eq(view->drops[TOTAL], 7);
}
END_TEST

START_TEST(as_json)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	look(TF_STAT_ALL);
	look(TF_STAT_ALL);
	view->interval_ns = 2 * NS_PER_S;
	view->tally[INTERVAL].calls = 5;
	json_view(view, f);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "{\"name\":\"calc\","));
	ck_assert_ptr_nonnull(strstr(text, "\"interval_ms\":2000,\"master\":"
	    "{\"pid\":100,\"generation\":4,\"workers\":2,"));
	ck_assert_ptr_nonnull(strstr(text, "\"calls_per_s\":2.500,"));
	ck_assert_ptr_nonnull(strstr(text, "{\"service\":\"Esc\\u001b[31m\","
	    "\"method\":\"b\\ufffd\",\"running\":0,\"in_flight\":0,"
	    "\"interval\":{"));
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("top_view");
	TCase *t = unit_case(s, "view");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_look_has_totals);
	tcase_add_test(t, two_looks_have_an_interval);
	tcase_add_test(t, lanes_change_hands);
	tcase_add_test(t, two_processes_of_a_slot);
	tcase_add_test(t, what_falls_has_not_happened);
	tcase_add_test(t, a_call_that_took_its_worker_along);
	tcase_add_test(t, calls_that_are_running);
	tcase_add_test(t, in_flight_and_waiting);
	tcase_add_test(t, what_went_wrong);
	tcase_add_test(t, as_json);
	return unit_main(s);
}
