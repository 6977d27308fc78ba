/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives a master that is killed: its listening sockets and its segment,
 * left in the keeping of the service manager, which gives them to the next one
 * (see sd_pid_notify_with_fds(3)).  That one finds them as a new master finds
 * those of an old one in an upgrade, in a struct succession.
 *
 * Whether the manager keeps anything is not known before it gives it back, so
 * nothing may depend on it.  Only sockets that listen are kept, and none that
 * are the manager's own.
 */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/addr.h"

struct run;

#define STORE_PREFIX	"thriftfork/"	/* of our names for the manager */
#define STORE_SEGMENT	STORE_PREFIX "segment"
#define STORE_NAME	256		/* bytes that hold any name */

struct store {
	bool	 active;	/* we are the master */
	bool	 kept_segment;	/* all that is to be kept and has been sent: */
	bool	*kept;		/* listener * slots + slot */
	char	(*stale)[STORE_NAME];	/* to be removed, before that */
	size_t	 nstale;
};

/*
 * A socket's name: its address, slot, and place in the kernel's group.  From a
 * name come slot and place back, -1 if it is none.
 */
void	store_name(char *name, size_t size, const struct addr *, unsigned slot,
	    uint32_t index);
int	store_parse(const char *name, unsigned *slot, uint32_t *index);

/* Whether the environment passes anything that has such a name. */
bool	store_is_passed(void);

/*
 * If no master is about to leave: what a dead one has left becomes the
 * succession.  What makes no sense is closed, with a warning.
 */
void	store_receive(struct run *);

/*
 * All of it that is wanted has been taken, and the names are ours: the rest is
 * given up, also by the manager, and what there is now is sent to it.
 */
void	store_begin(struct run *);

/*
 * Sends what has come to listen since, or could not be sent before; for struct
 * master_config.
 */
void	store_update(void *run);

/* The server ends in order: the manager keeps nothing. */
void	store_end(struct run *);

/* Leaves all as it is, for another master. */
void	store_leave(struct run *);

/* Without a master nothing is kept: closes what was, for all who have it. */
void	store_refuse(struct run *);

#endif
