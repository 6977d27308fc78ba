/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trying things out where they can do no harm: a short-lived child runs the
 * user's set-up and reports through a pipe.  Should it crash, hang or babble,
 * the master learns that and nothing else.
 */
#ifndef PROC_PREFLIGHT_H
#define PROC_PREFLIGHT_H

#include <stddef.h>
#include <stdint.h>

#include "proc/child.h"

struct preflight {
	struct child	 child;		/* pidfd: wait for it, then step */
	int		 fd;		/* and for this; -1: all was said */
	uint8_t		*out;		/* the caller's */
	size_t		 size, len;
	const char	*reason;	/* why it was given up; NULL: it was
					   not */
};

/*
 * Runs fn in a child, and collects in out what it writes to its descriptor, at
 * most size bytes, which are to be read as a stranger's.  -1 and errno.
 */
int	preflight_start(struct preflight *, int (*fn)(int fd, void *arg),
	    void *arg, const struct signal_state *, void *out, size_t size);

/* Takes what there is, without waiting; whether the child is dead. */
bool	preflight_step(struct preflight *);

/* Kills it: reason is static and follows "the preflight". */
void	preflight_give_up(struct preflight *, const char *reason);

/*
 * To be called once when it is dead: the number of bytes; -1 with a reason if
 * it was given up, died, failed (fn returned not 0: what it wrote is the
 * reason), ended on its own, or wrote too much.
 */
ptrdiff_t preflight_end(struct preflight *, char *why, size_t why_size);

/*
 * All of the above, for at most timeout_ns, or until a signal comes that ends
 * the server, which still waits to be read then.
 */
ptrdiff_t preflight_run(int (*fn)(int fd, void *arg), void *arg,
	    const struct signal_state *, uint64_t timeout_ns, void *out,
	    size_t size, char *why, size_t why_size);

#endif
