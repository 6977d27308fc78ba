/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be sent is sent after the events of a batch, so that calls that
 * begin together leave together.
 */
#include "client/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/fd.h"
#include "client/codec.h"
#include "client/dial.h"
#include "client/stream.h"

#define KEEP_BYTES	((size_t)16 * 1024)
#define PIECE_BYTES	((size_t)16 * 1024)
#define LARGE_PIECE	((size_t)256 * 1024)
#define MAX_BYTES	((size_t)512 << 20)	/* in each direction */
#define PIECES		16			/* read in one turn */
#define AGAIN_NS	(10 * NS_PER_MS)

static void
close_fd(struct link *l)
{
	int fd = l->watch.fd;

	watch_remove(l->loop, &l->watch);
	fd_close(&fd);
	codec_free(l->codec);
	l->codec = NULL;
}

/* What has been sent makes room, at the latest when it is most of it. */
static int
put_wire(struct link *l, const void *p, size_t len)
{
	size_t left = l->out.len - l->sent;

	if (l->sent > left) {
		memmove(l->out.p, l->out.p + l->sent, left);
		l->out.len = left;
		l->sent = 0;
	}
	return buf_put(&l->out, p, len);
}

/* What the codec has to say goes to the wire. */
static int
move_wire(struct link *l)
{
	struct buf *wire;
	int rc;

	if (l->codec == NULL)
		return 0;
	wire = codec_wire(l->codec);
	rc = put_wire(l, wire->p, wire->len);
	buf_reset(wire, KEEP_BYTES);
	return rc;
}

void
link_close(struct link *l)
{
	if (l->state == LINK_OPEN && l->codec != NULL) {
		codec_finish(l->codec);
		if (move_wire(l) == 0)
			send(l->watch.fd, l->out.p + l->sent, l->out.len -
			    l->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	l->state = LINK_CLOSED;
	timer_cancel(l->loop, &l->soon);
	timer_cancel(l->loop, &l->limit);
	close_fd(l);
	free(l->target);
	l->target = NULL;
	l->sent = l->want = 0;
	buf_reset(&l->held, 0);
	buf_reset(&l->out, 0);
	buf_reset(&l->in, 0);
}

void
link_fini(struct link *l)
{
	link_close(l);
	buf_fini(&l->held);
	buf_fini(&l->out);
	buf_fini(&l->in);
}

static void
fail(struct link *l, const char *what)
{
	snprintf(l->error, sizeof(l->error), "%s: %s", what, strerror(errno));
}

static void
end(struct link *l)
{
	link_close(l);
	l->owner->ended(l, l->error);
}

static void
set_soon(struct link *l, uint64_t when_ns)
{
	timer_set(l->loop, &l->soon, when_ns, l->soon.fn);
}

/* Sends what there is; waits for room for the rest. */
static void
flush(struct link *l)
{
	size_t left = l->out.len - l->sent;
	uint64_t before = l->gone;
	ssize_t n;

	while (left > 0) {
		n = send(l->watch.fd, l->out.p + l->sent, left, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno != EAGAIN) {
			fail(l, "send");
			end(l);
			return;
		}
		if (n == -1)
			break;
		l->gone += (size_t)n;
		l->sent += (size_t)n;
		left -= (size_t)n;
	}
	watch_change(l->loop, &l->watch, EPOLLIN | (left > 0 ? EPOLLOUT : 0));
	if (left == 0) {
		buf_reset(&l->out, KEEP_BYTES);
		l->sent = 0;
	}
	if (l->state == LINK_OPEN && l->gone != before)
		l->owner->sent(l);
}

static int
put_out(struct link *l, const void *p, size_t len)
{
	if (l->codec == NULL)
		return put_wire(l, p, len);
	if (codec_encode(l->codec, p, len) == -1)
		return -1;
	return move_wire(l);
}

int
link_send(struct link *l, const void *p, size_t len)
{
	if (l->state != LINK_OPEN)
		return buf_put(&l->held, p, len);
	if (put_out(l, p, len) == -1)
		return -1;
	if (l->soon.when_ns == 0)
		set_soon(l, 0);
	return 0;
}

/* Of what is held it is not known yet. */
uint64_t
link_mark(const struct link *l)
{
	return l->state == LINK_OPEN ? l->gone + (l->out.len - l->sent) : 0;
}

bool
link_has_sent(const struct link *l, uint64_t mark)
{
	return l->state == LINK_OPEN &&
	    l->gone >= (mark == 0 ? l->held_end : mark);
}

/* The connection is there and has been agreed upon. */
static void
begin(struct link *l)
{
	l->state = LINK_OPEN;
	timer_cancel(l->loop, &l->limit);
	free(l->target);
	l->target = NULL;
	if (put_out(l, l->held.p, l->held.len) == -1) {
		snprintf(l->error, sizeof(l->error), "send: out of memory");
		end(l);
		return;
	}
	l->held_end = link_mark(l);
	buf_reset(&l->held, KEEP_BYTES);
	flush(l);
}

static void
dial_next(struct link *l)
{
	int fd, rc;

	while (l->next < l->target->n) {
		rc = dial(&l->target->addrs[l->next], &fd);
		if (rc == -1 && errno == EAGAIN) {	/* a full queue */
			fd_close(&fd);
			set_soon(l, clock_ns() + AGAIN_NS);
			return;
		}
		l->next++;
		if ((rc == 0 || errno == EINPROGRESS) && watch_add(l->loop,
		    &l->watch, fd, EPOLLOUT, l->watch.fn) == 0)
			return;
		fail(l, "connect");
		fd_close(&fd);
	}
	end(l);
}

/* This address was none. */
static void
try_next(struct link *l)
{
	close_fd(l);
	buf_reset(&l->out, KEEP_BYTES);
	l->sent = 0;
	buf_reset(&l->in, 0);
	l->state = LINK_DIALS;
	dial_next(l);
}

/* The owner has what has come; false: the link is closed. */
static bool
hand_over(struct link *l, size_t n)
{
	l->in.len += n;
	l->owner->received(l);
	return l->state != LINK_CLOSED;
}

/* What the codec makes of what has come; false: the link is closed. */
static bool
decode(struct link *l)
{
	uint8_t *p;
	ssize_t n;

	do {
		if ((p = buf_need(&l->in, PIECE_BYTES)) == NULL) {
			errno = ENOMEM;
			fail(l, "receive");
			break;
		}
		n = codec_decode(l->codec, p, PIECE_BYTES);
		if (n > 0 && l->state != LINK_OPEN) {
			/* A server that speaks first is not understood. */
			snprintf(l->error, sizeof(l->error),
			    "the server speaks before it is asked");
			break;
		}
		if (n > 0 && !hand_over(l, (size_t)n))
			return false;
		if (n == CODEC_END)
			snprintf(l->error, sizeof(l->error),
			    "the server closed the connection");
		else if (n == CODEC_BAD)
			snprintf(l->error, sizeof(l->error), "%s",
			    codec_error(l->codec));
		if (n == 0)
			return move_wire(l) == 0;
	} while (n > 0);
	/* The reason counts, not whether the server could be told. */
	if (move_wire(l) == 0)
		send(l->watch.fd, l->out.p + l->sent, l->out.len - l->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (l->state == LINK_SHAKES)
		try_next(l);
	else
		end(l);
	return false;
}

/* Where bytes of the wire go. */
static uint8_t *
room(struct link *l, size_t *size)
{
	if (l->codec != NULL)
		return codec_room(l->codec, size);
	*size = l->want > LARGE_PIECE ? LARGE_PIECE :
	    l->want > PIECE_BYTES ? l->want : PIECE_BYTES;
	return buf_need(&l->in, *size);
}

/* False: there is no more for now, or the link is closed. */
static bool
receive(struct link *l)
{
	size_t size;
	uint8_t *p = room(l, &size);
	ssize_t n = -1;

	errno = ENOMEM;
	if (p != NULL)
		n = recv(l->watch.fd, p, size, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n <= 0) {
		if (n == 0)
			snprintf(l->error, sizeof(l->error),
			    "the server closed the connection");
		else
			fail(l, "receive");
		if (l->state == LINK_SHAKES)
			try_next(l);
		else
			end(l);
		return false;
	}
	l->heard_ns = l->loop->now_ns;
	if (l->codec == NULL)
		return hand_over(l, (size_t)n) && (size_t)n == size;
	codec_filled(l->codec, (size_t)n);
	return decode(l);
}

/* The handshake; without events it begins. */
static void
shake(struct link *l, uint32_t events)
{
	if (events == 0)
		decode(l);
	else if (events & ~(uint32_t)EPOLLOUT)
		receive(l);
	if (l->state != LINK_SHAKES)
		return;
	if (codec_is_ready(l->codec))
		begin(l);
	else
		flush(l);
}

static void
connected(struct link *l)
{
	l->heard_ns = 0;
	if (l->target->tls != NULL || l->zlib)
		l->codec = codec_new(l->target->tls, l->target->host, l->zlib);
	l->state = LINK_SHAKES;
	if (l->codec == NULL || codec_is_ready(l->codec))
		begin(l);
	else
		shake(l, 0);
}

static void
ready(struct watch *w, uint32_t events)
{
	struct link *l = OBJECT_OF(w, struct link, watch);

	if (l->state == LINK_SHAKES)
		shake(l, events);
	else if (l->state == LINK_DIALS && dial_end(w->fd) == 0)
		connected(l);
	else if (l->state == LINK_DIALS) {
		fail(l, "connect");
		try_next(l);
	} else {
		if (events & ~(uint32_t)EPOLLOUT)
			for (int i = 0; i < PIECES && receive(l); i++)
				;
		/* To which the codec may have had something to say. */
		if (l->state == LINK_OPEN && l->out.len > l->sent)
			flush(l);
	}
}

static void
soon(struct timer *t)
{
	struct link *l = OBJECT_OF(t, struct link, soon);

	if (l->state == LINK_DIALS)
		dial_next(l);
	else
		flush(l);
}

static void
too_long(struct timer *t)
{
	struct link *l = OBJECT_OF(t, struct link, limit);

	errno = ETIMEDOUT;
	fail(l, "connect");
	end(l);
}

void
link_init(struct link *l, struct loop *loop, const struct link_owner *owner)
{
	*l = (struct link){ .loop = loop, .owner = owner,
	    .watch = { .fd = -1, .fn = ready }, .soon.fn = soon };
	buf_init(&l->held, MAX_BYTES);
	buf_init(&l->out, MAX_BYTES);
	buf_init(&l->in, MAX_BYTES);
}

void
link_open(struct link *l, const char *addr, struct trust *trust, bool zlib,
    uint64_t limit_ns)
{
	BUG_ON(l->state != LINK_CLOSED);
	if ((l->target = malloc(sizeof(*l->target))) == NULL)
		fatal("out of memory: a connection");
	l->state = LINK_DIALS;
	l->next = 0;
	l->zlib = zlib;
	if (target_find(l->target, addr, trust, l->error,
	    sizeof(l->error)) == -1)
		l->target->n = 0;	/* which the loop will say */
	set_soon(l, 0);
	if (limit_ns > 0)
		timer_set(l->loop, &l->limit, clock_after(clock_ns(),
		    limit_ns), too_long);
}

bool
link_is_usable(struct link *l)
{
	return stream_is_quiet(l->watch.fd, l->codec) && move_wire(l) == 0;
}
