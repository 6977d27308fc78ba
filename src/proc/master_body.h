/* SPDX-License-Identifier: Apache-2.0 */
/* The master from the inside, for master.c and spawn.c. */
#ifndef PROC_MASTER_BODY_H
#define PROC_MASTER_BODY_H

#include "io/loop.h"
#include "proc/child.h"
#include "proc/control.h"
#include "proc/master.h"
#include "proc/slot_fsm.h"

struct slot {
	struct master		*master;
	unsigned		 number;
	enum slot_state		 state;
	struct child		 child;
	struct watch		 death;		/* on the pidfd */
	struct watch		 channel;	/* on channel_fd */
	int			 channel_fd;
	struct timer		 timer;
	unsigned		 lane;
	unsigned		 spawned;	/* times */
	unsigned		 failures;	/* deaths in a row */
	uint64_t		 born_ns;
};

struct master {
	const struct master_config *config;
	struct loop		 loop;
	struct watch		 signals;
	struct watch		 stop_order;	/* on stop_fd */
	struct control		 control;
	struct slot		*slots;
	unsigned		 generation;
	bool			 stopping;
	bool			 served;	/* a worker has, once */
	char			 failure[640];	/* why the start has failed */
};

/* Forks a worker: child, lane and channel_fd are set; -1 and errno. */
int	slot_fork(struct slot *);

#endif
