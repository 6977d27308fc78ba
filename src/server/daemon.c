/* SPDX-License-Identifier: Apache-2.0 */
/* See daemon.h. */
#include "server/daemon.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

/* A status that says what has become of the child. */
static int
await(int fd, pid_t child)
{
	char word;
	int status = 0;

	if (read(fd, &word, 1) == 1)
		return 0;
	if (waitpid(child, &status, 0) == -1 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == 0)
		return 1;
	return WEXITSTATUS(status);
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

	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
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
