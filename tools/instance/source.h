/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where readings come from: the instance of a name, whichever process its
 * master is by now.  A connection to the control socket is kept, for its end is
 * how a reader learns that there is another master, or none.
 */
#ifndef INSTANCE_SOURCE_H
#define INSTANCE_SOURCE_H

#include <stdbool.h>

#include <thriftfork/stat.h>

#define SOURCE_NAME	256		/* bytes */

struct source {
	char		 name[SOURCE_NAME];	/* or the path of a socket;
					   "": any */
	int		 control;	/* -1: the master has gone, or: */
	bool		 given;		/* by the master itself */
	unsigned long long device, file;	/* which segment it is */
	struct tf_stat	*stat;		/* of the last master; NULL: none yet */
	char		 why[512];	/* it has gone, or could not be had */
};

/*
 * The path of a socket, as a user gives it, as a name, even if there is no
 * slash in it.  Ends the program, with status 2, if it is too long.
 */
const char *source_socket(char name[SOURCE_NAME], const char *path);

/* name as for tf_control_open().  0, or -1 with a reason in why. */
int	 source_open(struct source *, const char *name);
void	 source_close(struct source *);

/*
 * The segment of a descriptor, which stays the caller's, instead: of a master
 * that is always there.
 */
int	 source_take(struct source *, int fd);

/*
 * Looks whether the master is there and finds the instance again if it is not.
 * SOURCE_GONE: it has gone, why says so; the segment is its last one.
 */
enum source_state {
	SOURCE_SAME,
	SOURCE_NEW,			/* another segment: begin anew */
	SOURCE_GONE
};
enum source_state source_check(struct source *);

#endif
