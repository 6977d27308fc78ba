/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No cache line of the segment is written by two: not by two workers that
 * serve, nor by a worker and the master, who all do what they can.  What they
 * have written is found by looking at all of it, before and after; and a worker
 * in a call does without all of it but its lane.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "lib/unit.h"
#include "shm/own.h"
#include "shm/segment_body.h"
#include "unit/unit_stat.h"

#define LINE	64

static const struct segment_sizes sizes = { 3, 6, 4 };
static struct tf_stat *st;
static struct lane *lane[2];
static uint64_t *cells[2][2];		/* of each */
static struct lane_own *own[2];
static unsigned histogram;
static uint8_t *before, *now;
static char why[200];

static void
declare(enum segment_own_kind kind, const char *name, const char *unit)
{
	ck_assert_int_eq(own_add(seg, kind, name, unit, "help", why,
	    sizeof(why)), 0);
}

/* What a worker looks up when it starts. */
static void
start(int which)
{
	int n = segment_lane_take(seg, (unsigned)which, 1);
	struct lane *l = segment_attach_self(seg, (unsigned)n);

	ck_assert_ptr_nonnull(l);
	lane[which] = l;
	cells[which][0] = own_cell(seg, l, SEGMENT_OWN_COUNTER, "first");
	cells[which][1] = own_cell(seg, l, SEGMENT_OWN_GAUGE, "last");
	own[which] = own_of_lane(seg, l);
	ck_assert_ptr_nonnull(cells[which][0]);
	ck_assert_ptr_nonnull(cells[which][1]);
}

static void
setup(void)
{
	st = stat_empty(&sizes);
	before = malloc(seg->at.size);
	now = malloc(seg->at.size);
	declare(SEGMENT_OWN_COUNTER, "first", "");
	declare(SEGMENT_OWN_GAUGE, "last", "");
	declare(SEGMENT_OWN_HISTOGRAM, "sizes", "bytes");
	segment_method_add(seg, "S", "m");
	histogram = (unsigned)own_histogram(seg, "sizes");
	for (int i = 0; i < 2; i++)
		start(i);
}

static void
teardown(void)
{
	free(before);
	free(now);
	tf_stat_close(st);
	segment_free(seg);
}

static void
look(uint8_t *to)
{
	size_t size = seg->at.size, done = 0;
	ssize_t n;

	for (; done < size; done += (size_t)n) {
		n = pread(segment_fd(seg), to + done, size - done,
		    (off_t)done);
		ck_assert_int_gt(n, 0);
	}
}

static void
call(struct lane *l, unsigned method, enum call_outcome outcome)
{
	lane_call_begin(l, method, 7, "127.0.0.1:1", 1000);
	lane_call_waited(l, method, 77);
	lane_call_end(l, method, outcome, 12345, 10, 20);
	lane_call_sent(l, method, 30);
}

/* All that a worker writes. */
static void
serve(int which)
{
	struct lane *l = lane[which];

	for (enum counter c = 0; c < COUNTERS; c++)
		lane_add(l, c, 1);
	for (unsigned m = 0; m <= sizes.methods; m++)
		for (enum call_outcome o = CALL_OK; o <= CALL_UNSENDABLE; o++)
			call(l, m, o);
	lane_set_threads(l, LANE_THREADS);
	for (unsigned t = 0; t < LANE_THREADS; t++)
		lane_thread_begin(l, t, 1, 8, "127.0.0.1:2", 2000);
	lane_busy(l, 3000);
	lane_turn(l, 4000);
	for (int i = 0; i < 2; i++)
		word_add(cells[which][i], 1);
	own_record(own[which], histogram, 5000);
}

static void
first_serves(void)
{
	serve(0);
}

static void
second_serves(void)
{
	serve(1);
}

/* All that a master writes while workers live. */
static void
supervise(void)
{
	static const struct listener_state where = { .address = "a:1",
	    .kind = "tcp", .has_queue = true, .sockets = 1, .queue = 2,
	    .longest = 3, .limit = 4, .drops = 5 };

	segment_set_master(seg, 4711, 12, 13);
	segment_set_stopping(seg);
	segment_add_listen(seg, "a:1");
	segment_set_library(seg, "another");
	segment_set_listeners(seg, &where, 1);
	segment_death_add(seg, "it has died");
	segment_method_add(seg, "S", "n");
	declare(SEGMENT_OWN_COUNTER, "more", "");
	for (unsigned c = 0; c < SERVER_COUNTERS; c++)
		segment_count(seg, c, 1);
	for (unsigned i = 0; i < sizes.slots; i++)
		segment_slot_set(seg, i, SLOT_READY, 1, 4712, 3);
	for (unsigned i = 0; i < 2; i++) {
		segment_lane_started(seg, i, 4713);
		segment_lane_memory(seg, i, 1 << 20, 1 << 19);
	}
	ck_assert_int_ge(segment_lane_take(seg, 2, 2), 2);
}

START_TEST(nobody_shares_one)
{
	static void (*const work[])(void) = { first_serves, second_serves,
	    supervise };
	uint8_t *writers = calloc(seg->at.size / LINE + 1, 1);
	size_t lines[3] = { 0 }, i;

	look(before);
	for (int who = 0; who < 3; who++) {
		work[who]();
		look(now);
		for (i = 0; i < seg->at.size / LINE; i++) {
			if (memcmp(before + i * LINE, now + i * LINE,
			    LINE) == 0)
				continue;
			lines[who]++;
			ck_assert_msg(writers[i] == 0, "line %zu: %d and %d",
			    i, writers[i] - 1, who);
			writers[i] = (uint8_t)(who + 1);
		}
		memcpy(before, now, seg->at.size);
	}
	/* They have been busy. */
	ck_assert_uint_gt(lines[0], LANE_THREADS + COUNTERS / 8);
	ck_assert_uint_eq(lines[0], lines[1]);
	ck_assert_uint_gt(lines[2], sizes.slots);
	free(writers);
}
END_TEST

/* Each thread of a worker has lines of its own, and so has each lock. */
START_TEST(nor_do_threads_and_locks)
{
	const struct segment_head *h = &seg->at;

	ck_assert_uint_eq(h->lanes.offset % LINE, 0);
	ck_assert_uint_eq(h->lanes.stride % LINE, 0);
	ck_assert_uint_eq(h->threads.offset % LINE, 0);
	ck_assert_uint_eq(h->threads.stride % LINE, 0);
	ck_assert_uint_eq(h->cells.offset % LINE, 0);
	ck_assert_uint_eq(h->own_tallies.offset % LINE, 0);
	ck_assert_uint_eq(h->own_tallies.stride % (LINE * h->own_writers), 0);
	ck_assert_uint_eq(h->own_counts.offset % LINE, 0);
	ck_assert_uint_eq(h->own_counts.stride % (LINE * h->own_writers), 0);
	ck_assert_uint_eq(h->locks.offset % LINE, 0);
	ck_assert_uint_eq(h->locks.stride % LINE, 0);
	ck_assert_uint_ge(h->locks.stride, sizeof(pthread_mutex_t));
}
END_TEST

/* And what a worker knows of its lane is in no memory that others have. */
START_TEST(desks)
{
	for (int i = 0; i < 2; i++) {
		const struct lane_desk *desk = lane_desk(lane[i]);

		ck_assert_uint_eq((uintptr_t)desk % LINE, 0);
		look(before);
		lane_desk(lane[i])->peer_key ^= 2;
		look(now);
		ck_assert_int_eq(memcmp(before, now, seg->at.size), 0);
	}
}
END_TEST

static bool
lives_after(void (*work)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		if (mprotect(seg->map, seg->at.size, PROT_NONE) == 0)
			work();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status);
}

static void
look_up(void)
{
	own_histogram(seg, "sizes");
}

/* Nor does it read there, so that nobody's writing makes a call wait. */
START_TEST(nobody_reads_in_another)
{
	ck_assert(lives_after(first_serves));
	ck_assert(!lives_after(look_up));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lines");
	TCase *t = unit_case(s, "lines");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, nobody_shares_one);
	tcase_add_test(t, nor_do_threads_and_locks);
	tcase_add_test(t, desks);
	tcase_add_test(t, nobody_reads_in_another);
	return unit_main(s);
}
