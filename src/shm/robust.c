/* SPDX-License-Identifier: Apache-2.0 */
/* See robust.h. */
#include "shm/robust.h"

#include <errno.h>
#include <time.h>

#include "base/bug.h"
#include "base/clock.h"

#define LOOK_NS		(100 * NS_PER_MS)

void
robust_init(pthread_mutex_t *m)
{
	pthread_mutexattr_t a;

	BUG_ON(pthread_mutexattr_init(&a) != 0 ||
	    pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED) != 0 ||
	    pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST) != 0 ||
	    pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK) != 0 ||
	    pthread_mutex_init(m, &a) != 0);
	pthread_mutexattr_destroy(&a);
}

/* The thread sanitizer of gcc 12 does not know clocklock(). */
static int
lock_for(pthread_mutex_t *m, uint64_t ns)
{
	struct timespec ts;
	uint64_t until;
#ifdef __SANITIZE_THREAD__
	const clockid_t clock = CLOCK_REALTIME;
#else
	const clockid_t clock = CLOCK_MONOTONIC;
#endif

	clock_gettime(clock, &ts);
	until = (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec + ns;
	ts.tv_sec = (time_t)(until / NS_PER_S);
	ts.tv_nsec = (long)(until % NS_PER_S);
#ifdef __SANITIZE_THREAD__
	return pthread_mutex_timedlock(m, &ts);
#else
	return pthread_mutex_clocklock(m, clock, &ts);
#endif
}

int
robust_take(pthread_mutex_t *m, uint64_t deadline)
{
	int rc = pthread_mutex_trylock(m);
	uint64_t now;

	while (rc == EBUSY && deadline != 0 && (now = clock_ns()) < deadline) {
		rc = lock_for(m, deadline - now < LOOK_NS ? deadline - now :
		    LOOK_NS);
		if (rc == ETIMEDOUT)
			rc = EBUSY;
	}
	if (rc == 0)
		return ROBUST_TAKEN;
	if (rc == EOWNERDEAD && (rc = pthread_mutex_consistent(m)) == 0)
		return ROBUST_ABANDONED;
	errno = rc;
	return -1;
}

int
robust_give(pthread_mutex_t *m)
{
	int rc = pthread_mutex_unlock(m);

	errno = rc == 0 ? errno : rc;
	return rc == 0 ? 0 : -1;
}

void
robust_fini(pthread_mutex_t *m)
{
	const int rc = pthread_mutex_trylock(m);

	if (rc == 0 || rc == EDEADLK || rc == EOWNERDEAD)
		pthread_mutex_unlock(m);
	pthread_mutex_destroy(m);
}
