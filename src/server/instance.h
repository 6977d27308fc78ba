/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running instance as others find it: a lock that says that it runs, and
 * under which pid, and a control socket, both files in a directory of the
 * user.  /run/thriftfork for root, $XDG_RUNTIME_DIR/thriftfork, or else
 * /tmp/thriftfork-UID.
 */
#ifndef SERVER_INSTANCE_H
#define SERVER_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "server/lockfile.h"

struct instance {
	char	 dir[128];
	char	 socket_path[256];
	struct lockfile lock;
	int	 control_fd;	/* listening */
	bool	 awaited;	/* the old master has it still */
};

/* The directory, as instance_claim() makes it; -1 if it does not fit. */
int	instance_dir(char *, size_t);

/* -1 with a reason, which names the pid if the instance runs already. */
int	instance_claim(struct instance *, const char *name, char *why,
	    size_t why_size);

/*
 * An upgrade: the control socket is there, and the lock will be free when the
 * old master leaves with instance_leave(), which removes nothing.  Until then
 * instance_release() removes nothing, either.
 */
int	instance_await(struct instance *, const char *name, int control_fd,
	    char *why, size_t why_size);
int	instance_lock(struct instance *, const char *name, char *why,
	    size_t why_size);
void	instance_leave(struct instance *);

void	instance_release(struct instance *);

#endif
