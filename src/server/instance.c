/* SPDX-License-Identifier: Apache-2.0 */
/* See instance.h. */
#include "server/instance.h"

#include <errno.h>
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

static int
take_lock(struct instance *in, const char *name, char *why, size_t size)
{
	pid_t holder = 0;

	switch (lockfile_take(&in->lock, 0600, &holder)) {
	case 0:
		return 0;
	case 1:
		if (holder == 0)
			snprintf(why, size, "%s runs already", name);
		else
			snprintf(why, size, "%s runs already, as pid %ld",
			    name, (long)holder);
		return -1;
	default:
		snprintf(why, size, "%s: %s", in->lock.path, strerror(errno));
		return -1;
	}
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

static int
find_paths(struct instance *in, const char *name, char *why, size_t size)
{
	in->lock.fd = in->control_fd = -1;
	if (instance_dir(in->dir, sizeof(in->dir)) == -1) {
		snprintf(why, size, "the path of the runtime directory is too "
		    "long");
		return -1;
	}
	snprintf(in->socket_path, sizeof(in->socket_path), "%s/%s.sock",
	    in->dir, name);
	snprintf(in->lock.path, sizeof(in->lock.path), "%s/%s.lock", in->dir,
	    name);
	return make_dir(in->dir, why, size);
}

int
instance_claim(struct instance *in, const char *name, char *why, size_t size)
{
	if (find_paths(in, name, why, size) == -1 ||
	    take_lock(in, name, why, size) == -1)
		return -1;
	if (open_socket(in, why, size) == -1) {
		lockfile_release(&in->lock);
		return -1;
	}
	return 0;
}

static bool
is_bound_to(int fd, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sun);

	return getsockname(fd, (struct sockaddr *)&sun, &len) == 0 &&
	    strncmp(sun.sun_path, path, sizeof(sun.sun_path)) == 0;
}

int
instance_await(struct instance *in, const char *name, int control_fd,
    char *why, size_t size)
{
	if (find_paths(in, name, why, size) == -1)
		return -1;
	if (!is_bound_to(control_fd, in->socket_path)) {
		snprintf(why, size, "name: cannot be changed by an upgrade; "
		    "the old master does not listen at %s", in->socket_path);
		close(control_fd);
		return -1;
	}
	in->control_fd = control_fd;
	in->awaited = true;
	return 0;
}

int
instance_lock(struct instance *in, const char *name, char *why, size_t size)
{
	in->awaited = false;
	return take_lock(in, name, why, size);
}

void
instance_leave(struct instance *in)
{
	fd_close(&in->control_fd);
	fd_close(&in->lock.fd);
}

void
instance_release(struct instance *in)
{
	if (in->control_fd != -1 && !in->awaited)
		unlink(in->socket_path);
	fd_close(&in->control_fd);
	lockfile_release(&in->lock);
}
