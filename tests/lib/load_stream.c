/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending and receiving with what is left over.  All connections read into and
 * write from two shared buffers, so only the leftovers are kept here.
 */
#include "load_stream.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "load_tls.h"

void
stream_init(struct stream *s, int fd)
{
	*s = (struct stream){ .fd = fd };
}

void
stream_close(struct stream *s)
{
	tls_free(s->tls);
	if (s->fd != -1)
		(void)close(s->fd);
	free(s->part);
	free(s->tail);
	stream_init(s, -1);
}

static uint8_t *
copy(const uint8_t *b, size_t len)
{
	uint8_t *p;

	p = malloc(len);
	if (p == NULL)
		err(LOAD_INTERNAL, "malloc");
	return memcpy(p, b, len);
}

/* How many bytes went out; 0 also after an error. */
static size_t
send_some(struct stream *s, const uint8_t *b, size_t len)
{
	ssize_t n;

	do
		n = s->tls != NULL ? tls_send(s->tls, b, len) :
		    send(s->fd, b, len, MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN)
		s->write_error = errno;
	return n == -1 ? 0 : (size_t)n;
}

void
stream_send(struct stream *s, const uint8_t *b, size_t len)
{
	size_t n;

	n = send_some(s, b, len);
	if (n == len || s->write_error != 0)
		return;
	s->tail = copy(b + n, len - n);
	s->tail_off = 0;
	s->ntail = len - n;
}

void
stream_flush(struct stream *s)
{
	size_t n;

	n = send_some(s, s->tail + s->tail_off, s->ntail);
	s->tail_off += n;
	s->ntail -= n;
	if (s->ntail > 0 && s->write_error == 0)
		return;
	free(s->tail);
	s->tail = NULL;
	s->ntail = 0;
}

ssize_t
stream_recv(struct stream *s, uint8_t *buf, size_t size)
{
	ssize_t n;

	do
		n = s->tls != NULL ?
		    tls_recv(s->tls, buf + s->npart, size - s->npart) :
		    recv(s->fd, buf + s->npart, size - s->npart, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		return n;
	if (s->npart > 0)
		memcpy(buf, s->part, s->npart);
	return n + (ssize_t)s->npart;
}

void
stream_keep(struct stream *s, const uint8_t *b, size_t len)
{
	free(s->part);
	s->part = len > 0 ? copy(b, len) : NULL;
	s->npart = len;
}
