/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_stat.h. */
#include "unit/unit_stat.h"

#include "base/clock.h"
#include "lib/unit.h"

static const struct segment_sizes sizes = { 3, 3, STAT_METHODS };
struct segment *seg;
struct lane *busy;

/* Two workers, one of them busy, and a death. */
void
stat_setup(void)
{
	struct lane *l;
	unsigned i;

	seg = segment_create("calc \"1\"\n", &sizes);
	ck_assert_ptr_nonnull(seg);
	segment_set_library(seg, "9.8.7");
	segment_set_master(seg, 100, 4, 2);
	segment_method_add(seg, "Calculator", "add");
	segment_method_add(seg, "Esc\x1b[31m", "b\xc3\xa9\xff\"");
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(segment_lane_take(seg, i, 4), (int)i);
		segment_lane_started(seg, i, 200 + (int)i);
		segment_slot_set(seg, i, SLOT_READY, (int)i, 200 + (int)i, 7);
		l = segment_attach_self(seg, i);
		lane_add(l, COUNTER_CONNECTIONS_ACCEPTED, 9);
		lane_add(l, COUNTER_CONNECTIONS_MOVED_IN, 5);
		lane_add(l, COUNTER_CONNECTIONS_MOVED_OUT, 2);
		lane_call_begin(l, 1, 1, "10.0.0.3:5432", 1);
		lane_call_end(l, 1, CALL_OK, 1000 * (i + 1), 10, 20);
		lane_call_begin(l, 2, 2, "10.0.0.3:5432", 1);
		lane_call_end(l, 2, CALL_ERROR, 5, 1, 1);
	}
	busy = l;
	lane_call_begin(l, 1, 77, "10.0.0.3:5432",
	    clock_ns() - 5 * NS_PER_S);
	segment_death_add(seg, "worker 3 was killed");
}

void
stat_teardown(void)
{
	segment_free(seg);
}

struct tf_stat *
open_ok(int fd)
{
	const char *why = "";
	struct tf_stat *st = tf_stat_open_fd(fd, &why);

	ck_assert_msg(st != NULL, "%s", why);
	return st;
}

struct tf_stat *
stat_empty(const struct segment_sizes *of)
{
	seg = segment_create("test", of);
	ck_assert_ptr_nonnull(seg);
	return open_ok(segment_fd(seg));
}

char *
printed(const struct tf_stat *st, bool json)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	ck_assert_int_eq(tf_stat_print(st, f, json), 0);
	fclose(f);
	return text;
}

uint64_t
value(const struct tf_stat *st, enum tf_stat_level level, const char *name,
    int method, int lane)
{
	int c = tf_stat_find(st, level, name);

	ck_assert_int_ge(c, 0);
	return tf_stat_value(st, c, method, lane);
}
