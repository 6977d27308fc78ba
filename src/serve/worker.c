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

#include "base/fd.h"
#include "base/order.h"
#include "serve/conn.h"
#include "serve/signals.h"
#include "wire/frame.h"

/* Answers what has been asked and leaves; others may go on serving. */
static void
stop(struct worker *w)
{
	struct conn *c, *next;

	w->stopping = true;
	accept_stop(w);
	for (int place = 0; place < PLACE_LINGER; place++)
		for (c = TAILQ_FIRST(&w->places[place]); c != NULL; c = next) {
			next = TAILQ_NEXT(c, link);
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

/* fd came along with the order, or is -1. */
static void
obey(struct worker *w, const struct order *o, int fd)
{
	if (o->kind == ORDER_STOP)
		stop_all(w);
	else if (o->kind == ORDER_QUIT)
		quit(w);
	else if (o->kind == ORDER_REOPEN && fd != -1)
		log_adopt(fd);
	else
		log_warnx("an order that I do not know: %u", o->kind);
}

static void
channel_ready(struct watch *watch, uint32_t events)
{
	struct worker *w = OBJECT_OF(watch, struct worker, channel);
	struct order o;
	ssize_t n;
	int fd;

	(void)events;
	n = fd_recv(watch->fd, &o, sizeof(o), &fd, MSG_DONTWAIT);
	if (n == (ssize_t)sizeof(o)) {
		obey(w, &o, fd);
		return;
	}
	fd_close(&fd);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1 && errno == EPROTO) {
		log_warnx("a log could not be taken over: no descriptor free");
		return;
	}
	log_warnx("the master is gone; finishing what has been asked");
	watch_remove(&w->loop, watch);
	stop_all(w);
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
	else
		stop(w);
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
	struct order ready = { .kind = ORDER_READY };
	int fd;

	if (loop_init(&w->loop) == -1 ||
	    (w->receive = malloc(RECEIVE_BYTES)) == NULL ||
	    (fd = signals_open(cf->alone, cf->limits.stop_timeout_ns)) == -1)
		return -1;
	if (watch_add(&w->loop, &w->signals, fd, EPOLLIN, signal_ready) == -1 ||
	    accept_start(w) == -1)
		return -1;
	if (cf->stop_fd != -1 && watch_add(&w->loop, &w->stop_order,
	    cf->stop_fd, EPOLLIN, told_to_stop) == -1)
		return -1;
	if (cf->channel_fd == -1)
		return 0;
	if (watch_add(&w->loop, &w->channel, cf->channel_fd, EPOLLIN,
	    channel_ready) == -1)
		return -1;
	return send(cf->channel_fd, &ready, sizeof(ready),
	    MSG_NOSIGNAL) == -1 ? -1 : 0;
}

static void
close_all(struct worker *w)
{
	struct conn *c;

	for (int place = 0; place < NPLACES; place++)
		while ((c = TAILQ_FIRST(&w->places[place])) != NULL)
			conn_close(c);
}

static void
end(struct worker *w)
{
	int signal_fd = w->signals.fd;

	close_all(w);
	watch_remove(&w->loop, &w->channel);
	watch_remove(&w->loop, &w->signals);
	watch_remove(&w->loop, &w->stop_order);
	if (signal_fd != -1)
		signals_close(signal_fd);
	loop_fini(&w->loop);
	if (w->spare != NULL)
		call_free(w->spare);
	buf_fini(&w->send);
	free(w->receive);
	free(w->doors);
	fd_close(&w->spare_fd);
}

static void
turn(struct worker *w)
{
	struct lane *lane = w->config->lane;

	w->loop.busy_since = &lane->busy_since_ns;
	while (!w->quitting && !(w->stopping && w->nconns == 0)) {
		if (loop_turn(&w->loop) == -1) {
			log_error("epoll_wait");
			quit(w);
		}
		lane_add(lane, COUNTER_LOOP_WAKEUPS, 1);
	}
}

int
worker_run(const struct worker_config *config)
{
	struct worker w = { .config = config, .channel.fd = -1,
	    .signals.fd = -1, .stop_order.fd = -1, .loop.epoll_fd = -1,
	    .spare_fd = -1 };

	for (int place = 0; place < NPLACES; place++)
		TAILQ_INIT(&w.places[place]);
	/* Room for one reply of the largest size behind a full batch. */
	buf_init(&w.send, (size_t)config->limits.max_frame + FRAME_HEADER +
	    2 * SEND_BYTES);
	if (start(&w) == -1) {
		log_error("a worker cannot start");
		w.status = 1;
	} else
		turn(&w);
	end(&w);
	return w.status;
}
