/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's part of an upgrade: a new master takes over what the old one has
 * under names (addresses, lock, control socket, pidfile, counters), and the old
 * one lets go of it.  And what is the same after an old one that was killed, as
 * far as the service manager has kept it (store.h).
 */
#ifndef SERVER_SUCCEED_H
#define SERVER_SUCCEED_H

#include <sys/types.h>

#include "server/run.h"

struct segment_sizes;

/* What the old master leaves, if there is one: 0, or -1 with a reason. */
int	succeed_receive(struct run *);

/* Whether there is an old master that lives. */
bool	succeed_runs(const struct run *);

/*
 * Its sockets of that address, one for each of our slots: 1 if they are the
 * listener's now, 0 if it had none, -1 with a reason.
 */
int	succeed_listener(struct run *, struct listener *, unsigned slots,
	    const struct addr *);

/* Its counters, or new ones if they are not like ours; NULL and errno. */
struct segment *succeed_segment(struct run *, const struct segment_sizes *);

/*
 * Once it is known what will be served; -1 with a reason: new counters would
 * do, but new locks would not keep out the workers of the other master.
 */
int	succeed_check(struct run *);

/* As configured, but for a number of workers that stands: thriftfork(1). */
struct master_limits succeed_limits(const struct run *);

/* What has not been taken is given up, and files are ours from now on. */
void	succeed_own(struct run *);

/*
 * For struct master_config: in the child that becomes the next master, what
 * else it has to find, beside fd, which may move; the names are ours; or they
 * are pid's now.
 */
void	succeed_execute(void *run, int *fd);
void	succeed_inherit(void *run);
void	succeed_leave(void *run, pid_t pid);

#endif
