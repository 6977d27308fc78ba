/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process as a whole: who comes in where, and until when.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include "view.h"

#define ADMIN_FDS	64		/* sockets of either kind, at most */

struct admin_sockets {
	int		 fds[ADMIN_FDS];
	unsigned	 n;
};

/*
 * Answers at these sockets, which listen and become its own, until TERM comes:
 * or, by_hand, INT or HUP, which else go to the master alone.  An exit status.
 */
int	 admin_run(struct view *, const struct admin_sockets *http,
	    const struct admin_sockets *agent, bool by_hand);

#endif
