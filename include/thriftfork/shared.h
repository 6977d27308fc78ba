/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the workers of a server have in common: counters, gauges and histograms
 * that its operator sees, and locks around data that they share.
 *
 *	static struct tf_counter *hits;
 *	static struct tf_lock *lock;
 *
 *	static int
 *	setup(struct tf_server *srv)
 *	{
 *		hits = tf_server_counter(srv, "cache_hits", "answers from "
 *		    "the cache");
 *		lock = tf_server_lock(srv, "cache");
 *		return cache_serve(srv, &handler);
 *	}
 *
 * They are declared in setup(), so that the master knows them before a worker
 * runs, and used from worker_start() on, by any thread.  A name has letters,
 * digits and _, at most 63, and does not begin with a digit.  All processes
 * that use a name have the same thing: the workers, those of an old generation
 * that still drain, those of the next one, and after an upgrade those of the
 * next master.  Therefore a name stays what it is: where a counter becomes a
 * gauge, or a gauge a lock, a reload is refused, and the server has to be
 * stopped and started.  Its text stays that of the first who declared it.
 *
 * Declaring one returns NULL if the name or the text is refused, and setup()
 * need not look: it fails then, whatever it returns.  The same name again is
 * the same handle.  Handles live as long as the server object.
 *
 * There are no condition variables, and no shared memory for data: use a file
 * that each worker maps in worker_start(), or a store that is made for many
 * processes, such as LMDB; tests/examples/shared has both.
 */
#ifndef THRIFTFORK_SHARED_H
#define THRIFTFORK_SHARED_H

#include <thriftfork/service.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * A counter only grows, and what is shown is the sum of all workers that there
 * have ever been: it never falls.  A gauge goes both ways; the sum is that of
 * the workers that live, and a new worker begins with 0.  At most 256 of both.
 * help says for people what is counted: at most 127 bytes, no control
 * characters, or NULL.
 *
 * "thriftfork status" shows them, "status --json" under "own", and
 * tf_stat_own_value() to programs.
 */
struct tf_counter;
struct tf_gauge;

struct tf_counter *tf_server_counter(struct tf_server *, const char *name,
	    const char *help);
struct tf_gauge *tf_server_gauge(struct tf_server *, const char *name,
	    const char *help);

/* One addition in this worker's own memory, from any thread. */
void	 tf_count(struct tf_counter *, uint64_t n);
void	 tf_gauge_add(struct tf_gauge *, int64_t n);	/* n may be negative */
void	 tf_gauge_set(struct tf_gauge *, int64_t value); /* of this worker */

/*
 * A histogram counts how many of its values lie where: in 16 equal steps
 * between each power of two and the next, up to 2^36, with their sum and the
 * largest.  What is shown is that of all workers that there have ever been.  At
 * most 16.  unit says what the values are, in 1 to 15 letters and digits but
 * not "count", "sum" or "bucket": "ns", "bytes", or what you like.  Times are
 * in "ns", so that they are shown as such.  A name stays with its unit as well.
 *
 * Recording takes no lock and, in a handler on the worker's loop or on one of
 * its first 15 threads, no locked instruction.  What is recorded before
 * worker_start() is not counted.  A child that a handler forks must not record.
 *
 * "status" and "status --json" (under "own_histograms") show count, sum,
 * maximum and quantiles, and tf_stat_get_own_values() gives them to programs.
 */
struct tf_histogram;

struct tf_histogram *tf_server_histogram(struct tf_server *, const char *name,
	    const char *unit, const char *help);
void	 tf_record(struct tf_histogram *, uint64_t value);

/*
 * A lock that one thread of one process has at a time.  At most 64.
 *
 * Its holder may die, killed wherever it is: then the next who takes it has it
 * and is told, by TF_LOCK_ABANDONED.  What the lock guards may be half done;
 * repair it, and go on.  Who dies while repairing has abandoned it again.  To
 * end, or to exec, with a lock held is like death; a child forked meanwhile
 * does not have it.
 *
 * It is not recursive: to take it again is an error, at once.  Who waits
 * sleeps, whatever thread it is: on the worker's loop, where handlers run, hold
 * it for microseconds, or everybody who is connected waits, too.
 */
struct tf_lock;

struct tf_lock *tf_server_lock(struct tf_server *, const char *name);

#define TF_LOCKED		0
#define TF_LOCK_ABANDONED	1

/*
 * One of the above, or -1 with errno: EDEADLK if this thread has it already,
 * EINVAL or another if somebody wrote over its memory.  tf_trylock() does not
 * wait, tf_lock_timed() only so long; EBUSY then means that another has it.
 */
int	 tf_lock(struct tf_lock *) TF_CHECK;
int	 tf_trylock(struct tf_lock *) TF_CHECK;
int	 tf_lock_timed(struct tf_lock *, unsigned ms) TF_CHECK;

/* 0, or -1 with EPERM: this thread does not have it. */
int	 tf_unlock(struct tf_lock *);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
