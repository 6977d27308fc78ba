/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mutex in memory that several processes share, which survives them: a holder
 * that dies, however it dies, lets go of it, and the next one is told.  It is
 * glibc's robust mutex with what that leaves to its user: it is made consistent
 * as soon as it is found abandoned, so it can never become unusable; and nobody
 * sleeps on it for long without looking again, since a process that is killed
 * between the store that lets go and the call that wakes the next one may leave
 * somebody asleep before a free lock.  An error is told, not waited for: the
 * holder cannot take it again, nobody else can let go of it.
 */
#ifndef SHM_ROBUST_H
#define SHM_ROBUST_H

#include <pthread.h>
#include <stdint.h>

#define ROBUST_FOREVER	UINT64_MAX

enum robust_state {
	ROBUST_TAKEN,
	ROBUST_ABANDONED	/* taken; its last holder died with it */
};

void	robust_init(pthread_mutex_t *);

/*
 * An enum robust_state, or -1 and errno: EBUSY if others had it up to the
 * deadline (CLOCK_MONOTONIC; 0: it is tried once), EDEADLK if the caller has
 * it, EINVAL and others if somebody wrote over it.
 */
int	robust_take(pthread_mutex_t *, uint64_t deadline_ns);

/* 0, or -1 and EPERM: the caller does not have it. */
int	robust_give(pthread_mutex_t *);

/*
 * Before its memory goes away.  The caller may have it still: it is given up,
 * for the thread has a list of what it holds, which goes through the mutexes
 * themselves.  No other thread may.
 */
void	robust_fini(pthread_mutex_t *);

#endif
