/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading /proc, and judging.  It is the main thread that is looked at, not
 * the process: the event loop runs there, and what other threads use of the
 * processor says nothing about it.
 *
 * Where something may not be read (wchan and syscall, of a process with other
 * rights) the verdict does without it.
 */
#include "proc/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

/* The calls in which programs wait; any other is named by its number. */
static const struct {
	long		 number;
	const char	*name;
} calls[] = {
	{ SYS_read, "read" }, { SYS_readv, "readv" },
	{ SYS_pread64, "pread" }, { SYS_write, "write" },
	{ SYS_writev, "writev" }, { SYS_pwrite64, "pwrite" },
	{ SYS_recvfrom, "recv" }, { SYS_recvmsg, "recvmsg" },
	{ SYS_sendto, "send" }, { SYS_sendmsg, "sendmsg" },
	{ SYS_connect, "connect" }, { SYS_accept, "accept" },
	{ SYS_accept4, "accept" }, { SYS_epoll_pwait, "epoll_wait" },
	{ SYS_ppoll, "poll" }, { SYS_pselect6, "select" },
	{ SYS_futex, "futex" }, { SYS_nanosleep, "nanosleep" },
	{ SYS_clock_nanosleep, "nanosleep" }, { SYS_wait4, "wait" },
	{ SYS_waitid, "wait" }, { SYS_flock, "flock" },
	{ SYS_fcntl, "fcntl" }, { SYS_openat, "open" },
	{ SYS_close, "close" }, { SYS_fsync, "fsync" },
	{ SYS_fdatasync, "fdatasync" }, { SYS_rt_sigsuspend, "sigsuspend" },
	{ SYS_rt_sigtimedwait, "sigwait" }, { SYS_semtimedop, "semop" },
	{ SYS_msgrcv, "msgrcv" }, { SYS_ioctl, "ioctl" },
#ifdef SYS_epoll_wait			/* not on younger machines */
	{ SYS_epoll_wait, "epoll_wait" }, { SYS_poll, "poll" },
	{ SYS_select, "select" }, { SYS_pause, "pause" },
	{ SYS_open, "open" },
#endif
};

/* The beginning of a file of the main thread; -1 and errno. */
static int
slurp(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/%s", (long)pid,
	    (long)pid, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	n = read(fd, text, size - 1);
	fd_close(&fd);
	text[n == -1 ? 0 : n] = '\0';
	return n == -1 ? -1 : 0;
}

/* The process chose its name, which may contain ")" and blanks. */
static int
parse_stat(const char *text, struct verdict_sample *s)
{
	const uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	const char *p = strrchr(text, ')');
	uint64_t user, kernel;

	/* The state, ten that do not matter, and the two times. */
	if (p == NULL || sscanf(p + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s "
	    "%*s %*s %" SCNu64 " %" SCNu64, &s->state, &user, &kernel) != 3) {
		errno = EPROTO;
		return -1;
	}
	s->cpu_ns = (user + kernel) * tick_ns;
	return 0;
}

static pid_t
parse_tracer(const char *status)
{
	static const char key[] = "\nTracerPid:";
	const char *p = strstr(status, key);

	return p == NULL ? 0 : (pid_t)strtol(p + strlen(key), NULL, 10);
}

/* "running", or the number of the call (-1: none) and more. */
static long
parse_syscall(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return end == text ? -1 : number;
}

/* A name, or "0" for what is none or may not be known. */
static void
take_wchan(struct verdict_sample *s, const char *text)
{
	if (strcmp(text, "0") != 0)
		strlcpy(s->wchan, text, sizeof(s->wchan));
}

int
verdict_sample(pid_t pid, int pidfd, struct verdict_sample *s)
{
	char text[4096];

	memset(s, 0, sizeof(*s));
	s->syscall = -1;
	s->at_ns = clock_ns();
	if (slurp(pid, "stat", text, sizeof(text)) == -1 ||
	    parse_stat(text, s) == -1)
		return -1;
	if (slurp(pid, "status", text, sizeof(text)) == 0)
		s->tracer = parse_tracer(text);
	if (slurp(pid, "wchan", text, sizeof(text)) == 0)
		take_wchan(s, text);
	if (slurp(pid, "syscall", text, sizeof(text)) == 0)
		s->syscall = parse_syscall(text);
	/* Does it still hold its pid, dead or alive? */
	return (int)syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0);
}

static const char *
call_name(long number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].number == number)
			return calls[i].name;
	return NULL;
}

/* "futex (futex_wait_queue)", as much of it as is known. */
static void
describe_place(const struct verdict_sample *s, char *text, size_t size)
{
	const char *name = call_name(s->syscall);
	char call[40] = "";

	if (name != NULL)
		strlcpy(call, name, sizeof(call));
	else if (s->syscall >= 0)
		snprintf(call, sizeof(call), "system call %ld", s->syscall);
	if (call[0] == '\0')
		strlcpy(text, s->wchan, size);
	else if (s->wchan[0] == '\0')
		strlcpy(text, call, size);
	else
		snprintf(text, size, "%s (%s)", call, s->wchan);
}

/* In state D not even SIGKILL is heard. */
static enum verdict_kind
blocked(const struct verdict_sample *s, char *text, size_t size)
{
	char place[VERDICT_TEXT];

	describe_place(s, place, sizeof(place));
	snprintf(text, size, "blocked%s%s%s", place[0] == '\0' ? "" : " in ",
	    place, s->state == 'D' ? ", uninterruptible" : "");
	return VERDICT_BLOCKED;
}

static enum verdict_kind
traced(const struct verdict_sample *s, char *text, size_t size)
{
	if (s->tracer == 0)
		strlcpy(text, "traced", size);
	else
		snprintf(text, size, "traced by pid %ld", (long)s->tracer);
	return VERDICT_TRACED;
}

static bool
is_held(const struct verdict_sample *s)
{
	return s->tracer != 0 || s->state == 't' || s->state == 'T';
}

/*
 * Half of the time on a processor is a loop, whatever the state at the moment.
 * On a busy machine a loop gets less, but then it is always runnable.
 */
static enum verdict_kind
judge_time(const struct verdict_sample *a, const struct verdict_sample *b,
    char *text, size_t size)
{
	uint64_t cpu = b->cpu_ns > a->cpu_ns ? b->cpu_ns - a->cpu_ns : 0;
	uint64_t all = b->at_ns > a->at_ns ? b->at_ns - a->at_ns : 0;
	bool runnable = a->state == 'R' && b->state == 'R';
	bool spins = cpu > 0 && (cpu >= all / 2 ||
	    (runnable && cpu >= all / 10));

	if (!spins && (b->state == 'S' || b->state == 'D'))
		return blocked(b, text, size);
	snprintf(text, size, "%s (%.2f s of CPU in the last %.1f s)",
	    spins ? "spinning" : "runnable", (double)cpu / (double)NS_PER_S,
	    (double)all / (double)NS_PER_S);
	return spins ? VERDICT_SPINNING : VERDICT_UNKNOWN;
}

enum verdict_kind
verdict_of(const struct verdict_sample *before,
    const struct verdict_sample *after, char *text, size_t size)
{
	if (after->state == 'Z' || after->state == 'X') {
		strlcpy(text, "dead", size);
		return VERDICT_UNKNOWN;
	}
	if (after->tracer != 0 || after->state == 't')
		return traced(after, text, size);
	if (after->state == 'T') {
		strlcpy(text, "stopped", size);
		return VERDICT_STOPPED;
	}
	if (is_held(before)) {
		strlcpy(text, "continued a moment ago", size);
		return VERDICT_UNKNOWN;
	}
	return judge_time(before, after, text, size);
}
