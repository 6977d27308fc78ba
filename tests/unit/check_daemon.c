/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going into the background, as the one sees it who waits in front: a status
 * for each way in which the server can begin, or end before it does, even
 * while something that it has forked holds on to what it inherited.
 */
#include "server/daemon.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/unit.h"

static int helper[2];		/* who holds the writing side lives */

static void
setup(void)
{
	ck_assert_int_eq(pipe(helper), 0);
}

/* Something that outlives the server, with all its descriptors. */
static void
leave_helper(void)
{
	char c;

	if (fork() != 0)
		return;
	close(helper[1]);
	/* Until the test is over, whose end of the pipe closes then. */
	while (read(helper[0], &c, 1) == 1)
		;
	_exit(0);
}

/* The status of the command whose server does this. */
static int
command(void (*server)(int ready_fd))
{
	int status, ready;
	pid_t pid;

	if ((pid = fork()) == 0) {
		close(STDERR_FILENO);
		open("/dev/null", O_RDWR);
		ready = daemon_fork();
		close(helper[1]);
		server(ready);
		_exit(99);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
serves(int ready)
{
	daemon_ready(&ready);
	_exit(5);
}

static void
serves_with_a_helper(int ready)
{
	leave_helper();
	serves(ready);
}

static void
fails(int ready)
{
	(void)ready;
	_exit(3);
}

static void
fails_with_a_helper(int ready)
{
	leave_helper();
	fails(ready);
}

static void
ends_with_zero(int ready)
{
	(void)ready;
	_exit(0);
}

static void
is_killed_with_a_helper(int ready)
{
	(void)ready;
	leave_helper();
	raise(SIGKILL);
}

/* Closing its end is no death: the status counts. */
static void
gives_up_first(int ready)
{
	close(ready);
	_exit(4);
}

static const struct {
	void		(*server)(int);
	int		 status;
} cases[] = {
	{ serves, 0 },
	{ serves_with_a_helper, 0 },
	{ fails, 3 },
	{ fails_with_a_helper, 3 },
	{ ends_with_zero, 1 },
	{ is_killed_with_a_helper, 1 },
	{ gives_up_first, 4 },
};
#define NCASES	COUNT(cases)

START_TEST(the_command_ends)
{
	ck_assert_int_eq(command(cases[_i].server), cases[_i].status);
}
END_TEST

/* And it says so, since nobody else does. */
START_TEST(a_silent_death_is_told)
{
	char text[500] = "";
	int ends[2], status;
	pid_t pid;
	ssize_t n;

	ck_assert_int_eq(pipe(ends), 0);
	if ((pid = fork()) == 0) {
		dup2(ends[1], STDERR_FILENO);
		daemon_fork();
		raise(SIGKILL);
	}
	close(ends[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	n = read(ends[0], text, sizeof(text) - 1);
	ck_assert_int_gt(n, 0);
	ck_assert_ptr_nonnull(strstr(text, "error: the server died of signal "
	    "9 (Killed) before it served\n"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("daemon");
	TCase *t = unit_case(s, "daemon");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, the_command_ends, 0, NCASES);
	tcase_add_test(t, a_silent_death_is_told);
	return unit_main(s);
}
