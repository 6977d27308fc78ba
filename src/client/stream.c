/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking, as far as its caller can see, but never past the deadline. */
#include "client/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "client/codec.h"
#include "client/dial.h"

#define KEEP_BYTES	(64 * 1024)

void
stream_init(struct stream *s)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

/* What a parent has connected ends with the parent's word, not with ours. */
void
stream_close(struct stream *s)
{
	struct buf *wire;

	if (s->codec != NULL && s->fd != -1 && s->owner == getpid()) {
		wire = codec_wire(s->codec);
		codec_finish(s->codec);
		if (wire->len > 0)
			send(s->fd, wire->p, wire->len,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	codec_free(s->codec);
	s->codec = NULL;
	fd_close(&s->fd);
}

static int
fail(struct stream *s, const char *what)
{
	snprintf(s->error, sizeof(s->error), "%s: %s", what, strerror(errno));
	return -1;
}

/* Until the descriptor is ready; -1: the deadline came first. */
static int
await(struct stream *s, short events)
{
	struct pollfd p = { .fd = s->fd, .events = events };
	uint64_t now = clock_ns();
	int rc, ms = -1;

	do {
		if (s->deadline_ns != 0) {
			if (now >= s->deadline_ns) {
				s->late = true;
				errno = ETIMEDOUT;
				return -1;
			}
			now = (s->deadline_ns - now) / NS_PER_MS + 1;
			ms = now < 60000 ? (int)now : 60000;
		}
		rc = poll(&p, 1, ms);
		now = clock_ns();
	} while (rc == 0 || (rc == -1 && errno == EINTR));
	return rc == -1 ? -1 : 0;
}

/* For so long what blocks may block. */
static void
limit_blocking(const struct stream *s)
{
	struct timeval tv = { 0 };
	uint64_t now = clock_ns(), left;

	if (s->deadline_ns == 0)
		return;
	left = now < s->deadline_ns ? s->deadline_ns - now : 1000;
	tv.tv_sec = (time_t)(left / NS_PER_S);
	tv.tv_usec = (suseconds_t)(left % NS_PER_S / 1000) + 1;
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* Waits for room in a full queue, which a non-blocking socket would not. */
static int
connect_unix(struct stream *s, const struct addr *a)
{
	int rc;

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd == -1)
		return -1;
	do {
		limit_blocking(s);
		rc = connect(s->fd, (const struct sockaddr *)&a->ss, a->len);
	} while (rc == -1 && errno == EINTR);
	if (rc == -1) {
		if (errno == EAGAIN)
			errno = ETIMEDOUT;
		return -1;
	}
	return fcntl(s->fd, F_SETFL, O_NONBLOCK);
}

static int
connect_tcp(struct stream *s, const struct addr *a)
{
	if (dial(a, &s->fd) == 0)
		return 0;
	if (errno != EINPROGRESS || await(s, POLLOUT) == -1)
		return -1;
	return dial_end(s->fd);
}

static int
send_raw(struct stream *s, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = send(s->fd, p, len, MSG_NOSIGNAL);
		if (n >= 0) {
			p += n;
			len -= (size_t)n;
			s->sent += (size_t)n;
		} else if (errno == EAGAIN) {
			if (await(s, POLLOUT) == -1)
				return fail(s, "send");
		} else if (errno != EINTR)
			return fail(s, "send");
	}
	return 0;
}

static int
closed(struct stream *s)
{
	snprintf(s->error, sizeof(s->error),
	    "the server closed the connection");
	return -1;
}

static ssize_t
recv_raw(struct stream *s, void *data, size_t size)
{
	ssize_t n;

	for (;;) {
		n = recv(s->fd, data, size, 0);
		if (n > 0)
			return n;
		if (n == 0) {
			s->ended = s->codec == NULL;
			return closed(s);
		}
		if (errno == EAGAIN) {
			if (await(s, POLLIN) == -1)
				return fail(s, "receive");
		} else if (errno != EINTR)
			return fail(s, "receive");
	}
}

static int
send_wire(struct stream *s)
{
	struct buf *wire = codec_wire(s->codec);
	int rc = send_raw(s, wire->p, wire->len);

	buf_reset(wire, KEEP_BYTES);
	return rc;
}

/* The reason counts, not whether the server could be told. */
static int
fail_codec(struct stream *s)
{
	send_wire(s);
	snprintf(s->error, sizeof(s->error), "%s", codec_error(s->codec));
	return -1;
}

/* More of the wire, which has to come. */
static int
fill(struct stream *s)
{
	size_t room;
	uint8_t *p = codec_room(s->codec, &room);
	ssize_t n = recv_raw(s, p, room);

	if (n == -1)
		return -1;
	codec_filled(s->codec, (size_t)n);
	return 0;
}

/* What the codec makes of what has come, and says itself; 0: nothing yet. */
static ssize_t
decode(struct stream *s, void *data, size_t size)
{
	ssize_t n = codec_decode(s->codec, data, size);

	if (n == CODEC_BAD)
		return fail_codec(s);
	if (send_wire(s) == -1)
		return -1;
	s->ended = n == CODEC_END;
	return s->ended ? closed(s) : n;
}

/* The handshake; a server that then speaks first is not understood. */
static int
shake(struct stream *s)
{
	char c;

	do {
		if (decode(s, &c, 1) != 0)
			return -1;
	} while (!codec_is_ready(s->codec) && fill(s) == 0);
	return codec_is_ready(s->codec) ? 0 : -1;
}

/* What the connection goes through begins. */
static int
open_codec(struct stream *s, const struct target *t, bool zlib)
{
	s->owner = getpid();
	if (t->tls == NULL && !zlib)
		return 0;
	s->codec = codec_new(t->tls, t->host, zlib);
	return codec_is_ready(s->codec) ? 0 : shake(s);
}

int
stream_connect(struct stream *s, const char *text, struct trust *trust,
    bool zlib)
{
	struct target t;

	stream_close(s);
	s->ended = false;
	if (target_find(&t, text, trust, s->error, sizeof(s->error)) == -1)
		return -1;
	for (int i = 0; i < t.n; i++) {
		if ((addr_is_unix(&t.addrs[i]) ? connect_unix :
		    connect_tcp)(s, &t.addrs[i]) == -1)
			fail(s, "connect");
		else if (open_codec(s, &t, zlib) == 0)
			return 0;
		stream_close(s);
	}
	return -1;
}

bool
stream_is_quiet(int fd, struct codec *codec)
{
	size_t room;
	uint8_t *p, c;
	ssize_t n;

	if (codec == NULL)
		return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
		    errno == EAGAIN;
	do {
		if (codec_decode(codec, &c, 1) != 0)
			return false;
		p = codec_room(codec, &room);
		if ((n = recv(fd, p, room, MSG_DONTWAIT)) > 0)
			codec_filled(codec, (size_t)n);
	} while (n > 0);
	return n == -1 && errno == EAGAIN;
}

bool
stream_is_usable(struct stream *s)
{
	if (s->fd == -1)
		return false;
	if (s->owner != getpid())
		return false;
	return stream_is_quiet(s->fd, s->codec) &&
	    (s->codec == NULL || send_wire(s) == 0);
}

int
stream_send(struct stream *s, const void *data, size_t len)
{
	if (s->codec == NULL)
		return send_raw(s, data, len);
	if (codec_encode(s->codec, data, len) == -1)
		return fail_codec(s);
	return send_wire(s);
}

ssize_t
stream_recv_some(struct stream *s, void *data, size_t size)
{
	ssize_t n;

	if (s->codec == NULL)
		return recv_raw(s, data, size);
	while ((n = decode(s, data, size)) == 0)
		if (fill(s) == -1)
			return -1;
	return n;
}
