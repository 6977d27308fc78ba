/* SPDX-License-Identifier: Apache-2.0 */
/* The signal handlers of a worker, and the one descriptor they write to. */
#include "serve/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int event_fd = -1;

static void
on_term(int sig)
{
	const uint64_t one = 1;
	int saved = errno;

	(void)sig;
	if (write(event_fd, &one, sizeof(one)) == -1)
		errno = saved;		/* it is readable already */
	errno = saved;
}

static void
on_other(int sig)
{
	(void)sig;
}

static const struct {
	int	 signo;
	bool	 stops;			/* a worker without a master */
} taken[] = {
	{ SIGTERM, true }, { SIGINT, true }, { SIGQUIT, true },
	{ SIGHUP, false }, { SIGUSR1, false }, { SIGUSR2, false },
	{ SIGWINCH, false }, { SIGTTIN, false }, { SIGTTOU, false },
	{ SIGPIPE, false },
};
#define NTAKEN	(sizeof(taken) / sizeof(taken[0]))

static struct sigaction before[NTAKEN];

int
signals_open(bool alone)
{
	struct sigaction sa = { .sa_flags = SA_RESTART };

	if ((event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return -1;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < NTAKEN; i++) {
		int signo = taken[i].signo;

		sigaction(signo, NULL, &before[i]);
		if (alone && !taken[i].stops && signo != SIGPIPE)
			continue;
		sa.sa_handler = signo == SIGTERM ||
		    (alone && taken[i].stops) ? on_term : on_other;
		sigaction(signo, &sa, NULL);
	}
	return event_fd;
}

void
signals_close(int fd)
{
	for (size_t i = 0; i < NTAKEN; i++)
		sigaction(taken[i].signo, &before[i], NULL);
	event_fd = -1;
	close(fd);
}
