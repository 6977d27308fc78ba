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

/* Waits once, for the deadline or a while. */
static int
wait_a_while(pthread_mutex_t *m, uint64_t now, uint64_t deadline)
{
	uint64_t until = deadline - now < LOOK_NS ? deadline : now + LOOK_NS;
	struct timespec ts = { .tv_sec = (time_t)(until / NS_PER_S),
	    .tv_nsec = (long)(until % NS_PER_S) };
	int rc = pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &ts);

	return rc == ETIMEDOUT ? EBUSY : rc;
}

int
robust_take(pthread_mutex_t *m, uint64_t deadline)
{
	int rc = pthread_mutex_trylock(m);
	uint64_t now;

	while (rc == EBUSY && deadline != 0 && (now = clock_ns()) < deadline)
		rc = wait_a_while(m, now, deadline);
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
