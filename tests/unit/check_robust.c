/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock that survives its holders: processes that share one are killed
 * wherever they are, and it neither hangs, nor is it had by two, nor is a
 * death kept from who comes next.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "shm/robust.h"

#define PEERS	4

/* What processes share; twins are equal unless somebody writes them. */
static struct shared {
	pthread_mutex_t	 m;
	uint64_t	 twin[2], abandoned, torn;
	uint64_t	 rounds[PEERS];
	int		 ready;
} *sh;

static void
setup(void)
{
	sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(sh, MAP_FAILED);
	robust_init(&sh->m);
}

static void
teardown(void)
{
	munmap(sh, 4096);
}

static int
take(void)
{
	return robust_take(&sh->m, ROBUST_FOREVER);
}

/* A child that runs fn and then waits to be killed. */
static pid_t
start(void (*fn)(void))
{
	pid_t pid;

	sh->ready = 0;
	if ((pid = fork()) == 0) {
		fn();
		__atomic_store_n(&sh->ready, 1, __ATOMIC_RELEASE);
		for (;;)
			pause();
	}
	while (!__atomic_load_n(&sh->ready, __ATOMIC_ACQUIRE))
		usleep(100);
	return pid;
}

static void
end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

static void
take_it(void)
{
	if (take() == -1)
		_exit(1);
}

START_TEST(taken_and_given)
{
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(take(), ROBUST_TAKEN);
		ck_assert_int_eq(robust_give(&sh->m), 0);
	}
}
END_TEST

START_TEST(errors_are_told)
{
	errno = 0;
	ck_assert_int_eq(robust_give(&sh->m), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(take(), ROBUST_TAKEN);
	ck_assert_int_eq(take(), -1);
	ck_assert_int_eq(errno, EDEADLK);
	ck_assert_int_eq(robust_take(&sh->m, 0), -1);
	ck_assert_int_eq(errno, EDEADLK);
	ck_assert_int_eq(robust_give(&sh->m), 0);
	memset(&sh->m, 0x5a, sizeof(sh->m));
	ck_assert_int_eq(take(), -1);
	robust_init(&sh->m);
}
END_TEST

START_TEST(another_has_it)
{
	pid_t pid = start(take_it);
	uint64_t before = clock_ns();

	ck_assert_int_eq(robust_take(&sh->m, 0), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(robust_take(&sh->m, before + 250 * NS_PER_MS), -1);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_uint_ge(clock_ns() - before, 250 * NS_PER_MS);
	ck_assert_int_eq(robust_give(&sh->m), -1);
	ck_assert_int_eq(errno, EPERM);
	end(pid);
	ck_assert_int_eq(robust_take(&sh->m, 0), ROBUST_ABANDONED);
	ck_assert_int_eq(robust_give(&sh->m), 0);
	ck_assert_int_eq(take(), ROBUST_TAKEN);
}
END_TEST

/* Told again as long as nobody has given it back in peace. */
START_TEST(who_repairs_may_die_as_well)
{
	for (int i = 0; i < 3; i++)
		end(start(take_it));
	ck_assert_int_eq(take(), ROBUST_ABANDONED);
	ck_assert_int_eq(robust_give(&sh->m), 0);
	ck_assert_int_eq(take(), ROBUST_TAKEN);
}
END_TEST

static void
take_and_exit(void)
{
	if (take() == -1)
		_exit(1);
	__atomic_store_n(&sh->ready, 1, __ATOMIC_RELEASE);
	_exit(0);
}

static void
take_and_exec(void)
{
	if (take() == -1)
		_exit(1);
	__atomic_store_n(&sh->ready, 1, __ATOMIC_RELEASE);
	execl("/bin/sleep", "sleep", "60", (char *)NULL);
}

START_TEST(to_leave_with_it_is_like_death)
{
	pid_t pid = start(_i == 0 ? take_and_exit : take_and_exec);

	ck_assert_int_eq(take(), ROBUST_ABANDONED);
	end(pid);
}
END_TEST

static void
give_what_was_inherited(void)
{
	if (robust_give(&sh->m) != -1 || errno != EPERM)
		_exit(1);
	if (robust_take(&sh->m, 0) != -1 || errno != EBUSY)
		_exit(1);
}

/* A fork takes nothing along: neither the lock nor what tells of deaths. */
START_TEST(held_at_a_fork)
{
	pid_t pid;

	ck_assert_int_eq(take(), ROBUST_TAKEN);
	pid = start(give_what_was_inherited);
	end(pid);
	ck_assert_int_eq(take(), -1);
	ck_assert_int_eq(errno, EDEADLK);
	ck_assert_int_eq(robust_give(&sh->m), 0);
	ck_assert_int_eq(take(), ROBUST_TAKEN);
	ck_assert_int_eq(robust_give(&sh->m), 0);
}
END_TEST

static void *
thread(void *arg)
{
	take_it();
	return arg;
}

START_TEST(a_thread_ends_with_it)
{
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, thread, NULL), 0);
	pthread_join(t, NULL);
	ck_assert_int_eq(take(), ROBUST_ABANDONED);
}
END_TEST

/* Seen at another address it is the same lock. */
START_TEST(two_mappings)
{
	struct shared *other = mremap(sh, 0, 4096, MREMAP_MAYMOVE);
	pid_t pid;

	ck_assert_ptr_ne(other, MAP_FAILED);
	ck_assert_ptr_ne(other, sh);
	ck_assert_int_eq(take(), ROBUST_TAKEN);
	ck_assert_int_eq(robust_take(&other->m, 0), -1);
	ck_assert_int_eq(robust_give(&other->m), 0);
	pid = start(take_it);
	end(pid);
	ck_assert_int_eq(robust_take(&other->m, 0), ROBUST_ABANDONED);
	munmap(other, 4096);
}
END_TEST

/*
 * What remains when a holder is killed after its store and before its call: a
 * free lock, and somebody asleep whom nobody will wake.  A waiter sleeps with
 * the lock free when the word is made 0 behind its back.
 */
START_TEST(a_wake_that_never_came)
{
	pid_t holder = start(take_it), waiter;
	uint64_t before;
	int status, was = sh->m.__data.__lock;

	if ((waiter = fork()) == 0)
		_exit(take() == ROBUST_TAKEN ? 0 : 1);
	while (__atomic_load_n(&sh->m.__data.__lock, __ATOMIC_ACQUIRE) == was)
		usleep(100);
	before = clock_ns();
	__atomic_store_n(&sh->m.__data.__lock, 0, __ATOMIC_RELEASE);
	ck_assert_int_eq(waitpid(waiter, &status, 0), waiter);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_lt(clock_ns() - before, NS_PER_S);
	end(holder);
}
END_TEST

/* One round: the twins are one more, and never seen different. */
static void
count(unsigned peer)
{
	int rc = take();

	if (rc == -1)
		_exit(1);
	if (rc == ROBUST_ABANDONED) {
		sh->abandoned++;
		sh->twin[1] = sh->twin[0];
	}
	if (sh->twin[0] != sh->twin[1])
		sh->torn++;
	*(volatile uint64_t *)&sh->twin[0] += 1;
	*(volatile uint64_t *)&sh->twin[1] += 1;
	if (robust_give(&sh->m) == -1)
		_exit(1);
	__atomic_add_fetch(&sh->rounds[peer], 1, __ATOMIC_RELAXED);
}

static pid_t
counter(unsigned peer)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			count(peer);
	return pid;
}

/* Each of them makes progress, soon even where there is much else to do. */
static void
all_go_on(void)
{
	uint64_t was[PEERS], until = clock_ns() + 5 * NS_PER_S;

	for (unsigned i = 0; i < PEERS; i++)
		was[i] = __atomic_load_n(&sh->rounds[i], __ATOMIC_RELAXED);
	for (unsigned i = 0; i < PEERS; i++)
		while (__atomic_load_n(&sh->rounds[i], __ATOMIC_RELAXED) ==
		    was[i]) {
			ck_assert_msg(clock_ns() < until, "peer %u hangs", i);
			usleep(100);
		}
}

/* The thread's list of locks must not lead through what has been given back. */
START_TEST(freed_while_held)
{
	static pthread_mutex_t m, next;
	unsigned char was[sizeof(m)];

	robust_init(&m);
	ck_assert_int_eq(robust_take(&m, 0), ROBUST_TAKEN);
	robust_fini(&m);
	memcpy(was, &m, sizeof(m));
	robust_init(&next);
	ck_assert_int_eq(robust_take(&next, 0), ROBUST_TAKEN);
	ck_assert_mem_eq(&m, was, sizeof(m));
	robust_fini(&next);
}
END_TEST

START_TEST(killed_anywhere)
{
	enum { KILLS = 200 };
	pid_t pids[PEERS];
	uint64_t sum = 0;
	uint32_t seed = 4711;

	for (unsigned i = 0; i < PEERS; i++)
		pids[i] = counter(i);
	for (unsigned k = 0; k < KILLS; k++) {
		seed = seed * 1664525u + 1013904223u;
		all_go_on();
		usleep((seed >> 16) % 500);
		end(pids[k % PEERS]);
		pids[k % PEERS] = counter(k % PEERS);
	}
	for (unsigned i = 0; i < PEERS; i++) {
		end(pids[i]);
		sum += sh->rounds[i];
	}
	take();
	ck_assert_uint_eq(sh->torn, 0);
	/* One who is killed may have counted here and not there. */
	ck_assert_uint_ge(sh->twin[0], sum);
	ck_assert_uint_le(sh->twin[0], sum + KILLS + PEERS);
	ck_assert_uint_gt(sh->abandoned, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("robust");
	TCase *t = unit_case(s, "robust");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, taken_and_given);
	tcase_add_test(t, errors_are_told);
	tcase_add_test(t, another_has_it);
	tcase_add_test(t, who_repairs_may_die_as_well);
	tcase_add_loop_test(t, to_leave_with_it_is_like_death, 0, 2);
	tcase_add_test(t, held_at_a_fork);
	tcase_add_test(t, a_thread_ends_with_it);
	tcase_add_test(t, two_mappings);
	tcase_add_test(t, a_wake_that_never_came);
	tcase_add_test(t, freed_while_held);
	tcase_add_test(t, killed_anywhere);
	return unit_main(s);
}
