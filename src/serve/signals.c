/* SPDX-License-Identifier: Apache-2.0 */
/* The signal handlers of a worker, and the one descriptor they write to. */
#include "serve/signals.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define NS_PER_S	UINT64_C(1000000000)

static int event_fd = -1;
static timer_t killer;			/* set off by a TERM */
static struct itimerspec grace;		/* zero: there is no killer */

static bool
has_killer(void)
{
	return grace.it_value.tv_sec != 0 || grace.it_value.tv_nsec != 0;
}

static void
on_term(int sig)
{
	const uint64_t one = 1;
	int saved = errno;

	(void)sig;
	if (has_killer())
		timer_settime(killer, 0, &grace, NULL);
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
static bool gives_back;			/* what was before */

static int
make_killer(uint64_t grace_ns)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGKILL };

	grace.it_value.tv_sec = (time_t)(grace_ns / NS_PER_S);
	grace.it_value.tv_nsec = (long)(grace_ns % NS_PER_S);
	return timer_create(CLOCK_MONOTONIC, &ev, &killer);
}

int
signals_open(bool alone, uint64_t grace_ns)
{
	struct sigaction sa = { .sa_flags = SA_RESTART };

	gives_back = alone;
	if (!alone && grace_ns != 0 && make_killer(grace_ns) == -1)
		return -1;
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
signals_pardon(void)
{
	const struct itimerspec never = { .it_value.tv_sec = 0 };

	if (has_killer())
		timer_settime(killer, 0, &never, NULL);
}

void
signals_close(int fd)
{
	event_fd = -1;
	close(fd);
	if (!gives_back)
		return;
	for (size_t i = 0; i < NTAKEN; i++)
		sigaction(taken[i].signo, &before[i], NULL);
}
