/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the environment that they come with, and with distrust: it may be
 * meant for another process, or be stale, and a wrong number would make us
 * serve on, or close, whatever else is open.
 */
#include "server/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

#define FIRST	3			/* behind standard error */

/* 1 if they are ours, 0 if they are another's, which why tells. */
static int
check_pid(char *why, size_t size)
{
	const char *text = getenv("LISTEN_PID"), *error;
	long long pid;

	if (text == NULL) {
		snprintf(why, size, "LISTEN_FDS without LISTEN_PID: ignored");
		return 0;
	}
	pid = strtonum(text, 1, INT32_MAX, &error);
	if (error != NULL) {
		snprintf(why, size, "LISTEN_PID is %s", error);
		return -1;
	}
	if (pid == getpid())
		return 1;
	snprintf(why, size, "LISTEN_FDS is for pid %lld, not for %ld: ignored",
	    pid, (long)getpid());
	return 0;
}

/* How many, all of them open; -1 and why. */
static int
count_open(const char *text, char *why, size_t size)
{
	const char *error;
	int n = (int)strtonum(text, 0, ACTIVATION_MAX, &error);

	if (error != NULL) {
		snprintf(why, size, "LISTEN_FDS is %s", error);
		return -1;
	}
	for (int i = 0; i < n; i++)
		if (fcntl(FIRST + i, F_GETFD) == -1) {
			snprintf(why, size, "LISTEN_FDS is %d, but descriptor "
			    "%d is not open", n, FIRST + i);
			return -1;
		}
	return n;
}

/* Copies the first len bytes, if they can be a name. */
static int
copy_name(char *name, const char *text, size_t len)
{
	if (len >= ACTIVATION_NAME)
		return -1;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return -1;
	memcpy(name, text, len);
	name[len] = '\0';
	return 0;
}

/* As many as there are descriptors, with colons between them. */
static int
take_names(struct activation *a, char *why, size_t size)
{
	const char *p = getenv("LISTEN_FDNAMES");
	size_t len;

	for (unsigned i = 0; i < a->nfds; i++) {
		if (p == NULL) {
			strlcpy(a->fds[i].name, "unknown", ACTIVATION_NAME);
			continue;
		}
		len = strcspn(p, ":");
		if (copy_name(a->fds[i].name, p, len) == -1) {
			snprintf(why, size, "name %u in LISTEN_FDNAMES is too "
			    "long or has control characters", i + 1);
			return -1;
		}
		p += len;
		if ((*p == ':') != (i + 1 < a->nfds)) {
			snprintf(why, size, "LISTEN_FDNAMES has %s than %u "
			    "names", *p == ':' ? "more" : "less", a->nfds);
			return -1;
		}
		p++;
	}
	return 0;
}

static int
take_over(struct activation *a, char *why, size_t size)
{
	if ((a->fds = calloc(a->nfds, sizeof(*a->fds))) == NULL) {
		snprintf(why, size, "LISTEN_FDS: %s", strerror(errno));
		return -1;
	}
	if (take_names(a, why, size) == -1)
		return -1;
	for (unsigned i = 0; i < a->nfds; i++) {
		a->fds[i].fd = FIRST + (int)i;
		fcntl(a->fds[i].fd, F_SETFD, FD_CLOEXEC);
	}
	return (int)a->nfds;
}

static int
take(struct activation *a, char *why, size_t size)
{
	const char *text = getenv("LISTEN_FDS");
	int n;

	if (text == NULL)
		return 0;
	if ((n = check_pid(why, size)) <= 0 ||
	    (n = count_open(text, why, size)) <= 0)
		return n;
	a->nfds = (unsigned)n;
	return take_over(a, why, size);
}

int
activation_take(struct activation *a, char *why, size_t size)
{
	int n;

	memset(a, 0, sizeof(*a));
	why[0] = '\0';
	if ((n = take(a, why, size)) == -1) {
		free(a->fds);
		memset(a, 0, sizeof(*a));
	}
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	return n;
}

const char *
activation_name(const char *address)
{
	return strncmp(address, "fd:", 3) == 0 ? address + 3 : NULL;
}

int
activation_claim(struct activation *a, const char *name)
{
	int fd;

	for (unsigned i = 0; i < a->nfds; i++)
		if (a->fds[i].fd != -1 && strcmp(a->fds[i].name, name) == 0) {
			fd = a->fds[i].fd;
			a->fds[i].fd = -1;
			return fd;
		}
	return -1;
}

/* Behind all that are to be overwritten. */
static int
move_up(int fd, unsigned n)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, FIRST + (int)n);
}

static int
put_in_place(const struct activation_fd *fds, unsigned n)
{
	int *numbers = calloc(n, sizeof(*numbers)), rc = -1;

	for (unsigned i = 0; numbers != NULL && i < n; i++)
		numbers[i] = fds[i].fd;
	if (numbers != NULL)
		rc = fd_line_up(numbers, n, FIRST);
	free(numbers);
	return rc;
}

/* Colons stand between them; names have none. */
static int
set_names(const struct activation_fd *fds, unsigned n)
{
	size_t size = (size_t)n * ACTIVATION_NAME;
	char *names = calloc(1, size);
	int rc;

	if (names == NULL)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			strlcat(names, ":", size);
		strlcat(names, fds[i].name, size);
	}
	rc = setenv("LISTEN_FDNAMES", names, 1);
	free(names);
	return rc;
}

int
activation_pass(const struct activation_fd *fds, unsigned n, int *keep)
{
	char number[16], pid[16];

	if (n == 0)
		return 0;
	if ((*keep = move_up(*keep, n)) == -1 || put_in_place(fds, n) == -1)
		return -1;
	snprintf(number, sizeof(number), "%u", n);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	return setenv("LISTEN_FDS", number, 1) == -1 ||
	    setenv("LISTEN_PID", pid, 1) == -1 ? -1 : set_names(fds, n);
}

void
activation_close(struct activation *a)
{
	for (unsigned i = 0; i < a->nfds; i++)
		fd_close(&a->fds[i].fd);
	activation_forget(a);
}

void
activation_forget(struct activation *a)
{
	free(a->fds);
	memset(a, 0, sizeof(*a));
}

/* An option of a socket that is a number; -1 if it cannot be read. */
static int
socket_option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == -1 ? -1 :
	    value;
}

static bool
is_stream(int fd)
{
	int domain = socket_option(fd, SO_DOMAIN);

	if (socket_option(fd, SO_TYPE) != SOCK_STREAM)
		return false;
	if (domain == AF_UNIX)
		return true;
	return (domain == AF_INET || domain == AF_INET6) &&
	    socket_option(fd, SO_PROTOCOL) == IPPROTO_TCP;
}

static bool
is_connected(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	return getpeername(fd, (struct sockaddr *)&ss, &len) == 0;
}

/* NULL if it is what it should be. */
static const char *
find_fault(int fd, bool listening)
{
	if (socket_option(fd, SO_TYPE) == -1)
		return strerror(errno);
	if (!is_stream(fd))
		return "not a stream socket of TCP or unix";
	if (is_connected(fd))
		return "a connection, not a socket to accept on";
	if (listening && socket_option(fd, SO_ACCEPTCONN) != 1)
		return "not listening";
	return NULL;
}

int
activation_check(int fd, bool listening, char *why, size_t size)
{
	const char *fault = find_fault(fd, listening);
	int flags;

	/* Two workers may wake for one connection. */
	if (fault == NULL && ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1))
		fault = strerror(errno);
	if (fault == NULL)
		return 0;
	snprintf(why, size, "descriptor %d: %s", fd, fault);
	return -1;
}
