/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connected non-blocking socket, or TLS on one, and the bytes that are
 * between two calls of it: the start of a reply that is not whole yet, the end
 * of calls that the kernel would not take.  Both are usually empty, and then
 * take no memory.
 */
#ifndef LOAD_STREAM_H
#define LOAD_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ssl_st;
struct stream {
	int		 fd;		/* -1: none */
	struct ssl_st	*tls;		/* NULL: in plain */
	int		 write_error;	/* nothing more can be sent */
	uint8_t		*part;		/* of a reply; npart bytes */
	uint8_t		*tail;		/* not sent yet; ntail bytes at off */
	size_t		 npart, tail_off, ntail;
};

/* A stream without, or with, a socket; and the end of it. */
void	 stream_init(struct stream *, int fd);
void	 stream_close(struct stream *);

/*
 * Sends what it can and keeps the rest as the tail, which must be empty
 * before.  After an error there is never a tail: how the connection ended is
 * for the reading side to find, behind the replies that may still be there.
 */
void	 stream_send(struct stream *, const uint8_t *, size_t len);
void	 stream_flush(struct stream *);

/*
 * One read, put behind the kept part in buf.  How many bytes are now there; 0
 * at the end of the stream; -1 with errno.
 */
ssize_t	 stream_recv(struct stream *, uint8_t *buf, size_t size);

/* Replaces the kept part: what of buf must come again next time. */
void	 stream_keep(struct stream *, const uint8_t *, size_t len);

#endif
