/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a child and holding it: by a pidfd, so that no signal can hit a
 * stranger and no child of the host program is ever waited for.
 */
#ifndef PROC_CHILD_H
#define PROC_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "proc/signals.h"

struct child {
	pid_t		 pid;		/* 0: none */
	int		 pidfd;		/* readable when it is dead */
};

/*
 * Forks.  In the child, which returns 0: signals as signals_in_child() says,
 * and TERM comes when the master dies.  In the master: 1, or -1 and errno.
 */
int	child_fork(struct child *, const struct signal_state *);

/*
 * In the child: sig comes when the master dies; ends the process if it is dead
 * already.  To be repeated when ids have changed, which makes the kernel forget
 * it.
 */
void	child_follow(pid_t master, int sig);

/* In the child: the end, after leaks have been looked for where that works. */
void	child_exit(int status) __attribute__((noreturn));

void	child_kill(const struct child *, int sig);

/* It waits to be reaped. */
bool	child_is_dead(const struct child *);

/* Takes the status of a dead child and forgets it. */
int	child_reap(struct child *, siginfo_t *);

/* "died of signal 11 (Segmentation fault), core dumped", "exited with 3" */
void	child_fate(const siginfo_t *, char *, size_t);

#endif
