/* SPDX-License-Identifier: Apache-2.0 */
/* See log_file.h. */
#include "base/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log_line.h"

#define FLAGS	(O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* Above the standard ones; fd is closed if it is one of these. */
static int
put_high(int fd)
{
	int high;

	if (fd == -1 || fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	fd_close(&fd);
	return high;
}

static int
open_again(int fd, int mode)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return put_high(open(path, mode | FLAGS));
}

int
log_file_again(int fd)
{
	return open_again(fd, O_WRONLY);
}

/* What is no file, such as a FIFO, would have a reader in us. */
int
log_file_open(const char *path)
{
	int fd = put_high(open(path, O_WRONLY | O_CREAT | FLAGS, 0640)), both;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (both = open_again(fd, O_RDWR)) == -1)
		return fd;
	fd_close(&fd);
	return both;
}

int
log_file_has_room(int fd)
{
	struct stat st;

	if (write(fd, "", 0) == -1 && errno != EAGAIN)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || fallocate(fd,
	    FALLOC_FL_KEEP_SIZE, st.st_size, LOG_LINE) == 0)
		return 0;
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? -1 : 0;
}
