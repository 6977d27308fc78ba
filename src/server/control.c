/* SPDX-License-Identifier: Apache-2.0 */
/* The other end of a master's control socket: finding it, and asking. */
#include <thriftfork/control.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "proc/control.h"
#include "server/instance.h"

#define ANSWER_S	5		/* that a sound master never needs */
#define SILENT		"the master of %s does not answer"

/* Neither connecting nor sending waits longer: the queue may be full. */
static int
new_socket(void)
{
	const struct timeval limit = { .tv_sec = ANSWER_S };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd != -1 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit,
	    sizeof(limit)) == -1)
		fd_close(&fd);
	return fd;
}

/* In /tmp somebody else may have been first to use our name. */
static int
is_trusted(int fd)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	errno = EPERM;
	return geteuid() == 0 || peer.uid == 0 || peer.uid == geteuid();
}

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
	fd = new_socket();
	if (fd != -1 && (connect(fd, (struct sockaddr *)&sun,
	    sizeof(sun)) == -1 || !is_trusted(fd)))
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
	int		 fd;		/* of the only one; -1: it is silent */
	unsigned	 found;
	char		 names[400];
};

static void
try_instance(struct search *s, const char *dir, char *file)
{
	char path[512], *name;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if ((name = name_of(file)) == NULL ||
	    ((fd = connect_path(path)) == -1 && errno != EAGAIN))
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
	else if (s.fd == -1)
		snprintf(why, size, SILENT, s.names);
	return s.fd;
}

static void
tell_connect(const char *name, const char *path, char *why, size_t size)
{
	if (errno == EAGAIN)
		snprintf(why, size, SILENT, name);
	else
		snprintf(why, size, "%s does not run (%s: %s)", name, path,
		    strerror(errno));
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
		tell_connect(name, path, why, size);
	return fd;
}

/* Whom it is that does not answer. */
static void
tell_silent(int control, char *why, size_t size)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t sun_len = sizeof(sun) - 1;
	struct ucred peer = { .pid = 0 };
	socklen_t peer_len = sizeof(peer);
	char *name;

	getpeername(control, (struct sockaddr *)&sun, &sun_len);
	getsockopt(control, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len);
	name = strrchr(sun.sun_path, '/');
	name = name == NULL ? sun.sun_path : name + 1;
	name_of(name);
	snprintf(why, size, "the master of %s (pid %ld) does not answer", name,
	    (long)peer.pid);
}

/* 1 when there is something to receive, 0 if not by then, or -1. */
static int
await(int control, uint64_t deadline_ns)
{
	struct pollfd p = { .fd = control, .events = POLLIN };
	uint64_t now;
	int rc, ms = -1;

	do {
		now = clock_ns();
		if (deadline_ns != 0)
			ms = now >= deadline_ns ? 0 :
			    (int)((deadline_ns - now) / NS_PER_MS) + 1;
		rc = poll(&p, 1, ms);
	} while (rc == -1 && errno == EINTR);
	return rc;
}

/*
 * The answer, which has its time from "wait" on.  -1 with a reason if there is
 * none.
 */
static int
receive(int control, char answer[CONTROL_BYTES], int *fd, char *why,
    size_t size)
{
	uint64_t deadline = clock_ns() + ANSWER_S * NS_PER_S;
	ssize_t n;

	for (;;) {
		if (await(control, deadline) == 0) {
			tell_silent(control, why, size);
			return -1;
		}
		n = fd_recv(control, answer, CONTROL_BYTES - 1, fd, 0);
		if (n <= 0)
			break;
		answer[n] = '\0';
		if (strcmp(answer, "wait") != 0)
			return 0;
		fd_close(fd);
		deadline = 0;
	}
	snprintf(why, size, "the server went away%s%s", n == 0 ? "" : ": ",
	    n == 0 ? "" : strerror(errno));
	return -1;
}

int
tf_control_ask(int control, const char *request, int *fd, char *why,
    size_t size)
{
	char answer[CONTROL_BYTES];
	int got = -1;

	if (fd_send(control, request, strlen(request), -1, 0) == -1) {
		if (errno == EAGAIN)
			tell_silent(control, why, size);
		else
			snprintf(why, size, "the server went away: %s",
			    strerror(errno));
		return -1;
	}
	if (receive(control, answer, &got, why, size) == -1)
		return -1;
	if (strcmp(answer, "ok") != 0) {
		fd_close(&got);
		snprintf(why, size, "%s", answer);
		return -1;
	}
	if (fd != NULL)
		*fd = got;
	else
		fd_close(&got);
	return 0;
}
