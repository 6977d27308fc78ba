/* SPDX-License-Identifier: Apache-2.0 */
/* See lockfile.h. */
#include "server/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/* Whether the file that is locked still has its name: who had it before us
 * may have removed it on leaving. */
static int
is_current(const struct lockfile *l)
{
	struct stat named, locked;

	return stat(l->path, &named) == 0 && fstat(l->fd, &locked) == 0 &&
	    named.st_ino == locked.st_ino && named.st_dev == locked.st_dev;
}

static int
open_file(struct lockfile *l, mode_t mode)
{
	fd_close(&l->fd);
	l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, mode);
	return l->fd;
}

/* 0: nobody, any more; 1: somebody, perhaps without a pid that we know. */
static int
find_holder(const struct lockfile *l, pid_t *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(l->fd, F_GETLK, &lock) == -1)
		return -1;
	*holder = lock.l_pid > 0 ? lock.l_pid : 0;
	return lock.l_type != F_UNLCK;
}

/* As lockfile_take(), for the file that is open. */
static int
lock_file(const struct lockfile *l, pid_t *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int rc;

	do {
		if (fcntl(l->fd, F_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return -1;
	} while ((rc = find_holder(l, holder)) == 0);
	return rc;
}

int
lockfile_take(struct lockfile *l, mode_t mode, pid_t *holder)
{
	int rc;

	l->fd = -1;
	do {
		if (open_file(l, mode) == -1)
			return -1;
		rc = lock_file(l, holder);
	} while (rc == 0 && !is_current(l));
	if (rc != 0)
		fd_close(&l->fd);
	return rc;
}

void
lockfile_release(struct lockfile *l)
{
	if (l->fd != -1)
		unlink(l->path);
	fd_close(&l->fd);
}

/* Whether it is empty or a pid: a mistyped path must not cost a file. */
static int
is_pidfile(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	size_t digits;

	if (n == -1 || n == (ssize_t)sizeof(text) - 1)
		return 0;
	text[n] = '\0';
	digits = strspn(text, "0123456789");
	if (text[digits] == '\n')
		digits++;
	return digits == (size_t)n;	/* a NUL among them is none */
}

int
pidfile_take(struct lockfile *l, const char *path, char *why, size_t size)
{
	pid_t holder = 0;
	int rc;

	if (strlcpy(l->path, path, sizeof(l->path)) >= sizeof(l->path)) {
		snprintf(why, size, "pidfile: %s is too long", path);
		l->fd = -1;
		return -1;
	}
	if ((rc = lockfile_take(l, 0644, &holder)) == -1)
		snprintf(why, size, "pidfile: %s: %s", path, strerror(errno));
	else if (rc == 1 && holder == 0)
		snprintf(why, size, "pidfile: %s is held by a process of "
		    "elsewhere", path);
	else if (rc == 1)
		snprintf(why, size, "pidfile: %s is held by pid %ld", path,
		    (long)holder);
	else if (!is_pidfile(l->fd))
		snprintf(why, size, "pidfile: %s exists and is none", path);
	else if (ftruncate(l->fd, 0) == -1 ||
	    dprintf(l->fd, "%ld\n", (long)getpid()) < 0)
		snprintf(why, size, "pidfile: %s: %s", path, strerror(errno));
	else
		return 0;
	fd_close(&l->fd);
	return -1;
}

static bool
says_us(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char text[32];
	ssize_t n;

	if (fd == -1)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	return strtol(text, NULL, 10) == (long)getpid();
}

void
pidfile_release(struct lockfile *l)
{
	if (l->fd == -1 && l->path[0] != '\0' && says_us(l->path))
		unlink(l->path);
	lockfile_release(l);
}
