/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What setup() declares, in the segment: each name once, found by workers and
 * readers, the same under the next master; a lane counts on, its gauges do not
 * outlive their process; and what a stranger declares does no harm.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "lib/unit.h"
#include "shm/own.h"
#include "shm/robust.h"
#include "shm/segment.h"
#include "unit/unit_stat.h"

#define CELLS	LANE_CELLS

static const struct segment_sizes sizes = { 2, 4, 3 };
static struct segment *next;
static struct tf_stat *st;
static char why[200];

static void
setup(void)
{
	st = stat_empty(&sizes);
}

static void
teardown(void)
{
	tf_stat_close(st);
	segment_free(seg);
	segment_free(next);
}

static int
add(enum segment_own_kind kind, const char *name)
{
	return own_add(seg, kind, name, "", "help", why, sizeof(why));
}

static void
counter_and_gauge(void)
{
	ck_assert_int_eq(add(SEGMENT_OWN_COUNTER, "hits"), 0);
	ck_assert_int_eq(add(SEGMENT_OWN_LOCK, "list"), 0);
	ck_assert_int_eq(add(SEGMENT_OWN_GAUGE, "size"), 0);
}

/* A worker that runs fn and waits to be killed. */
static pid_t
worker(struct segment *s, unsigned lane, void (*fn)(struct lane *))
{
	int ready[2];
	struct lane *l;
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		close(ready[0]);
		if ((l = segment_attach(s, lane)) == NULL)
			_exit(1);
		fn(l);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	return pid;
}

static void
end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int64_t
own_value(const char *name, int lane)
{
	return tf_stat_own_value(st, tf_stat_find_own(st, name), lane);
}

static void
use_all(struct lane *l)
{
	*own_cell(seg, l, SEGMENT_OWN_COUNTER, "hits") += 5;
	*own_cell(seg, l, SEGMENT_OWN_GAUGE, "size") -= 7;
	if (robust_take(own_lock(seg, "list"), 0) == -1)
		_exit(1);
}

START_TEST(counted_by_those_who_live)
{
	pthread_mutex_t *m;
	pid_t pids[2];

	counter_and_gauge();
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(segment_lane_take(seg, i, 1), (int)i);
	pids[0] = worker(seg, 0, use_all);
	ck_assert_int_eq(own_value("hits", TF_STAT_ALL), 5);
	ck_assert_int_eq(own_value("size", TF_STAT_ALL), -7);
	m = own_lock(seg, "list");
	ck_assert_int_eq(robust_take(m, 0), -1);
	end(pids[0]);
	ck_assert_int_eq(robust_take(m, 0), ROBUST_ABANDONED);
	ck_assert_int_eq(robust_give(m), 0);
	pids[1] = worker(seg, 1, use_all);
	ck_assert_int_eq(robust_take(m, 0), -1);
	ck_assert_int_eq(own_value("hits", TF_STAT_ALL), 10);
	ck_assert_int_eq(own_value("hits", 1), 5);
	ck_assert_int_eq(own_value("size", TF_STAT_ALL), -14);
	segment_lane_ended(seg, 0);
	ck_assert_int_eq(own_value("hits", TF_STAT_ALL), 10);
	ck_assert_int_eq(own_value("size", TF_STAT_ALL), -7);
	end(pids[1]);
	ck_assert_int_eq(segment_lane_take(seg, 0, 2), 0);
	end(worker(seg, 0, use_all));
	ck_assert_int_eq(own_value("hits", 0), 10);
	ck_assert_int_eq(own_value("size", 0), -7);
}
END_TEST

START_TEST(a_name_is_one_thing)
{
	counter_and_gauge();
	counter_and_gauge();
	ck_assert_int_eq(add(SEGMENT_OWN_GAUGE, "hits"), -1);
	ck_assert_ptr_nonnull(strstr(why, "gauge hits: it is a counter"));
	ck_assert_int_eq(add(SEGMENT_OWN_COUNTER, "list"), -1);
	ck_assert_int_eq(tf_stat_find_own(st, "list"), -1);
	ck_assert_int_eq(tf_stat_find_own(st, "size"), 1);
	ck_assert_ptr_null(own_lock(seg, "hits"));
	ck_assert_ptr_null(own_lock(seg, "nobody"));
	ck_assert_ptr_nonnull(own_lock(seg, "list"));
}
END_TEST

static const char *const bad_names[] = { "", "1a", "a b", "a-b", "a\n", "\xc3",
	"a\"b", "a.b",
	"a123456789012345678901234567890123456789012345678901234567890123" };

START_TEST(bad_names_and_texts)
{
	char help[200];

	for (size_t i = 0; i < COUNT(bad_names); i++)
		ck_assert_int_eq(add(SEGMENT_OWN_COUNTER, bad_names[i]), -1);
	memset(help, 'x', sizeof(help));
	help[128] = '\0';
	ck_assert_ptr_nonnull(own_wrong("a", help));
	help[127] = '\0';
	ck_assert_ptr_null(own_wrong("a", help));
	ck_assert_ptr_nonnull(own_wrong("a", "b\tc"));
	ck_assert_ptr_nonnull(own_wrong("a", "b\177c"));
	ck_assert_ptr_null(own_wrong("a_B9", "\xc3\xa9"));
}
END_TEST

static int
fill(const char *prefix, enum segment_own_kind kind, int n)
{
	char name[32];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%d", prefix, i);
		if (add(kind, name) == -1)
			return i;
	}
	return n;
}

START_TEST(no_more_than_there_is_room_for)
{
	pthread_mutex_t *m[2];
	struct lane *l;

	ck_assert_int_eq(fill("c", SEGMENT_OWN_COUNTER, 1000), CELLS);
	ck_assert_ptr_nonnull(strstr(why, "no room for more than 256"));
	ck_assert_int_eq(fill("g", SEGMENT_OWN_GAUGE, 1), 0);
	ck_assert_int_eq(fill("l", SEGMENT_OWN_LOCK, 1000), SEGMENT_LOCKS);
	ck_assert_int_eq(add(SEGMENT_OWN_COUNTER, "c7"), 0);
	l = segment_attach_self(seg,
	    (unsigned)segment_lane_take(seg, 0, 1));
	for (int i = 0; i < CELLS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "c%d", i);
		*own_cell(seg, l, SEGMENT_OWN_COUNTER, name) += (uint64_t)i;
		ck_assert_int_eq(own_value(name, TF_STAT_ALL), i);
	}
	m[0] = own_lock(seg, "l62");
	m[1] = own_lock(seg, "l63");
	ck_assert_int_eq((char *)m[1] - (char *)m[0], SEGMENT_LOCK);
	ck_assert_int_eq(robust_take(m[0], 0), ROBUST_TAKEN);
	ck_assert_int_eq(robust_take(m[1], 0), ROBUST_TAKEN);
	robust_give(m[0]);
	robust_give(m[1]);
}
END_TEST

static void
adopt(void)
{
	next = segment_adopt(segment_write_fd(seg), &sizes);
	ck_assert_ptr_nonnull(next);
}

/* A holder under the old master is one for the new; a dead one is told of. */
START_TEST(the_next_master)
{
	int lane = segment_lane_take(seg, 0, 1);
	pid_t pid;

	counter_and_gauge();
	pid = worker(seg, (unsigned)lane, use_all);
	adopt();
	ck_assert_int_eq(own_add(next, SEGMENT_OWN_COUNTER, "hits", "", "", why,
	    sizeof(why)), 0);
	ck_assert_int_eq(own_add(next, SEGMENT_OWN_GAUGE, "hits", "", "", why,
	    sizeof(why)), -1);
	ck_assert_int_eq(own_add(next, SEGMENT_OWN_GAUGE, "more", "", "", why,
	    sizeof(why)), 0);
	ck_assert_int_eq(tf_stat_find_own(st, "more"), 2);
	ck_assert_int_eq(robust_take(own_lock(next, "list"), 0), -1);
	segment_lane_started(seg, (unsigned)lane, pid);
	end(pid);
	ck_assert_int_eq(robust_take(own_lock(next, "list"), 0),
	    ROBUST_ABANDONED);
	ck_assert_int_eq(own_value("size", TF_STAT_ALL), -7);
	ck_assert_uint_eq(segment_lanes_reclaim(next), 0);
	ck_assert_int_eq(own_value("size", TF_STAT_ALL), 0);
	ck_assert_int_eq(own_value("hits", TF_STAT_ALL), 5);
}
END_TEST

/* One that has failed to follow has left names, and workers that have them. */
START_TEST(a_master_that_came_to_nothing)
{
	pthread_mutex_t *theirs;

	counter_and_gauge();
	adopt();
	ck_assert_int_eq(own_add(next, SEGMENT_OWN_LOCK, "theirs", "", "", why,
	    sizeof(why)), 0);
	theirs = own_lock(next, "theirs");
	ck_assert_int_eq(add(SEGMENT_OWN_LOCK, "ours"), 0);
	ck_assert_ptr_nonnull(own_lock(next, "theirs"));
	ck_assert_int_eq(robust_take(theirs, 0), ROBUST_TAKEN);
	ck_assert_int_eq(robust_take(own_lock(next, "ours"), 0), ROBUST_TAKEN);
	ck_assert_int_eq(add(SEGMENT_OWN_GAUGE, "theirs"), -1);
	robust_give(theirs);
	robust_give(own_lock(next, "ours"));
}
END_TEST

/* As somebody might write it who has reached what he should not. */
START_TEST(a_directory_that_makes_no_sense)
{
	struct segment_head *h = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED, segment_write_fd(seg), 0);
	struct segment_own *o;
	char *all;

	counter_and_gauge();
	all = mmap(NULL, h->size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    segment_write_fd(seg), 0);
	o = (struct segment_own *)(void *)(all + h->own.offset);
	h->own_published = SEGMENT_OWN_MAX + 1;
	ck_assert_ptr_null(segment_adopt(segment_write_fd(seg), &sizes));
	ck_assert_int_eq(tf_stat_find_own(st, "nobody"), -1);
	h->own_published = 3;
	o[0].offset += 8;
	ck_assert_ptr_null(segment_adopt(segment_write_fd(seg), &sizes));
	o[0].offset = UINT64_MAX - 7;	/* nowhere in a lane */
	ck_assert_int_eq(tf_stat_find_own(st, "hits"), -1);
	ck_assert_int_eq(tf_stat_find_own(st, "size"), 0);
	o[0].offset = h->cells.offset;
	o[0].kind = 99;			/* of a build to come */
	ck_assert_int_eq(tf_stat_find_own(st, "size"), 0);
	ck_assert_ptr_null(segment_adopt(segment_write_fd(seg), &sizes));
	o[0].kind = SEGMENT_OWN_LOCK;
	ck_assert_ptr_null(segment_adopt(segment_write_fd(seg), &sizes));
	o[0].kind = SEGMENT_OWN_COUNTER;
	munmap(all, h->size);
	munmap(h, 4096);
	adopt();
}
END_TEST

/* It had no words of the server's: what describes them is passed over. */
static void
forget_server(char *bytes)
{
	const struct segment_head *h = (void *)bytes;
	struct segment_counter *c;

	for (uint64_t i = 0; i < h->counters.count; i++) {
		c = (void *)(bytes + h->counters.offset +
		    i * h->counters.stride);
		if (c->place == SEGMENT_IN_SERVER)
			c->kind = UINT32_MAX;
	}
}

/* The segment as an earlier build would have left it: the head ends before. */
START_TEST(an_earlier_build)
{
	int fd = memfd_create("old", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	off_t size = lseek(segment_fd(seg), 0, SEEK_END);
	char *bytes = malloc((size_t)size);
	struct segment_head *h = (void *)bytes;
	struct tf_stat *old;

	counter_and_gauge();
	ck_assert_int_eq(pread(segment_fd(seg), bytes, (size_t)size, 0), size);
	h->head_size = SEGMENT_HEAD_LEAST;
	forget_server(bytes);
	ck_assert_int_eq(write(fd, bytes, (size_t)size), size);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK |
	    F_SEAL_GROW), 0);
	ck_assert_ptr_nonnull(old = tf_stat_open_fd(fd, NULL));
	ck_assert_int_eq(tf_stat_find_own(old, "hits"), -1);
	ck_assert_int_ge(tf_stat_find(old, TF_STAT_WORKER, "reads"), 0);
	tf_stat_close(old);
	ck_assert_ptr_null(segment_adopt(fd, &sizes));
	close(fd);
	free(bytes);
}
END_TEST

START_TEST(what_is_shown)
{
	struct tf_stat_own own;
	struct lane *l;
	char *text;

	counter_and_gauge();
	l = segment_attach_self(seg,
	    (unsigned)segment_lane_take(seg, 0, 1));
	*own_cell(seg, l, SEGMENT_OWN_COUNTER, "hits") = 3;
	*own_cell(seg, l, SEGMENT_OWN_GAUGE, "size") -= 1;
	text = printed(st, true);
	ck_assert_ptr_nonnull(strstr(text, "\"own\":{\"hits\":3,\"size\":-1}"));
	free(text);
	text = printed(st, false);
	ck_assert_ptr_nonnull(strstr(text, "\nhits         "));
	ck_assert_ptr_nonnull(strstr(text, "                    -1\n"));
	free(text);
	ck_assert(tf_stat_get_own(st, 1, &own));
	ck_assert_str_eq(own.name, "size");
	ck_assert_str_eq(own.help, "help");
	ck_assert_int_eq(own.kind, TF_STAT_GAUGE);
	ck_assert(!tf_stat_get_own(st, 2, &own));
}
END_TEST

START_TEST(long_names_are_shown)
{
	char line[65], *text;

	snprintf(line, sizeof(line), "\nx%062d", 4711);
	ck_assert_int_eq(add(SEGMENT_OWN_COUNTER, line + 1), 0);
	text = printed(st, false);
	ck_assert_ptr_nonnull(strstr(text, line));
	free(text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("own");
	TCase *t = unit_case(s, "own");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, counted_by_those_who_live);
	tcase_add_test(t, a_name_is_one_thing);
	tcase_add_test(t, bad_names_and_texts);
	tcase_add_test(t, no_more_than_there_is_room_for);
	tcase_add_test(t, the_next_master);
	tcase_add_test(t, a_master_that_came_to_nothing);
	tcase_add_test(t, a_directory_that_makes_no_sense);
	tcase_add_test(t, an_earlier_build);
	tcase_add_test(t, what_is_shown);
	tcase_add_test(t, long_names_are_shown);
	return unit_main(s);
}
