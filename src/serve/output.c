/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From replies to bytes on the wire.  The worker's send buffer holds what the
 * connection at hand has to say; it is always empty when the next connection's
 * turn comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bug.h"
#include "serve/conn.h"

#define KEEP_BYTES	(2 * SEND_BYTES)

/* send(2), counted; bytes sent, 0 if the socket is full, -1 if it is dead. */
static ssize_t
transmit(struct conn *c, const uint8_t *p, size_t len)
{
	ssize_t n = send(c->watch.fd, p, len, MSG_NOSIGNAL);

	conn_count(c, COUNTER_WRITES, 1);
	if (n >= 0) {
		conn_count(c, COUNTER_BYTES_SENT, (uint64_t)n);
		return n;
	}
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	conn_count(c, COUNTER_CONNECTION_ERRORS, 1);
	return -1;
}

/* A longer one, and as long again if it was too short before. */
static struct tail *
longer_tail(struct tail *old, size_t len)
{
	size_t has = old == NULL ? 0 : old->len;
	size_t cap = has < len ? has + len : 2 * has;
	struct tail *t;

	if ((t = malloc(sizeof(*t) + cap)) == NULL)
		fatal("out of memory: replies of %zu bytes", cap);
	t->off = 0;
	t->len = has;
	t->cap = cap;
	if (has > 0)
		memcpy(t->bytes, old->bytes + old->off, has);
	free(old);
	return t;
}

void
output_append(struct conn *c, const uint8_t *p, size_t len)
{
	struct tail *t = c->out;

	if (t == NULL || t->cap - t->off - t->len < len)
		c->out = t = longer_tail(t, len);
	memcpy(t->bytes + t->off + t->len, p, len);
	t->len += len;
	conn_count(c, COUNTER_SEND_BACKLOG, len);
}

static void
keep(struct conn *c, const uint8_t *p, size_t len)
{
	output_append(c, p, len);
	watch_change(&c->worker->loop, &c->watch, EPOLLOUT);
	conn_move(c, PLACE_WRITE);
}

void
output_bytes(struct conn *c, const struct buf *b)
{
	ssize_t n = 0;

	if (conn_is_unheard(c))
		return;
	if (!conn_is_blocked(c))
		n = transmit(c, b->p, b->len);
	if (n == -1)
		conn_close(c, COUNTER_CLOSED_ERROR);
	else if ((size_t)n < b->len)
		keep(c, b->p + n, b->len - (size_t)n);
}

int
output_flush(struct conn *c)
{
	struct buf *send_buf = &c->worker->send;
	const struct buf *b = send_buf;

	if (send_buf->len == 0)
		return 0;
	if (conn_is_open(c) && conn_layers(c) != NULL)
		b = layers_encode(c, send_buf);
	if (b == NULL)
		conn_close(c, COUNTER_CLOSED_ERROR);
	else if (conn_is_open(c))
		output_bytes(c, b);
	surplus_note(c->worker, send_buf->cap);
	buf_reset(send_buf, KEEP_BYTES);
	return conn_is_open(c) ? 0 : -1;
}

void
output_ready(struct conn *c)
{
	struct tail *t = c->out;
	ssize_t n = transmit(c, t->bytes + t->off, t->len);

	if (n == -1) {
		conn_close(c, COUNTER_CLOSED_ERROR);
		return;
	}
	t->off += (size_t)n;
	t->len -= (size_t)n;
	conn_count(c, COUNTER_SEND_BACKLOG, (uint64_t)-n);
	if (t->len > 0) {
		if (n > 0)
			conn_renew(c);	/* the peer reads, if slowly */
		return;
	}
	free(t);
	c->out = NULL;
	watch_change(&c->worker->loop, &c->watch, c->eof ? 0 : EPOLLIN);
	conn_renew(c);
	input_resume(c);
}
