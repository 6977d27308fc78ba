/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log: a line for each call that has ended, or for some of them.
 *
 * Where it is off worker->access is NULL, and a call costs the look at that.
 * Where it is on a line is made when a call has ended and its answer stands in
 * the send buffer, so that its size is known; lines gather in the worker and
 * are written at the end of the loop's turn, or when they are many, with one
 * write(2).  What a process was in when it died is in its obituary instead, and
 * what it had gathered in that turn dies with it, as replies do.
 *
 * Of n calls in a row one is chosen, by chance: each has the same, whatever
 * the rhythm of clients is, and how many lines there will be is known.  (One of
 * n, and not a percentage, because that is what a line stands for then: whoever
 * adds up lines multiplies by that whole number, which stands in each.)  Calls
 * that took long, and those that failed, stand for themselves and are not
 * chosen from.
 */
#ifndef SERVE_ACCESS_H
#define SERVE_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/lane.h"

struct access;
struct call;
struct conn;
struct worker;

struct access_config {
	int		 fd;		/* stays the caller's */
	uint32_t	 id;		/* orders to reopen it have this; 0 is
					   the log's */
	unsigned	 worker;	/* slot */
	bool		 json;
	bool		 errors;	/* all of them */
	uint64_t	 sample;	/* one call of so many; 0: none */
	uint64_t	 slow_ns;	/* of calls of no method; 0: none is */
	uint16_t	 seed[3];	/* of chance */
};

/* NULL and errno. */
struct access *access_open(const struct access_config *);
/* Writes what there is. */
void	access_close(struct worker *);

/* At the end of each turn. */
void	access_flush(struct worker *);

/*
 * A log is to be written to fd from now on, which is taken: the access log, if
 * it has that id, or the log, if that is 0.  -1: it could not be passed.
 */
void	access_reopen(struct worker *, uint32_t id, int fd);

/* What will have to be known of a call when its answer has left. */
struct access_note {
	enum call_outcome outcome;
	bool		 aborted;	/* it has no outcome */
	bool		 gone;		/* the client, before its answer */
	uint64_t	 ended_ns;
	uint64_t	 wait_ns;	/* from its arrival to its handler */
	uint64_t	 time_ns;	/* from there to its answer */
};

/* A line for it, perhaps; sent are the bytes of its answer. */
void	access_call(struct conn *, const struct call *,
	    const struct access_note *, uint64_t sent);

/*
 * Which of the calls in a row are chosen; separate so that a test can look.
 */
struct access_sample {
	uint64_t	 n;		/* one of so many; 0: none */
	uint64_t	 at, chosen;	/* less than n */
	uint16_t	 state[3];
};

void	access_sample_init(struct access_sample *, uint64_t n,
	    const uint16_t seed[3]);
bool	access_sample_next(struct access_sample *);

#endif
