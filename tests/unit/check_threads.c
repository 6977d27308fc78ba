/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool of threads: jobs run side by side and in order, each ends in one
 * place only, whatever comes between, and the queue is as long as it may be.
 * That nothing races is for the thread sanitizer to say, which runs this too.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "io/loop.h"
#include "lib/unit.h"
#include "serve/threads.h"

#define THREADS	4

struct task {
	struct job	 job;
	int		 number;
};

static struct threads *pool;
static struct task tasks[64];
static int order[64], norder;		/* of one thread */
static pthread_barrier_t barrier;
static sem_t entered, gate;

static void
open_pool(unsigned n, size_t max_queue)
{
	const struct threads_config cf = { .n = n, .max_queue = max_queue };

	pool = threads_new(&cf);
	ck_assert_msg(pool != NULL, "%s", strerror(errno));
}

static void
setup(void)
{
	sem_init(&entered, 0, 0);
	sem_init(&gate, 0, 0);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < COUNT(tasks); i++)
		tasks[i].number = i;
}

static void
teardown(void)
{
	threads_free(pool);
	sem_destroy(&entered);
	sem_destroy(&gate);
	pthread_barrier_destroy(&barrier);
}

static struct task *
task_of(struct job *job)
{
	return OBJECT_OF(job, struct task, job);
}

static void
note(struct job *job, unsigned thread)
{
	(void)thread;
	order[norder++] = task_of(job)->number;
}

static void
hold(struct job *job, unsigned thread)
{
	(void)job;
	(void)thread;
	sem_post(&entered);
	sem_wait(&gate);
}

static void
meet(struct job *job, unsigned thread)
{
	order[thread] = task_of(job)->number;
	pthread_barrier_wait(&barrier);
	sem_post(&entered);
}

static struct job *
put(int i, job_fn *fn, uint64_t now)
{
	struct job *oldest;

	tasks[i].job.run = fn;
	oldest = threads_put(pool, &tasks[i].job, now);
	threads_call(pool);
	return oldest;
}

/* One thread, and it is busy until the gate opens. */
static void
open_held(size_t max_queue)
{
	open_pool(1, max_queue);
	ck_assert_ptr_null(put(0, hold, 1));
	sem_wait(&entered);
}

/* All that has been put has been run. */
static void
finish(void)
{
	put(COUNT(tasks) - 1, hold, 1);
	sem_post(&gate);
	sem_wait(&entered);
	sem_post(&gate);
	threads_free(pool);
	pool = NULL;
}

START_TEST(jobs_run_side_by_side)
{
	int seen = 0;

	open_pool(THREADS, 1);
	for (int i = 0; i < THREADS; i++)
		ck_assert_ptr_null(put(i, meet, 1));
	for (int i = 0; i < THREADS; i++)
		sem_wait(&entered);
	for (int i = 0; i < THREADS; i++)
		seen |= 1 << order[i];
	ck_assert_int_eq(seen, (1 << THREADS) - 1);
}
END_TEST

START_TEST(jobs_run_in_order)
{
	open_held(32);
	for (int i = 1; i < 32; i++)
		ck_assert_ptr_null(put(i, note, (uint64_t)i));
	ck_assert_uint_eq(threads_waiting(pool), 31);
	finish();
	ck_assert_int_eq(norder, 31);
	for (int i = 0; i < norder; i++)
		ck_assert_int_eq(order[i], i + 1);
}
END_TEST

START_TEST(a_full_queue_gives_back_its_oldest)
{
	open_held(4);
	for (int i = 1; i <= 4; i++)
		ck_assert_ptr_null(put(i, note, 1));
	ck_assert_ptr_eq(put(5, note, 1), &tasks[1].job);
	ck_assert_ptr_eq(put(6, note, 1), &tasks[2].job);
	ck_assert_uint_eq(threads_waiting(pool), 4);
	ck_assert_ptr_eq(threads_overdue(pool, 1), &tasks[3].job);
	finish();
	ck_assert_int_eq(norder, 3);
	ck_assert_int_eq(order[0], 4);
	ck_assert_int_eq(order[2], 6);
}
END_TEST

START_TEST(who_is_overdue_comes_back)
{
	open_held(32);
	ck_assert_uint_eq(threads_oldest(pool), 0);
	for (int i = 1; i <= 3; i++)
		put(i, note, (uint64_t)i * 100);
	ck_assert_uint_eq(threads_oldest(pool), 100);
	ck_assert_ptr_null(threads_overdue(pool, 99));
	ck_assert_ptr_eq(threads_overdue(pool, 200), &tasks[1].job);
	ck_assert_ptr_eq(threads_overdue(pool, 200), &tasks[2].job);
	ck_assert_ptr_null(threads_overdue(pool, 200));
	ck_assert_uint_eq(threads_oldest(pool), 300);
	finish();
	ck_assert_int_eq(norder, 1);
}
END_TEST

START_TEST(who_waits_can_be_withdrawn)
{
	open_held(32);
	for (int i = 1; i <= 3; i++)
		put(i, note, 1);
	ck_assert(threads_withdraw(pool, &tasks[2].job));
	ck_assert(!threads_withdraw(pool, &tasks[2].job));
	ck_assert(!threads_withdraw(pool, &tasks[0].job));
	finish();
	ck_assert_int_eq(norder, 2);
	ck_assert_int_eq(order[0], 1);
	ck_assert_int_eq(order[1], 3);
}
END_TEST

static void *
open_gate(void *arg)
{
	(void)arg;
	sem_post(&gate);
	return NULL;
}

START_TEST(the_end_waits_for_who_runs)
{
	pthread_t t;

	open_held(1);
	put(1, note, 1);
	ck_assert(threads_withdraw(pool, &tasks[1].job));
	ck_assert_int_eq(pthread_create(&t, NULL, open_gate, NULL), 0);
	threads_free(pool);
	pool = NULL;
	pthread_join(t, NULL);
	ck_assert_int_eq(norder, 0);
}
END_TEST

static void
look_at_signals(struct job *job, unsigned thread)
{
	sigset_t set;

	(void)job;
	(void)thread;
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	order[0] = sigismember(&set, SIGTERM) && sigismember(&set, SIGPIPE) &&
	    !sigismember(&set, SIGSEGV) && !sigismember(&set, SIGABRT);
	sem_post(&entered);
}

START_TEST(signals_are_not_for_threads)
{
	sigset_t set;

	open_pool(1, 1);
	put(0, look_at_signals, 1);
	sem_wait(&entered);
	ck_assert_int_eq(order[0], 1);
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	ck_assert(!sigismember(&set, SIGTERM));
}
END_TEST

static int begun[THREADS], ended[THREADS];
static _Thread_local unsigned mine = THREADS;

static int
begin(void *arg, unsigned thread)
{
	if (arg != NULL && *(unsigned *)arg == thread)
		return -1;
	mine = thread;
	begun[thread]++;
	return 0;
}

static void
end(void *arg, unsigned thread)
{
	(void)arg;
	if (mine == thread)
		ended[thread]++;
}

START_TEST(each_thread_begins_and_ends)
{
	const struct threads_config cf = { .n = THREADS, .max_queue = 1,
	    .start = begin, .stop = end };

	pool = threads_new(&cf);
	ck_assert_ptr_nonnull(pool);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(begun[i], 1);
	threads_free(pool);
	pool = NULL;
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(ended[i], 1);
}
END_TEST

START_TEST(one_that_cannot_begin_ends_them_all)
{
	unsigned bad = 2;
	const struct threads_config cf = { .n = THREADS, .max_queue = 1,
	    .start = begin, .stop = end, .arg = &bad };

	errno = EINVAL;
	ck_assert_ptr_null(threads_new(&cf));
	ck_assert_int_eq(errno, 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(ended[i], i < 2);
}
END_TEST

/* What has become of each; written by whoever has it last. */
#define MANY	20000
static struct task many[MANY];
static int runs[MANY], back[MANY];

static void
count(struct job *job, unsigned thread)
{
	(void)thread;
	runs[task_of(job)->number]++;
}

static void
came_back(struct job *job)
{
	if (job != NULL)
		back[task_of(job)->number]++;
}

START_TEST(each_job_ends_once)
{
	int run = 0;

	open_pool(THREADS, 16);
	for (int i = 0; i < MANY; i++) {
		many[i] = (struct task){ .job.run = count, .number = i };
		came_back(threads_put(pool, &many[i].job, clock_ns()));
		if (i % 5 == 0)
			threads_call(pool);
		if (i % 8 == 0 && threads_withdraw(pool, &many[i].job))
			came_back(&many[i].job);
		if (i % 11 == 0)
			came_back(threads_overdue(pool, UINT64_MAX));
	}
	/* The last one, if no other, is run: nobody takes it back. */
	threads_call(pool);
	while (threads_waiting(pool) > 0)
		sched_yield();
	threads_free(pool);
	pool = NULL;
	for (int i = 0; i < MANY; i++) {
		ck_assert_int_eq(runs[i] + back[i], 1);
		run += runs[i];
	}
	ck_assert_int_gt(run, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("threads");
	TCase *t = unit_case(s, "pool");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, jobs_run_side_by_side);
	tcase_add_test(t, jobs_run_in_order);
	tcase_add_test(t, a_full_queue_gives_back_its_oldest);
	tcase_add_test(t, who_is_overdue_comes_back);
	tcase_add_test(t, who_waits_can_be_withdrawn);
	tcase_add_test(t, the_end_waits_for_who_runs);
	tcase_add_test(t, signals_are_not_for_threads);
	tcase_add_test(t, each_thread_begins_and_ends);
	tcase_add_test(t, one_that_cannot_begin_ends_them_all);
	tcase_add_test(t, each_job_ends_once);
	return unit_main(s);
}
