/* SPDX-License-Identifier: Apache-2.0 */
/* The SCM_RIGHTS ceremony, in one place, and standard descriptors. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union fd_control {
	struct cmsghdr	 align;
	char		 space[CMSG_SPACE(sizeof(int))];
};

void
fd_close(int *fd)
{
	int saved = errno;

	if (*fd != -1)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void
fd_fill_stdio(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) != -1 && fd <= STDERR_FILENO)
		;
	fd_close(&fd);
}

/* Behind all that are to be overwritten, before any is. */
int
fd_line_up(const int *fds, unsigned n, int first)
{
	int *up = calloc(n, sizeof(*up)), rc = up == NULL ? -1 : 0;

	for (unsigned i = 0; rc != -1 && i < n; i++)
		rc = up[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, first + (int)n);
	for (unsigned i = 0; rc != -1 && i < n; i++)
		rc = dup2(up[i], first + (int)i);
	free(up);
	return rc == -1 ? -1 : 0;
}

int
fd_send(int sock, const void *data, size_t len, int fd, int flags)
{
	union fd_control control;
	struct iovec iov;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	memcpy(&iov.iov_base, &data, sizeof(data));
	iov.iov_len = len;
	if (fd != -1) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(sock, &msg, flags | MSG_NOSIGNAL) == -1 ? -1 : 0;
}

ssize_t
fd_recv(int sock, void *data, size_t size, int *fd, int flags)
{
	union fd_control control;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int)) };
	struct cmsghdr *c;
	ssize_t n;

	/* Not CMSG_SPACE(): its padding would take a second descriptor. */

	*fd = -1;
	if ((n = recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC)) == -1)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		fd_close(fd);
		errno = EPROTO;
		return -1;
	}
	return n;
}
