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

int
signals_open(void)
{
	static const int others[] = { SIGINT, SIGQUIT, SIGHUP, SIGUSR1,
	    SIGUSR2, SIGWINCH, SIGTTIN, SIGTTOU, SIGPIPE };
	struct sigaction sa = { .sa_flags = SA_RESTART };

	if ((event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return -1;
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_term;
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = on_other;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		sigaction(others[i], &sa, NULL);
	return event_fd;
}

void
signals_close(int fd)
{
	struct sigaction sa = { .sa_handler = on_other };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGTERM, &sa, NULL);
	event_fd = -1;
	close(fd);
}
