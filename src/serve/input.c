/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to frames.
 *
 * As a rule whole frames lie in the worker's receive buffer and are handled
 * where they lie.  A frame that has begun is kept in a block of its own, which
 * grows as bytes arrive and never by the length that the peer declares; the
 * next read goes straight into that block and, behind it, into the receive
 * buffer.  So each byte is copied at most once, however slowly it comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/bug.h"
#include "serve/conn.h"
#include "wire/frame.h"

#define BLOCK_BYTES	4096		/* of a frame that has begun, at first */

static int64_t
size_of_frame(const struct conn *c, const uint8_t *p, size_t len)
{
	return frame_size(p, len, c->worker->config->limits.max_frame);
}

static void
refuse(struct conn *c, const uint8_t *p)
{
	struct worker *w = c->worker;
	unsigned skipped;

	conn_count(c, p[0] & 0x80 ? COUNTER_PROTOCOL_ERRORS :
	    COUNTER_FRAMES_TOO_LARGE, 1);
	if (log_rate_ok(&w->noise, &skipped))
		log_info("%s: closed: %02x%02x%02x%02x is no frame of at most "
		    "%u bytes (%u more like this)", c->peer, p[0], p[1], p[2],
		    p[3], w->config->limits.max_frame, skipped);
	conn_close(c);
}

/*
 * Handles the whole frames at p; the number of bytes that are done.  Stops
 * early when the connection is closed or its peer does not read.
 */
static size_t
handle_frames(struct conn *c, const uint8_t *p, size_t len)
{
	size_t done = 0;
	int64_t size;

	while (conn_is_open(c) && !output_blocked(c)) {
		size = size_of_frame(c, p + done, len - done);
		if (size == -1) {
			output_flush(c);
			if (conn_is_open(c))
				refuse(c, p + done);
			return done;
		}
		if (size == 0 || (size_t)size > len - done)
			return done;
		if (dispatch_frame(c, p + done + FRAME_HEADER,
		    (size_t)size - FRAME_HEADER) == -1)
			return done;
		done += (size_t)size;
		if (c->worker->send.len >= SEND_BYTES)
			output_flush(c);
	}
	return done;
}

static void
grow(struct conn *c, size_t cap)
{
	if (cap <= c->in_cap)
		return;
	if ((c->in = realloc(c->in, cap)) == NULL)
		fatal("out of memory: a frame of %zu bytes", cap);
	c->in_cap = (uint32_t)cap;
}

static void
drop(struct conn *c)
{
	free(c->in);
	c->in = NULL;
	c->in_len = c->in_cap = 0;
}

/* Keeps what could not be handled yet. */
static void
keep(struct conn *c, const uint8_t *p, size_t len)
{
	if (len == 0 || !conn_is_open(c))
		return;
	grow(c, len);
	memcpy(c->in, p, len);
	c->in_len = (uint32_t)len;
}

/* How much of the kept frame is missing; 0 if not even its length is there. */
static size_t
missing(const struct conn *c)
{
	int64_t size = size_of_frame(c, c->in, c->in_len);

	if (size <= 0)
		return 0;
	BUG_ON((size_t)size <= c->in_len);
	return (size_t)size - c->in_len;
}

static void
make_room(struct conn *c, size_t need)
{
	size_t cap;

	if (c->in_cap > c->in_len)
		return;
	cap = c->in_cap < BLOCK_BYTES ? BLOCK_BYTES : (size_t)c->in_cap * 2;
	if (cap > c->in_len + need)
		cap = c->in_len + need;
	grow(c, cap);
}

/*
 * One read: into the kept frame as far as there is room for it, the rest into
 * the receive buffer behind the skip bytes that are in it already.
 */
static ssize_t
receive(struct conn *c, size_t need, size_t skip)
{
	struct worker *w = c->worker;
	struct iovec iov[2];
	size_t room = c->in_cap - c->in_len;

	conn_count(c, COUNTER_READS, 1);
	if (need == 0)
		return recv(c->watch.fd, w->receive + skip,
		    RECEIVE_BYTES - skip, 0);
	if (room > need)
		room = need;
	iov[0] = (struct iovec){ c->in + c->in_len, room };
	iov[1] = (struct iovec){ w->receive, RECEIVE_BYTES };
	return readv(c->watch.fd, iov, room == need ? 2 : 1);
}

/* The kept bytes are too few to be a length: put them in front again. */
static size_t
unkeep(struct conn *c)
{
	size_t n = c->in_len;

	if (n > 0)
		memcpy(c->worker->receive, c->in, n);
	drop(c);
	return n;
}

static void
ended(struct conn *c, ssize_t n)
{
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	c->eof = true;
	if (n == -1) {
		conn_count(c, COUNTER_CONNECTION_ERRORS, 1);
		conn_close(c);
		return;
	}
	drop(c);			/* half a frame will never be whole */
	watch_change(&c->worker->loop, &c->watch, 0);
	conn_settle(c);
}

/* The frame that had begun is done; the next one has a deadline of its own. */
static void
frame_done(struct conn *c)
{
	if (conn_is_open(c) && c->place == PLACE_FRAME)
		conn_move(c, PLACE_IDLE);
}

static void
place(struct conn *c)
{
	if (!conn_is_open(c) || c->place == PLACE_LINGER)
		return;
	if (c->out_len > 0)
		conn_move(c, PLACE_WRITE);
	else
		conn_move(c, c->in_len > 0 ? PLACE_FRAME : PLACE_IDLE);
	conn_settle(c);
}

/* Handles n bytes in the receive buffer, keeps what is left of them. */
static void
handle_received(struct conn *c, size_t n)
{
	const uint8_t *p = c->worker->receive;
	size_t done = handle_frames(c, p, n);

	output_flush(c);
	if (done > 0)
		frame_done(c);
	keep(c, p + done, n - done);
	place(c);
}

/* A read went into the kept frame, and perhaps past it. */
static void
handle_kept(struct conn *c, size_t need, size_t n)
{
	size_t mine = n < need ? n : need;
	uint8_t *frame = c->in;

	c->in_len += (uint32_t)mine;
	if (mine < need) {
		place(c);
		return;
	}
	/* The frame is complete; it may be followed by another to be kept. */
	c->in = NULL;
	n -= need;
	need = c->in_len;
	c->in_len = c->in_cap = 0;
	handle_frames(c, frame, need);
	free(frame);
	frame_done(c);
	if (conn_is_open(c))
		handle_received(c, n);
}

static void
discard(struct conn *c)
{
	ssize_t n;

	n = recv(c->watch.fd, c->worker->receive, RECEIVE_BYTES, 0);
	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		conn_close(c);
}

void
input_ready(struct conn *c)
{
	size_t need, skip = 0;
	ssize_t n;

	if (c->place == PLACE_LINGER) {
		discard(c);
		return;
	}
	if (c->eof)
		return;
	if ((need = missing(c)) == 0)
		skip = unkeep(c);
	else
		make_room(c, need);
	if ((n = receive(c, need, skip)) <= 0) {
		if (skip > 0)
			keep(c, c->worker->receive, skip);
		ended(c, n);
		return;
	}
	conn_count(c, COUNTER_BYTES_RECEIVED, (uint64_t)n);
	if (need > 0)
		handle_kept(c, need, (size_t)n);
	else
		handle_received(c, skip + (size_t)n);
}

void
input_resume(struct conn *c)
{
	uint8_t *p = c->in;
	size_t len = c->in_len, done;

	if (len > 0) {
		c->in = NULL;
		c->in_len = c->in_cap = 0;
		done = handle_frames(c, p, len);
		output_flush(c);
		keep(c, p + done, len - done);
		free(p);
	}
	place(c);
}
