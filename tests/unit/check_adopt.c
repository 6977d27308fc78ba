/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment that changes hands: what was counted stays counted, two masters
 * side by side never take the same lane, what the dead have left is found, and
 * a segment that is not what ours would be is not touched.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/stat.h>

#include "lib/unit.h"
#include "shm/layout.h"
#include "shm/segment_body.h"

#define LANES	8

static const struct segment_sizes sizes = { 4, LANES, 8 };
static struct segment *old, *new;

static void
setup(void)
{
	old = segment_create("test", &sizes);
	ck_assert_ptr_nonnull(old);
}

static void
teardown(void)
{
	segment_free(old);
	segment_free(new);
}

static void
adopt(void)
{
	new = segment_adopt(segment_write_fd(old), &sizes);
	ck_assert_msg(new != NULL, "%s", strerror(errno));
}

static uint64_t
total(const char *name)
{
	const char *why = "";
	struct tf_stat *st = tf_stat_open_fd(segment_fd(new), &why);
	uint64_t n;

	ck_assert_msg(st != NULL, "%s", why);
	n = tf_stat_value(st, tf_stat_find(st, TF_STAT_WORKER, name), 0,
	    TF_STAT_ALL);
	tf_stat_close(st);
	return n;
}

static void
count(struct segment *s, unsigned lane, unsigned calls)
{
	struct lane *l = segment_attach_self(s, lane);

	while (calls-- > 0) {
		lane_call_begin(l, 1, 1, "", 1);
		lane_call_end(l, 1, CALL_OK, 1, 1, 1);
	}
}

START_TEST(counters_methods_and_deaths_go_on)
{
	int lane = segment_lane_take(old, 0, 1);

	ck_assert_int_eq(segment_method_add(old, "S", "m"), 1);
	segment_death_add(old, "somebody died");
	count(old, (unsigned)lane, 5);
	segment_lane_ended(old, (unsigned)lane);
	adopt();
	ck_assert_uint_eq(total("calls_ended"), 5);
	ck_assert_int_eq(segment_method_find(new, "S", "m"), 1);
	ck_assert_int_eq(segment_method_add(new, "S", "m"), 1);
	ck_assert_int_eq(segment_method_add(new, "S", "n"), 2);
	lane = segment_lane_take(new, 0, 2);
	count(new, (unsigned)lane, 7);
	segment_lane_ended(new, (unsigned)lane);
	segment_death_add(new, "and another one");
	ck_assert_uint_eq(total("calls_ended"), 12);
	/* It is the same memory, also for who made it. */
	ck_assert_uint_eq(segment_method_find(old, "S", "n"), 2);
}
END_TEST

/*
 * Two masters have it, and the new one gives up, or takes over late: what the
 * other has written stays.
 */
START_TEST(each_sees_what_the_other_has_added)
{
	ck_assert_int_eq(segment_method_add(old, "S", "m"), 1);
	segment_death_add(old, "one");
	adopt();
	ck_assert_int_eq(segment_method_add(new, "S", "n"), 2);
	ck_assert_int_eq(segment_method_add(new, "S", "o"), 3);
	ck_assert_int_eq(segment_method_add(old, "S", "p"), 4);
	ck_assert_int_eq(segment_method_add(old, "S", "n"), 2);
	ck_assert_int_eq(segment_method_find(old, "S", "o"), 3);
	ck_assert_int_eq(segment_method_add(new, "S", "p"), 4);
	segment_death_add(old, "two");
	segment_death_add(new, "three");
	segment_death_add(old, "four");
	ck_assert_uint_eq(segment_head(old)->deaths_published, 4);
}
END_TEST

START_TEST(what_is_taken_is_not_taken_twice)
{
	int mine[LANES], n = 0, lane;
	bool seen[LANES] = { false };

	for (int i = 0; i < 3; i++)
		mine[n++] = segment_lane_take(old, 0, 1);
	adopt();
	while ((lane = segment_lane_take(new, 1, 2)) != -1) {
		ck_assert_int_lt(n, LANES);
		mine[n++] = lane;
	}
	ck_assert_int_eq(n, LANES);
	for (int i = 0; i < n; i++) {
		ck_assert(!seen[mine[i]]);
		seen[mine[i]] = true;
	}
	/* One that the old master's process leaves is free for the new. */
	segment_lane_ended(old, (unsigned)mine[1]);
	ck_assert_int_eq(segment_lane_take(new, 1, 2), mine[1]);
}
END_TEST

START_TEST(side_by_side_each_has_a_range)
{
	adopt();
	segment_lanes_limit(old, 0, LANES / 2);
	segment_lanes_limit(new, LANES / 2, LANES / 2);
	for (int i = 0; i < LANES / 2; i++) {
		ck_assert_int_lt(segment_lane_take(old, 0, 1), LANES / 2);
		ck_assert_int_ge(segment_lane_take(new, 0, 2), LANES / 2);
	}
	ck_assert_int_eq(segment_lane_take(old, 0, 1), -1);
	ck_assert_int_eq(segment_lane_take(new, 0, 2), -1);
	segment_lanes_limit(new, 0, LANES);
	ck_assert_int_eq(segment_lane_take(new, 0, 2), -1);
}
END_TEST

static pid_t
sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

/* Time passes for a lane whose process was never heard of. */
static void
age(int lane)
{
	struct segment_head *head = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED, segment_write_fd(old), 0);
	size_t at = head->lane_table.offset +
	    (size_t)lane * head->lane_table.stride;
	char *map = mmap(NULL, head->size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    segment_write_fd(old), 0);
	struct segment_lane *t = (struct segment_lane *)(void *)(map + at);

	t->started_ns -= UINT64_C(61000000000);
	munmap(map, head->size);
	munmap(head, 4096);
}

START_TEST(the_dead_are_buried)
{
	int gone = segment_lane_take(old, 0, 1);
	int alive = segment_lane_take(old, 1, 1);
	int unborn = segment_lane_take(old, 2, 1);
	struct lane *l = segment_attach_self(old, (unsigned)gone);
	pid_t dead = sleeper(), living = sleeper();

	segment_lane_started(old, (unsigned)gone, dead);
	segment_lane_started(old, (unsigned)alive, living);
	lane_call_begin(l, 1, 1, "", 1);
	kill(dead, SIGKILL);
	waitpid(dead, NULL, 0);
	adopt();
	ck_assert_uint_eq(segment_lanes_reclaim(new), 2);
	ck_assert_uint_eq(segment_lane_in_flight(new, (unsigned)gone), 0);
	kill(living, SIGKILL);
	waitpid(living, NULL, 0);
	/* Its master may have died before it could write a pid down. */
	ck_assert_uint_eq(segment_lanes_reclaim(new), 1);
	age(unborn);
	ck_assert_uint_eq(segment_lanes_reclaim(new), 0);
	for (int i = 0; i < LANES; i++)
		ck_assert_int_ne(segment_lane_take(new, 0, 2), -1);
}
END_TEST

static void
refused(int fd, const struct segment_sizes *other)
{
	errno = 0;
	ck_assert_ptr_null(segment_adopt(fd, other));
	ck_assert_int_eq(errno, EPROTO);
}

START_TEST(other_maxima)
{
	static const struct segment_sizes others[] = { { 5, LANES, 8 },
	    { 4, LANES + 1, 8 }, { 4, LANES, 9 } };

	for (int i = 0; i < 3; i++)
		refused(segment_write_fd(old), &others[i]);
}
END_TEST

/* Each word of the head that says where something is, changed by one. */
START_TEST(another_layout)
{
	size_t words = offsetof(struct segment_head, name) / 8;
	uint64_t *head = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
	    segment_write_fd(old), 0);

	ck_assert_ptr_ne(head, MAP_FAILED);
	for (size_t i = 0; i < words; i++) {
		head[i]++;
		refused(segment_write_fd(old), &sizes);
		head[i]--;
	}
	adopt();
	munmap(head, 4096);
}
END_TEST

START_TEST(directory_that_is_too_long)
{
	struct segment_head *head = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED, segment_write_fd(old), 0);

	ck_assert_ptr_ne(head, MAP_FAILED);
	head->methods_published = 1000;
	refused(segment_write_fd(old), &sizes);
	head->methods_published = 0;
	refused(segment_write_fd(old), &sizes);
	munmap(head, 4096);
}
END_TEST

START_TEST(no_segment_at_all)
{
	int fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	refused(fd, &sizes);
	ck_assert_int_eq(ftruncate(fd, 100), 0);
	refused(fd, &sizes);
	close(fd);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	refused(fd, &sizes);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("adopt");
	TCase *t = unit_case(s, "adopt");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, counters_methods_and_deaths_go_on);
	tcase_add_test(t, each_sees_what_the_other_has_added);
	tcase_add_test(t, what_is_taken_is_not_taken_twice);
	tcase_add_test(t, side_by_side_each_has_a_range);
	tcase_add_test(t, the_dead_are_buried);
	tcase_add_test(t, other_maxima);
	tcase_add_test(t, another_layout);
	tcase_add_test(t, directory_that_is_too_long);
	tcase_add_test(t, no_segment_at_all);
	return unit_main(s);
}
