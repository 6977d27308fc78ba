/* SPDX-License-Identifier: Apache-2.0 */
/* See daemon.h. */
#include "server/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

/*
 * Until there is a word or the server is dead.  The end of the pipe alone says
 * neither: what the server has forked may hold the other side.
 */
static int
has_word(int fd, pid_t child)
{
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN },
	    { .events = POLLIN } };
	char word;
	ssize_t n;

	p[1].fd = (int)syscall(SYS_pidfd_open, child, 0);
	while (poll(p, 2, -1) == -1 && errno == EINTR)
		;
	/* Both may be there: a word and then the end. */
	if (p[0].revents == 0)
		return 0;
	while ((n = read(fd, &word, 1)) == -1 && errno == EINTR)
		;
	return n == 1;
}

/* A status that says what has become of the child. */
static int
await(int fd, pid_t child)
{
	int status = 0;

	if (has_word(fd, child))
		return 0;
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0 ? 1 : WEXITSTATUS(status);
	log_set_echo(true);
	log_errorx("the server died of signal %d (%s) before it served",
	    WTERMSIG(status), strsignal(WTERMSIG(status)));
	return 1;
}

int
daemon_fork(void)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	fflush(NULL);			/* or it would be written twice */
	if ((child = fork()) > 0) {
		close(ends[1]);
		_exit(await(ends[0], child));
	}
	fd_close(&ends[0]);
	if (child == -1) {
		fd_close(&ends[1]);
		return -1;
	}
	setsid();
	return ends[1];
}

void
daemon_detach(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd != -1) {
		fflush(stdout);
		dup2(fd, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
	}
	if (fd > STDERR_FILENO)
		fd_close(&fd);
	log_set_echo(false);
	log_take_stderr();
}

void
daemon_ready(int *fd)
{
	daemon_detach();
	/* Nobody may be there any more: then nobody needs to know. */
	if (*fd != -1 && write(*fd, "r", 1) == -1)
		log_debug("nobody waits for the start");
	fd_close(fd);
}
