/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master: forks workers, keeps their number, and ends with them.  It knows
 * processes, sockets as far as they are to be inherited, and the shared
 * segment; it never sees a byte that a client sent, and nothing of Thrift.
 */
#ifndef PROC_MASTER_H
#define PROC_MASTER_H

#include <stddef.h>
#include <stdint.h>

#include "proc/inherit.h"

#define MASTER_MAX_LISTENERS	64

struct listener;
struct segment;
struct signal_state;

struct master_config {
	const struct signal_state *signals;	/* taken */
	const char	*name;		/* of the instance, for logs */
	unsigned	 workers;
	unsigned	 max_workers;	/* slots */
	struct listener	*listeners;	/* bound; slots as they are used */
	unsigned	 nlisteners;	/* at most MASTER_MAX_LISTENERS */
	int		 backlog;
	int		 control_fd;	/* listening, SEQPACKET; -1: none */
	int		 stop_fd;	/* readable: stop in order; -1: none */
	struct segment	*segment;
	uint64_t	 start_timeout_ns;
	uint64_t	 stop_timeout_ns;
	/* The worker's main, in the child; what it returns is its status. */
	int		(*worker)(const struct inherit *, void *arg);
	/*
	 * Told when the first worker serves; NULL: nobody waits for it.  If
	 * one is given, a worker that dies before makes the start a failure.
	 */
	void		(*serving)(void *arg);
	/* In the master, when all is over but for telling who waits. */
	void		(*finish)(void *arg);
	void		*arg;
};

/* Forking is for programs without threads: 0, or -1 with a reason. */
int	master_may_fork(char *why, size_t why_size);

/*
 * Runs until it is told to stop and the last worker has left; 0, or -1 with a
 * reason if it could not begin.
 */
int	master_run(const struct master_config *, char *why, size_t why_size);

#endif
