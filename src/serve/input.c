/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where bytes become messages, of which dispatch.c makes calls.  The first
 * bytes of a message tell what it stands in, wire/dialect.h how.
 *
 * As a rule whole messages lie in the worker's receive buffer and are handled
 * where they lie.  One that has begun is kept in a block of its own, which
 * grows as bytes arrive and never by the length that the peer declares.  For a
 * frame the next read goes straight into that block and, behind it, into the
 * receive buffer.  A message without a frame has no length; a scanner that
 * remembers where it was looks for its end in the block.  Either way each byte
 * is copied at most a few times, however slowly it comes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/bug.h"
#include "serve/conn.h"
#include "serve/gate.h"
#include "serve/http.h"
#include "serve/waiting.h"
#include "wire/dialect.h"
#include "wire/frame.h"
#include "wire/scan.h"

#define BLOCK_BYTES	4096		/* of a message that has begun */

static int64_t
size_of_frame(const struct conn *c, const uint8_t *p, size_t len)
{
	return frame_size(p, len, c->worker->config->limits.max_frame);
}

/* Says, once in a while, that bytes are no message. */
static void
complain(struct conn *c, const uint8_t *p, size_t len, enum counter counter,
    const char *what)
{
	struct worker *w = c->worker;
	char hex[3 * 8 + 1] = "";
	unsigned skipped;

	conn_count(c, counter, 1);
	for (size_t i = 0; i < 8 && i < len; i++)
		snprintf(hex + 3 * i, 4, " %02x", p[i]);
	if (log_rate_ok(&w->noise, &skipped))
		log_info("%s: closed: %s:%s (%u more like this)", c->peer,
		    what, hex, skipped);
}

/* The same, and closes. */
static void
refuse(struct conn *c, const uint8_t *p, size_t len, enum counter counter,
    const char *what)
{
	complain(c, p, len, counter, what);
	conn_refuse(c, counter == COUNTER_FRAMES_TOO_LARGE ?
	    COUNTER_CLOSED_TOO_LARGE : COUNTER_CLOSED_PROTOCOL);
}

/*
 * Who wants TLS understands an alert (fatal, handshake_failure), if the close
 * does not destroy it.  All that has come is done with then.
 */
static size_t
refuse_tls(struct conn *c, const uint8_t *p, size_t len, const char *what)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };

	if (!TAILQ_EMPTY(&c->owed)) {	/* and an alert would come first */
		refuse(c, p, len, COUNTER_PROTOCOL_ERRORS, what);
		return len;
	}
	if (output_flush(c) == -1)
		return 0;
	complain(c, p, len, COUNTER_PROTOCOL_ERRORS, what);
	if (buf_put(&c->worker->send, alert, sizeof(alert)) == -1)
		fatal("out of memory: an alert");
	if (output_flush(c) == 0)
		conn_linger(c, COUNTER_CLOSED_PROTOCOL);
	return len;
}

/* The size of the framed message at p; 0: not all of it is there. */
static size_t
whole_frame(struct conn *c, const uint8_t *p, size_t len)
{
	int64_t size = size_of_frame(c, p, len);

	if (size == -1) {
		refuse(c, p, len, COUNTER_FRAMES_TOO_LARGE,
		    "a frame larger than max-frame");
		return 0;
	}
	return (size_t)size <= len ? (size_t)size : 0;
}

/* No more of it than it has come to need. */
static void
keep_scan(struct conn *c, const struct scan *s)
{
	size_t size = scan_size(s);
	struct scan *kept = realloc(c->scan, size);

	if (kept == NULL)
		fatal("out of memory: a message that has begun");
	memcpy(kept, s, size);
	c->scan = kept;
}

static void
drop_scan(struct conn *c)
{
	free(c->scan);
	c->scan = NULL;
}

/* The same for a message without a frame; a scan that was kept goes on. */
static size_t
whole_message(struct conn *c, const uint8_t *p, size_t len)
{
	enum scan_result rc;
	struct scan s;

	if (c->scan == NULL)
		scan_init(&s, p[0], c->worker->config->limits.max_frame);
	else
		memcpy(&s, c->scan, scan_size(c->scan));
	if ((rc = scan_run(&s, p, len)) == SCAN_MORE) {
		keep_scan(c, &s);
		return 0;
	}
	drop_scan(c);
	if (rc == SCAN_DONE)
		return (size_t)s.pos;
	if (rc == SCAN_TOO_BIG)
		refuse(c, p, len, COUNTER_FRAMES_TOO_LARGE,
		    "a message larger than max-frame");
	else
		refuse(c, p, len, COUNTER_PROTOCOL_ERRORS,
		    rc == SCAN_TOO_DEEP ? "a message that nests too deep" :
		    "a malformed message");
	return 0;
}

static size_t
handle_framed(struct conn *c, const uint8_t *p, size_t len)
{
	static const struct envelope frame = { .kind = ENVELOPE_FRAME,
	    .overhead = FRAME_HEADER };
	size_t size = whole_frame(c, p, len);
	char why[GATE_WHY];

	if (size > 0 && !gate_is_open(c) && gate_refuses_framed(c,
	    p + FRAME_HEADER, size - FRAME_HEADER, why)) {
		refuse(c, p, len, COUNTER_PROTOCOL_ERRORS, why);
		return 0;
	}
	if (size == 0 || dispatch_message(c, p + FRAME_HEADER,
	    size - FRAME_HEADER, &frame) == -1)
		return 0;
	return size;
}

static size_t
handle_unframed(struct conn *c, const uint8_t *p, size_t len)
{
	static const struct envelope none = { .kind = ENVELOPE_NONE };
	size_t size = whole_message(c, p, len);

	if (size == 0 || dispatch_message(c, p, size, &none) == -1)
		return 0;
	return size;
}

/* All that has come belongs to the layer. */
static size_t
begin_layer(struct conn *c, enum dialect d, const uint8_t *p, size_t len)
{
	const char *why = layers_begin(c, d, p, len);

	if (why == NULL)
		return len;
	if (d == DIALECT_TLS)
		return refuse_tls(c, p, len, why);
	refuse(c, p, len, COUNTER_PROTOCOL_ERRORS, why);
	return 0;
}

/* What a proxy says before all else. */
static size_t
handle_stranger(struct conn *c, const uint8_t *p, size_t len)
{
	const char *why;
	size_t size = gate_proxy(c, p, len, &why);

	if (why != NULL)
		refuse(c, p, len, COUNTER_PROTOCOL_ERRORS, why);
	return size;
}

/* The message at p: its size; 0: it is not whole yet, or c is closed. */
static size_t
handle_message(struct conn *c, const uint8_t *p, size_t len)
{
	enum dialect d;
	char why[GATE_WHY];

	if (c->stranger)
		return handle_stranger(c, p, len);
	d = dialect_of(p, len);
	if (!gate_is_open(c) && gate_refuses(c, d, why)) {
		if (d == DIALECT_TLS)
			return refuse_tls(c, p, len, why);
		refuse(c, p, len, COUNTER_PROTOCOL_ERRORS, why);
		return 0;
	}
	switch (d) {
	case DIALECT_FRAME:
		return handle_framed(c, p, len);
	case DIALECT_COMPACT:
	case DIALECT_BINARY:
	case DIALECT_JSON:
		return handle_unframed(c, p, len);
	case DIALECT_HTTP:
		return http_handle(c, p, len);
	case DIALECT_MORE:
		return 0;
	case DIALECT_ZLIB:
	case DIALECT_TLS:
		return begin_layer(c, d, p, len);
	default:
		refuse(c, p, len, COUNTER_PROTOCOL_ERRORS, dialect_name(d));
		return 0;
	}
}

/* What waits has come when it was read, and not when it has its turn. */
static void
note_arrival(struct conn *c, bool more)
{
	if (more && conn_is_open(c) && (c->waits || conn_is_blocked(c)))
		conn_rare(c)->arrived_ns = c->worker->arrived_ns;
	else if (c->rare != NULL)
		c->rare->arrived_ns = 0;
}

/*
 * Handles the whole messages at p; the number of bytes that are done.  Stops
 * early when the connection is closed, its peer does not read, or it has to
 * wait; what follows the last that it is allowed is done with.
 */
static size_t
handle_messages(struct conn *c, const uint8_t *p, size_t len)
{
	struct worker *w = c->worker;
	size_t done = 0, size;

	w->arrived_ns = c->rare != NULL && c->rare->arrived_ns != 0 ?
	    c->rare->arrived_ns : w->loop.now_ns;
	while (done < len && conn_is_open(c) && !conn_is_blocked(c) &&
	    !c->waits && !c->mute) {
		if ((size = handle_message(c, p + done, len - done)) == 0)
			break;
		done += size;
		if (conn_is_at_last(c) && c->spoken)
			c->mute = true;		/* it was no greeting */
		if (w->send.len >= SEND_BYTES)
			output_flush(c);
	}
	output_flush(c);
	if (c->mute)
		done = len;
	note_arrival(c, done < len);
	return done;
}

static void
grow(struct conn *c, size_t cap)
{
	if (cap <= c->in_cap)
		return;
	if ((c->in = realloc(c->in, cap)) == NULL)
		fatal("out of memory: a message of %zu bytes", cap);
	c->in_cap = (uint32_t)cap;
	surplus_note(c->worker, cap);
}

/* Room for need more bytes, or for as many as is decent by now. */
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

/* Gives the block away; it is the caller's to free or to put back. */
static uint8_t *
take_block(struct conn *c, size_t *len, size_t *cap)
{
	uint8_t *p = c->in;

	*len = c->in_len;
	*cap = c->in_cap;
	c->in = NULL;
	c->in_len = c->in_cap = 0;
	return p;
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

/* What had begun is done; what follows has a deadline of its own. */
static void
message_done(struct conn *c)
{
	if (conn_is_open(c) && c->place == PLACE_FRAME)
		conn_move(c, PLACE_IDLE);
}

static void
place(struct conn *c)
{
	if (!conn_is_open(c) || c->place == PLACE_LINGER)
		return;
	/* That the peer has gone is to be said once, not again and again. */
	if (c->waits && !conn_is_blocked(c))
		watch_change(&c->worker->loop, &c->watch, EPOLLET);
	if (conn_is_blocked(c))
		conn_move(c, PLACE_WRITE);
	else if (c->waits || (c->finishing && !TAILQ_EMPTY(&c->owed)))
		conn_move(c, PLACE_OWING);
	else if (!c->eof && (c->in_len > 0 || layers_are_midway(c)))
		conn_move(c, PLACE_FRAME);
	else
		conn_move(c, TAILQ_EMPTY(&c->owed) ? PLACE_IDLE : PLACE_OWING);
	conn_settle(c);
}

/* Handles n bytes in the receive buffer, keeps what is left of them. */
static void
handle_received(struct conn *c, size_t n)
{
	const uint8_t *p = c->worker->receive;
	size_t done = handle_messages(c, p, n);

	if (done > 0)
		message_done(c);
	keep(c, p + done, n - done);
	place(c);
}

/* Handles what is in the block, and leaves there what is left. */
static void
handle_block(struct conn *c)
{
	size_t len, cap, done;
	uint8_t *p = take_block(c, &len, &cap);

	done = handle_messages(c, p, len);
	if (done > 0)
		message_done(c);
	if (done == len || !conn_is_open(c))
		free(p);
	else {
		if (done > 0)	/* or each read would copy all before it */
			memmove(p, p + done, len - done);
		c->in = p;
		c->in_len = (uint32_t)(len - done);
		c->in_cap = (uint32_t)cap;
	}
	place(c);
}

/*
 * A read went into the kept frame, and perhaps past it; not past it through
 * layers, which may have blocked the connection with what they said themselves.
 */
static void
handle_frame(struct conn *c, size_t need, size_t n)
{
	size_t len, cap;
	uint8_t *frame;

	c->in_len += (uint32_t)(n < need ? n : need);
	if (n < need) {
		place(c);
		return;
	}
	if (n == need) {
		handle_block(c);
		return;
	}
	frame = take_block(c, &len, &cap);
	handle_messages(c, frame, len);
	free(frame);
	message_done(c);
	if (conn_is_open(c))
		handle_received(c, n - need);
}

/* Bytes of which layers have made none: who is idle has been since before. */
static void
made_nothing(struct conn *c)
{
	if (c->place == PLACE_IDLE && !layers_are_midway(c))
		conn_settle(c);
	else
		place(c);
}

/* Half a message that will never be whole. */
static void
drop_half(struct conn *c)
{
	free(c->in);
	c->in = NULL;
	c->in_len = c->in_cap = 0;
	drop_scan(c);
}

static void
ended(struct conn *c, ssize_t n)
{
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		if (conn_layers(c) != NULL)
			made_nothing(c);
		return;
	}
	if (n == -1 && errno == EBADMSG) {
		conn_refuse(c, COUNTER_CLOSED_PROTOCOL);
		drop_half(c);
		place(c);
		return;
	}
	c->eof = true;
	if (n == -1) {
		if (errno != EPROTO)
			conn_count(c, COUNTER_CONNECTION_ERRORS, 1);
		conn_close(c, COUNTER_CLOSED_ERROR);
		return;
	}
	drop_half(c);
	conn_settle(c);
	if (!conn_is_open(c))
		return;
	watch_change(&c->worker->loop, &c->watch, 0);
	/* Only answers are waited for. */
	if (c->place == PLACE_FRAME)
		conn_move(c, PLACE_OWING);
}

/* Counts what a read has brought; false if that is nothing. */
static bool
received(struct conn *c, ssize_t n)
{
	if (conn_layers(c) == NULL)
		conn_count_read(c, n);
	if (n > 0)
		return true;
	ended(c, n);
	return false;
}

static ssize_t
receive(struct conn *c, uint8_t *p, size_t size)
{
	if (conn_layers(c) == NULL)
		return recv(c->watch.fd, p, size, 0);
	return layers_recv(c, p, size);
}

/* Into the receive buffer, behind the few bytes kept of a frame's length. */
static void
read_buffer(struct conn *c)
{
	uint8_t *p = c->worker->receive;
	size_t kept = c->in_len;
	ssize_t n;

	n = receive(c, p + kept, RECEIVE_BYTES - kept);
	if (!received(c, n))
		return;
	if (kept > 0) {
		memcpy(p, c->in, kept);
		free(c->in);
		c->in = NULL;
		c->in_len = c->in_cap = 0;
	}
	handle_received(c, kept + (size_t)n);
}

/* Into the kept frame as far as there is room, the rest into the buffer. */
static void
read_frame(struct conn *c, size_t need)
{
	struct iovec iov[2];
	size_t room;
	ssize_t n;

	make_room(c, need);
	room = c->in_cap - c->in_len < need ? c->in_cap - c->in_len : need;
	iov[0] = (struct iovec){ c->in + c->in_len, room };
	iov[1] = (struct iovec){ c->worker->receive, RECEIVE_BYTES };
	n = conn_layers(c) != NULL ? layers_recv(c, c->in + c->in_len, room) :
	    readv(c->watch.fd, iov, room == need ? 2 : 1);
	if (received(c, n))
		handle_frame(c, need, (size_t)n);
}

/* Into the block of a message whose end is not known. */
static void
read_message(struct conn *c)
{
	size_t room;
	ssize_t n;

	make_room(c, c->in_len + BLOCK_BYTES);
	room = c->in_cap - c->in_len;
	/* What comes behind it may have to be moved, again and again. */
	if (room > RECEIVE_BYTES)
		room = RECEIVE_BYTES;
	n = receive(c, c->in + c->in_len, room);
	if (!received(c, n))
		return;
	c->in_len += (uint32_t)n;
	handle_block(c);
}

/* Before all is answered, too; who half-closes waits for that. */
static void
discard(struct conn *c)
{
	ssize_t n;

	n = recv(c->watch.fd, c->worker->receive, RECEIVE_BYTES, 0);
	if (n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR)))
		return;
	if (c->place == PLACE_LINGER)
		conn_close(c, COUNTER_CLOSED_BY_PEER);
	else
		ended(c, n);
}

static void
hold(struct conn *c)
{
	waiting_hold(c);
	place(c);
}

void
input_ready(struct conn *c)
{
	int64_t size;

	if (c->place == PLACE_LINGER || (c->mute && !c->eof))
		discard(c);
	else if (c->eof)
		return;
	else if (c->worker->full)
		hold(c);
	else if (c->scan != NULL)
		read_message(c);
	else if ((size = size_of_frame(c, c->in, c->in_len)) > 0)
		read_frame(c, (size_t)size - c->in_len);
	else
		read_buffer(c);
	layers_arm(c);
}

void
input_resume(struct conn *c)
{
	if (c->in_len > 0 && c->worker->full)
		hold(c);
	else if (c->in_len > 0)
		handle_block(c);
	else
		place(c);
	layers_arm(c);
}
