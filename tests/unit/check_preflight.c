/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preflights: what a child may do to the one who asked, which is nothing.  It
 * may succeed, refuse with a reason, crash, hang, babble or die of a signal;
 * the host's children, signals and descriptors are as they were.
 */
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "proc/preflight.h"
#include "unit_peer.h"

#define SIZE	1000
static char out[SIZE], why[400];

/* As a server does it that is started by a program with signals of its own. */
static ptrdiff_t
try_out(int (*fn)(int, void *), uint64_t timeout_ns)
{
	struct signal_state signals;
	ptrdiff_t n;

	signals_take(&signals);
	n = preflight_run(fn, why, &signals, timeout_ns, out, SIZE, why,
	    sizeof(why));
	signals_give_back(&signals, false);
	return n;
}

static ptrdiff_t
run(int (*fn)(int, void *), uint64_t timeout_ns)
{
	int fds = peer_fds();
	ptrdiff_t n;

	memset(out, '?', sizeof(out));
	why[0] = '\0';
	n = try_out(fn, timeout_ns);
	ck_assert_int_eq(peer_fds(), fds);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	return n;
}

static void
refused(int (*fn)(int, void *), uint64_t timeout_ns, const char *reason)
{
	ck_assert_int_eq(run(fn, timeout_ns), -1);
	ck_assert_msg(strstr(why, reason) != NULL, "'%s' does not say '%s'",
	    why, reason);
}

static int
report(int fd, void *arg)
{
	ck_assert_ptr_eq(arg, why);
	return write(fd, "a\0b\n", 4) == 4 && write(fd, "c", 1) == 1 ? 0 : -1;
}

START_TEST(success)
{
	ck_assert_msg(run(report, NS_PER_S * 5) == 5, "%s", why);
	ck_assert_int_eq(memcmp(out, "a\0b\nc", 5), 0);
}
END_TEST

static int
nothing(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	return 0;
}

START_TEST(an_empty_report)
{
	ck_assert_int_eq(run(nothing, NS_PER_S * 5), 0);
}
END_TEST

static int
refuse(int fd, void *arg)
{
	(void)arg;
	dprintf(fd, "no %s today", "database");
	return -1;
}

START_TEST(the_reason_is_what_it_wrote)
{
	ck_assert_int_eq(run(refuse, NS_PER_S * 5), -1);
	ck_assert_str_eq(why, "no database today");
}
END_TEST

static int
refuse_at_length(int fd, void *arg)
{
	char text[SIZE - 1];

	(void)arg;
	memset(text, 'x', sizeof(text));
	return write(fd, text, sizeof(text)) == 0 ? 0 : -1;
}

START_TEST(a_long_reason_is_cut)
{
	ck_assert_int_eq(run(refuse_at_length, NS_PER_S * 5), -1);
	ck_assert_uint_eq(strlen(why), sizeof(why) - 1);
}
END_TEST

static int
silent(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	return -1;
}

static int
crash(int fd, void *arg)
{
	(void)arg;
	dprintf(fd, "half a report");
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return 0;
}

static int
leave(int fd, void *arg)
{
	(void)arg;
	dprintf(fd, "bye");
	_exit(7);
}

static int
leave_in_peace(int fd, void *arg)
{
	(void)arg;
	dprintf(fd, "x");
	_exit(0);
}

START_TEST(no_reason_crash_and_exit)
{
	refused(silent, NS_PER_S * 5, "exited with 1");
	refused(crash, NS_PER_S * 5, "signal 11 (Segmentation fault)");
	refused(leave, NS_PER_S * 5, "exited with 7");
	refused(leave_in_peace, NS_PER_S * 5, "exited with 0 before setup()");
}
END_TEST

static int
hang(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	while (pause() == -1)
		;
	return 0;
}

static int lives[2];			/* until the test closes it */

/* What it has started holds the pipe, and is none of the master's business. */
static int
start_a_helper(int fd, void *arg)
{
	char c;

	if (fork() == 0) {
		close(lives[1]);
		while (read(lives[0], &c, 1) > 0)
			;
		_exit(0);
	}
	return report(fd, arg);
}

START_TEST(a_helper_does_not_delay_it)
{
	uint64_t began = clock_ns();

	ck_assert_int_eq(pipe(lives), 0);
	ck_assert_msg(run(start_a_helper, NS_PER_S * 20) == 5, "%s", why);
	ck_assert_uint_lt(clock_ns() - began, NS_PER_S * 10);
	/* It lives yet: its end of the pipe is open. */
	close(lives[0]);
	ck_assert_int_eq(write(lives[1], "x", 1), 1);
	close(lives[1]);
}
END_TEST

/* The signal is still there for the one who asked. */
START_TEST(a_stop_interrupts_it)
{
	struct signal_state signals;
	pid_t pid = getpid();

	signals_take(&signals);
	if (fork() == 0) {
		kill(pid, SIGTERM);
		_exit(0);
	}
	wait(NULL);
	ck_assert_int_eq(preflight_run(hang, why, &signals, NS_PER_S * 20, out,
	    SIZE, why, sizeof(why)), -1);
	ck_assert_str_eq(why, "the preflight was interrupted");
	ck_assert(signals_end_waits());
	signals_give_back(&signals, false);
}
END_TEST

static int
hang_when_done(int fd, void *arg)
{
	(void)arg;
	dprintf(fd, "all done");
	close(fd);
	return hang(fd, arg);
}

static int
hang_deaf(int fd, void *arg)
{
	signal(SIGTERM, SIG_IGN);
	return hang(fd, arg);
}

START_TEST(a_hang_ends_at_the_deadline)
{
	static int (*const fns[])(int, void *) = { hang, hang_when_done,
	    hang_deaf };
	uint64_t since = clock_ns(), ns;

	refused(fns[_i], 200 * NS_PER_MS, "took too long");
	ns = clock_ns() - since;
	ck_assert_uint_ge(ns, 200 * NS_PER_MS);
	ck_assert_uint_lt(ns, 2 * NS_PER_S);
}
END_TEST

static int
babble(int fd, void *arg)
{
	(void)arg;
	while (write(fd, "bla bla bla bla ", 16) == 16)
		;
	return hang(fd, arg);
}

START_TEST(babbling)
{
	uint64_t since = clock_ns();

	refused(babble, NS_PER_S * 10, "reported too much");
	ck_assert_uint_lt(clock_ns() - since, 5 * NS_PER_S);
}
END_TEST

static size_t length;

static int
write_length(int fd, void *arg)
{
	char text[SIZE + 1];

	(void)arg;
	memset(text, 'x', sizeof(text));
	return write(fd, text, length) == (ssize_t)length ? 0 : -1;
}

/* "At most size bytes." */
START_TEST(the_size_is_exact)
{
	length = SIZE - 1;
	ck_assert_int_eq(run(write_length, NS_PER_S * 5), SIZE - 1);
	length = SIZE + 1;
	refused(write_length, NS_PER_S * 5, "reported too much");
	length = SIZE;
	ck_assert_msg(run(write_length, NS_PER_S * 5) == SIZE, "%s", why);
}
END_TEST

static int
broken_pipe(int fd, void *arg)
{
	int ends[2];

	(void)fd;
	(void)arg;
	if (pipe(ends) == -1)
		return -1;
	close(ends[0]);
	return write(ends[1], "x", 1) == 1 ? 0 : -1;
}

/* The child has the host's disposition, the host keeps it. */
START_TEST(sigpipe)
{
	signal(SIGPIPE, SIG_DFL);
	refused(broken_pipe, NS_PER_S * 5, "signal 13 (Broken pipe)");
	ck_assert(signal(SIGPIPE, SIG_IGN) == SIG_DFL);
	refused(broken_pipe, NS_PER_S * 5, "exited with 1");
	ck_assert(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
}
END_TEST

static void
handler(int sig)
{
	(void)sig;
}

START_TEST(signals_of_the_host)
{
	static const int taken[] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1,
	    SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH, SIGCHLD, SIGPIPE };
	struct sigaction sa;
	sigset_t mask, after;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	for (int i = 0; i < 11; i++)
		signal(taken[i], handler);
	ck_assert_int_eq(run(report, NS_PER_S * 5), 5);
	for (int i = 0; i < 11; i++) {
		sigaction(taken[i], NULL, &sa);
		ck_assert_msg(sa.sa_handler == handler, "signal %d",
		    taken[i]);
	}
	sigprocmask(SIG_SETMASK, NULL, &after);
	for (int sig = 1; sig < 32; sig++)
		ck_assert_int_eq(sigismember(&after, sig),
		    sigismember(&mask, sig));
}
END_TEST

/* As in a program that was started by one that does so. */
START_TEST(a_host_that_ignores_its_children)
{
	signal(SIGCHLD, SIG_IGN);
	ck_assert_msg(run(report, NS_PER_S * 5) == 5, "%s", why);
	ck_assert(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}
END_TEST

static void
reap_all(int sig)
{
	int saved = errno;

	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

START_TEST(a_host_that_reaps_all_children)
{
	signal(SIGCHLD, reap_all);
	ck_assert_msg(run(report, NS_PER_S * 5) == 5, "%s", why);
}
END_TEST

START_TEST(children_of_the_host)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(42);
	ck_assert_int_eq(try_out(report, NS_PER_S * 5), 5);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 42);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("preflight");
	TCase *t = unit_case(s, "preflight");

	tcase_add_test(t, success);
	tcase_add_test(t, an_empty_report);
	tcase_add_test(t, the_reason_is_what_it_wrote);
	tcase_add_test(t, a_long_reason_is_cut);
	tcase_add_test(t, no_reason_crash_and_exit);
	tcase_add_test(t, a_helper_does_not_delay_it);
	tcase_add_test(t, a_stop_interrupts_it);
	tcase_add_loop_test(t, a_hang_ends_at_the_deadline, 0, 3);
	tcase_add_test(t, babbling);
	tcase_add_test(t, the_size_is_exact);
	tcase_add_test(t, sigpipe);
	tcase_add_test(t, signals_of_the_host);
	tcase_add_test(t, a_host_that_ignores_its_children);
	tcase_add_test(t, a_host_that_reaps_all_children);
	tcase_add_test(t, children_of_the_host);
	return unit_main(s);
}
