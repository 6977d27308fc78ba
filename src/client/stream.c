/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking, as far as its caller can see, but never past the deadline. */
#include "client/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "io/addr.h"

#define MAX_ADDRS	8

void
stream_init(struct stream *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

void
stream_close(struct stream *s)
{
	fd_close(&s->fd);
}

static int
fail(struct stream *s, const char *what)
{
	snprintf(s->error, sizeof(s->error), "%s: %s", what, strerror(errno));
	return -1;
}

/* Until the descriptor is ready; -1: the deadline came first. */
static int
await(struct stream *s, short events)
{
	struct pollfd p = { .fd = s->fd, .events = events };
	uint64_t now = clock_ns();
	int rc, ms = -1;

	do {
		if (s->deadline_ns != 0) {
			if (now >= s->deadline_ns) {
				errno = ETIMEDOUT;
				return -1;
			}
			now = (s->deadline_ns - now) / NS_PER_MS + 1;
			ms = now < 60000 ? (int)now : 60000;
		}
		rc = poll(&p, 1, ms);
		now = clock_ns();
	} while (rc == 0 || (rc == -1 && errno == EINTR));
	return rc == -1 ? -1 : 0;
}

/* Waits for room in a full queue, which a non-blocking socket would not. */
static int
connect_unix(struct stream *s, const struct addr *a)
{
	struct timeval tv = { 0 };
	uint64_t now = clock_ns(), left = 0;

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd == -1)
		return -1;
	if (s->deadline_ns != 0) {
		left = now < s->deadline_ns ? s->deadline_ns - now : 1000;
		tv.tv_sec = (time_t)(left / NS_PER_S);
		tv.tv_usec = (suseconds_t)(left % NS_PER_S / 1000) + 1;
		setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	}
	if (connect(s->fd, (const struct sockaddr *)&a->ss, a->len) == -1) {
		if (errno == EAGAIN)
			errno = ETIMEDOUT;
		return -1;
	}
	return fcntl(s->fd, F_SETFL, O_NONBLOCK);
}

static int
connect_tcp(struct stream *s, const struct addr *a)
{
	socklen_t len = sizeof(errno);
	const int on = 1;
	int error = 0;

	s->fd = socket(a->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (s->fd == -1)
		return -1;
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(s->fd, (const struct sockaddr *)&a->ss, a->len) == 0)
		return 0;
	if (errno != EINPROGRESS || await(s, POLLOUT) == -1)
		return -1;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return -1;
	errno = error;
	return error == 0 ? 0 : -1;
}

int
stream_connect(struct stream *s, const char *text)
{
	struct addr addrs[MAX_ADDRS];
	int n;

	stream_close(s);
	n = addr_parse(text, addrs, MAX_ADDRS, s->error, sizeof(s->error));
	if (n == -1)
		return -1;
	for (int i = 0; i < n; i++) {
		if ((addr_is_unix(&addrs[i]) ? connect_unix :
		    connect_tcp)(s, &addrs[i]) == 0) {
			s->owner = getpid();
			return 0;
		}
		fail(s, "connect");
		stream_close(s);
	}
	return -1;
}

bool
stream_is_usable(struct stream *s)
{
	char c;

	if (s->fd == -1)
		return false;
	if (s->owner != getpid())
		return false;
	return recv(s->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	    errno == EAGAIN;
}

int
stream_send(struct stream *s, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = send(s->fd, p, len, MSG_NOSIGNAL);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (await(s, POLLOUT) == -1)
				return fail(s, "send");
		} else if (errno != EINTR)
			return fail(s, "send");
	}
	return 0;
}

ssize_t
stream_recv_some(struct stream *s, void *data, size_t size)
{
	ssize_t n;

	for (;;) {
		n = recv(s->fd, data, size, 0);
		if (n > 0)
			return n;
		if (n == 0) {
			snprintf(s->error, sizeof(s->error),
			    "the server closed the connection");
			return -1;
		}
		if (errno == EAGAIN) {
			if (await(s, POLLIN) == -1)
				return fail(s, "receive");
		} else if (errno != EINTR)
			return fail(s, "receive");
	}
}

int
stream_recv(struct stream *s, void *data, size_t len)
{
	char *p = data;
	ssize_t n;

	for (; len > 0; len -= (size_t)n) {
		if ((n = stream_recv_some(s, p, len)) == -1)
			return -1;
		p += n;
	}
	return 0;
}
