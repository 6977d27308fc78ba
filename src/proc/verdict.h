/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child is doing that does not answer, from what /proc says of its main
 * thread at two moments.  A child that is stopped or traced does not hang: its
 * owner has decided so.
 */
#ifndef PROC_VERDICT_H
#define PROC_VERDICT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum verdict_kind {
	VERDICT_UNKNOWN,	/* none of these: it is dead, or waits for a
				   processor, or was held until just now */
	VERDICT_SPINNING,
	VERDICT_BLOCKED,
	VERDICT_STOPPED,
	VERDICT_TRACED
};

#define VERDICT_TEXT	128		/* bytes that hold any text */

struct verdict_sample {
	uint64_t	 at_ns;
	uint64_t	 cpu_ns;	/* used so far, user and system */
	char		 state;		/* as in proc(5): R, S, D, T, t, Z */
	pid_t		 tracer;	/* 0: none */
	long		 syscall;	/* -1: none, or not to be known */
	char		 wchan[64];	/* a kernel function, or empty */
};

/*
 * How the child is now.  -1 and errno if that cannot be said.  A pid is given
 * to nobody else before its process has been waited for.  The caller has not
 * waited for it; should somebody else have, the pidfd knows, which is asked
 * after all has been read: then the answers may be another's, and this is -1
 * and ESRCH.
 */
int	verdict_sample(pid_t, int pidfd, struct verdict_sample *);

/*
 * What it did between two samples of one child, in words too: "spinning (0.98 s
 * of CPU in the last 1.0 s)", "blocked in futex (futex_wait_queue)", "stopped",
 * "traced by pid 12".  Times are counted in ticks of 10 ms: let some pass.
 */
enum verdict_kind verdict_of(const struct verdict_sample *before,
	    const struct verdict_sample *after, char *text, size_t);

#endif
