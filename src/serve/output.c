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

bool
output_blocked(const struct conn *c)
{
	return c->out_len > 0;
}

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

static void
keep(struct conn *c, const uint8_t *p, size_t len)
{
	if (c->out_off > 0) {
		memmove(c->out, c->out + c->out_off, c->out_len);
		c->out_off = 0;
	}
	c->out = realloc(c->out, c->out_len + len);
	if (c->out == NULL)
		fatal("out of memory: replies of %zu bytes", len);
	memcpy(c->out + c->out_len, p, len);
	c->out_len += (uint32_t)len;
	conn_count(c, COUNTER_SEND_BACKLOG, len);
	watch_change(&c->worker->loop, &c->watch, EPOLLOUT);
	conn_move(c, PLACE_WRITE);
}

int
output_flush(struct conn *c)
{
	struct buf *send_buf = &c->worker->send;
	ssize_t n = 0;

	if (send_buf->len == 0)
		return 0;
	if (conn_is_open(c) && c->out_len == 0)
		n = transmit(c, send_buf->p, send_buf->len);
	if (n == -1)
		conn_close(c);
	else if (conn_is_open(c) && (size_t)n < send_buf->len)
		keep(c, send_buf->p + n, send_buf->len - (size_t)n);
	buf_reset(send_buf, KEEP_BYTES);
	return conn_is_open(c) ? 0 : -1;
}

void
output_ready(struct conn *c)
{
	ssize_t n = transmit(c, c->out + c->out_off, c->out_len);

	if (n == -1) {
		conn_close(c);
		return;
	}
	c->out_off += (uint32_t)n;
	c->out_len -= (uint32_t)n;
	conn_count(c, COUNTER_SEND_BACKLOG, (uint64_t)-n);
	if (c->out_len > 0)
		return;
	free(c->out);
	c->out = NULL;
	c->out_off = 0;
	watch_change(&c->worker->loop, &c->watch, c->eof ? 0 : EPOLLIN);
	input_resume(c);
}
