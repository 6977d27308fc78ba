/* SPDX-License-Identifier: Apache-2.0 */
/* See log_write.h. */
#include "base/log_write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log_file.h"

/* Whether a write may have to wait for somebody to read. */
static int
can_wait(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags == -1 || flags & O_NONBLOCK || fstat(fd, &st) == -1)
		return 0;
	return S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode);
}

static ssize_t
write_if_ready(int fd, const void *data, size_t n)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, 0) == 0) {
		errno = EAGAIN;
		return -1;
	}
	return write(fd, data, n);
}

ssize_t
log_write(int fd, const void *data, size_t n)
{
	ssize_t done = send(fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	int own;

	if (done != -1 || errno != ENOTSOCK)
		return done;
	if (!can_wait(fd))
		return write(fd, data, n);
	if ((own = log_file_again(fd)) == -1)
		return write_if_ready(fd, data, n);
	done = write(own, data, n);
	fd_close(&own);
	return done;
}
