/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of a process that does not answer: of real children that do one
 * thing each, and of made-up samples at the borders.
 */
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "proc/verdict.h"

static pid_t pid;
static int pidfd;
static char text[VERDICT_TEXT];

/* Ends with the test, however that ends. */
static void
start(void (*fn)(void))
{
	pid_t parent = getpid();

	if ((pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			fn();
		_exit(0);
	}
	ck_assert_int_ne(pid, -1);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ck_assert_int_ne(pidfd, -1);
}

static void
finish(void)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	close(pidfd);
}

static struct verdict_sample
sample(void)
{
	struct verdict_sample s;

	ck_assert_msg(verdict_sample(pid, pidfd, &s) == 0, "%s",
	    strerror(errno));
	return s;
}

/* A sample in this state; the test's timeout if it never comes to that. */
static struct verdict_sample
sample_in(char state)
{
	struct verdict_sample s;

	do
		s = sample();
	while (s.state != state);
	return s;
}

static void
assert_begins(const char *begin)
{
	ck_assert_msg(strncmp(text, begin, strlen(begin)) == 0, "'%s'", text);
}

static void
spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

/* The same with the kernel's help, for the other half of the time. */
static void
spin_in_calls(void)
{
	for (;;)
		syscall(SYS_getppid);
}

/* What the kernel's own clock of the process says. */
static uint64_t
cpu_clock_ns(void)
{
	struct timespec ts;
	clockid_t id;

	ck_assert_int_eq(clock_getcpuclockid(pid, &id), 0);
	ck_assert_int_eq(clock_gettime(id, &ts), 0);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Between the samples it has used a fifth of a second, however long it took. */
static void
find_spinning(void (*fn)(void))
{
	struct verdict_sample before, after;
	uint64_t least, most;
	double cpu, all;

	start(fn);
	before = sample_in('R');
	least = cpu_clock_ns() + 200 * NS_PER_MS;
	while (cpu_clock_ns() < least)
		;
	least = cpu_clock_ns();
	after = sample_in('R');
	most = cpu_clock_ns();
	/* Two numbers of ticks, each cut. */
	ck_assert(after.cpu_ns + 20 * NS_PER_MS >= least);
	ck_assert(after.cpu_ns <= most);
	ck_assert_int_eq(verdict_of(&before, &after, text, sizeof(text)),
	    VERDICT_SPINNING);
	ck_assert_int_eq(sscanf(text, "spinning (%lf s of CPU in the last "
	    "%lf s)", &cpu, &all), 2);
	ck_assert(cpu > 0.17 && cpu < 20);
	finish();
}

START_TEST(one_that_spins)
{
	find_spinning(spin);
}
END_TEST

START_TEST(one_that_spins_in_calls)
{
	find_spinning(spin_in_calls);
}
END_TEST

#ifdef SYS_pause
#define PAUSE_PLACE	"in pause"
#else
#define PAUSE_PLACE	"in poll"	/* what the C library makes of it */
#endif

static void
wait_for_signals(void)
{
	pause();
}

START_TEST(one_that_is_blocked)
{
	struct verdict_sample before, after;

	start(wait_for_signals);
	before = sample_in('S');
	after = sample();
	ck_assert_int_eq(verdict_of(&before, &after, text, sizeof(text)),
	    VERDICT_BLOCKED);
	assert_begins("blocked");
	finish();
}
END_TEST

/* Where the kernel says it, the place is told: the call, or its function. */
START_TEST(where_it_is_blocked)
{
	struct verdict_sample s;

	start(wait_for_signals);
	s = sample_in('S');
	verdict_of(&s, &s, text, sizeof(text));
	if (s.syscall != -1)
		ck_assert_ptr_nonnull(strstr(text, PAUSE_PLACE));
	if (s.wchan[0] != '\0')
		ck_assert_ptr_nonnull(strstr(text, s.wchan));
	if (s.syscall == -1 && s.wchan[0] == '\0')
		ck_assert_str_eq(text, "blocked");
	finish();
}
END_TEST

START_TEST(one_that_is_stopped)
{
	struct verdict_sample before, after;

	start(spin);
	before = sample();
	kill(pid, SIGSTOP);
	ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	after = sample();
	ck_assert_int_eq(verdict_of(&before, &after, text, sizeof(text)),
	    VERDICT_STOPPED);
	ck_assert_str_eq(text, "stopped");
	kill(pid, SIGCONT);
	before = after;
	after = sample_in('R');
	ck_assert_int_eq(verdict_of(&before, &after, text, sizeof(text)),
	    VERDICT_UNKNOWN);
	finish();
}
END_TEST

START_TEST(one_that_is_traced)
{
	struct verdict_sample before, after;
	char expected[64];

	start(wait_for_signals);
	before = sample_in('S');
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == -1) {
		ck_assert_msg(errno == EPERM || errno == ENOSYS, "%s",
		    strerror(errno));
		fprintf(stderr, "no tracing here: %s\n", strerror(errno));
		finish();
		return;
	}
	snprintf(expected, sizeof(expected), "traced by pid %ld",
	    (long)getpid());
	after = sample();
	ck_assert_int_eq(verdict_of(&before, &after, text, sizeof(text)),
	    VERDICT_TRACED);
	ck_assert_str_eq(text, expected);
	ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, __WALL), pid);
	after = sample();
	ck_assert_int_eq(after.state, 't');
	ck_assert_int_eq(verdict_of(&before, &after, text, sizeof(text)),
	    VERDICT_TRACED);
	finish();
}
END_TEST

START_TEST(one_that_is_dead)
{
	struct verdict_sample s;
	siginfo_t info;

	start(wait_for_signals);
	s = sample_in('S');
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	s = sample();
	ck_assert_int_eq(verdict_of(&s, &s, text, sizeof(text)),
	    VERDICT_UNKNOWN);
	ck_assert_str_eq(text, "dead");
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(verdict_sample(pid, pidfd, &s), -1);
	close(pidfd);
}
END_TEST

/* Another process has the number by now: here, we. */
START_TEST(a_pid_that_is_anothers)
{
	struct verdict_sample s;

	start(wait_for_signals);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(verdict_sample(getpid(), pidfd, &s), -1);
	ck_assert_int_eq(errno, ESRCH);
	close(pidfd);
}
END_TEST

static void
lie_about_the_name(void)
{
	prctl(PR_SET_NAME, "x) Z 1 (y\n) T");
	pause();
}

START_TEST(a_name_that_lies)
{
	struct verdict_sample s;

	start(lie_about_the_name);
	s = sample_in('S');
	ck_assert_int_eq(verdict_of(&s, &s, text, sizeof(text)),
	    VERDICT_BLOCKED);
	ck_assert_int_eq(s.tracer, 0);
	finish();
}
END_TEST

#define S	NS_PER_S
#define MS	NS_PER_MS
static const struct {
	struct verdict_sample	 before, after;
	enum verdict_kind	 kind;
	const char		*text;
} made_up[] = {
	{ { 0, 0, 'R', 0, -1, "" }, { S, 980 * MS, 'R', 0, -1, "" },
	    VERDICT_SPINNING, "spinning (0.98 s of CPU in the last 1.0 s)" },
	{ { 0, 0, 'S', 0, -1, "" }, { 2 * S, S, 'S', 0, 1, "" },
	    VERDICT_SPINNING, "spinning (1.00 s of CPU in the last 2.0 s)" },
	{ { 0, 0, 'R', 0, -1, "" }, { S, 100 * MS, 'R', 0, -1, "" },
	    VERDICT_SPINNING, "spinning (0.10 s of CPU in the last 1.0 s)" },
	{ { 0, 0, 'R', 0, -1, "" }, { S, 90 * MS, 'R', 0, -1, "" },
	    VERDICT_UNKNOWN, "runnable (0.09 s of CPU in the last 1.0 s)" },
	{ { 0, 0, 'S', 0, -1, "" }, { S, 400 * MS, 'R', 0, -1, "" },
	    VERDICT_UNKNOWN, "runnable (0.40 s of CPU in the last 1.0 s)" },
	{ { 0, 0, 'R', 0, -1, "" }, { 0, 0, 'R', 0, -1, "" },
	    VERDICT_UNKNOWN, "runnable (0.00 s of CPU in the last 0.0 s)" },
	{ { 0, 0, 'S', 0, -1, "" }, { S, 0, 'S', 0, SYS_futex, "futex_wait" },
	    VERDICT_BLOCKED, "blocked in futex (futex_wait)" },
	{ { 0, 0, 'S', 0, -1, "" }, { S, 0, 'S', 0, -1, "futex_wait" },
	    VERDICT_BLOCKED, "blocked in futex_wait" },
	{ { 0, 0, 'R', 0, -1, "" }, { S, 10 * MS, 'D', 0, SYS_read, "" },
	    VERDICT_BLOCKED, "blocked in read, uninterruptible" },
	{ { 0, 0, 'S', 0, -1, "" }, { S, 0, 'S', 0, 99999, "" },
	    VERDICT_BLOCKED, "blocked in system call 99999" },
	{ { 0, 0, 'S', 0, -1, "" }, { S, 0, 'S', 0, -1, "" },
	    VERDICT_BLOCKED, "blocked" },
	{ { 0, 0, 'R', 0, -1, "" }, { S, 900 * MS, 'T', 0, -1, "" },
	    VERDICT_STOPPED, "stopped" },
	{ { 0, 0, 'R', 0, -1, "" }, { S, 900 * MS, 'R', 12, -1, "" },
	    VERDICT_TRACED, "traced by pid 12" },
	{ { 0, 0, 'R', 0, -1, "" }, { S, 900 * MS, 'T', 12, -1, "" },
	    VERDICT_TRACED, "traced by pid 12" },
	{ { 0, 0, 'R', 0, -1, "" }, { S, 900 * MS, 't', 0, -1, "" },
	    VERDICT_TRACED, "traced" },
	{ { 0, 0, 'T', 0, -1, "" }, { S, 0, 'S', 0, SYS_read, "" },
	    VERDICT_UNKNOWN, "continued a moment ago" },
	{ { 0, 0, 'R', 7, -1, "" }, { S, S, 'R', 0, -1, "" },
	    VERDICT_UNKNOWN, "continued a moment ago" },
	{ { 0, 0, 'R', 0, -1, "" }, { S, S, 'Z', 0, -1, "" },
	    VERDICT_UNKNOWN, "dead" },
	/* Samples that were mixed up harm nobody. */
	{ { S, S, 'S', 0, -1, "" }, { 0, 0, 'S', 0, -1, "" },
	    VERDICT_BLOCKED, "blocked" },
};

START_TEST(at_the_borders)
{
	ck_assert_int_eq(verdict_of(&made_up[_i].before, &made_up[_i].after,
	    text, sizeof(text)), made_up[_i].kind);
	ck_assert_str_eq(text, made_up[_i].text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("verdict");
	TCase *t = unit_case(s, "verdict");

	tcase_add_test(t, one_that_spins);
	tcase_add_test(t, one_that_spins_in_calls);
	tcase_add_test(t, one_that_is_blocked);
	tcase_add_test(t, where_it_is_blocked);
	tcase_add_test(t, one_that_is_stopped);
	tcase_add_test(t, one_that_is_traced);
	tcase_add_test(t, one_that_is_dead);
	tcase_add_test(t, a_pid_that_is_anothers);
	tcase_add_test(t, a_name_that_lies);
	tcase_add_loop_test(t, at_the_borders, 0,
	    COUNT(made_up));
	return unit_main(s);
}
