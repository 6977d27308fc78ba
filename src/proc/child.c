/* SPDX-License-Identifier: Apache-2.0 */
/* fork(2), with what has to be done around it. */
#include "proc/child.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/log.h"

#ifdef ARENA_CHECKED			/* a sanitizer build */
#include <sanitizer/lsan_interface.h>
#endif

void
child_follow(pid_t master, int sig)
{
	prctl(PR_SET_PDEATHSIG, sig);
	if (getppid() != master)	/* it died before we could ask */
		_exit(1);
}

int
child_fork(struct child *child, const struct signal_state *signals)
{
	pid_t master = getpid();
	sigset_t all, before;

	fflush(NULL);			/* or it would be written twice */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	child->pid = fork();
	if (child->pid == 0) {
		signals_in_child(signals);
		child_follow(master, SIGTERM);
		return 0;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child->pid == -1) {
		child->pid = 0;
		return -1;
	}
	child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pidfd == -1) {
		int saved = errno;

		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
		child->pid = 0;
		errno = saved;
		return -1;
	}
	return 1;
}

void
child_exit(int status)
{
	fflush(NULL);
#ifdef ARENA_CHECKED
	if (__lsan_do_recoverable_leak_check() != 0)
		status = 23;
#endif
	_exit(status);
}

void
child_kill(const struct child *child, int sig)
{
	if (child->pid != 0 &&
	    syscall(SYS_pidfd_send_signal, child->pidfd, sig, NULL, 0) == -1 &&
	    errno != ESRCH)
		log_warn("signal %d to pid %ld", sig, (long)child->pid);
}

bool
child_is_dead(const struct child *child)
{
	struct pollfd p = { .fd = child->pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

int
child_reap(struct child *child, siginfo_t *info)
{
	int rc;

	memset(info, 0, sizeof(*info));
	rc = waitid(P_PIDFD, (id_t)child->pidfd, info, WEXITED);
	fd_close(&child->pidfd);
	child->pid = 0;
	return rc;
}

void
child_fate(const siginfo_t *info, char *text, size_t size)
{
	if (info->si_code == CLD_EXITED)
		snprintf(text, size, "exited with %d", info->si_status);
	else
		snprintf(text, size, "died of signal %d (%s)%s",
		    info->si_status, strsignal(info->si_status),
		    info->si_code == CLD_DUMPED ? ", core dumped" : "");
}
