/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking connections.  An error of one connection is that connection's; when
 * descriptors or memory run out, accepting pauses for a while instead of
 * spinning on a socket that stays ready.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "io/addr.h"
#include "serve/conn.h"

#define ACCEPT_BATCH	16
#define PAUSE_NS	(100 * NS_PER_MS)

/* -1: the hook does not want it. */
static int
greet(struct conn *c)
{
	const struct worker_config *cf = c->worker->config;
	struct tf_peer peer = conn_peer(c);

	if (cf->hooks->connect != NULL &&
	    cf->hooks->connect(cf->ctx, &peer) == -1)
		return -1;
	c->data = peer.data;
	c->greeted = true;
	return 0;
}

static void
take(struct worker *w, int fd, const struct addr *from)
{
	struct ucred cred = { .pid = -1 };
	socklen_t len = sizeof(cred);
	char peer[ADDR_TEXT];
	const int on = 1;
	struct conn *c;

	if (addr_is_unix(from))
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	else
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	addr_text(from, peer, sizeof(peer));
	c = conn_new(w, fd, peer, addr_is_unix(from) ? &cred : NULL);
	if (c == NULL) {
		close(fd);
		return;
	}
	lane_add(w->config->lane, COUNTER_CONNECTIONS_ACCEPTED, 1);
	if (greet(c) == -1) {
		conn_count(c, COUNTER_CONNECTIONS_REFUSED, 1);
		conn_close(c);
	}
}

static bool
full(const struct worker *w)
{
	unsigned max = w->config->limits.max_connections;

	return max != 0 && w->nconns >= max;
}

void
accept_update(struct worker *w)
{
	bool open = w->accept_pause.when_ns == 0 && !full(w);

	for (unsigned i = 0; i < w->config->nlisten; i++)
		if (w->doors[i].watch.fd != -1)
			watch_change(&w->loop, &w->doors[i].watch,
			    open ? EPOLLIN : 0);
}

static void
pause_ended(struct timer *t)
{
	accept_update(OBJECT_OF(t, struct worker, accept_pause));
}

/*
 * Whoever knocks while no descriptor is free hears so at once, by means of the
 * one that is kept for this, instead of waiting for nothing.
 */
static void
turn_away(struct worker *w, int listen_fd)
{
	int fd;

	fd_close(&w->spare_fd);
	if ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) != -1)
		close(fd);
	w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
pause_accepting(struct worker *w, int listen_fd)
{
	unsigned skipped;

	if (log_rate_ok(&w->noise, &skipped))
		log_warn("accept (pausing for %d ms)",
		    (int)(PAUSE_NS / NS_PER_MS));
	turn_away(w, listen_fd);
	timer_set(&w->loop, &w->accept_pause, w->loop.now_ns + PAUSE_NS,
	    pause_ended);
	accept_update(w);
}

/* 1: took one, or one that was gone already; 0: nothing more for now. */
static int
accept_one(struct worker *w, int listen_fd)
{
	struct addr from = { .len = sizeof(from.ss) };
	int fd;

	fd = accept4(listen_fd, (struct sockaddr *)&from.ss, &from.len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd != -1) {
		take(w, fd, &from);
		return 1;
	}
	if (errno == EAGAIN || errno == EINVAL)	/* EINVAL: not listening */
		return 0;
	lane_add(w->config->lane, COUNTER_ACCEPT_ERRORS, 1);
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM) {
		pause_accepting(w, listen_fd);
		return 0;
	}
	return 1;
}

static void
knocked(struct watch *watch, uint32_t events)
{
	struct door *d = OBJECT_OF(watch, struct door, watch);
	struct worker *w = d->worker;

	(void)events;
	for (int i = 0; i < ACCEPT_BATCH && !full(w); i++)
		if (accept_one(w, watch->fd) == 0)
			break;
	if (full(w))
		accept_update(w);
}

int
accept_start(struct worker *w)
{
	unsigned n = w->config->nlisten;

	w->doors = calloc(n == 0 ? 1 : n, sizeof(*w->doors));
	if (w->doors == NULL)
		return -1;
	w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < n; i++)
		w->doors[i] = (struct door){ .worker = w, .watch.fd = -1 };
	for (unsigned i = 0; i < n; i++)
		if (watch_add(&w->loop, &w->doors[i].watch,
		    w->config->listen_fds[i], EPOLLIN, knocked) == -1)
			return -1;
	return 0;
}

void
accept_stop(struct worker *w)
{
	timer_cancel(&w->loop, &w->accept_pause);
	for (unsigned i = 0; i < w->config->nlisten; i++)
		watch_remove(&w->loop, &w->doors[i].watch);
}

static bool
is_shared(int listen_fd)
{
	int domain = AF_UNIX;
	socklen_t len = sizeof(domain);

	getsockopt(listen_fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	return domain == AF_UNIX;
}

void
accept_unlisten(struct worker *w)
{
	for (unsigned i = 0; i < w->config->nlisten; i++) {
		int fd = w->config->listen_fds[i];

		while (!full(w) && accept_one(w, fd) == 1)
			;
		/* For good: no listen(2) makes a unix socket listen again. */
		if (!is_shared(fd))
			shutdown(fd, SHUT_RDWR);
	}
	timer_cancel(&w->loop, &w->accept_pause);
}
