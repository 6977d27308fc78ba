/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: an object that one callback frees is not touched by the
 * next event of the batch; timers fire in order, never early, and may be set
 * and cancelled from anywhere; posts of other threads wake it, none is lost and
 * none comes twice.  Use after free and races are left to the sanitizers.
 */
#include <sys/eventfd.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/loop.h"
#include "lib/unit.h"

static struct loop loop;

struct thing {
	struct watch	 watch;
	struct timer	 timer;
	struct post	 post;
	int		 number, calls;
};

#define THINGS	40
static struct thing *things[THINGS];
static int ncalls, order[8192], norder;

static void
setup(void)
{
	ncalls = norder = 0;
	ck_assert_int_eq(loop_init(&loop), 0);
}

static void
teardown(void)
{
	loop_fini(&loop);
}

static int
ready_fd(void)
{
	int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);

	ck_assert_int_ne(fd, -1);
	return fd;
}

static void
drop(int i)
{
	int fd = things[i]->watch.fd;

	watch_remove(&loop, &things[i]->watch);
	close(fd);
	loop_free(&loop, things[i]);
	things[i] = NULL;
}

/* Whoever is called first removes and frees all the others, and itself. */
static void
only_one(struct watch *w, uint32_t events)
{
	(void)w;
	ck_assert_uint_eq(events, EPOLLIN);
	ncalls++;
	for (int i = 0; i < THINGS; i++)
		if (things[i] != NULL)
			drop(i);
}

START_TEST(freed_by_another_in_the_same_batch)
{
	for (int i = 0; i < THINGS; i++) {
		things[i] = calloc(1, sizeof(struct thing));
		ck_assert_int_eq(watch_add(&loop, &things[i]->watch,
		    ready_fd(), EPOLLIN, only_one), 0);
	}
	ck_assert_int_eq(loop_turn(&loop), 0);
	ck_assert_int_eq(ncalls, 1);
	ck_assert_uint_eq(loop.ndead, 0);
}
END_TEST

static void
count_call(struct watch *w, uint32_t events)
{
	(void)events;
	OBJECT_OF(w, struct thing, watch)->calls++;
}

START_TEST(level_triggered_until_removed)
{
	struct thing t = { .watch.fd = -1 };
	int fd = ready_fd();

	ck_assert_int_eq(watch_add(&loop, &t.watch, fd, EPOLLIN, count_call),
	    0);
	loop_turn(&loop);
	loop_turn(&loop);
	ck_assert_int_eq(t.calls, 2);
	watch_remove(&loop, &t.watch);
	watch_remove(&loop, &t.watch);
	ck_assert_int_eq(t.watch.fd, -1);
	close(fd);
}
END_TEST

static void
end_of_wait(struct timer *t)
{
	order[norder++] = OBJECT_OF(t, struct thing, timer)->number;
}

START_TEST(a_change_of_events)
{
	struct thing t = { .watch.fd = -1 }, end = { .number = 7 };
	int fd = ready_fd();

	watch_add(&loop, &t.watch, fd, EPOLLIN, count_call);
	ck_assert_int_eq(watch_change(&loop, &t.watch, 0), 0);
	timer_set(&loop, &end.timer, clock_ns() + 5 * NS_PER_MS, end_of_wait);
	while (norder == 0)
		loop_turn(&loop);
	ck_assert_int_eq(t.calls, 0);
	ck_assert_int_eq(watch_change(&loop, &t.watch, EPOLLIN), 0);
	loop_turn(&loop);
	ck_assert_int_eq(t.calls, 1);
	watch_remove(&loop, &t.watch);
	close(fd);
}
END_TEST

START_TEST(a_descriptor_that_cannot_be_watched)
{
	struct watch w;

	ck_assert_int_eq(watch_add(&loop, &w, 9999, EPOLLIN, count_call), -1);
	ck_assert_int_eq(w.fd, -1);
	watch_remove(&loop, &w);
}
END_TEST

START_TEST(timers_fire_in_order_and_not_early)
{
	static struct thing t[50];
	uint64_t begin = clock_ns();

	for (int i = 0; i < 50; i++) {
		t[i].number = (i * 17) % 50;
		timer_set(&loop, &t[i].timer, begin + 30 * NS_PER_MS +
		    (uint64_t)t[i].number * 1000 * 100, end_of_wait);
	}
	while (norder < 50) {
		int before = norder;

		ck_assert_int_eq(loop_turn(&loop), 0);
		for (int i = before; i < norder; i++) {
			ck_assert_int_eq(order[i], i);
			ck_assert_uint_ge(clock_ns(), begin + 30 * NS_PER_MS +
			    (uint64_t)i * 1000 * 100);
		}
	}
	ck_assert_uint_lt(clock_ns() - begin, NS_PER_S);
}
END_TEST

/* A loop that waits does so in the kernel, not by turning. */
START_TEST(waiting_takes_few_turns)
{
	struct thing t = { .number = 1 };
	uint64_t when = clock_ns() + 40 * NS_PER_MS + 300;
	int turns = 0;

	timer_set(&loop, &t.timer, when, end_of_wait);
	for (; norder == 0; turns++)
		loop_turn(&loop);
	ck_assert_uint_ge(clock_ns(), when);
	ck_assert_int_le(turns, 3);
}
END_TEST

static void
set_again(struct timer *t)
{
	struct thing *o = OBJECT_OF(t, struct thing, timer);

	ck_assert_uint_eq(t->when_ns, 0);
	if (++o->calls < 5)
		timer_set(&loop, t, loop.now_ns + 1, set_again);
}

START_TEST(set_again_in_the_callback)
{
	struct thing t = { .number = 1 };

	timer_set(&loop, &t.timer, 1, set_again);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(t.calls, i);
		loop_turn(&loop);
	}
	ck_assert_int_eq(t.calls, 5);
	ck_assert_uint_eq(t.timer.when_ns, 0);
}
END_TEST

static void
set_for_now(struct timer *t)
{
	timer_set(&loop, t, 0, set_for_now);
}

START_TEST(set_for_now_for_ever)
{
	struct thing t = { .number = 1 }, end = { .number = 2 };

	timer_set(&loop, &end.timer, clock_ns() + NS_PER_MS, end_of_wait);
	timer_set(&loop, &t.timer, 0, set_for_now);
	for (int i = 0; i < 1000000 && norder == 0; i++)
		loop_turn(&loop);
	ck_assert_int_eq(norder, 1);
	timer_cancel(&loop, &t.timer);
}
END_TEST

static struct thing pair[2];

static void
cancel_the_other(struct timer *t)
{
	ncalls++;
	timer_cancel(&loop, &pair[t == &pair[0].timer].timer);
}

START_TEST(cancelled_by_another_that_is_due)
{
	for (int i = 0; i < 2; i++)
		timer_set(&loop, &pair[i].timer, (uint64_t)i + 5,
		    cancel_the_other);
	loop_turn(&loop);
	ck_assert_int_eq(ncalls, 1);
	timer_cancel(&loop, &pair[0].timer);
	timer_cancel(&loop, &pair[1].timer);
}
END_TEST

static void
free_myself(struct timer *t)
{
	ncalls++;
	loop_free(&loop, OBJECT_OF(t, struct thing, timer));
}

START_TEST(freed_in_its_callback)
{
	for (int i = 0; i < 100; i++) {
		struct thing *o = calloc(1, sizeof(*o));

		timer_set(&loop, &o->timer, 5, free_myself);
	}
	loop_turn(&loop);
	ck_assert_int_eq(ncalls, 100);
	ck_assert_uint_eq(loop.ndead, 0);
}
END_TEST

/* The last setting counts; the earlier one does not fire as well. */
START_TEST(set_while_set)
{
	struct thing t = { .number = 1 }, u = { .number = 2 };
	uint64_t now = clock_ns();

	timer_set(&loop, &t.timer, now + 1000 * NS_PER_S, end_of_wait);
	timer_set(&loop, &u.timer, now + 6 * NS_PER_MS, end_of_wait);
	timer_set(&loop, &t.timer, now + 3 * NS_PER_MS, end_of_wait);
	timer_set(&loop, &t.timer, now + 12 * NS_PER_MS, end_of_wait);
	while (norder < 2)
		loop_turn(&loop);
	ck_assert_int_eq(order[0], 2);
	ck_assert_int_eq(order[1], 1);
	ck_assert(RB_EMPTY(&loop.timers));
}
END_TEST

START_TEST(thousands_of_timers)
{
	enum { N = 8000 };
	static struct thing t[N];
	int cancelled = 0;

	for (int i = 0; i < N; i++) {
		t[i].number = (int)((unsigned)i * 2654435761u % N);
		timer_set(&loop, &t[i].timer, (uint64_t)t[i].number + 1,
		    end_of_wait);
	}
	for (int i = 0; i < N; i += 3, cancelled++)
		timer_cancel(&loop, &t[i].timer);
	loop_turn(&loop);
	ck_assert_int_eq(norder, N - cancelled);
	for (int i = 1; i < norder; i++)
		ck_assert_int_ge(order[i], order[i - 1]);
	ck_assert(RB_EMPTY(&loop.timers));
}
END_TEST

static uint64_t seen_busy, busy;

static void
look_at_busy(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
	seen_busy = busy;
}

START_TEST(the_heartbeat)
{
	struct watch w;
	int fd = ready_fd();
	uint64_t before = clock_ns();

	loop.busy_since = &busy;
	watch_add(&loop, &w, fd, EPOLLIN, look_at_busy);
	loop_turn(&loop);
	ck_assert_uint_ge(seen_busy, before);
	ck_assert_uint_eq(seen_busy, loop.now_ns);
	close(fd);
}
END_TEST

static void
posted(struct post *p)
{
	order[norder++] = OBJECT_OF(p, struct thing, post)->number;
}

static bool
is_awake(void)
{
	struct pollfd p = { .fd = loop.wake.fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* Without a timer: a post that does not wake the loop hangs this. */
static void *
post_one(void *arg)
{
	loop_post(&loop, arg, posted);
	return NULL;
}

START_TEST(a_post_wakes_the_loop)
{
	struct thing t = { .number = 3 };
	pthread_t thread;

	for (int i = 0; i < 200; i++) {
		norder = 0;
		pthread_create(&thread, NULL, post_one, &t.post);
		while (norder == 0)
			ck_assert_int_eq(loop_turn(&loop), 0);
		pthread_join(thread, NULL);
		ck_assert_int_eq(norder, 1);
	}
	ck_assert_int_eq(order[0], 3);
}
END_TEST

#define POSTERS		4
#define POSTS		2000

static struct poster {
	pthread_t	 thread;
	struct thing	 things[POSTS];
	int		 next;
} posters[POSTERS];

static void
posted_by(struct post *p)
{
	struct thing *o = OBJECT_OF(p, struct thing, post);
	struct poster *by = &posters[o->number / POSTS];

	ck_assert_int_eq(o->number % POSTS, by->next++);
	ncalls++;
}

static void *
post_many(void *arg)
{
	struct poster *by = arg;

	for (int i = 0; i < POSTS; i++)
		loop_post(&loop, &by->things[i].post, posted_by);
	return NULL;
}

START_TEST(posts_of_many_threads)
{
	for (int i = 0; i < POSTERS; i++) {
		for (int j = 0; j < POSTS; j++)
			posters[i].things[j].number = i * POSTS + j;
		pthread_create(&posters[i].thread, NULL, post_many,
		    &posters[i]);
	}
	while (ncalls < POSTERS * POSTS)
		ck_assert_int_eq(loop_turn(&loop), 0);
	for (int i = 0; i < POSTERS; i++) {
		pthread_join(posters[i].thread, NULL);
		ck_assert_int_eq(posters[i].next, POSTS);
	}
	ck_assert(STAILQ_EMPTY(&loop.posts));
	ck_assert(!loop.posted);
}
END_TEST

START_TEST(a_burst_of_posts_is_one_write)
{
	struct thing t[3] = { { .number = 0 }, { .number = 1 },
	    { .number = 2 } };
	uint64_t n;

	ck_assert(!is_awake());
	for (int i = 0; i < 3; i++)
		loop_post(&loop, &t[i].post, posted);
	ck_assert_int_eq(read(loop.wake.fd, &n, sizeof(n)), sizeof(n));
	ck_assert_uint_eq(n, 1);
	loop_turn(&loop);
	ck_assert_int_eq(norder, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(order[i], i);
}
END_TEST

static void
event_comes(struct watch *w, uint32_t events)
{
	(void)events;
	order[norder++] = 100;
	loop_post(&loop, &OBJECT_OF(w, struct thing, watch)->post, posted);
	ck_assert(!is_awake());
	watch_remove(&loop, w);
}

START_TEST(events_then_posts_then_timers)
{
	struct thing t = { .number = 101 }, late = { .number = 102 };
	int fd = ready_fd();

	watch_add(&loop, &t.watch, fd, EPOLLIN, event_comes);
	timer_set(&loop, &late.timer, 1, end_of_wait);
	loop_turn(&loop);
	ck_assert_int_eq(norder, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(order[i], 100 + i);
	close(fd);
}
END_TEST

static void
post_again(struct post *p)
{
	struct thing *o = OBJECT_OF(p, struct thing, post);

	if (++o->calls < 5)
		loop_post(&loop, p, post_again);
}

/* Each in a turn of its own, none of which waits: no timer, no event. */
START_TEST(posted_again_in_the_callback)
{
	struct thing t = { .number = 1 };

	loop_post(&loop, &t.post, post_again);
	for (int i = 1; i <= 5; i++) {
		loop_turn(&loop);
		ck_assert_int_eq(t.calls, i);
	}
	ck_assert(!loop.posted);
}
END_TEST

static void
free_post(struct post *p)
{
	ncalls++;
	free(OBJECT_OF(p, struct thing, post));
}

START_TEST(a_post_that_is_freed_in_its_callback)
{
	for (int i = 0; i < 100; i++) {
		struct thing *o = calloc(1, sizeof(*o));

		loop_post(&loop, &o->post, free_post);
	}
	loop_turn(&loop);
	ck_assert_int_eq(ncalls, 100);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("loop");
	TCase *t = unit_case(s, "loop");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, freed_by_another_in_the_same_batch);
	tcase_add_test(t, level_triggered_until_removed);
	tcase_add_test(t, a_change_of_events);
	tcase_add_test(t, a_descriptor_that_cannot_be_watched);
	tcase_add_test(t, timers_fire_in_order_and_not_early);
	tcase_add_test(t, waiting_takes_few_turns);
	tcase_add_test(t, set_again_in_the_callback);
	tcase_add_test(t, set_for_now_for_ever);
	tcase_add_test(t, cancelled_by_another_that_is_due);
	tcase_add_test(t, freed_in_its_callback);
	tcase_add_test(t, set_while_set);
	tcase_add_test(t, thousands_of_timers);
	tcase_add_test(t, the_heartbeat);
	tcase_add_test(t, a_post_wakes_the_loop);
	tcase_add_test(t, posts_of_many_threads);
	tcase_add_test(t, a_burst_of_posts_is_one_write);
	tcase_add_test(t, events_then_posts_then_timers);
	tcase_add_test(t, posted_again_in_the_callback);
	tcase_add_test(t, a_post_that_is_freed_in_its_callback);
	return unit_main(s);
}
