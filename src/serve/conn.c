/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a connection: where it is, how long it may stay there, and how
 * it ends.  Places are lists in order of arrival and each has one timeout, so
 * the connection that will run out next stands at the head of its list.
 */
#include "serve/conn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "serve/pending.h"
#include "serve/persistent.h"
#include "serve/waiting.h"

_Static_assert(COUNTER_CLOSED_QUIT - COUNTER_CLOSED_BY_PEER + 1 <= 15,
    "why a connection is closed has four bits");

const struct rules rules_none;

#define LINGER_NS	(1 * NS_PER_S)	/* also for half a frame */

static uint64_t
place_timeout(const struct worker *w, enum conn_place place)
{
	const struct worker_limits *l = &w->config->limits;

	switch (place) {
	case PLACE_IDLE:
		return l->idle_timeout_ns;
	case PLACE_FRAME:
		return l->frame_timeout_ns;
	case PLACE_WRITE:
		return l->write_timeout_ns;
	case PLACE_OWING:
	case PLACE_MOVING:
		return 0;
	default:
		return LINGER_NS;
	}
}

static void
set_reaper(struct worker *w, enum conn_place place)
{
	uint64_t timeout = place_timeout(w, place), when;

	if (timeout == 0)
		return;
	when = w->loop.now_ns + timeout;
	if (w->reaper.when_ns == 0 || when < w->reaper.when_ns)
		timer_set(&w->loop, &w->reaper, when, conn_reap);
}

static void
enter(struct conn *c, enum conn_place place)
{
	struct worker *w = c->worker;

	c->place = place & 15;
	c->since_ns = w->loop.now_ns;
	TAILQ_INSERT_TAIL(&w->places[place], c, link);
	set_reaper(w, place);
}

void
conn_renew(struct conn *c)
{
	TAILQ_REMOVE(&c->worker->places[c->place], c, link);
	enter(c, c->place);
}

void
conn_move(struct conn *c, enum conn_place place)
{
	if (c->place != place) {
		if (c->place == PLACE_HALF && place == PLACE_FRAME)
			return;
		TAILQ_REMOVE(&c->worker->places[c->place], c, link);
		enter(c, place);
	} else if (place != PLACE_IDLE)
		return;		/* what has begun keeps its deadline */
	else if (place_timeout(c->worker, place) != 0)
		conn_renew(c);
	else
		c->since_ns = c->worker->loop.now_ns;
}

uint64_t
conn_timeout(const struct conn *c)
{
	return place_timeout(c->worker, c->place);
}

/* Where the order of a place begins with c, which is nearer to one end. */
static void
insert_in_order(struct conn_list *list, struct conn *c)
{
	const struct conn *first = TAILQ_FIRST(list);
	const struct conn *last = TAILQ_LAST(list, conn_list);
	struct conn *at = NULL;

	if (first == NULL || last->since_ns <= c->since_ns) {
		TAILQ_INSERT_TAIL(list, c, link);
		return;
	}
	if (c->since_ns <= first->since_ns ||
	    c->since_ns - first->since_ns < last->since_ns - c->since_ns) {
		TAILQ_FOREACH(at, list, link)
			if (at->since_ns > c->since_ns)
				break;
		TAILQ_INSERT_BEFORE(at, c, link);
		return;
	}
	TAILQ_FOREACH_REVERSE(at, list, conn_list, link)
		if (at->since_ns <= c->since_ns)
			break;
	TAILQ_INSERT_AFTER(list, at, c, link);
}

void
conn_set_since(struct conn *c, uint64_t since_ns)
{
	struct worker *w = c->worker;
	uint64_t timeout = conn_timeout(c);

	c->since_ns = since_ns;
	if (timeout == 0)
		return;
	TAILQ_REMOVE(&w->places[c->place], c, link);
	insert_in_order(&w->places[c->place], c);
	if (w->reaper.when_ns == 0 || since_ns + timeout < w->reaper.when_ns)
		timer_set(&w->loop, &w->reaper, since_ns + timeout, conn_reap);
}

static void
drop_tail(struct conn *c)
{
	if (c->out != NULL)
		conn_count(c, COUNTER_SEND_BACKLOG, -(uint64_t)c->out->len);
	free(c->out);
	c->out = NULL;
}

/*
 * The peer is gone, and nobody waits for what is owed.  But it may have sent
 * oneways, which are done as ever, each in its turn.
 */
static void
hung_up(struct conn *c)
{
	if (c->eof) {
		conn_close(c, COUNTER_CLOSED_BY_PEER);
		return;
	}
	if (conn_is_unheard(c))
		return;
	conn_rare(c)->unheard = true;
	drop_tail(c);
	pending_abandon(c);
	if (!c->waits)
		watch_change(&c->worker->loop, &c->watch, EPOLLIN);
	waiting_go_on(c);
}

static void
ready(struct watch *watch, uint32_t events)
{
	struct conn *c = OBJECT_OF(watch, struct conn, watch);

	if ((events & (EPOLLHUP | EPOLLERR)) && (c->eof || conn_is_blocked(c) ||
	    c->waits))
		hung_up(c);
	else if ((events & EPOLLOUT) && conn_is_blocked(c))
		output_ready(c);
	else if (!c->waits)
		input_ready(c);
}

/* By its address, which a unix socket does not have. */
static bool
conn_is_limited(const struct conn *c)
{
	return c->worker->config->limits.max_per_peer != 0 && !c->local &&
	    !c->stranger;
}

static void
set_peer(struct conn *c, const char *peer, const struct ucred *cred)
{
	size_t len = strlen(peer) + 1;

	memcpy(c->peer, peer, len);
	c->local = cred != NULL;
	if (cred != NULL)
		memcpy(c->peer + len, cred, sizeof(*cred));
}

/* With room for that many bytes of peer. */
static struct conn *
make(struct worker *w, int fd, const char *peer, const struct ucred *cred,
    size_t room, bool stranger)
{
	struct conn *c;

	if ((c = calloc(1, offsetof(struct conn, peer) + room)) == NULL)
		return NULL;
	c->worker = w;
	c->listener = NO_LISTENER;
	c->stranger = stranger;
	set_peer(c, peer, cred);
	TAILQ_INIT(&c->owed);
	if (watch_add(&w->loop, &c->watch, fd, EPOLLIN, ready) == -1) {
		free(c);
		return NULL;
	}
	w->nconns++;
	if (conn_is_limited(c))
		peers_add(&w->peers, c->peer);
	enter(c, stranger ? PLACE_FRAME : PLACE_IDLE);
	return c;
}

struct conn *
conn_new(struct worker *w, int fd, const char *peer, const struct ucred *cred)
{
	return make(w, fd, peer, cred, strlen(peer) + 1 +
	    (cred == NULL ? 0 : sizeof(*cred)), false);
}

struct conn *
conn_new_stranger(struct worker *w, int fd, const char *peer,
    const struct ucred *cred)
{
	return make(w, fd, peer, cred, ADDR_TEXT + sizeof(*cred), true);
}

void
conn_set_peer(struct conn *c, const char *peer, bool local)
{
	static const struct ucred nobody = { .pid = -1 };

	set_peer(c, peer, local ? &nobody : NULL);
}

void
conn_introduced(struct conn *c)
{
	c->stranger = false;
	if (conn_is_limited(c))
		peers_add(&c->worker->peers, c->peer);
}

void
conn_peer_more(const struct conn *c, struct tf_peer *peer)
{
	struct ucred cred;

	peer->tls_subject = layers_subject(conn_layers(c));
	if (!c->local)
		return;
	memcpy(&cred, c->peer + strlen(c->peer) + 1, sizeof(cred));
	if (cred.pid == -1)	/* nobody knows */
		return;
	peer->pid = cred.pid;
	peer->uid = cred.uid;
	peer->gid = cred.gid;
}

int
conn_greet(struct conn *c)
{
	const struct worker_config *cf = c->worker->config;
	struct tf_peer peer;

	conn_peer(c, &peer);
	crew_call(c->worker);
	if (cf->hooks->connect != NULL &&
	    cf->hooks->connect(cf->ctx, &peer) == -1)
		return -1;
	c->data = peer.data;
	c->greeted = true;
	return 0;
}

static void
say_goodbye(const struct conn *c)
{
	const struct worker_config *cf = c->worker->config;
	struct tf_peer peer;

	if (!c->greeted || cf->hooks->disconnect == NULL)
		return;
	conn_peer(c, &peer);
	crew_call(c->worker);
	cf->hooks->disconnect(cf->ctx, &peer);
}

void
conn_forget(struct conn *c)
{
	struct worker *w = c->worker;

	say_goodbye(c);
	lane_peer_gone(w->config->lane, c->peer);
	layers_free(conn_layers(c));
	persistent_free(conn_persistent(c));
	free(c->rare);
	c->rare = NULL;		/* who closes c may still ask */
	loop_free(&w->loop, c);
}

static void
drop_bytes(struct conn *c)
{
	drop_tail(c);
	free(c->in);
	free(c->scan);
	c->in = NULL;
	c->scan = NULL;
}

void
conn_gone(struct conn *c, int fd)
{
	struct worker *w = c->worker;

	close(fd);
	TAILQ_REMOVE(&w->places[c->place], c, link);
	waiting_drop(c);
	pending_abandon(c);
	if (conn_is_limited(c))
		peers_drop(&w->peers, c->peer);
	drop_bytes(c);
	c->place = PLACE_GONE;
	if (!conn_is_out(c))
		conn_forget(c);
	w->nconns--;
	accept_update(w);
}

void
conn_count_closed(struct conn *c, enum counter why)
{
	conn_will_close(c, why);
	conn_count(c, COUNTER_CLOSED_BY_PEER + c->closing - 1u, 1);
	conn_count(c, COUNTER_CONNECTIONS_CLOSED, 1);
}

void
conn_close(struct conn *c, enum counter why)
{
	int fd = c->watch.fd;

	if (fd == -1)
		return;
	layers_finish(c);
	watch_remove(&c->worker->loop, &c->watch);
	conn_count_closed(c, why);
	conn_gone(c, fd);
}

struct rare *
conn_rare(struct conn *c)
{
	if (c->rare == NULL && (c->rare = calloc(1, sizeof(*c->rare))) == NULL)
		fatal("out of memory: a connection");
	return c->rare;
}

int
conn_detach(struct conn *c)
{
	struct worker *w = c->worker;
	int fd = c->watch.fd;

	watch_remove(&w->loop, &c->watch);
	TAILQ_REMOVE(&w->places[c->place], c, link);
	c->place = PLACE_MOVING;
	TAILQ_INSERT_TAIL(&w->places[PLACE_MOVING], c, link);
	return fd;
}

void
conn_attach(struct conn *c, int fd)
{
	struct worker *w = c->worker;
	uint64_t since = c->since_ns;

	TAILQ_REMOVE(&w->places[PLACE_MOVING], c, link);
	enter(c, conn_is_blocked(c) ? PLACE_WRITE :
	    c->in_len > 0 ? PLACE_FRAME : PLACE_IDLE);
	conn_set_since(c, since);
	if (watch_add(&w->loop, &c->watch, fd, conn_is_blocked(c) ? EPOLLOUT :
	    EPOLLIN, ready) == -1) {
		log_warn("%s: closed: it cannot be watched", c->peer);
		conn_count_closed(c, COUNTER_CLOSED_ERROR);
		conn_gone(c, fd);
	}
}

/*
 * A close(2) with unread input resets the connection, and a reset may destroy
 * replies that the peer has not read yet.  So say that no more will come, and
 * wait a moment for the peer to leave.
 */
void
conn_linger(struct conn *c, enum counter why)
{
	conn_will_close(c, why);
	if (c->place == PLACE_LINGER)
		return;
	layers_finish(c);
	if (conn_is_blocked(c) || shutdown(c->watch.fd, SHUT_WR) == -1) {
		conn_close(c, why);
		return;
	}
	conn_move(c, PLACE_LINGER);
}

void
conn_said_last(struct conn *c, enum counter why)
{
	conn_will_close(c, why);
	c->finishing = c->mute = true;
	c->to_read = 0;
}

void
conn_refuse(struct conn *c, enum counter why)
{
	if (output_flush(c) == -1)
		return;
	if (c->spoken)
		conn_said_last(c, why);
	else
		conn_close(c, why);
}

/*
 * It is finishing, and what had been asked by then is under way: a message that
 * has begun may still come, and nothing else is listened to.
 */
static void
stop_listening(struct conn *c)
{
	if (c->in_len > 0 || layers_are_midway(c))
		conn_rare(c)->last = true;
	else
		c->mute = true;
}

void
conn_settle(struct conn *c)
{
	if (!conn_is_open(c) || conn_is_blocked(c) || c->waits)
		return;
	if (c->finishing && c->to_read == 0 && !layers_hold(c))
		stop_listening(c);
	if (!TAILQ_EMPTY(&c->owed))
		return;
	if (c->mute)
		conn_linger(c, COUNTER_CLOSED_DONE);
	else if (c->eof)
		conn_close(c, COUNTER_CLOSED_BY_PEER);
	else if (conn_is_at_last(c))
		conn_move(c, PLACE_HALF);
}

void
conn_finish(struct conn *c)
{
	int n;

	/* What has arrived has been asked; a busy peer will send more. */
	c->finishing = true;
	conn_will_close(c, c->worker->draining ? COUNTER_CLOSED_DRAIN :
	    COUNTER_CLOSED_STOP);
	if (!c->mute && ioctl(c->watch.fd, FIONREAD, &n) == 0)
		c->to_read = (uint32_t)n;
	conn_settle(c);
}

/* The same without waiting, where a close(2) does no harm. */
static void
give_up(struct conn *c)
{
	int n;

	if (ioctl(c->watch.fd, FIONREAD, &n) == 0 && n > 0)
		conn_linger(c, COUNTER_CLOSED_STOP);
	else
		conn_close(c, COUNTER_CLOSED_STOP);
}

static void
reap_place(struct worker *w, enum conn_place place)
{
	static const struct {
		int		count;
		enum counter	why;
	} of[NPLACES] = {
		[PLACE_IDLE] = { COUNTER_IDLE_TIMEOUTS, COUNTER_CLOSED_IDLE },
		[PLACE_FRAME] = { COUNTER_FRAME_TIMEOUTS,
		    COUNTER_CLOSED_FRAME },
		[PLACE_WRITE] = { COUNTER_WRITE_TIMEOUTS,
		    COUNTER_CLOSED_WRITE },
		[PLACE_OWING] = { -1, COUNTER_CLOSED_STOP },
		[PLACE_HALF] = { -1, COUNTER_CLOSED_STOP },
		[PLACE_LINGER] = { -1, COUNTER_CLOSED_DONE },
		[PLACE_MOVING] = { -1, COUNTER_CLOSED_DRAIN },
	};
	uint64_t timeout = place_timeout(w, place);
	struct conn *c;

	if (timeout == 0)
		return;
	while ((c = TAILQ_FIRST(&w->places[place])) != NULL &&
	    c->since_ns + timeout <= w->loop.now_ns) {
		if (of[place].count != -1)
			conn_count(c, of[place].count, 1);
		if (place == PLACE_HALF)
			give_up(c);
		else
			conn_close(c, of[place].why);
	}
	if (c != NULL && (w->reaper.when_ns == 0 ||
	    c->since_ns + timeout < w->reaper.when_ns))
		timer_set(&w->loop, &w->reaper, c->since_ns + timeout,
		    conn_reap);
}

void
conn_reap(struct timer *t)
{
	struct worker *w = OBJECT_OF(t, struct worker, reaper);

	for (int place = 0; place < NPLACES; place++)
		reap_place(w, place);
}
