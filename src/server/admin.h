/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that answers HTTP for the server: where it listens, what it is
 * given, who it is.  The master keeps its sockets, as it keeps those of the
 * workers, and never speaks to it.
 */
#ifndef SERVER_ADMIN_H
#define SERVER_ADMIN_H

#include "io/listen.h"

#define ADMIN_MAX	32		/* sockets; addresses have several */

struct run;

struct admin {
	struct listener	 listeners[ADMIN_MAX];	/* of HTTP, then agents' */
	unsigned	 nlisteners, nhttp;
	char		 program[4096];	/* "": there is no such role */
};

/* As the settings say; 0, or -1 with the server's error set: both. */
int	admin_open(struct run *);
int	admin_check(struct run *);	/* binds nothing */
void	admin_close(struct run *);	/* as often as one likes */

/* In another child, whose sockets these are not. */
void	admin_abandon(struct run *);

/*
 * In its own: for struct master_config.  It has standard error, its sockets and
 * the segment for reading, and the user that workers have.
 */
void	admin_execute(void *run);

#endif
