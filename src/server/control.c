/* SPDX-License-Identifier: Apache-2.0 */
/* The other end of a master's control socket: finding it, and asking. */
#include <thriftfork/control.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "proc/control.h"
#include "server/instance.h"

static int
connect_path(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&sun,
	    sizeof(sun)) == -1)
		fd_close(&fd);
	return fd;
}

/* The name of "NAME.sock", cut out in place; NULL if it is something else. */
static char *
name_of(char *file)
{
	size_t len = strlen(file);

	if (len <= 5 || strcmp(file + len - 5, ".sock") != 0)
		return NULL;
	file[len - 5] = '\0';
	return file;
}

struct search {
	int		 fd;		/* of the only one */
	unsigned	 found;
	char		 names[400];
};

static void
try_instance(struct search *s, const char *dir, char *file)
{
	char path[512], *name;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if ((name = name_of(file)) == NULL || (fd = connect_path(path)) == -1)
		return;
	if (s->found++ > 0) {
		strlcat(s->names, ", ", sizeof(s->names));
		fd_close(&s->fd);
	}
	strlcat(s->names, name, sizeof(s->names));
	if (s->found == 1)
		s->fd = fd;
	else
		fd_close(&fd);
}

static int
open_only(const char *dir, char *why, size_t size)
{
	struct search s = { .fd = -1 };
	struct dirent *e;
	DIR *d;

	if ((d = opendir(dir)) != NULL) {
		while ((e = readdir(d)) != NULL)
			try_instance(&s, dir, e->d_name);
		closedir(d);
	}
	if (s.found == 0)
		snprintf(why, size, "no instance runs (looked in %s)", dir);
	else if (s.found > 1)
		snprintf(why, size, "several instances run, choose one with "
		    "-n: %s", s.names);
	return s.fd;
}

int
tf_control_open(const char *name, char *why, size_t size)
{
	char dir[128], path[512];
	int fd;

	if (instance_dir(dir, sizeof(dir)) == -1) {
		snprintf(why, size, "the path of the runtime directory is too "
		    "long");
		return -1;
	}
	if (name == NULL)
		return open_only(dir, why, size);
	if (strchr(name, '/') != NULL)
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "%s/%s.sock", dir, name);
	if ((fd = connect_path(path)) == -1)
		snprintf(why, size, "%s does not run (%s: %s)", name, path,
		    strerror(errno));
	return fd;
}

int
tf_control_ask(int control, const char *request, int *fd, char *why,
    size_t size)
{
	char answer[CONTROL_BYTES];
	int got = -1;
	ssize_t n;

	if (fd_send(control, request, strlen(request), -1, 0) == -1 ||
	    (n = fd_recv(control, answer, sizeof(answer) - 1, &got, 0)) == -1) {
		snprintf(why, size, "the server does not answer: %s",
		    strerror(errno));
		return -1;
	}
	answer[n] = '\0';
	if (strcmp(answer, "ok") != 0) {
		fd_close(&got);
		snprintf(why, size, "%s", n == 0 ? "the server went away" :
		    answer);
		return -1;
	}
	if (fd != NULL)
		*fd = got;
	else
		fd_close(&got);
	return 0;
}
