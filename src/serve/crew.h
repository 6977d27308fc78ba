/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads of a worker, and the calls that they run.  Such a call is pending
 * (see pending.h) from before it waits in the queue until a thread, or whoever
 * refuses it, gives it back.
 */
#ifndef SERVE_CREW_H
#define SERVE_CREW_H

#include "io/loop.h"

struct call;
struct conn;
struct threads;
struct worker;

struct crew {
	struct threads	*pool;		/* NULL: there are none */
	void		**ctx;		/* call->ctx of each */
	unsigned	 uncalled;	/* calls that idle threads have not been
					   told of */
	struct timer	 patience;	/* of the call that waits longest */
};

/* Starts the threads, if there shall be any; -1 and errno. */
int	crew_open(struct worker *);

/*
 * Has a prepared call run by a thread.  There may be no room for it to wait:
 * then the call that has waited longest is refused.
 */
void	crew_run(struct conn *, struct call *);

/*
 * Tells idle threads of calls that they have not been told of: at the end of
 * each turn, and before any handler or hook in the loop, which may take as long
 * as it likes.  (Where there are many, crew_run() has told them of the first.)
 */
void	crew_call(struct worker *);

/* When a thread began it; 0: none has. */
uint64_t crew_taken(const struct call *);

/* How long it has waited until it was taken; or until now, if it is not. */
uint64_t crew_waited(const struct call *, uint64_t now_ns);

/* Once no call is pending any more. */
void	crew_close(struct worker *);

/* Publishes how many wait. */
void	crew_count(struct worker *);

#endif
