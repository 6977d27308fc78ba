/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that a master holds locked while it runs, and removes at its end.  The
 * lock is a record lock (fcntl), because that is the process's own: it ends
 * with the master, whatever its workers still hold, and it can tell who has
 * it.
 */
#ifndef SERVER_LOCKFILE_H
#define SERVER_LOCKFILE_H

#include <stddef.h>
#include <sys/types.h>

struct lockfile {
	char	 path[256];
	int	 fd;		/* closing it in a child harms nothing */
};

/*
 * The path stands in it.  0; 1 and the pid, or 0 if that is of another pid
 * namespace, if somebody else has the lock; -1 and errno.
 */
int	lockfile_take(struct lockfile *, mode_t mode, pid_t *holder);
void	lockfile_release(struct lockfile *);

/* A lock file that says who has it; 0, or -1 with a reason. */
int	pidfile_take(struct lockfile *, const char *path, char *why,
	    size_t why_size);
/* Also one that was let go, for another process, and still says who we are. */
void	pidfile_release(struct lockfile *);

#endif
