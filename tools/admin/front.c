/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See front.h.  Another process may have the same socket, before or after us,
 * so it never blocks; and where descriptors run out we wait a little rather
 * than spin.
 */
#include "front.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#define BATCH		32		/* then others have their turn */
#define PAUSE_MS	100

struct front {
	int		 fd;
	front_fn	*fn;
	void		*arg;
	struct tf_watch	*watch;
	struct tf_timer	*pause;
};

static void
arrived(void *arg, unsigned events)
{
	struct front *front = arg;
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, i;

	(void)events;
	for (i = 0; i < BATCH; i++) {
		len = sizeof(ss);
		fd = accept4(front->fd, (struct sockaddr *)&ss, &len,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd == -1 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd == -1)
			break;
		front->fn(front->arg, fd, (struct sockaddr *)&ss, len);
	}
	if (i < BATCH && errno != EAGAIN) {
		tf_watch_change(front->watch, 0);
		tf_timer_set(front->pause, PAUSE_MS);
	}
}

static void
go_on(void *arg)
{
	struct front *front = arg;

	tf_watch_change(front->watch, TF_READ);
}

struct front *
front_new(struct tf_loop *loop, int fd, front_fn *fn, void *arg)
{
	struct front *front = calloc(1, sizeof(*front));
	int flags = fcntl(fd, F_GETFL);

	if (front == NULL || flags == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		err(1, "descriptor %d", fd);
	front->fd = fd;
	front->fn = fn;
	front->arg = arg;
	front->watch = tf_watch_new(loop, fd, TF_READ, arrived, front);
	front->pause = tf_timer_new(loop, go_on, front);
	if (front->watch == NULL)
		err(1, "descriptor %d", fd);
	return front;
}

void
front_print(const struct front *front, FILE *f)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];
	union {
		struct sockaddr sa;
		struct sockaddr_un sun;
		struct sockaddr_storage ss;
	} at = { .ss = { 0 } };
	socklen_t len = sizeof(at) - 1;

	if (getsockname(front->fd, &at.sa, &len) == -1)
		fprintf(f, "?");
	else if (at.sa.sa_family == AF_UNIX)
		fprintf(f, "unix:%s", at.sun.sun_path);
	else if (getnameinfo(&at.sa, len, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		fprintf(f, at.sa.sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s",
		    host, port);
	else
		fprintf(f, "?");
}

void
front_unlink(int fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNSPEC };
	socklen_t len = sizeof(sun) - 1;

	if (getsockname(fd, (struct sockaddr *)&sun, &len) == 0 &&
	    sun.sun_family == AF_UNIX)
		unlink(sun.sun_path);
}

void
front_remove_file(const struct front *front)
{
	front_unlink(front->fd);
}

void
front_free(struct front *front)
{
	if (front == NULL)
		return;
	tf_watch_free(front->watch);
	tf_timer_free(front->pause);
	close(front->fd);
	free(front);
}
