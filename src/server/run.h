/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What exists while a server runs, and the parts of running it: under a
 * master (run.c) or in this very process (alone.c).
 */
#ifndef SERVER_RUN_H
#define SERVER_RUN_H

#include "io/listen.h"
#include "proc/master.h"
#include "server/instance.h"
#include "server/server.h"

#define RUN_METHODS	4096		/* room in the directory */

struct worker_config;

struct run {
	struct tf_server	*srv;
	unsigned		 slots;
	struct instance		 instance;
	struct listener		 listeners[MASTER_MAX_LISTENERS];
	unsigned		 nlisteners;
};

/* 0, or -1 with the server's error set: here and below. */
int	run_open_listeners(struct run *);
void	run_close_listeners(struct run *);

/*
 * Serves in this process until told to stop; the registry is filled, and the
 * config says where from: sockets, channel, lane.  An exit status.
 */
int	run_serve(struct tf_server *, struct worker_config *);

/* alone.c: workers 0. */
int	run_alone(struct run *);

#endif
