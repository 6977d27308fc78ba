/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trying things out where they can do no harm: a short-lived child runs the
 * user's set-up and reports through a pipe.  Should it crash, hang or babble,
 * the master learns that and nothing else.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/clock.h"
#include "base/fd.h"
#include "proc/child.h"
#include "proc/master.h"

/* Reads until the other side is closed; -1: too much or too late. */
static ptrdiff_t
collect(int fd, uint8_t *out, size_t size, uint64_t deadline, const char **why)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t more;			/* than size */
	size_t len = 0;
	uint64_t now;
	ssize_t n;

	while ((now = clock_ns()) < deadline) {
		if (poll(&p, 1, (int)((deadline - now) / NS_PER_MS) + 1) <= 0)
			continue;
		n = len < size ? read(fd, out + len, size - len) :
		    read(fd, &more, 1);
		if (n == 0)
			return (ptrdiff_t)len;
		if (n > 0 && len == size) {
			*why = "reported too much";
			return -1;
		}
		if (n > 0)
			len += (size_t)n;
	}
	*why = "took too long";
	return -1;
}

static int
reap_in_time(struct child *child, uint64_t deadline, siginfo_t *info)
{
	struct pollfd p = { .fd = child->pidfd, .events = POLLIN };
	uint64_t now;
	int late = 0;

	while (poll(&p, 1, 0) == 0 && (now = clock_ns()) < deadline)
		poll(&p, 1, (int)((deadline - now) / NS_PER_MS) + 1);
	if (poll(&p, 1, 0) == 0) {
		late = -1;
		child_kill(child, SIGKILL);
	}
	child_reap(child, info);
	return late;
}

static void
run_child(int (*fn)(int, void *), void *arg, int *ends)
{
	fd_close(&ends[0]);
	child_exit(fn(ends[1], arg) == 0 ? 0 : 1);
}

static int
judge(const siginfo_t *info, const char *out, ptrdiff_t len, char *why,
    size_t size)
{
	char fate[128];

	if (info->si_code == CLD_EXITED && info->si_status == 0)
		return 0;
	if (info->si_code == CLD_EXITED && info->si_status == 1 && len > 0)
		snprintf(why, size, "%.*s", (int)len, out);
	else {
		child_fate(info, fate, sizeof(fate));
		snprintf(why, size, "the preflight %s", fate);
	}
	return -1;
}

ptrdiff_t
preflight_run(int (*fn)(int fd, void *arg), void *arg, uint64_t timeout_ns,
    void *out, size_t size, char *why, size_t why_size)
{
	uint64_t deadline = clock_ns() + timeout_ns;
	struct signal_state signals;
	struct child child = { .pidfd = -1 };
	const char *reason = NULL;
	siginfo_t info;
	ptrdiff_t len;
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) == -1)
		goto fail;
	signals_take(&signals);
	if ((rc = child_fork(&child, &signals)) == 0)
		run_child(fn, arg, ends);
	fd_close(&ends[1]);
	if (rc == -1) {
		signals_give_back(&signals);
		fd_close(&ends[0]);
		goto fail;
	}
	len = collect(ends[0], out, size, deadline, &reason);
	fd_close(&ends[0]);
	if (len == -1)
		child_kill(&child, SIGKILL);
	if (reap_in_time(&child, deadline, &info) == -1)
		reason = "took too long";
	/* Not before: a host that reaps all children would take ours. */
	signals_give_back(&signals);
	if (reason != NULL) {
		snprintf(why, why_size, "the preflight %s", reason);
		return -1;
	}
	return judge(&info, out, len, why, why_size) == -1 ? -1 : len;
fail:
	snprintf(why, why_size, "preflight: %s", strerror(errno));
	return -1;
}
