/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of a move, both ends of it, and the pump that offers.  What can
 * move is decided between two turns of the loop: every call that was read has
 * been handled then, so a connection is its descriptor, the beginning of a
 * message and the end of a reply.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/fd.h"
#include "serve/conn.h"
#include "serve/gate.h"
#include "serve/move_record.h"
#include "serve/persistent.h"

#define PAUSE_NS	(20 * NS_PER_MS)	/* the channel is full, or
						   nothing can move */
#define REFUSED_NS	(50 * NS_PER_MS)	/* before it is offered anew */
#define LOOKS		256	/* at connections, of which some shall go */

static void
begin_round(struct mover *m)
{
	if (++m->round == 0)
		m->round = 1;
}

void
move_init(struct worker *w)
{
	w->mover = (struct mover){ .round = 1,
	    .reads = move_record_newest() };
}

void
move_master_gone(struct worker *w)
{
	struct mover *m = &w->mover;

	while (m->noffers > 0) {
		struct offer *o = &m->offers[--m->noffers];

		conn_count_closed(o->conn, w->quitting ?
		    COUNTER_CLOSED_QUIT : COUNTER_CLOSED_DRAIN);
		conn_gone(o->conn, o->fd);
	}
	m->nrefusals = 0;
}

void
move_end(struct worker *w)
{
	move_master_gone(w);
	free(w->mover.refusals);
}

/* ---- away */

static bool
can_move(const struct conn *c)
{
	return c->tried != c->worker->mover.round && !c->finishing &&
	    !c->eof && !conn_is_unheard(c) && !c->waits && !c->stranger &&
	    conn_layers(c) == NULL && !conn_owes(c) &&
	    move_record_fits(c->in_len, c->out == NULL ? 0 : c->out->len,
	    persistent_len(conn_persistent(c)), c->worker->mover.reads);
}

static void
pause_ended(struct timer *t)
{
	(void)t;		/* the pump will see that it is over */
}

static void
pause_offers(struct worker *w)
{
	timer_set(&w->loop, &w->mover.pause, w->loop.now_ns + PAUSE_NS,
	    pause_ended);
}

static void
round_ended(struct timer *t)
{
	struct worker *w = OBJECT_OF(t, struct worker, mover.next_round);

	begin_round(&w->mover);
	timer_cancel(&w->loop, &w->mover.pause);
}

/* Until then c counts as tried. */
static void
offer_later(struct worker *w)
{
	if (w->draining)
		timer_set(&w->loop, &w->mover.next_round,
		    w->loop.now_ns + REFUSED_NS, round_ended);
}

static uint64_t
time_left(const struct conn *c)
{
	uint64_t timeout = conn_timeout(c), now = c->worker->loop.now_ns;

	if (timeout == 0)
		return MOVE_NO_LIMIT;
	return c->since_ns + timeout > now ? c->since_ns + timeout - now : 0;
}

static size_t
write_record(const struct conn *c, uint8_t *to)
{
	struct move_record r = { .kind = c->local ? MOVE_UNIX : MOVE_TCP,
	    .left_ns = time_left(c), .in = c->in, .in_len = c->in_len };
	struct tf_peer peer;

	conn_peer(c, &peer);
	r.cred = (struct ucred){ (pid_t)peer.pid, (uid_t)peer.uid,
	    (gid_t)peer.gid };
	strlcpy(r.peer, c->peer, sizeof(r.peer));
	if (c->out != NULL) {
		r.out = c->out->bytes + c->out->off;
		r.out_len = c->out->len;
	}
	if (conn_persistent(c) != NULL) {
		r.headers = conn_persistent(c)->bytes;
		r.headers_len = conn_persistent(c)->len;
	}
	return move_record_put(to, &r, c->worker->mover.reads);
}

/* -1: not now, nor any other. */
static int
offer(struct worker *w, struct conn *c)
{
	struct mover *m = &w->mover;
	struct order o = { .kind = ORDER_OFFER, .id = ++m->last_id };
	uint8_t *p = buf_need(&w->send, sizeof(o) + ORDER_RECORD);
	size_t size;
	int fd;

	if (p == NULL)
		fatal("out of memory: a connection that moves");
	memcpy(p, &o, sizeof(o));
	size = sizeof(o) + write_record(c, p + sizeof(o));
	fd = conn_detach(c);
	c->tried = m->round;
	if (fd_send(w->channel.fd, p, size, fd, MSG_DONTWAIT) == 0) {
		m->offers[m->noffers++] = (struct offer){ o.id, c, fd };
		return 0;
	}
	if (errno == EMSGSIZE)
		offer_later(w);
	else {
		c->tried = 0;
		pause_offers(w);
	}
	conn_attach(c, fd);
	return w->mover.pause.when_ns == 0 ? 0 : -1;
}

/*
 * All that can; what cannot is looked at again after a pause, and after another
 * one what counts as tried: refused before it drained, perhaps, when nobody
 * said that it should be offered later.
 */
static void
offer_all(struct worker *w)
{
	struct mover *m = &w->mover;
	struct conn *c, *next;

	for (int place = 0; place < PLACE_HALF; place++)
		for (c = TAILQ_FIRST(&w->places[place]); c != NULL; c = next) {
			next = TAILQ_NEXT(c, link);
			if (!can_move(c))
				continue;
			if (offer(w, c) == -1 || m->noffers == ORDER_WINDOW)
				return;
		}
	if (w->nconns == m->noffers)
		return;
	pause_offers(w);
	if (m->next_round.when_ns == 0)
		offer_later(w);
}

/* Puts c in its order, the oldest first, behind those of other places. */
static unsigned
pick(struct conn *c, struct conn **found, unsigned first, unsigned n,
    unsigned room)
{
	unsigned i;

	if (n == room && found[n - 1]->since_ns <= c->since_ns)
		return n;
	if (n < room)
		n++;
	for (i = n - 1; i > first && found[i - 1]->since_ns > c->since_ns; i--)
		found[i] = found[i - 1];
	found[i] = c;
	return n;
}

/*
 * Adds the oldest of a place to the n that there are, up to room; how many.
 * Where there is a timeout they stand in order.  Elsewhere nobody keeps it, and
 * to look at all, which may be many, takes time that calls wait for: some are
 * looked at, and others the next time.
 */
static unsigned
pick_oldest(struct worker *w, int place, struct conn **found, unsigned n,
    unsigned room)
{
	struct conn_list *list = &w->places[place];
	struct conn *c = TAILQ_FIRST(list), *seen;
	bool in_order = c != NULL && conn_timeout(c) != 0;
	unsigned first = n, looks = 0;

	for (; c != NULL; c = TAILQ_NEXT(c, link)) {
		if (in_order ? n == room : looks++ == LOOKS)
			break;
		if (can_move(c))
			n = pick(c, found, first, n, room);
	}
	while (!in_order && c != NULL && (seen = TAILQ_FIRST(list)) != c) {
		TAILQ_REMOVE(list, seen, link);
		TAILQ_INSERT_TAIL(list, seen, link);
	}
	return n;
}

static void
offer_oldest(struct worker *w)
{
	struct mover *m = &w->mover;
	struct conn *found[ORDER_WINDOW];
	unsigned room = ORDER_WINDOW - m->noffers, n = 0;

	if (room > m->shed)
		room = m->shed;
	for (int place = 0; place < PLACE_HALF && n < room; place++)
		n = pick_oldest(w, place, found, n, room);
	for (unsigned i = 0; i < n; i++) {
		if (offer(w, found[i]) == -1)
			return;
		m->shed--;
	}
	if (n < room)
		m->shed = 0;	/* there are no more */
}

bool
move_now(struct conn *c)
{
	struct worker *w = c->worker;

	if (w->stopping || w->mover.noffers == ORDER_WINDOW || !can_move(c))
		return false;
	offer(w, c);
	return !conn_is_open(c);
}

void
move_pump(struct worker *w)
{
	struct mover *m = &w->mover;

	if (w->stopping || w->channel.fd == -1) {
		m->shed = 0;
		return;
	}
	if (m->pause.when_ns != 0 || m->noffers == ORDER_WINDOW)
		return;
	if (w->draining)
		offer_all(w);
	else
		offer_oldest(w);
}

void
move_shed(struct worker *w, unsigned n)
{
	struct mover *m = &w->mover;

	begin_round(m);
	m->shed += n < w->nconns ? n : w->nconns;
}

static struct offer *
find_offer(struct mover *m, uint64_t id)
{
	for (unsigned i = 0; i < m->noffers; i++)
		if (m->offers[i].id == id)
			return &m->offers[i];
	return NULL;
}

void
move_answered(struct worker *w, const struct order *o)
{
	struct mover *m = &w->mover;
	struct offer *found = find_offer(m, o->id);
	struct conn *c;
	int fd;

	if (found == NULL) {
		log_warnx("an answer to an offer that was not made");
		return;
	}
	c = found->conn;
	fd = found->fd;
	*found = m->offers[--m->noffers];
	if (o->kind == ORDER_TAKEN) {
		conn_count(c, COUNTER_CONNECTIONS_MOVED_OUT, 1);
		conn_gone(c, fd);
		return;
	}
	conn_attach(c, fd);
	/* There may be whole messages that the taker would have handled. */
	if (conn_is_open(c) && !conn_is_blocked(c) && c->in_len > 0)
		input_resume(c);
	if (!w->stopping)
		offer_later(w);
	else if (conn_is_open(c)) {
		conn_count(c, COUNTER_CONNECTIONS_NOT_MOVED, 1);
		conn_finish(c);
	}
}

/* ---- hither */

static int
answer(struct worker *w, enum order_kind kind, uint64_t id)
{
	struct order o = { .kind = kind, .id = id };

	return fd_send(w->channel.fd, &o, sizeof(o), -1, MSG_DONTWAIT);
}

/* Any other failure to send means that the master is gone. */
static bool
channel_is_full(void)
{
	return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM;
}

static void
keep_refusal(struct mover *m, uint64_t id)
{
	if (m->nrefusals == m->refusals_cap) {
		m->refusals_cap = m->refusals_cap * 2 + ORDER_WINDOW;
		m->refusals = reallocarray(m->refusals, m->refusals_cap,
		    sizeof(*m->refusals));
		if (m->refusals == NULL)
			fatal("out of memory: refusals");
	}
	m->refusals[m->nrefusals++] = id;
}

/* Somebody waits for it: what cannot be said now is said later. */
static void
refuse(struct worker *w, uint64_t id)
{
	if (answer(w, ORDER_REFUSED, id) == 0 || !channel_is_full())
		return;
	keep_refusal(&w->mover, id);
	watch_change(&w->loop, &w->channel, EPOLLIN | EPOLLOUT);
}

void
move_channel_writable(struct worker *w)
{
	struct mover *m = &w->mover;

	while (m->nrefusals > 0) {
		if (answer(w, ORDER_REFUSED,
		    m->refusals[m->nrefusals - 1]) == -1)
			return;
		m->nrefusals--;
	}
	watch_change(&w->loop, &w->channel, EPOLLIN);
}

/* The record's bytes become the connection's. */
static void
fill(struct conn *c, const struct move_record *r)
{
	if (r->in_len > 0) {
		if ((c->in = malloc(r->in_len)) == NULL)
			fatal("out of memory: a connection that moves");
		memcpy(c->in, r->in, r->in_len);
		c->in_len = c->in_cap = (uint32_t)r->in_len;
	}
	if (r->out_len > 0)
		output_append(c, r->out, r->out_len);
}

/* Its clock goes on, unless there is none here. */
static void
set_time_left(struct conn *c, uint64_t left_ns)
{
	uint64_t timeout = conn_timeout(c), now = c->worker->loop.now_ns;

	if (left_ns < timeout)
		conn_set_since(c, now > timeout - left_ns ?
		    now - (timeout - left_ns) : 0);
}

static void
go_on(struct conn *c, uint64_t left_ns)
{
	if (conn_is_blocked(c)) {
		watch_change(&c->worker->loop, &c->watch, EPOLLOUT);
		conn_move(c, PLACE_WRITE);
	} else if (c->in_len > 0)
		conn_move(c, PLACE_FRAME);
	set_time_left(c, left_ns);
	if (!conn_is_blocked(c) && c->in_len > 0)
		input_resume(c);
}

static struct conn *
accept_offer(struct worker *w, const uint8_t *record, size_t len, int fd,
    struct move_record *r)
{
	struct persistent *headers;
	struct conn *c;

	if (fd == -1 || w->stopping || w->draining || accept_is_full(w) ||
	    move_record_get(r, record, len) == -1 ||
	    persistent_get(&headers, r->headers, r->headers_len) == -1)
		return NULL;
	c = conn_new(w, fd, r->peer, r->kind == MOVE_UNIX ? &r->cred : NULL);
	if (c == NULL) {
		persistent_free(headers);
		return NULL;
	}
	if (headers != NULL)
		conn_rare(c)->persistent = headers;
	c->listener = gate_listener(w, fd);
	fill(c, r);
	return c;
}

void
move_in(struct worker *w, uint64_t id, const uint8_t *record, size_t len,
    int fd)
{
	struct move_record r;
	struct conn *c = accept_offer(w, record, len, fd, &r);
	bool wanted;

	if (c == NULL) {
		fd_close(&fd);
		refuse(w, id);
		return;
	}
	wanted = conn_greet(c) == 0;
	/* Before others can know: what follows may be cut short by a death. */
	conn_count(c, COUNTER_CONNECTIONS_MOVED_IN, 1);
	/* Where the master is gone, the one that offered it has closed it. */
	if (answer(w, ORDER_TAKEN, id) == -1 && channel_is_full()) {
		conn_count(c, COUNTER_CONNECTIONS_MOVED_OUT, 1);
		conn_gone(c, conn_detach(c));
		refuse(w, id);
		return;
	}
	if (wanted)
		go_on(c, r.left_ns);
	else {
		conn_count(c, COUNTER_CONNECTIONS_REFUSED, 1);
		conn_close(c, COUNTER_CLOSED_REFUSED);
	}
}
