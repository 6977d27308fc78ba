/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop that programs have: handles that free themselves, descriptors of
 * which nothing is wanted, posts of other threads, an end that is asked for
 * from anywhere.
 */
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/user_loop.h"
#include "lib/unit.h"
#include "unit_peer.h"

static struct tf_loop *loop;
static int pair[2], ncalls, fds_before;
static unsigned last_events;

static void
setup(void)
{
	fds_before = peer_fds();
	ncalls = 0;
	loop = tf_loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0, pair), 0);
}

static void
teardown(void)
{
	tf_loop_free(loop);
	close(pair[0]);
	if (pair[1] != -1)
		close(pair[1]);
	ck_assert_int_eq(peer_fds(), fds_before);
}

static void
stop(void *arg)
{
	(void)arg;
	tf_loop_stop(loop);
}

/* The loop goes on for so long; what is to come has come, or never comes. */
static void
run_ms(uint64_t ms)
{
	struct tf_timer *t = tf_timer_new(loop, stop, NULL);

	tf_timer_set(t, ms);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	tf_timer_free(t);
}

static void
count_then_stop(void *arg, unsigned events)
{
	(void)arg;
	last_events = events;
	if (++ncalls >= 3)
		tf_loop_stop(loop);
}

START_TEST(events_of_a_descriptor)
{
	struct tf_watch *w = tf_watch_new(loop, pair[0], TF_WRITE,
	    count_then_stop, NULL);

	ck_assert_int_eq(tf_loop_run(loop), 0);
	ck_assert_uint_eq(last_events, TF_WRITE);
	ck_assert_int_eq(tf_watch_change(w, TF_READ), 0);
	run_ms(5);
	ck_assert_int_eq(ncalls, 3);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	ck_assert_uint_eq(last_events, TF_READ);
	ck_assert_int_eq(tf_watch_change(w, TF_READ | TF_WRITE), 0);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	ck_assert_uint_eq(last_events, TF_READ | TF_WRITE);
	tf_watch_free(w);
}
END_TEST

/* Its end is not reported while nothing is wanted of it, and is after. */
START_TEST(nothing_is_wanted_of_a_descriptor)
{
	struct tf_watch *w = tf_watch_new(loop, pair[0], 0, count_then_stop,
	    NULL);

	ck_assert_ptr_nonnull(w);
	close(pair[1]);
	pair[1] = -1;
	run_ms(5);
	ck_assert_int_eq(ncalls, 0);
	ck_assert_int_eq(tf_watch_change(w, TF_WRITE), 0);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	ck_assert_uint_eq(last_events, TF_WRITE);
	ck_assert_int_eq(tf_watch_change(w, 0), 0);
	ck_assert_int_eq(tf_watch_change(w, 0), 0);
	run_ms(5);
	ck_assert_int_eq(ncalls, 3);
	tf_watch_free(w);
}
END_TEST

START_TEST(what_cannot_be_waited_for)
{
	struct tf_watch *w = tf_watch_new(loop, pair[0], TF_READ,
	    count_then_stop, NULL);

	ck_assert_ptr_null(tf_watch_new(loop, 9999, TF_READ, count_then_stop,
	    NULL));
	ck_assert_int_eq(errno, EBADF);
	ck_assert_ptr_null(tf_watch_new(loop, pair[0], TF_READ,
	    count_then_stop, NULL));
	ck_assert_int_eq(errno, EEXIST);
	tf_watch_free(w);
	tf_watch_free(NULL);
	tf_timer_free(NULL);
	tf_loop_free(NULL);
}
END_TEST

static struct tf_watch *two[2];

/* Whoever comes first frees both. */
static void
free_both(void *arg, unsigned events)
{
	(void)arg;
	(void)events;
	ncalls++;
	for (int i = 0; i < 2; i++) {
		tf_watch_free(two[i]);
		two[i] = NULL;
	}
}

START_TEST(a_watch_that_is_freed_in_its_function)
{
	for (int i = 0; i < 2; i++)
		two[i] = tf_watch_new(loop, pair[i], TF_WRITE, free_both, NULL);
	run_ms(5);
	ck_assert_int_eq(ncalls, 1);
}
END_TEST

static struct tf_timer *again;

static void
tick(void *arg)
{
	ck_assert_ptr_eq(arg, &ncalls);
	if (++ncalls < 3)
		tf_timer_set(again, 1);
	else {
		tf_timer_free(again);
		tf_loop_stop(loop);
	}
}

START_TEST(a_timer_that_goes_on_and_frees_itself)
{
	struct tf_timer *never = tf_timer_new(loop, tick, NULL);

	tf_timer_set(never, 1);
	tf_timer_set(never, UINT64_MAX);
	again = tf_timer_new(loop, tick, &ncalls);
	tf_timer_set(again, 0);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	ck_assert_int_eq(ncalls, 3);
	tf_timer_set(never, 1);
	tf_timer_cancel(never);
	tf_timer_cancel(never);
	run_ms(5);
	ck_assert_int_eq(ncalls, 3);
	tf_timer_free(never);
}
END_TEST

#define POSTERS	3
#define POSTS	1000

static int next_of[POSTERS];

static void
posted(void *arg)
{
	int n = (int)(intptr_t)arg;

	ck_assert_int_eq(next_of[n / POSTS]++, n % POSTS);
	if (++ncalls == POSTERS * POSTS)
		tf_loop_stop(loop);
}

static void *
poster(void *arg)
{
	intptr_t first = (intptr_t)arg * POSTS;

	for (intptr_t i = 0; i < POSTS; i++)
		tf_post(loop, posted, (void *)(first + i));
	return NULL;
}

START_TEST(posts_of_threads)
{
	pthread_t threads[POSTERS];

	for (intptr_t i = 0; i < POSTERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, poster,
		    (void *)i), 0);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	for (int i = 0; i < POSTERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(ncalls, POSTERS * POSTS);
}
END_TEST

/* The sanitizer sees whether it is given back. */
START_TEST(a_post_that_comes_too_late)
{
	tf_post(loop, stop, NULL);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	tf_post(loop, posted, NULL);
	tf_post(loop, posted, NULL);
	ck_assert_int_eq(ncalls, 0);
}
END_TEST

static void
on_signal(int signo)
{
	(void)signo;
	tf_loop_stop(loop);
}

static void
raise_it(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
}

static void *
stop_from_afar(void *arg)
{
	tf_loop_stop(arg);
	return NULL;
}

START_TEST(an_end_asked_for_from_anywhere)
{
	struct sigaction old, sa = { .sa_handler = on_signal };
	pthread_t thread;

	tf_loop_stop(loop);		/* before it has begun */
	ck_assert_int_eq(tf_loop_run(loop), 0);
	sigaction(SIGUSR1, &sa, &old);
	tf_post(loop, raise_it, NULL);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	sigaction(SIGUSR1, &old, NULL);
	for (int i = 0; i < 100; i++) {
		pthread_create(&thread, NULL, stop_from_afar, loop);
		ck_assert_int_eq(tf_loop_run(loop), 0);
		pthread_join(thread, NULL);
	}
}
END_TEST

START_TEST(a_loop_that_others_turn)
{
	struct tf_loop *other = user_loop_new(loop->loop);

	ck_assert_int_eq(tf_loop_run(other), -1);
	ck_assert_int_eq(errno, EBUSY);
	tf_post(other, stop, NULL);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	tf_loop_free(other);
}
END_TEST

START_TEST(no_descriptors_left)
{
	struct rlimit old, none;

	getrlimit(RLIMIT_NOFILE, &old);
	for (int i = 0; i < 2; i++) {
		none = old;
		none.rlim_cur = (rlim_t)(pair[1] + 1 + i);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
		ck_assert_ptr_null(tf_loop_new());
		ck_assert_int_eq(errno, EMFILE);
		setrlimit(RLIMIT_NOFILE, &old);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("user_loop");
	TCase *t = unit_case(s, "user_loop");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, events_of_a_descriptor);
	tcase_add_test(t, nothing_is_wanted_of_a_descriptor);
	tcase_add_test(t, what_cannot_be_waited_for);
	tcase_add_test(t, a_watch_that_is_freed_in_its_function);
	tcase_add_test(t, a_timer_that_goes_on_and_frees_itself);
	tcase_add_test(t, posts_of_threads);
	tcase_add_test(t, a_post_that_comes_too_late);
	tcase_add_test(t, an_end_asked_for_from_anywhere);
	tcase_add_test(t, a_loop_that_others_turn);
	tcase_add_test(t, no_descriptors_left);
	return unit_main(s);
}
