/* SPDX-License-Identifier: Apache-2.0 */
/* See succession.h: the new master's side, before it has a loop. */
#include "proc/succession.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/order.h"

#define PATIENCE_MS	10000
#define SOCKETS_MAX	65536

void
succession_begin(struct succession *s)
{
	const char *text = getenv(SUCCESSION_ENV), *why = NULL;
	int type = 0;
	socklen_t len = sizeof(type);

	*s = (struct succession){ .fd = -1, .segment_fd = -1,
	    .control_fd = -1 };
	if (text == NULL)
		return;
	s->fd = (int)strtonum(text, 3, 1000000, &why);
	unsetenv(SUCCESSION_ENV);
	if (why != NULL || getsockopt(s->fd, SOL_SOCKET, SO_TYPE, &type,
	    &len) == -1 || type != SOCK_SEQPACKET ||
	    fcntl(s->fd, F_SETFD, FD_CLOEXEC) == -1)
		s->fd = -1;
}

static int
keep(int *to, int fd)
{
	if (*to != -1 || fd == -1)
		return -1;
	*to = fd;
	return 0;
}

int
succession_add(struct succession *s, const struct succession_socket *k)
{
	struct succession_socket *more;

	if (k->fd == -1 || s->nsockets == SOCKETS_MAX)
		return -1;
	more = reallocarray(s->sockets, s->nsockets + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	s->sockets = more;
	more[s->nsockets++] = *k;
	return 0;
}

static int
keep_socket(struct succession *s, const struct order *o, int fd)
{
	const struct succession_socket k = { .fd = fd,
	    .listener = o->arg >> 16, .slot = o->arg & 0xffff,
	    .index = (uint32_t)o->id };

	return succession_add(s, &k);
}

/* 1: more to come; 0: that was all; -1: it makes no sense. */
static int
take(struct succession *s, const struct order *o, int fd)
{
	switch (o->kind) {
	case SUCCESSION_SEGMENT:
		s->reads = o->arg;
		return keep(&s->segment_fd, fd) == -1 ? -1 : 1;
	case SUCCESSION_CONTROL:
		return keep(&s->control_fd, fd) == -1 ? -1 : 1;
	case SUCCESSION_SOCKET:
		return keep_socket(s, o, fd) == -1 ? -1 : 1;
	case SUCCESSION_END:
		s->generation = o->arg;
		s->configured = (unsigned)(o->id >> 32);
		s->workers = (unsigned)(o->id & UINT32_MAX);
		return s->segment_fd != -1 && s->control_fd != -1 ? 0 : -1;
	default:
		return -1;
	}
}

int
succession_receive(struct succession *s, char *why, size_t size)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	struct order o;
	int fd, rc = 1;

	while (rc == 1 && poll(&p, 1, PATIENCE_MS) == 1) {
		ssize_t n = fd_recv(s->fd, &o, sizeof(o), &fd, MSG_DONTWAIT);

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		rc = n == (ssize_t)sizeof(o) ? take(s, &o, fd) : -1;
		if (rc == -1)
			fd_close(&fd);
	}
	if (rc == 0)
		return 0;
	snprintf(why, size, "upgrade: the old master %s", rc == 1 ?
	    "says nothing" : "does not make itself understood");
	return -1;
}

void
succession_refuse(int fd, const char *why)
{
	struct {
		struct order order;
		char text[SUCCESSION_WHY];
	} m = { .order.kind = SUCCESSION_REFUSED };
	size_t len = strlcpy(m.text, why, sizeof(m.text));

	if (len >= sizeof(m.text))
		len = sizeof(m.text) - 1;
	if (fd != -1)
		fd_send(fd, &m, sizeof(m.order) + len, -1, MSG_DONTWAIT);
}

void
succession_end(struct succession *s)
{
	for (size_t i = 0; i < s->nsockets; i++)
		fd_close(&s->sockets[i].fd);
	free(s->sockets);
	s->sockets = NULL;
	s->nsockets = 0;
	fd_close(&s->segment_fd);
	fd_close(&s->control_fd);
	fd_close(&s->fd);
}
