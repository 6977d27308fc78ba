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
#include "base/order.h"
#include "io/addr.h"
#include "serve/conn.h"

#define ACCEPT_BATCH	16
#define PAUSE_NS	(100 * NS_PER_MS)

/* Whether its address has as many connections as one may have. */
static bool
has_enough(struct worker *w, bool local, const char *peer)
{
	unsigned max = w->config->limits.max_per_peer, skipped;

	if (max == 0 || local || peers_count(&w->peers, peer) < max)
		return false;
	if (log_rate_ok(&w->noise, &skipped))
		log_info("%s: closed: it has max-per-peer already "
		    "(%u more like this)", peer, skipped);
	lane_add(w->config->lane, COUNTER_CONNECTIONS_REFUSED, 1);
	return true;
}

/* -1: it is not wanted, and closed. */
static int
greet(struct conn *c)
{
	if (conn_greet(c) == 0)
		return 0;
	conn_count(c, COUNTER_CONNECTIONS_REFUSED, 1);
	conn_close(c, COUNTER_CLOSED_REFUSED);
	return -1;
}

int
accept_introduced(struct conn *c)
{
	if (has_enough(c->worker, c->local, c->peer)) {
		conn_close(c, COUNTER_CLOSED_REFUSED);
		return -1;
	}
	conn_introduced(c);
	return greet(c);
}

/* NULL: there is no memory. */
static bool
door_has_proxy(const struct door *d)
{
	return worker_rules(d->worker, d->listener)->proxy;
}

static struct conn *
make_conn(struct door *d, int fd, const struct addr *from, const char *peer)
{
	struct ucred cred = { .pid = -1 };
	socklen_t len = sizeof(cred);
	const int on = 1;
	struct conn *c;

	if (addr_is_unix(from))
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	else if (!d->nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c = (door_has_proxy(d) ? conn_new_stranger : conn_new)(d->worker, fd,
	    peer, addr_is_unix(from) ? &cred : NULL);
	if (c != NULL)
		c->listener = d->listener;
	return c;
}

static void
take(struct door *d, int fd, const struct addr *from)
{
	struct worker *w = d->worker;
	char peer[ADDR_TEXT];
	struct conn *c;

	addr_text(from, peer, sizeof(peer));
	if ((!door_has_proxy(d) && has_enough(w, addr_is_unix(from), peer)) ||
	    (c = make_conn(d, fd, from, peer)) == NULL) {
		close(fd);
		return;
	}
	lane_add(w->config->lane, COUNTER_CONNECTIONS_ACCEPTED, 1);
	if (!c->stranger)
		greet(c);
}

void
accept_update(struct worker *w)
{
	bool open = w->accept_pause.when_ns == 0 && !accept_is_full(w);
	struct door *d;

	TAILQ_FOREACH(d, &w->doors, link)
		if (d->watch.fd != -1)
			watch_change(&w->loop, &d->watch, open ? EPOLLIN : 0);
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
accept_one(struct door *d)
{
	struct worker *w = d->worker;
	struct addr from = { .len = sizeof(from.ss) };
	int fd;

	fd = accept4(d->fd, (struct sockaddr *)&from.ss, &from.len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd != -1) {
		take(d, fd, &from);
		return 1;
	}
	if (errno == EAGAIN || errno == EINVAL)	/* EINVAL: not listening */
		return 0;
	lane_add(w->config->lane, COUNTER_ACCEPT_ERRORS, 1);
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM) {
		pause_accepting(w, d->fd);
		return 0;
	}
	return 1;
}

/*
 * One comes alone as a rule, and to look for another takes a system call.  Who
 * waits behind it knocks in the next turn: then there are more, and more are
 * taken, up to as many as others can wait for.
 */
static unsigned
portion(struct door *d)
{
	uint64_t turn = d->worker->loop.turns;

	if (d->turn + 1 != turn)
		d->portion = 1;
	else if (d->portion < ACCEPT_BATCH)
		d->portion *= 2;
	d->turn = turn;
	return d->portion;
}

static void
knocked(struct watch *watch, uint32_t events)
{
	struct door *d = OBJECT_OF(watch, struct door, watch);
	struct worker *w = d->worker;

	(void)events;
	for (unsigned n = portion(d); n > 0 && !accept_is_full(w); n--)
		if (accept_one(d) == 0)
			break;
	if (accept_is_full(w))
		accept_update(w);
}

static uint8_t
listener_of(const struct worker_config *cf, uint32_t key)
{
	unsigned listener = order_listener(key);

	return cf->listen_rules == NULL || listener >= cf->nlisten ?
	    NO_LISTENER : (uint8_t)listener;
}

/* A socket that somebody else has bound may have been left as it was. */
static bool
has_nodelay(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len) == 0 && on;
}

/* -1: it cannot be watched; fd is the caller's then. */
static int
open_door(struct worker *w, uint32_t key, int fd, bool adopted)
{
	struct door *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return -1;
	d->worker = w;
	d->key = key;
	d->fd = fd;
	d->adopted = adopted;
	d->listener = listener_of(w->config, key);
	d->portion = 1;
	d->nodelay = has_nodelay(fd);
	d->addr.len = sizeof(d->addr.ss);
	getsockname(fd, (struct sockaddr *)&d->addr.ss, &d->addr.len);
	if (watch_add(&w->loop, &d->watch, fd, EPOLLIN, knocked) == -1) {
		free(d);
		return -1;
	}
	TAILQ_INSERT_TAIL(&w->doors, d, link);
	return 0;
}

/* An event for it may be on its way yet. */
static void
remove_door(struct worker *w, struct door *d)
{
	watch_remove(&w->loop, &d->watch);
	TAILQ_REMOVE(&w->doors, d, link);
	loop_free(&w->loop, d);
}

int
accept_start(struct worker *w)
{
	const struct worker_config *cf = w->config;

	w->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (unsigned i = 0; i < cf->nlisten; i++)
		if (open_door(w, cf->listen_keys == NULL ? order_key(i, 0) :
		    cf->listen_keys[i], cf->listen_fds[i], false) == -1)
			return -1;
		else if (cf->listen_foreign != NULL)
			TAILQ_LAST(&w->doors, door_list)->foreign =
			    cf->listen_foreign[i];
	return 0;
}

void
accept_end(struct worker *w)
{
	struct door *d;

	while ((d = TAILQ_FIRST(&w->doors)) != NULL) {
		if (d->adopted)
			close(d->fd);
		remove_door(w, d);
	}
	fd_close(&w->spare_fd);
}

void
accept_drop(struct worker *w, uint32_t key)
{
	struct door *d;

	TAILQ_FOREACH(d, &w->doors, link)
		if (d->key == key)
			break;
	if (d == NULL)
		return;
	/* First, because others have it open: a close would not unwatch it. */
	watch_remove(&w->loop, &d->watch);
	close(d->fd);
	remove_door(w, d);
}

void
accept_drop_all(struct worker *w)
{
	struct door *d;

	timer_cancel(&w->loop, &w->accept_pause);
	while ((d = TAILQ_FIRST(&w->doors)) != NULL)
		accept_drop(w, d->key);
}

int
accept_add(struct worker *w, uint32_t key, int fd)
{
	accept_drop(w, key);
	if (open_door(w, key, fd, true) == -1) {
		log_warn("a listening socket cannot be taken over");
		close(fd);
		return -1;
	}
	accept_update(w);
	return 0;
}

void
accept_stop(struct worker *w)
{
	struct door *d;

	timer_cancel(&w->loop, &w->accept_pause);
	TAILQ_FOREACH(d, &w->doors, link)
		watch_remove(&w->loop, &d->watch);
}

/* Others depend on it, or, a unix socket, would never listen again. */
static bool
must_not_be_shut(const struct door *d)
{
	int domain = AF_UNIX;
	socklen_t len = sizeof(domain);

	getsockopt(d->fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	return d->foreign || d->worker->shared || domain == AF_UNIX;
}

static void
take_queued(struct door *d)
{
	while (!accept_is_full(d->worker) && accept_one(d) == 1)
		;
}

void
accept_leave(struct worker *w)
{
	struct door *d;

	TAILQ_FOREACH(d, &w->doors, link)
		take_queued(d);
	accept_drop_all(w);
}

void
accept_unlisten(struct worker *w)
{
	struct door *d;

	TAILQ_FOREACH(d, &w->doors, link) {
		if (!w->shared)
			take_queued(d);
		if (!must_not_be_shut(d))
			shutdown(d->fd, SHUT_RDWR);
	}
	timer_cancel(&w->loop, &w->accept_pause);
}
