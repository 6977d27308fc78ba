/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock is a record lock (fcntl), because that is the process's own: it ends
 * with the master, whatever its workers still hold, and it can tell who has
 * it.
 */
#include "server/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"

int
instance_dir(char *dir, size_t size)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	int n;

	if (geteuid() == 0)
		n = snprintf(dir, size, "/run/thriftfork");
	else if (xdg != NULL && *xdg == '/')
		n = snprintf(dir, size, "%s/thriftfork", xdg);
	else
		n = snprintf(dir, size, "/tmp/thriftfork-%ld",
		    (long)geteuid());
	return n > 0 && (size_t)n < size ? 0 : -1;
}

/* The directory must be ours, or somebody else answers for us. */
static int
make_dir(const char *dir, char *why, size_t size)
{
	struct stat st;

	if (mkdir(dir, 0700) == -1 && errno != EEXIST) {
		snprintf(why, size, "%s: %s", dir, strerror(errno));
		return -1;
	}
	if (lstat(dir, &st) == -1 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 022) != 0) {
		snprintf(why, size, "%s is not a directory that this user "
		    "alone may write to", dir);
		return -1;
	}
	return 0;
}

/* Whether the file that is locked still has its name: who had it before us
 * may have removed it on leaving. */
static int
is_current(const struct instance *in)
{
	struct stat named, locked;

	return stat(in->lock_path, &named) == 0 &&
	    fstat(in->lock_fd, &locked) == 0 && named.st_ino == locked.st_ino;
}

static int
take_lock(struct instance *in, const char *name, char *why, size_t size)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	do {
		fd_close(&in->lock_fd);
		in->lock_fd = open(in->lock_path, O_RDWR | O_CREAT |
		    O_CLOEXEC | O_NOFOLLOW, 0600);
		if (in->lock_fd == -1) {
			snprintf(why, size, "%s: %s", in->lock_path,
			    strerror(errno));
			return -1;
		}
		if (fcntl(in->lock_fd, F_SETLK, &lock) == -1)
			goto held;
	} while (!is_current(in));
	return 0;
held:
	if (fcntl(in->lock_fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		snprintf(why, size, "%s runs already, as pid %ld", name,
		    (long)lock.l_pid);
	else
		snprintf(why, size, "%s runs already", name);
	fd_close(&in->lock_fd);
	return -1;
}

/* We have the lock, so a socket that is there is a dead server's. */
static int
open_socket(struct instance *in, char *why, size_t size)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(in->socket_path) >= sizeof(sun.sun_path)) {
		snprintf(why, size, "%s is too long for a socket",
		    in->socket_path);
		return -1;
	}
	strlcpy(sun.sun_path, in->socket_path, sizeof(sun.sun_path));
	unlink(in->socket_path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, 16) == -1) {
		snprintf(why, size, "%s: %s", in->socket_path,
		    strerror(errno));
		fd_close(&fd);
		return -1;
	}
	in->control_fd = fd;
	return 0;
}

int
instance_claim(struct instance *in, const char *name, char *why, size_t size)
{
	in->lock_fd = in->control_fd = -1;
	if (instance_dir(in->dir, sizeof(in->dir)) == -1) {
		snprintf(why, size, "the path of the runtime directory is too "
		    "long");
		return -1;
	}
	snprintf(in->socket_path, sizeof(in->socket_path), "%s/%s.sock",
	    in->dir, name);
	snprintf(in->lock_path, sizeof(in->lock_path), "%s/%s.lock", in->dir,
	    name);
	if (make_dir(in->dir, why, size) == -1 ||
	    take_lock(in, name, why, size) == -1)
		return -1;
	if (open_socket(in, why, size) == -1) {
		fd_close(&in->lock_fd);
		return -1;
	}
	return 0;
}

void
instance_release(struct instance *in)
{
	if (in->control_fd != -1) {
		unlink(in->socket_path);
		unlink(in->lock_path);
	}
	fd_close(&in->control_fd);
	fd_close(&in->lock_fd);
}
