/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Prometheus reads, as text: names that follow from those of the counters,
 * buckets that add up, texts that are escaped, and no line that could not be
 * read, whatever stands in the segment.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/endpoint.h"
#include "admin/expose.h"
#include "admin/metrics.h"
#include "base/clock.h"
#include "lib/unit.h"
#include "shm/own.h"
#include "shm/segment.h"

static const struct segment_sizes sizes = { 3, 4, 5 };
static struct segment *seg;
static struct lane *lanes[2];
static char *text;

/* Two workers, of which one has called, one own counter and one own gauge. */
static void
setup(void)
{
	char why[200];
	unsigned i;

	seg = segment_create("calc", &sizes);
	ck_assert_ptr_nonnull(seg);
	segment_set_library(seg, "9.8.7");
	segment_set_master(seg, 100, 4, 2);
	segment_method_add(seg, "Calculator", "add");
	segment_method_add(seg, "we\"ird\\\n", "\xff");
	ck_assert_int_ne(own_add(seg, SEGMENT_OWN_COUNTER, "hits", "",
	    "answers\\from the cache", why, sizeof(why)), -1);
	ck_assert_int_ne(own_add(seg, SEGMENT_OWN_GAUGE, "hits_total", "", "",
	    why, sizeof(why)), -1);
	ck_assert_int_ne(own_add(seg, SEGMENT_OWN_COUNTER, "misses_total", "",
	    "", why, sizeof(why)), -1);
	ck_assert_int_ne(own_add(seg, SEGMENT_OWN_HISTOGRAM, "lookup", "ns",
	    "lookups", why, sizeof(why)), -1);
	ck_assert_int_ne(own_add(seg, SEGMENT_OWN_HISTOGRAM, "lookup_seconds",
	    "rows", "", why, sizeof(why)), -1);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(segment_lane_take(seg, i, 4), (int)i);
		segment_lane_started(seg, i, 200 + (int)i);
		lanes[i] = segment_attach_self(seg, i);
	}
	segment_slot_set(seg, 0, SLOT_READY, 0, 200, 7);
	segment_slot_set(seg, 1, SLOT_DRAINING, 1, 201, 0);
	text = NULL;
}

static void
teardown(void)
{
	segment_free(seg);
	free(text);
}

static struct tf_stat *
open_ok(void)
{
	const char *why = "";
	struct tf_stat *st = tf_stat_open_fd(segment_fd(seg), &why);

	ck_assert_msg(st != NULL, "%s", why);
	return st;
}

static void
print(void)
{
	struct tf_stat *st = open_ok();
	size_t len;
	FILE *f;

	free(text);
	f = open_memstream(&text, &len);
	metrics_print(st, f);
	fclose(f);
	tf_stat_close(st);
}

/* The line stands there, once. */
static void
has(const char *line)
{
	char whole[400];
	const char *at;

	snprintf(whole, sizeof(whole), "\n%s\n", line);
	at = strstr(text, whole);
	ck_assert_msg(at != NULL, "no line: %s\n%s", line, text);
	ck_assert_msg(strstr(at + 1, whole) == NULL, "twice: %s", line);
}

START_TEST(the_server)
{
	print();
	ck_assert(strncmp(text, "# HELP thriftfork_info ", 23) == 0);
	has("# TYPE thriftfork_info gauge");
	has("thriftfork_info{name=\"calc\",version=\"9.8.7\"} 1");
	has("thriftfork_generation 4");
	has("thriftfork_workers_wanted 2");
	has("thriftfork_stopping 0");
	has("thriftfork_worker_info{worker=\"1\",state=\"draining\","
	    "pid=\"201\",lane=\"1\",generation=\"4\"} 1");
	has("thriftfork_worker_ready{worker=\"0\"} 1");
	has("thriftfork_worker_ready{worker=\"1\"} 0");
	has("thriftfork_worker_restarts{worker=\"0\"} 7");
	has("thriftfork_lane_info{lane=\"1\",worker=\"1\",pid=\"201\","
	    "generation=\"4\"} 1");
	ck_assert_ptr_null(strstr(text, "worker=\"2\""));
	ck_assert_ptr_null(strstr(text, "lane=\"2\""));
}
END_TEST

START_TEST(counters_of_workers)
{
	lane_add(lanes[0], COUNTER_CONNECTIONS_ACCEPTED, 9);
	lane_add(lanes[1], COUNTER_BYTES_SENT, UINT64_MAX);
	lane_max(lanes[1], COUNTER_CALL_MEMORY, 77);
	lane_call_begin(lanes[0], 1, 1, "", 1);
	print();
	has("# HELP thriftfork_connections_accepted_total connections taken "
	    "from a listener");
	has("# TYPE thriftfork_connections_accepted_total counter");
	has("thriftfork_connections_accepted_total{lane=\"0\"} 9");
	has("thriftfork_connections_accepted_total{lane=\"1\"} 0");
	has("thriftfork_sent_bytes_total{lane=\"1\"} 18446744073709551615");
	has("# TYPE thriftfork_call_memory_bytes gauge");
	has("thriftfork_call_memory_bytes{lane=\"1\"} 77");
	has("# TYPE thriftfork_calls_queued gauge");
	has("thriftfork_calls_in_flight{lane=\"0\"} 1");
	has("thriftfork_method_calls_in_flight{service=\"Calculator\","
	    "method=\"add\"} 1");
	has("thriftfork_connections_open{lane=\"0\"} 9");
	has("# TYPE thriftfork_calls_aborted_total counter");
}
END_TEST

START_TEST(counters_of_the_server)
{
	print();
	has("# TYPE thriftfork_reloads_total counter");
	has("thriftfork_reloads_total 0");
	has("thriftfork_deaths_crashed_total 0");
}
END_TEST

START_TEST(a_lane_that_nobody_has_any_more)
{
	lane_add(lanes[1], COUNTER_READS, 5);
	segment_lane_ended(seg, 1);
	segment_slot_set(seg, 1, SLOT_PARKED, -1, 0, 1);
	print();
	has("thriftfork_reads_total{lane=\"1\"} 5");
	ck_assert_ptr_null(strstr(text, "lane_info{lane=\"1\""));
	ck_assert_ptr_null(strstr(text, "worker=\"1\""));
}
END_TEST

#define ADD	"{service=\"Calculator\",method=\"add\""

START_TEST(counters_of_methods)
{
	lane_call_begin(lanes[0], 1, 1, "", 1);
	lane_call_end(lanes[0], 1, CALL_OK, 1000, 10, 20);
	lane_call_begin(lanes[1], 1, 1, "", 1);
	lane_call_end(lanes[1], 1, CALL_OK, 1500000000, 1, 2);
	print();
	has("# TYPE thriftfork_method_calls_total counter");
	has("thriftfork_method_calls_total" ADD "} 2");
	has("thriftfork_method_in_bytes_total" ADD "} 11");
	has("# TYPE thriftfork_method_time_max_seconds gauge");
	has("thriftfork_method_time_max_seconds" ADD "} 1.5");
	has("thriftfork_method_calls_total{service=\"we\\\"ird\\\\\\\\x0a\","
	    "method=\"\\\\xff\"} 0");
	has("thriftfork_method_calls_total{service=\"\",method=\"other\"} 0");
	ck_assert_ptr_null(strstr(text, "time_sum"));
}
END_TEST

/* 999 ns, 1000 ns, 1024 ns, 34 s, 35 s and a time that is off the scale. */
/* As long as they may be, of bytes that take most when they are written. */
START_TEST(long_names)
{
	char service[128], method[128];
	const char *at;

	memset(service, '\xff', sizeof(service));
	memset(method, '\xfe', sizeof(method));
	service[127] = method[127] = '\0';
	segment_method_add(seg, service, method);
	print();
	at = strstr(text, "thriftfork_method_calls_total{service=\"\\\\xff");
	ck_assert_ptr_nonnull(at);
	at = strstr(at, "\\\\xff\",method=\"\\\\xfe");
	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_nonnull(strstr(at, "\\\\xfe\"} 0\n"));
}
END_TEST

START_TEST(a_histogram)
{
	static const uint64_t ns[] = { 999, 1000, 1024, 34000000000,
	    35000000000, UINT64_C(1) << 40 };
	const char *name = "thriftfork_method_time_seconds";
	char line[200];
	size_t i;

	for (i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		lane_call_begin(lanes[i % 2], 1, 1, "", 1);
		lane_call_end(lanes[i % 2], 1, CALL_OK, ns[i], 0, 0);
	}
	print();
	has("# TYPE thriftfork_method_time_seconds histogram");
#define BUCKET(le, n) do {						\
	snprintf(line, sizeof(line), "%s_bucket" ADD ",le=\"%s\"} %d",	\
	    name, le, n);						\
	has(line);							\
} while (0)
	BUCKET("0.000001024", 2);
	BUCKET("0.000002048", 3);
	BUCKET("0.001048576", 3);
	BUCKET("17.179869184", 3);
	BUCKET("34.359738368", 4);
	BUCKET("+Inf", 6);
	has("thriftfork_method_time_seconds_count" ADD "} 6");
	has("thriftfork_method_time_seconds_sum" ADD "} 1168.511630799");
}
END_TEST

START_TEST(other_histograms)
{
	static struct tf_stat_times counts;
	size_t len;
	FILE *f;

	print();
	has("# TYPE thriftfork_method_wait_seconds histogram");
	has("thriftfork_method_wait_seconds_count" ADD "} 0");
	ck_assert_ptr_null(strstr(text, "wait_sum"));
	free(text);
	tf_stat_times_add(&counts, 0);
	tf_stat_times_add(&counts, 1);
	tf_stat_times_add(&counts, 1500);
	f = open_memstream(&text, &len);
	fputc('\n', f);
	expose_histogram(f, "sizes", "", false, &counts, 1501);
	fclose(f);
	has("sizes_bucket{le=\"0\"} 1");
	has("sizes_bucket{le=\"1\"} 2");
	has("sizes_bucket{le=\"1023\"} 2");
	has("sizes_bucket{le=\"2047\"} 3");
	has("sizes_bucket{le=\"+Inf\"} 3");
	has("sizes_sum 1501");
	has("sizes_count 3");
}
END_TEST

START_TEST(what_the_program_has_declared)
{
	print();
	has("# HELP thriftfork_own_hits_total answers\\\\from the cache");
	has("# TYPE thriftfork_own_hits_total counter");
	has("thriftfork_own_hits_total 0");
	has("# TYPE thriftfork_own__hits_total gauge");
	has("thriftfork_own_misses_total 0");
}
END_TEST

START_TEST(histograms_that_it_has_declared)
{
	own_record(own_of_lane(seg, lanes[0]), 0, 1000);
	own_record(own_of_lane(seg, lanes[1]), 0, 2000);
	own_record(own_of_lane(seg, lanes[1]), 1, 3);
	print();
	has("# HELP thriftfork_histogram_lookup_seconds lookups");
	has("# TYPE thriftfork_histogram_lookup_seconds histogram");
	has("thriftfork_histogram_lookup_seconds_bucket{le=\"0.000001024\"} 1");
	has("thriftfork_histogram_lookup_seconds_bucket{le=\"+Inf\"} 2");
	has("thriftfork_histogram_lookup_seconds_sum 0.000003");
	has("thriftfork_histogram_lookup_seconds_count 2");
	has("# TYPE thriftfork_histogram_lookup_seconds_rows histogram");
	has("thriftfork_histogram_lookup_seconds_rows_bucket{le=\"1\"} 0");
	has("thriftfork_histogram_lookup_seconds_rows_bucket{le=\"3\"} 1");
	has("thriftfork_histogram_lookup_seconds_rows_sum 3");
}
END_TEST

/* Each name has one type, and all its samples stand behind that. */
START_TEST(each_name_stands_together)
{
	char *line, *rest, *end, now[200] = "", seen[32768] = " ", want[220];

	print();
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		if (strncmp(line, "# TYPE ", 7) == 0) {
			end = strchr(line + 7, ' ');
			ck_assert_ptr_nonnull(end);
			snprintf(now, sizeof(now), "%.*s",
			    (int)(end - line - 7), line + 7);
			snprintf(want, sizeof(want), " %s ", now);
			ck_assert_msg(strstr(seen, want) == NULL, "%s", now);
			strlcat(seen, now, sizeof(seen));
			ck_assert_uint_lt(strlcat(seen, " ", sizeof(seen)),
			    sizeof(seen));
		} else if (*line != '#' && *line != '\0')
			ck_assert_msg(strncmp(line, now, strlen(now)) == 0,
			    "%s: not %s", line, now);
	}
}
END_TEST

START_TEST(names_of_counters)
{
	static const struct {
		const char	*name, *unit, *want;
		enum tf_stat_kind kind;
	} t[] = {
		{ "calls", "calls", "p_calls_total", TF_STAT_COUNTER },
		{ "bytes_in", "bytes", "p_in_bytes_total", TF_STAT_COUNTER },
		{ "memory", "bytes", "p_memory_bytes", TF_STAT_GAUGE },
		{ "sent_bytes", "bytes", "p_sent_bytes", TF_STAT_MAXIMUM },
		{ "lag", "ns", "p_lag_seconds_total", TF_STAT_COUNTER },
		{ "x_total", "", "p_x_total", TF_STAT_COUNTER },
		{ "a b\"\n{", "", "p_a_b___", TF_STAT_GAUGE },
	};
	char name[EXPOSE_NAME];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct tf_stat_counter c = { .name = t[i].name,
		    .unit = t[i].unit, .help = "", .kind = t[i].kind };

		expose_name(name, "p_", &c);
		ck_assert_str_eq(name, t[i].want);
	}
}
END_TEST

static const char *
no_query(const struct request *r, const char *name)
{
	(void)name;
	return r->http;
}

/* The answer to a path, with a query of "workers" or NULL. */
static unsigned
ask(const char *path, char *workers, const char *gone)
{
	struct tf_stat *st = open_ok();
	struct request r = { .stat = st, .gone = gone, .query = no_query,
	    .http = workers };
	unsigned status;
	size_t len;
	FILE *f;

	free(text);
	f = open_memstream(&text, &len);
	status = endpoint_find(path)->write(&r, f);
	fclose(f);
	tf_stat_close(st);
	return status;
}

START_TEST(health_and_readiness)
{
	char one[] = "1", two[] = "2", none[] = "0", many[] = "9999999999";

	ck_assert_ptr_null(endpoint_find("/nothing"));
	ck_assert_ptr_null(endpoint_find(""));
	ck_assert_uint_eq(ask("/healthz", NULL, NULL), 200);
	ck_assert_str_eq(text, "ok\n");
	ck_assert_uint_eq(ask("/readyz", NULL, NULL), 200);
	ck_assert_str_eq(text, "1 of 2 workers serve\n");
	ck_assert_uint_eq(ask("/readyz", one, NULL), 200);
	ck_assert_uint_eq(ask("/readyz", two, NULL), 503);
	ck_assert_str_eq(text, "1 of 2 workers serve, too few\n");
	ck_assert_uint_eq(ask("/readyz", none, NULL), 400);
	ck_assert_uint_eq(ask("/readyz", many, NULL), 400);
	segment_slot_set(seg, 0, SLOT_BACKOFF, -1, 0, 8);
	ck_assert_uint_eq(ask("/readyz", NULL, NULL), 503);
	ck_assert_str_eq(text, "0 of 2 workers serve, too few\n");
	ck_assert_uint_eq(ask("/healthz", NULL, NULL), 200);
	segment_slot_set(seg, 0, SLOT_READY, 0, 200, 8);
	segment_set_stopping(seg);
	ck_assert_uint_eq(ask("/readyz", NULL, NULL), 503);
	ck_assert_str_eq(text, "the server stops\n");
	ck_assert_uint_eq(ask("/healthz", NULL, NULL), 200);
}
END_TEST

START_TEST(without_a_master)
{
	static const char *const paths[] = { "/metrics", "/healthz",
	    "/readyz", "/status.json" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		ck_assert_uint_eq(ask(paths[i], NULL, "it is no more"), 503);
		ck_assert_str_eq(text, "the master has gone: it is no "
		    "more\n");
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("admin_metrics");
	TCase *t = unit_case(s, "all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_server);
	tcase_add_test(t, counters_of_workers);
	tcase_add_test(t, counters_of_the_server);
	tcase_add_test(t, a_lane_that_nobody_has_any_more);
	tcase_add_test(t, counters_of_methods);
	tcase_add_test(t, long_names);
	tcase_add_test(t, a_histogram);
	tcase_add_test(t, other_histograms);
	tcase_add_test(t, what_the_program_has_declared);
	tcase_add_test(t, histograms_that_it_has_declared);
	tcase_add_test(t, each_name_stands_together);
	tcase_add_test(t, names_of_counters);
	tcase_add_test(t, health_and_readiness);
	tcase_add_test(t, without_a_master);
	return unit_main(s);
}
