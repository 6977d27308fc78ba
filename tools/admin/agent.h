/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HAProxy's agent-check: whoever connects is told a line.  What he says is not
 * looked at.
 */
#ifndef ADMIN_AGENT_H
#define ADMIN_AGENT_H

#include <sys/socket.h>

#include <thriftfork/loop.h>

#include "view.h"

struct agent;

/* Without memory the program ends. */
struct agent *agent_new(struct tf_loop *, struct view *);
void	 agent_free(struct agent *);	/* NULL is fine */

/* Somebody has come in: for a front. */
void	 agent_arrived(void *agent, int fd, const struct sockaddr *,
	    socklen_t);

#endif
