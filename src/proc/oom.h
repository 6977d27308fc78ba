/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a worker that died of SIGKILL was killed because memory ran out.
 * The kernel does not say so to the parent; it counts, in memory.events of the
 * control group (version 2), before it sends the signal.
 */
#ifndef PROC_OOM_H
#define PROC_OOM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct oom_watch {
	char		 path[PATH_MAX];	/* "": nothing to be seen */
	uint64_t	 count;			/* at the last look */
	uint64_t	 left;			/* kills without a death yet */
	uint64_t	 left_ns;		/* since then */
};

/*
 * Finds our own group's file, and looks.  Root is where /proc and /sys stand:
 * "" but for tests.  Without such a file (version 1, or the group at the top)
 * nothing is ever seen, which is no error.
 */
void	oom_init(struct oom_watch *, const char *root);

/*
 * To be called once for each death of SIGKILL: whether the count explains it.
 * One kill explains one death.  When several were killed at once the others
 * are explained by the looks of the next second, and by none after that: the
 * victim may have been no worker.
 */
bool	oom_seen(struct oom_watch *);

#endif
