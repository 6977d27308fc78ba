/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker gives up before a stranger's code runs in it, and the limits
 * that it is held to.  Users are looked up by the master, once; a worker only
 * makes system calls.
 */
#ifndef PROC_PRIVILEGE_H
#define PROC_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PRIVILEGE_KEEP	(UINT64_MAX - 1)	/* as the master has it */

struct privilege {
	/* Set by privilege_find(). */
	bool		 changes_user, changes_group;
	uid_t		 uid;
	gid_t		 gid;
	gid_t		*groups;
	int		 ngroups;
	/* Set by the caller; numbers may be PRIVILEGE_KEEP. */
	uint64_t	 umask, nofile, core;
	bool		 no_new_privs;
	bool		 affinity;	/* one CPU for each worker */
};

/*
 * Whether there is such a user and such a group, as far as can be told now;
 * either may be NULL.  -1 with a reason that begins with the setting's name.
 */
int	privilege_check(const char *user, const char *group, char *why,
	    size_t why_size);

/*
 * Looks up user and group, names or numbers; either may be NULL.  -1 with a
 * reason that begins with the name of the setting: unknown, or somebody else
 * while not root.
 */
int	privilege_find(struct privilege *, const char *user, const char *group,
	    char *why, size_t why_size);
void	privilege_fini(struct privilege *);

/*
 * In the child of master, whose number among its like is index.  Afterwards it
 * is certain that what was given up cannot be taken back, and the signal that
 * was to come when the master dies still does.  -1 with a reason; the process
 * must end then.
 */
int	privilege_drop(const struct privilege *, pid_t master, unsigned index,
	    char *why, size_t why_size);

#endif
