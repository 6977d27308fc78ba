/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of threads over one bounded queue of jobs, first come, first served.
 * It knows what a job is and when it was queued, not what it is for: calls,
 * loops and errors are the caller's.
 *
 * One thread owns the pool and calls everything here; only run() is called in
 * the pool's own threads, in which signals are blocked.  A job belongs to the
 * pool from threads_put() until one of these has it back: its run(), or
 * threads_put(), threads_overdue() or threads_withdraw().
 */
#ifndef SERVE_THREADS_H
#define SERVE_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct job;
typedef void job_fn(struct job *, unsigned thread);
struct job {
	TAILQ_ENTRY(job)	 link;
	job_fn			*run;		/* threads count from 0 */
	uint64_t		 queued_ns;
	uint64_t		 taken_ns;	/* atomic; run()'s to set, 0
						   until then */
	bool			 waits;		/* the pool's own */
};

struct threads_config {
	unsigned	 n;
	size_t		 max_queue;	/* jobs that wait for a thread to be
					   free; at least 1 */
	/*
	 * In each thread, or NULL.  start() in one after the other, and before
	 * any job; -1: fails.  stop() after its last job, at any time.
	 */
	int		(*start)(void *arg, unsigned thread);
	void		(*stop)(void *arg, unsigned thread);
	void		*arg;
};

struct threads;

/* All of them have started; NULL and errno, 0 if a start() has failed. */
struct threads *threads_new(const struct threads_config *);

/*
 * Waits for jobs that run, and for the threads.  What still waits in the queue
 * is not run: take it back before.  NULL is fine.
 */
void	 threads_free(struct threads *);

/*
 * Queues a job, for a thread that becomes free, or that is called; see
 * threads_call().  When there is no room it takes the place of the one that has
 * waited longest, which is returned, for its caller has the least patience
 * left; else NULL.
 */
struct job *threads_put(struct threads *, struct job *, uint64_t now_ns);

/*
 * Calls idle threads to what has been queued, one for each at most.  Who queues
 * many calls once, as one thread may do them all before another is awake; but
 * before it waits for anything, or does what may take long.
 */
void	 threads_call(struct threads *);

/* Takes the oldest back, if it was queued by then; NULL: it was not. */
struct job *threads_overdue(struct threads *, uint64_t queued_by_ns);

/* Takes one back; false: it has been begun, and run() has it. */
bool	 threads_withdraw(struct threads *, struct job *);

/* When the oldest of those that wait was queued; 0: none waits. */
uint64_t threads_oldest(struct threads *);

/* How many wait. */
size_t	 threads_waiting(struct threads *);

#endif
