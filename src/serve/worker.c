/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker from its first breath to its last: set up, turn the loop, take
 * orders, finish what has been asked, leave.
 */
#include "serve/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/order.h"
#include "io/tls.h"
#include "serve/conn.h"
#include "serve/pending.h"
#include "serve/signals.h"
#include "serve/spare.h"
#include "shm/own.h"
#include "wire/frame.h"
#include "wire/transform.h"

#define LAST_NS	(500 * NS_PER_MS)
#define DEAF_NS	(3 * NS_PER_S)		/* a master that does not listen */

static bool
is_leaving(const struct worker *w)
{
	return w->stopping || w->draining;
}

/* Answers what has been asked and leaves; others may go on serving. */
static void
stop(struct worker *w)
{
	struct conn *c, *next;

	timer_cancel(&w->loop, &w->deaf);
	w->stopping = true;
	accept_stop(w);
	for (int place = 0; place < PLACE_HALF; place++)
		for (c = TAILQ_FIRST(&w->places[place]); c != NULL; c = next) {
			next = TAILQ_NEXT(c, link);
			if (w->draining && !c->finishing)
				conn_count(c, COUNTER_CONNECTIONS_NOT_MOVED,
				    1);
			conn_finish(c);
		}
}

/* The same for all workers at once: nobody will serve these sockets. */
static void
stop_all(struct worker *w)
{
	accept_stop(w);
	accept_unlisten(w);
	stop(w);
}

static void
quit(struct worker *w)
{
	w->status = 1;
	w->quitting = true;
}

/* Leaves as well, but its connections live on in other workers. */
static void
drain(struct worker *w)
{
	if (w->stopping)
		return;
	if (w->deaf.when_ns != 0)
		signals_pardon();	/* it need not be asked any more */
	timer_cancel(&w->loop, &w->deaf);
	w->draining = true;
	accept_drop_all(w);
}

static void
adopt_listener(struct worker *w, uint32_t key, int *fd)
{
	if (w->stopping || w->draining)
		return;
	if (*fd == -1)
		log_warnx("a listening socket could not be taken over: no "
		    "descriptor free");
	else
		accept_add(w, key, *fd);
	*fd = -1;
}

/* With len bytes behind the order; fd came along, or is -1. */
static void
obey(struct worker *w, const struct order *o, const uint8_t *record,
    size_t len, int fd)
{
	switch (o->kind) {
	case ORDER_STOP:
		stop_all(w);
		break;
	case ORDER_QUIT:
		quit(w);
		break;
	case ORDER_REOPEN:
		access_reopen(w, o->arg, fd);
		fd = -1;
		break;
	case ORDER_DRAIN:
		drain(w);
		break;
	case ORDER_SHED:
		move_shed(w, o->arg);
		break;
	case ORDER_SHARED:
		w->shared = o->arg != 0;
		break;
	case ORDER_RENEW:
		layers_renew(w, fd);
		break;
	case ORDER_VERSION:
		w->mover.reads = o->arg;
		break;
	case ORDER_LISTEN:
		adopt_listener(w, o->arg, &fd);
		break;
	case ORDER_UNLISTEN:
		accept_drop(w, o->arg);
		break;
	case ORDER_OFFER:
		move_in(w, o->id, record, len, fd);
		fd = -1;
		break;
	case ORDER_TAKEN:
	case ORDER_REFUSED:
		move_answered(w, o);
		break;
	default:
		log_warnx("an order that I do not know: %u", o->kind);
	}
	fd_close(&fd);
}

static void
last_ended(struct timer *t)
{
	stop(OBJECT_OF(t, struct worker, last));
}

/*
 * Clients that come from now on wait for the next master.  Who has just been
 * let in has not been refused, and so it shall have the time to ask.
 */
static void
master_gone(struct worker *w)
{
	log_warnx("the master is gone; finishing what has been asked");
	watch_remove(&w->loop, &w->channel);
	move_master_gone(w);
	if (is_leaving(w) || !w->config->listen_kept) {
		stop_all(w);
		return;
	}
	accept_leave(w);
	if (w->nconns == 0) {
		stop(w);
		return;
	}
	timer_set(&w->loop, &w->last, w->loop.now_ns + LAST_NS, last_ended);
}

/* Obeys one order; false: there is none, for now or for ever. */
static bool
take_order(struct worker *w)
{
	struct order o;
	uint8_t *p;
	ssize_t n;
	int fd;

	/* No connection has its turn: the send buffer is free. */
	p = buf_need(&w->send, sizeof(o) + ORDER_RECORD);
	if (p == NULL)
		fatal("out of memory: an order");
	memset(p, 0, sizeof(o));
	n = fd_recv(w->channel.fd, p, sizeof(o) + ORDER_RECORD, &fd,
	    MSG_DONTWAIT);
	memcpy(&o, p, sizeof(o));
	if (n >= (ssize_t)sizeof(o) || (n == -1 && errno == EPROTO)) {
		obey(w, &o, p + sizeof(o), n == -1 ? 0 :
		    (size_t)n - sizeof(o), fd);
		return true;
	}
	fd_close(&fd);
	/* A master that left something unread: what it sent comes first. */
	if (n == -1 && (errno == EAGAIN || errno == EINTR ||
	    errno == ECONNRESET))
		return false;
	master_gone(w);
	return false;
}

static int
tell_master(struct worker *w, enum order_kind kind)
{
	struct order o = { .kind = kind };

	if (w->channel.fd == -1) {
		errno = EPIPE;
		return -1;
	}
	return fd_send(w->channel.fd, &o, sizeof(o), -1, MSG_DONTWAIT);
}

static void
not_heard(struct timer *t)
{
	log_warnx("the master does not listen; leaving without it");
	stop(OBJECT_OF(t, struct worker, deaf));
}

/*
 * Told to by a signal, by hand as a rule: the master knows who can take over
 * what is here, and sends DRAIN.  While it is busy the channel may be full, if
 * only of what many signals have had us say.
 */
static void
ask_to_leave(struct worker *w)
{
	if (tell_master(w, ORDER_LEAVING) == 0) {
		timer_cancel(&w->loop, &w->deaf);
		signals_pardon();
		return;
	}
	if (errno != EAGAIN)
		return;		/* it is dead, as the channel's end tells */
	watch_change(&w->loop, &w->channel, EPOLLIN | EPOLLOUT);
	if (w->deaf.when_ns == 0)
		timer_set(&w->loop, &w->deaf, w->loop.now_ns + DEAF_NS,
		    not_heard);
}

static void
channel_ready(struct watch *watch, uint32_t events)
{
	struct worker *w = OBJECT_OF(watch, struct worker, channel);

	if (events & EPOLLOUT)
		move_channel_writable(w);
	if ((events & EPOLLOUT) && w->deaf.when_ns != 0)
		ask_to_leave(w);
	for (int i = 0; i < ORDER_WINDOW && !w->quitting; i++)
		if (!take_order(w))
			break;
}

static void
signal_ready(struct watch *watch, uint32_t events)
{
	struct worker *w = OBJECT_OF(watch, struct worker, signals);
	uint64_t n;

	(void)events;
	if (read(watch->fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return;
	if (w->config->alone)
		stop_all(w);
	else if (w->stopping)
		stop(w);
	else if (w->draining)
		signals_pardon();
	else
		ask_to_leave(w);
}

static void
told_to_stop(struct watch *watch, uint32_t events)
{
	struct worker *w = OBJECT_OF(watch, struct worker, stop_order);

	(void)events;
	watch_remove(&w->loop, watch);
	stop_all(w);
}

static int
start(struct worker *w)
{
	const struct worker_config *cf = w->config;
	int fd;

	if (cf->access != NULL && (w->access = access_open(cf->access)) ==
	    NULL)
		return -1;
	if ((w->receive = malloc(RECEIVE_BYTES)) == NULL ||
	    (fd = signals_open(cf->alone, cf->limits.stop_timeout_ns)) == -1)
		return -1;
	if (watch_add(&w->loop, &w->signals, fd, EPOLLIN, signal_ready) == -1 ||
	    crew_open(w) == -1 || accept_start(w) == -1)
		return -1;
	if (cf->stop_fd != -1 && watch_add(&w->loop, &w->stop_order,
	    cf->stop_fd, EPOLLIN, told_to_stop) == -1)
		return -1;
	if (cf->channel_fd == -1)
		return 0;
	if (watch_add(&w->loop, &w->channel, cf->channel_fd, EPOLLIN,
	    channel_ready) == -1)
		return -1;
	return tell_master(w, ORDER_READY);
}

static void
close_all(struct worker *w)
{
	struct conn *c;

	for (int place = 0; place < NPLACES; place++)
		while ((c = TAILQ_FIRST(&w->places[place])) != NULL)
			conn_close(c, COUNTER_CLOSED_QUIT);
}

static void
end(struct worker *w)
{
	int signal_fd = w->signals.fd;

	move_end(w);
	/* The loop goes on for what is out, and for nothing else. */
	accept_stop(w);
	watch_remove(&w->loop, &w->channel);
	watch_remove(&w->loop, &w->stop_order);
	close_all(w);
	pending_end(w);
	crew_close(w);
	access_close(w);
	accept_end(w);
	watch_remove(&w->loop, &w->signals);
	if (signal_fd != -1)
		signals_close(signal_fd);
	spare_free(w);
	buf_fini(&w->send);
	transform_free(w->transform);
	free(w->receive);
	free(w->portions);
	tls_context_free(w->renewed);
	for (int i = 0; i < 2; i++)
		buf_fini(&w->coded[i]);
}

static void
turn(struct worker *w)
{
	struct lane *lane = w->config->lane;

	w->loop.busy_since = &lane->busy_since_ns;
	while (!w->quitting && !(is_leaving(w) && w->nconns == 0 &&
	    w->nparked == 0)) {
		if (loop_turn(&w->loop) == -1) {
			log_error("epoll_wait");
			quit(w);
		}
		lane_turn(lane, w->loop.lag_ns);
		crew_call(w);
		spare_count(w, w->spare);
		crew_count(w);
		if (w->access != NULL)
			access_flush(w);
		if (move_is_asked(w))
			move_pump(w);
	}
}

struct worker *
worker_open(const struct worker_config *config)
{
	struct worker *w = malloc(sizeof(*w));

	if (w == NULL)
		return NULL;
	*w = (struct worker){ .config = config, .lane = config->lane,
	    .channel.fd = -1, .signals.fd = -1, .stop_order.fd = -1,
	    .spare_fd = -1 };
	peers_init(&w->peers);
	for (int place = 0; place < NPLACES; place++)
		TAILQ_INIT(&w->places[place]);
	TAILQ_INIT(&w->doors);
	TAILQ_INIT(&w->parked);
	TAILQ_INIT(&w->waiting);
	TAILQ_INIT(&w->spares);
	move_init(w);
	if (loop_init(&w->loop) == 0)
		return w;
	free(w);
	return NULL;
}

struct loop *
worker_loop(struct worker *w)
{
	return &w->loop;
}

int
worker_run(struct worker *w)
{
	own_writer(OWN_LOOP);
	/* Room for one reply of the largest size behind a full batch. */
	buf_init(&w->send, (size_t)w->config->limits.max_frame + FRAME_HEADER +
	    2 * SEND_BYTES);
	if (start(w) == -1) {
		log_error("a worker cannot start");
		w->status = 1;
	} else
		turn(w);
	end(w);
	own_writer(OWN_OTHERS);
	return w->status;
}

void
worker_close(struct worker *w)
{
	if (w == NULL)
		return;
	loop_fini(&w->loop);
	free(w);
}
