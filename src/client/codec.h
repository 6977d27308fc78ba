/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client's connection goes through: TLS, a zlib stream, or zlib within
 * TLS.  Bytes of the wire are put in and taken out by the stream, which has the
 * socket and the deadline.
 */
#ifndef CLIENT_CODEC_H
#define CLIENT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct codec;
struct tls_context;

#define CODEC_END	(-1)	/* the server has said that it is */
#define CODEC_BAD	(-2)	/* codec_error() says why */

/* context: NULL without TLS, else for a server of that name or address. */
struct codec *codec_new(struct tls_context *context, const char *host,
	    bool zlib);
void	codec_free(struct codec *);		/* NULL is fine */

/* What is to be sent, now; the caller empties it. */
struct buf *codec_wire(struct codec *);

/* Adds to that what says the bytes, or that there will be no more. */
int	codec_encode(struct codec *, const void *, size_t);
void	codec_finish(struct codec *);

/* Where bytes of the wire go, and how many are there now. */
uint8_t	*codec_room(struct codec *, size_t *);
void	codec_filled(struct codec *, size_t);

/*
 * The next bytes from the server; 0: first there must be more of the wire; or
 * one of the above.  It may add to what is to be sent.
 */
ssize_t	codec_decode(struct codec *, void *, size_t);

bool	codec_is_ready(const struct codec *);	/* to encode */
const char *codec_error(const struct codec *);

#endif
