/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See preflight.h.  It is over when the child is dead, not when the pipe ends:
 * what the set-up may have left running holds the pipe as well.
 */
#include "proc/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define DONE	100		/* the child's status when fn has returned 0;
				   a set-up that calls exit() has others */

static void
run_child(struct preflight *p, int (*fn)(int, void *), void *arg, int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* nobody needs its answer */
	fd_close(&p->fd);
	child_exit(fn(fd, arg) == 0 ? DONE : 1);
}

int
preflight_start(struct preflight *p, int (*fn)(int, void *), void *arg,
    const struct signal_state *signals, void *out, size_t size)
{
	int ends[2], rc;

	*p = (struct preflight){ .child.pidfd = -1, .fd = -1, .out = out,
	    .size = size };
	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	p->fd = ends[0];
	if ((rc = child_fork(&p->child, signals)) == 0)
		run_child(p, fn, arg, ends[1]);
	fd_close(&ends[1]);
	if (rc == -1 || fcntl(p->fd, F_SETFL, O_NONBLOCK) == -1) {
		fd_close(&p->fd);
		return -1;
	}
	return 0;
}

void
preflight_give_up(struct preflight *p, const char *reason)
{
	if (p->reason == NULL)
		p->reason = reason;
	child_kill(&p->child, SIGKILL);
}

static void
take(struct preflight *p)
{
	uint8_t more;			/* than size */
	ssize_t n = -1;

	while (p->fd != -1) {
		n = p->len < p->size ?
		    read(p->fd, p->out + p->len, p->size - p->len) :
		    read(p->fd, &more, 1);
		if (n <= 0)
			break;
		if (p->len < p->size)
			p->len += (size_t)n;
		else {
			preflight_give_up(p, "reported too much");
			fd_close(&p->fd);
		}
	}
	if (n == 0)
		fd_close(&p->fd);
}

bool
preflight_step(struct preflight *p)
{
	struct pollfd dead = { .fd = p->child.pidfd, .events = POLLIN };
	bool over = poll(&dead, 1, 0) == 1;

	take(p);
	return over;
}

ptrdiff_t
preflight_end(struct preflight *p, char *why, size_t size)
{
	char fate[128];
	siginfo_t info;

	child_reap(&p->child, &info);
	fd_close(&p->fd);
	if (p->reason != NULL)
		snprintf(why, size, "the preflight %s", p->reason);
	else if (info.si_code == CLD_EXITED && info.si_status == DONE)
		return (ptrdiff_t)p->len;
	else if (info.si_code == CLD_EXITED && info.si_status == 1 &&
	    p->len > 0)
		snprintf(why, size, "%.*s", (int)p->len, (const char *)p->out);
	else {
		child_fate(&info, fate, sizeof(fate));
		snprintf(why, size, "the preflight %s%s", fate,
		    info.si_code == CLD_EXITED && info.si_status == 0 ?
		    " before setup() had returned" : "");
	}
	return -1;
}

static int
ms_until(uint64_t deadline)
{
	uint64_t now = clock_ns();

	return now < deadline ? (int)((deadline - now) / NS_PER_MS) + 1 : 0;
}

static void
wait_for(struct preflight *p, int end_fd, uint64_t deadline)
{
	struct pollfd fds[3] = {
		{ .fd = p->child.pidfd, .events = POLLIN },
		{ .fd = p->fd, .events = POLLIN },
		{ .fd = p->reason == NULL ? end_fd : -1, .events = POLLIN }
	};

	if (poll(fds, 3, p->reason == NULL ? ms_until(deadline) : -1) == 0)
		preflight_give_up(p, "took too long");
	else if (fds[2].revents != 0)
		preflight_give_up(p, "was interrupted");
}

ptrdiff_t
preflight_run(int (*fn)(int fd, void *arg), void *arg,
    const struct signal_state *signals, uint64_t timeout_ns, void *out,
    size_t size, char *why, size_t why_size)
{
	uint64_t deadline = clock_ns() + timeout_ns;
	int end_fd = signals_watch_ends();
	struct preflight p;
	ptrdiff_t len = -1;

	if (preflight_start(&p, fn, arg, signals, out, size) == -1)
		snprintf(why, why_size, "preflight: %s", strerror(errno));
	else {
		while (!preflight_step(&p))
			wait_for(&p, end_fd, deadline);
		len = preflight_end(&p, why, why_size);
	}
	fd_close(&end_fd);
	return len;
}
