/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader by itself: segments of other versions, damaged ones, and what it
 * prints.  A segment is taken apart and put together with other sizes here, by
 * what its head says and by nothing else.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "shm/layout.h"
#include "shm/segment.h"
#include "unit/unit_stat.h"

#define AREAS	6

/* A segment of these bytes. */
static int
segment_of(const void *bytes, size_t size)
{
	int fd = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return fd;
}

static char *
bytes_of(int fd, size_t *size)
{
	struct stat sb;
	char *p;

	ck_assert_int_eq(fstat(fd, &sb), 0);
	*size = (size_t)sb.st_size;
	p = malloc(*size);
	ck_assert_int_eq(pread(fd, p, *size, 0), sb.st_size);
	return p;
}

static void
expect_what_setup_counted(const struct tf_stat *st)
{
	ck_assert_uint_eq(value(st, TF_STAT_WORKER, "connections_accepted", 0,
	    TF_STAT_ALL), 18);
	ck_assert_uint_eq(value(st, TF_STAT_WORKER, "connections_accepted", 0,
	    1), 9);
	ck_assert_uint_eq(value(st, TF_STAT_METHOD, "time_sum", 1,
	    TF_STAT_ALL), 3000);
	ck_assert_uint_eq(value(st, TF_STAT_METHOD, "time_max", 1,
	    TF_STAT_ALL), 2000);
	ck_assert_uint_eq(value(st, TF_STAT_METHOD, "errors", TF_STAT_ALL, 0),
	    1);
	/* 2000 ns lie in the bucket from 1984 to 2047. */
	ck_assert_uint_eq(tf_stat_quantile(st, 1, TF_STAT_ALL, 1), 2047);
	ck_assert_uint_eq(tf_stat_quantile(st, 1, 0, 1), 1023);
}

static void
expect_what_setup_did(const struct tf_stat *st)
{
	struct tf_stat_master m;
	struct tf_stat_slot s;
	struct tf_stat_call c;
	struct tf_stat_death d;
	struct tf_stat_method name;

	tf_stat_get_master(st, &m);
	ck_assert_int_eq(m.pid, 100);
	ck_assert_uint_eq(m.generation, 4);
	ck_assert_uint_eq(m.workers, 2);
	ck_assert_str_eq(m.library, "9.8.7");
	ck_assert(tf_stat_get_slot(st, 1, &s));
	ck_assert_str_eq(s.state, "ready");
	ck_assert_int_eq(s.pid, 201);
	ck_assert_int_eq(s.lane, 1);
	ck_assert_uint_eq(s.restarts, 7);
	ck_assert_uint_eq(s.generation, 4);
	ck_assert(tf_stat_get_slot(st, 2, &s));
	ck_assert_str_eq(s.state, "parked");
	ck_assert_int_eq(s.lane, -1);
	ck_assert(!tf_stat_get_slot(st, 3, &s));
	ck_assert(tf_stat_get_method(st, 1, &name));
	ck_assert_str_eq(name.service, "Calculator");
	ck_assert_str_eq(name.method, "add");
	ck_assert(!tf_stat_get_method(st, 3, &name));
	ck_assert(tf_stat_get_call(st, 1, &c));
	ck_assert_int_eq(c.seqid, 77);
	ck_assert_uint_eq(c.method, 1);
	ck_assert_str_eq(c.peer, "10.0.0.3:5432");
	ck_assert_uint_ge(c.running_ns, 5 * NS_PER_S);
	ck_assert(!c.stale);
	ck_assert(!tf_stat_get_call(st, 0, &c));
	ck_assert(tf_stat_get_death(st, 0, &d));
	ck_assert_str_eq(d.text, "worker 3 was killed");
	ck_assert(!tf_stat_get_death(st, 1, &d));
	expect_what_setup_counted(st);
}

START_TEST(a_segment_as_it_is)
{
	struct tf_stat *st = open_ok(segment_fd(seg));

	expect_what_setup_did(st);
	ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 1);
	ck_assert_uint_eq(tf_stat_in_flight(st, 1), 1);
	ck_assert_uint_eq(tf_stat_in_flight(st, 99), 0);
	ck_assert_uint_eq(tf_stat_connections(st, 1), 12);
	ck_assert_uint_eq(tf_stat_connections(st, TF_STAT_ALL), 24);
	ck_assert_uint_eq(tf_stat_connections(st, 99), 0);
	ck_assert_uint_eq(tf_stat_value(st, -1, 0, 0), 0);
	ck_assert_uint_eq(tf_stat_value(st, 9999, 0, 0), 0);
	ck_assert_uint_eq(value(st, TF_STAT_METHOD, "calls", 3, 0), 0);
	ck_assert_int_eq(tf_stat_find(st, TF_STAT_METHOD, "reads"), -1);
	tf_stat_close(st);
}
END_TEST

START_TEST(every_counter_is_described)
{
	struct tf_stat *st = open_ok(segment_fd(seg));
	const struct tf_stat_counter *c;
	int i, level[3] = { 0, 0, 0 };

	for (i = 0; (c = tf_stat_counter(st, (unsigned)i)) != NULL; i++) {
		ck_assert_int_gt(strlen(c->name), 0);
		ck_assert_int_gt(strlen(c->unit), 0);
		ck_assert_int_gt(strlen(c->help), 10);
		ck_assert_int_eq(tf_stat_find(st, c->level, c->name), i);
		level[c->level]++;
	}
	for (i = 0; (c = tf_stat_histogram(st, (unsigned)i)) != NULL; i++) {
		ck_assert_int_gt(strlen(c->help), 10);
		ck_assert_str_eq(c->unit, "ns");
		ck_assert_int_eq(c->kind, TF_STAT_HISTOGRAM);
		ck_assert_int_eq(tf_stat_find_histogram(st, c->level, c->name),
		    i);
	}
	ck_assert_int_eq(i, WORKER_HISTS + METHOD_HISTS);
	ck_assert_int_eq(level[TF_STAT_WORKER], COUNTERS + MASTER_COUNTERS);
	ck_assert_int_eq(level[TF_STAT_METHOD], METHOD_COUNTERS);
	ck_assert_int_eq(level[TF_STAT_SERVER], SERVER_COUNTERS);
	c = tf_stat_counter(st, (unsigned)tf_stat_find(st, TF_STAT_METHOD,
	    "time_max"));
	ck_assert_int_eq(c->kind, TF_STAT_MAXIMUM);
	ck_assert_str_eq(c->unit, "ns");
	tf_stat_close(st);
}
END_TEST

/*
 * The same segment with a head and entries that are longer by more bytes, in
 * which another version keeps what we do not know: here 0xee.
 */
static int
stretched(uint64_t more)
{
	static char to[1 << 23];
	struct segment_area *a, *b;
	struct segment_head *h = (void *)to;
	uint64_t end, i, k;
	size_t size;
	char *from = bytes_of(segment_fd(seg), &size);

	memset(to, 0xee, sizeof(to));
	memcpy(to, from, sizeof(*h));
	h->head_size += (uint32_t)more;
	end = h->head_size;
	for (k = 0; k < AREAS; k++) {
		a = (struct segment_area *)(void *)(from +
		    offsetof(struct segment_head, slots)) + k;
		b = &h->slots + k;
		b->offset = end;
		b->stride += more;
		for (i = 0; i < a->count; i++)
			memcpy(to + b->offset + i * b->stride,
			    from + a->offset + i * a->stride, a->stride);
		end += b->stride * b->count;
	}
	h->size = end;
	free(from);
	return segment_of(to, end);
}

START_TEST(a_newer_segment_with_more_in_it)
{
	int fd = stretched(64);
	struct tf_stat *st = open_ok(fd);

	close(fd);
	expect_what_setup_did(st);
	ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 1);
	tf_stat_close(st);
}
END_TEST

/* Without what the lane table holds behind its record. */
START_TEST(an_older_segment_with_less_in_it)
{
	struct segment_counter *c;
	struct segment_head *h;
	struct tf_stat *st;
	size_t size;
	char *p = bytes_of(segment_fd(seg), &size);
	uint64_t i, stride;
	int fd;

	h = (void *)p;
	stride = offsetof(struct segment_lane, count);
	for (i = 1; i < h->lane_table.count; i++)
		memmove(p + h->lane_table.offset + i * stride,
		    p + h->lane_table.offset + i * h->lane_table.stride,
		    stride);
	h->lane_table.stride = stride;
	for (i = 0; i < h->counters.count; i++) {
		c = (void *)(p + h->counters.offset + i * h->counters.stride);
		if (c->place == SEGMENT_IN_TABLE)
			c->place = 77;		/* as if of a later one */
		else if (strcmp(c->name, "reads") == 0)
			c->kind = 77;
	}
	fd = segment_of(p, size);
	st = open_ok(fd);
	close(fd);
	free(p);
	expect_what_setup_did(st);
	ck_assert_int_eq(tf_stat_find(st, TF_STAT_WORKER, "calls_aborted"),
	    -1);
	ck_assert_int_eq(tf_stat_find(st, TF_STAT_WORKER, "reads"), -1);
	ck_assert_uint_eq(tf_stat_in_flight(st, TF_STAT_ALL), 1);
	tf_stat_close(st);
}
END_TEST

#define FIELD(f)	offsetof(struct segment_head, f)

START_TEST(damaged_heads_are_refused)
{
	static const struct {
		size_t		 at;
		uint64_t	 value;
		const char	*why;
	} damage[] = {
		{ FIELD(magic), 1, "not a segment" },
		{ FIELD(version), 2 | UINT64_C(400) << 32, "version" },
		{ FIELD(version), 1 | UINT64_C(8) << 32, "head" },
		{ FIELD(size), UINT64_MAX, "head" },
		{ FIELD(listeners.offset), UINT64_MAX - 7, "areas" },
		{ FIELD(listeners.count), UINT64_MAX, "areas" },
		{ FIELD(own_tallies.offset), UINT64_MAX - 7, "areas" },
		{ FIELD(own_tallies.stride), 64, "areas" },
		{ FIELD(own_counts.stride), LANE_HIST, "areas" },
		{ FIELD(own_counts.count), UINT64_MAX, "areas" },
		{ FIELD(own_writers), 0, "areas" },
		{ FIELD(own_writers), 18, "areas" },
		{ FIELD(own_writers), UINT64_MAX, "areas" },
		{ FIELD(slots.offset), UINT64_MAX - 7, "areas" },
		{ FIELD(slots.offset), 4, "areas" },
		{ FIELD(slots.stride), 0, "areas" },
		{ FIELD(slots.count), UINT64_MAX, "areas" },
		{ FIELD(lane_table.count), UINT64_C(1) << 61, "areas" },
		{ FIELD(methods.stride), 8, "areas" },
		{ FIELD(lanes.stride), UINT64_C(1) << 62, "areas" },
		{ FIELD(hists.offset), UINT64_C(1) << 62, "areas" },
		{ FIELD(method_table.count), 65536, "areas" },
		{ FIELD(call_offset), 4, "areas" },
		{ FIELD(call_offset), UINT64_MAX - 7, "areas" },
		{ FIELD(busy_offset), UINT64_C(1) << 40, "areas" },
		{ FIELD(hist_buckets), 1 << 20, "areas" },
	};
	const char *why = NULL;
	size_t size;
	char *p = bytes_of(segment_fd(seg), &size);
	int fd;

	memcpy(p + damage[_i].at, &damage[_i].value, 8);
	fd = segment_of(p, size);
	ck_assert_ptr_null(tf_stat_open_fd(fd, &why));
	ck_assert_msg(strstr(why, damage[_i].why) != NULL, "%d: %s", _i, why);
	close(fd);
	free(p);
}
END_TEST

/* One of each place, pointing to just behind where it may. */
START_TEST(damaged_counters_are_refused)
{
	struct segment_head *h;
	struct segment_counter *c;
	const char *why = NULL;
	size_t size;
	char *p = bytes_of(segment_fd(seg), &size);
	int fd;

	h = (void *)p;
	c = (void *)(p + h->counters.offset);
	c->place = (uint32_t)_i;
	c->offset = (uint32_t)(_i == SEGMENT_IN_LANE ? h->lanes.stride :
	    _i == SEGMENT_IN_TABLE ? h->lane_table.stride :
	    h->method_table.stride);
	fd = segment_of(p, size);
	ck_assert_ptr_null(tf_stat_open_fd(fd, &why));
	ck_assert_str_eq(why, "the segment's counters are damaged");
	close(fd);
	c->offset -= 8;
	fd = segment_of(p, size);
	tf_stat_close(open_ok(fd));
	close(fd);
	free(p);
}
END_TEST

/* The last that would fit, and one that ends just behind the lane. */
START_TEST(damaged_histograms_are_refused)
{
	struct segment_head *h;
	struct segment_counter *c;
	const char *why = NULL;
	size_t size;
	char *p = bytes_of(segment_fd(seg), &size);
	int fd;

	h = (void *)p;
	c = (void *)(p + h->counters.offset);
	c->kind = SEGMENT_HISTOGRAM;
	c->place = _i % 2 == 0 ? SEGMENT_IN_LANE : SEGMENT_IN_METHOD;
	c->offset = (uint32_t)(h->lanes.stride - h->hist_buckets * 8 *
	    (_i % 2 == 0 ? 1 : STAT_METHODS + 1));
	c->many = (uint32_t)(_i % 2 == 0 ? h->lanes.stride :
	    h->method_table.stride) - 8;
	fd = segment_of(p, size);
	tf_stat_close(open_ok(fd));
	close(fd);
	if (_i < 2)
		c->offset += 8;
	else
		c->many += 8;
	fd = segment_of(p, size);
	ck_assert_ptr_null(tf_stat_open_fd(fd, &why));
	ck_assert_str_eq(why, "the segment's counters are damaged");
	close(fd);
	free(p);
}
END_TEST

START_TEST(files_that_are_no_segment)
{
	const char *why = NULL;
	int fd = memfd_create("unsealed", 0);

	ck_assert_ptr_null(tf_stat_open_fd(-1, &why));
	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_null(tf_stat_open_fd(fd, &why));
	ck_assert_str_eq(why, "not a sealed memory file");
	close(fd);
	fd = segment_of("x", 1);
	ck_assert_ptr_null(tf_stat_open_fd(fd, &why));
	ck_assert_str_eq(why, "too short for a segment");
	ck_assert_ptr_null(tf_stat_open_fd(fd, NULL));
	close(fd);
	tf_stat_close(NULL);
}
END_TEST

START_TEST(deaths_are_a_ring)
{
	struct tf_stat *st = open_ok(segment_fd(seg));
	struct tf_stat_death d;
	char text[400];
	unsigned i;

	for (i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "death %u%0300d", i, 0);
		segment_death_add(seg, text);
	}
	for (i = 0; i < SEGMENT_DEATHS; i++) {
		ck_assert(tf_stat_get_death(st, i, &d));
		snprintf(text, sizeof(text), "death %u000", 39 - i);
		ck_assert_int_eq(strncmp(d.text, text, strlen(text)), 0);
		ck_assert_uint_eq(strlen(d.text), sizeof(d.text) - 1);
		ck_assert_uint_gt(d.at_ns, 0);
	}
	ck_assert(!tf_stat_get_death(st, SEGMENT_DEATHS, &d));
	tf_stat_close(st);
}
END_TEST

/* Of what came between two copies, in whichever lane, and of nothing else. */
START_TEST(a_master_that_stops)
{
	struct tf_stat *st = open_ok(segment_fd(seg));
	struct tf_stat_master m;

	tf_stat_get_master(st, &m);
	ck_assert(!m.stopping);
	segment_set_stopping(seg);
	segment_set_master(seg, 100, 4, 1);
	tf_stat_get_master(st, &m);
	ck_assert(m.stopping);
	ck_assert_uint_eq(m.workers, 1);
	tf_stat_close(st);
}
END_TEST

START_TEST(texts_are_escaped)
{
	char to[12];

	tf_stat_escape("a\x1b[m", to, sizeof(to));
	ck_assert_str_eq(to, "a\\x1b[m");
	tf_stat_escape("\xc2\x9b\x7f", to, sizeof(to));
	ck_assert_str_eq(to, "\\xc2\\x9b");	/* cut, but not within one */
	tf_stat_escape("x", to, 1);
	ck_assert_str_eq(to, "");
	to[0] = 'y';
	tf_stat_escape("x", to, 0);
	ck_assert_int_eq(to[0], 'y');
}
END_TEST

START_TEST(texts_are_quoted)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	tf_stat_quote("\"\\\n\x7f\xc2\x9b\xc3\xa9\xe2\x82\xff", f);
	fclose(f);
	ck_assert_str_eq(text, "\"\\\"\\\\\\u000a\\u007f\\u009b\xc3\xa9"
	    "\\ufffd\\ufffd\\ufffd\"");
	free(text);
}
END_TEST

static char *
shown(bool json)
{
	struct tf_stat *st = open_ok(segment_fd(seg));
	char *text = printed(st, json);

	tf_stat_close(st);
	return text;
}

static void
has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no %s in\n%s", part, text);
}

/* What has never ended but with its worker is the most interesting. */
START_TEST(a_method_that_only_kills)
{
	int method = segment_method_add(seg, "Calculator", "die");
	char *text;

	ck_assert_int_eq(segment_lane_take(seg, 2, 4), 2);
	lane_call_begin(segment_attach_self(seg, 2), (unsigned)method, 1,
	    "10.0.0.3:5432", 1);
	segment_lane_ended(seg, 2);
	text = shown(false);
	has(text, "\nCalculator.die                      1       0       1     "
	    "0      -      -      -\n");
	free(text);
}
END_TEST

START_TEST(the_table_for_people)
{
	struct lane *l = busy;
	char *text, *line, *rest;

	lane_add(l, COUNTER_CONNECTIONS_ACCEPTED, UINT64_C(1) << 62);
	lane_add(l, COUNTER_CALLS_ENDED, UINT64_C(1) << 61);
	lane_add(l, COUNTER_CALLS_BEGUN, UINT64_C(1) << 63);
	lane_call_count(l, 3, CALL_OK, UINT64_C(1) << 50, 1, 1);
	segment_method_add(seg, "AServiceWithAVeryLongNameIndeed", "method");
	text = shown(false);
	has(text, "calc \"1\"\\x0a: master 100, ");
	has(text, "   0      200 ready         4      0s        7      12");
	has(text, "\nCalculator.add                      2       0       0     "
	    "1 1.02us 2.00us 2.00us\n");
	has(text, "\nEsc\\x1b[31m.b\\xc3\\xa9\\xff\"");
	has(text, "\n~thAVeryLongNameIndeed.method       1       0       0     "
	    "0  68.7s  68.7s 13d00h\n");
	has(text, "slot 1 has been in Calculator.add for 5.00s (seqid 77, "
	    "from 10.0.0.3:5432)\n");
	has(text, " worker 3 was killed\n");
	ck_assert_ptr_null(strstr(text, "parked"));
	ck_assert_ptr_null(strchr(text, '\x1b'));
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		ck_assert_msg(strlen(line) <= 80, "%s", line);
	free(text);
}
END_TEST

/* What it waited stands there as soon as anything has waited. */
START_TEST(methods_that_threads_run)
{
	char *text = shown(false);

	ck_assert_ptr_null(strstr(text, "WAIT99"));
	free(text);
	for (int i = 1; i <= 100; i++)
		lane_call_waited(busy, 1, i == 100 ? NS_PER_S : 1000);
	lane_call_waited(busy, 1, NS_PER_S);
	lane_call_begin(busy, 2, 1, "10.0.0.3:5432", 1);
	text = shown(false);
	has(text, "\nMETHOD                   CALLS     EXC     ERR INFLT "
	    "   P50    P99    MAX WAIT99\n");
	has(text, "\nCalculator.add               2       0       0     1 "
	    "1.02us 2.00us 2.00us  1.00s\n");
	free(text);
}
END_TEST

/* As many lines as it takes; nothing where nothing has happened. */
START_TEST(reasons_in_lines)
{
	char *text = shown(false), *line, *rest;

	ck_assert_ptr_null(strstr(text, "connections closed"));
	ck_assert_ptr_null(strstr(text, "workers died"));
	free(text);
	for (int c = COUNTER_CLOSED_BY_PEER; c <= COUNTER_CLOSED_QUIT; c++)
		lane_add(busy, (enum counter)c, 1234567);
	segment_count(seg, SERVER_DEATHS_CRASHED, 3);
	segment_count(seg, SERVER_DEATHS_HUNG, 1);
	text = shown(false);
	has(text, "\n\nconnections closed: 1234567 by peer, 1234567 done, "
	    "1234567 idle, 1234567 frame,\n    1234567 write, ");
	has(text, " 1234567 too large,\n    1234567 tls, ");
	has(text, " 1234567 quit\n");
	has(text, "\n\nworkers died: 3 crashed, 1 hung\n20");
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		ck_assert_msg(strlen(line) <= 80, "%s", line);
	free(text);
}
END_TEST

START_TEST(a_worker_of_an_old_generation)
{
	char *text;

	ck_assert_int_eq(segment_lane_take(seg, 0, 5), 2);
	segment_lane_started(seg, 2, 300);
	segment_slot_set(seg, 0, SLOT_READY, 2, 300, 7);
	text = shown(false);
	has(text, "   0      300 ready         5 ");
	has(text, "   0      200 leaving       4 ");
	free(text);
}
END_TEST

/* Of counters of all versions, as nothing else says what may be added up. */
START_TEST(kinds_in_json)
{
	char *text = shown(true), *at;

	ck_assert_ptr_nonnull(at = strstr(text, "\"described\":{\"server\":{"
	    "\"reloads\":{\"kind\":\"counter\",\"unit\":\"times\"},"));
	ck_assert_ptr_nonnull(strstr(at, "\"accept_queue\":{\"kind\":"
	    "\"gauge\",\"unit\":\"connections\"}"));
	ck_assert_ptr_nonnull(at = strstr(at, "},\"worker\":{"));
	ck_assert_ptr_nonnull(strstr(at, "\"memory\":{\"kind\":\"gauge\","
	    "\"unit\":\"bytes\"}"));
	ck_assert_ptr_nonnull(strstr(at, "\"call_memory\":{\"kind\":"
	    "\"maximum\",\"unit\":\"bytes\"}"));
	ck_assert_ptr_nonnull(at = strstr(at, "},\"method\":{\"calls\":{"));
	ck_assert_ptr_nonnull(strstr(at, "\"wait\":{\"kind\":"
	    "\"histogram\",\"unit\":\"ns\"}"));
	ck_assert_ptr_nonnull(strstr(at, "},\"own\":{}},\"deaths\":["));
	free(text);
}
END_TEST

START_TEST(the_same_as_json)
{
	char *text = shown(true);

	has(text, "{\"name\":\"calc \\\"1\\\"\\u000a\",\"library\":\"9.8.7\","
	    "\"listen\":\"\",\"master\":{\"pid\":100,"
	    "\"generation\":4,\"workers\":2,");
	has(text, "\"in_flight\":1,\"connections\":24,"
	    "\"counters\":{\"calls_begun\":5,"
	    "\"calls_ended\":4,\"connections_accepted\":18,");
	has(text, "\"slots\":[{\"slot\":0,\"state\":\"ready\",\"pid\":200,"
	    "\"lane\":0,\"generation\":4,\"restarts\":7,");
	has(text, "\"call\":{\"service\":\"Calculator\",\"method\":\"add\","
	    "\"seqid\":77,\"peer\":\"10.0.0.3:5432\",\"running_ms\":5");
	has(text, "\"methods\":[{\"service\":\"\",\"method\":\"other\",");
	has(text, "{\"service\":\"Esc\\u001b[31m\","
	    "\"method\":\"b\xc3\xa9\\ufffd\\\"\",\"in_flight\":0,"
	    "\"counters\":{\"calls\":2,");
	has(text, "\"p50_ns\":1023,\"p90_ns\":2047,");
	has(text, ",\"wait_p50_ns\":0,\"wait_p90_ns\":0,");
	has(text, "\"text\":\"worker 3 was killed\"}]}\n");
	free(text);
}
END_TEST

START_TEST(a_stream_that_fails)
{
	struct tf_stat *st = open_ok(segment_fd(seg));
	FILE *full = fopen("/dev/full", "w");

	ck_assert_int_eq(tf_stat_print(st, full, true), -1);
	ck_assert_int_eq(tf_stat_print(st, full, false), -1);
	fclose(full);
	tf_stat_close(st);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("shm_stat");
	TCase *t = unit_case(s, "stat");

	tcase_add_checked_fixture(t, stat_setup, stat_teardown);
	tcase_add_test(t, a_segment_as_it_is);
	tcase_add_test(t, every_counter_is_described);
	tcase_add_test(t, a_newer_segment_with_more_in_it);
	tcase_add_test(t, an_older_segment_with_less_in_it);
	tcase_add_loop_test(t, damaged_heads_are_refused, 0, 26);
	tcase_add_loop_test(t, damaged_counters_are_refused, 0, 3);
	tcase_add_loop_test(t, damaged_histograms_are_refused, 0, 4);
	tcase_add_test(t, files_that_are_no_segment);
	tcase_add_test(t, deaths_are_a_ring);
	tcase_add_test(t, a_master_that_stops);
	tcase_add_test(t, texts_are_escaped);
	tcase_add_test(t, texts_are_quoted);
	tcase_add_test(t, a_method_that_only_kills);
	tcase_add_test(t, the_table_for_people);
	tcase_add_test(t, a_worker_of_an_old_generation);
	tcase_add_test(t, methods_that_threads_run);
	tcase_add_test(t, reasons_in_lines);
	tcase_add_test(t, the_same_as_json);
	tcase_add_test(t, kinds_in_json);
	tcase_add_test(t, a_stream_that_fails);
	return unit_main(s);
}
