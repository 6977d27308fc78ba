/* SPDX-License-Identifier: Apache-2.0 */
/* See codec.h. */
#include "client/codec.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/buf.h"
#include "io/tls.h"
#include "wire/zstream.h"

#define PIECE_BYTES	(16 * 1024)
#define MAX_BYTES	((size_t)512 << 20)	/* to be sent */

/* Bytes that are there and have not been taken. */
struct piece {
	size_t		 off, len;
	uint8_t		 bytes[PIECE_BYTES];
};

struct codec {
	struct tls	*tls;
	struct zstream	*zlib;
	struct buf	 wire, packed;
	struct piece	 in;		/* of the wire */
	struct piece	 inner;		/* of the zlib stream */
	bool		 wrote;
};

struct codec *
codec_new(struct tls_context *context, const char *host, bool zlib)
{
	struct codec *k = malloc(sizeof(*k));

	if (k == NULL)
		fatal("out of memory: a connection");
	memset(k, 0, offsetof(struct codec, in));
	k->in.off = k->in.len = k->inner.off = k->inner.len = 0;
	k->wrote = false;
	if (context != NULL)
		k->tls = tls_new(context, host);
	if (zlib)
		k->zlib = zstream_new();
	buf_init(&k->wire, MAX_BYTES);
	buf_init(&k->packed, MAX_BYTES);
	return k;
}

void
codec_free(struct codec *k)
{
	if (k == NULL)
		return;
	tls_free(k->tls);
	zstream_free(k->zlib);
	buf_fini(&k->wire);
	buf_fini(&k->packed);
	free(k);
}

struct buf *
codec_wire(struct codec *k)
{
	return &k->wire;
}

static int
to_wire(struct codec *k, const uint8_t *p, size_t len)
{
	if (k->tls != NULL)
		return tls_write(k->tls, p, len, &k->wire);
	return buf_put(&k->wire, p, len);
}

int
codec_encode(struct codec *k, const void *p, size_t len)
{
	k->wrote = true;
	if (k->zlib == NULL)
		return to_wire(k, p, len);
	buf_reset(&k->packed, PIECE_BYTES);
	if (zstream_write(k->zlib, p, len, &k->packed) == -1)
		return -1;
	return to_wire(k, k->packed.p, k->packed.len);
}

void
codec_finish(struct codec *k)
{
	buf_reset(&k->packed, PIECE_BYTES);
	if (k->zlib != NULL && k->wrote &&
	    zstream_finish(k->zlib, &k->packed) == 0)
		to_wire(k, k->packed.p, k->packed.len);
	if (k->tls != NULL)
		tls_finish(k->tls, &k->wire);
}

uint8_t *
codec_room(struct codec *k, size_t *size)
{
	if (k->in.len == 0)
		k->in.off = 0;
	*size = PIECE_BYTES - k->in.off - k->in.len;
	return k->in.bytes + k->in.off + k->in.len;
}

void
codec_filled(struct codec *k, size_t n)
{
	k->in.len += n;
}

static void
taken(struct piece *piece, size_t n)
{
	piece->off += n;
	piece->len -= n;
}

/* From the wire: what TLS makes of it, or as it is. */
static ssize_t
from_wire(struct codec *k, uint8_t *p, size_t size)
{
	struct buf to = { .p = p, .cap = size, .max = size };
	const uint8_t *in = k->in.bytes + k->in.off;
	enum tls_result rc;
	size_t n;

	if (k->tls == NULL) {
		n = k->in.len < size ? k->in.len : size;
		memcpy(p, in, n);
		taken(&k->in, n);
		return (ssize_t)n;
	}
	rc = tls_read(k->tls, in, k->in.len, &n, &to, &k->wire);
	taken(&k->in, n);
	if (to.len > 0)
		return (ssize_t)to.len;
	return rc == TLS_BAD ? CODEC_BAD : rc == TLS_END ? CODEC_END : 0;
}

ssize_t
codec_decode(struct codec *k, void *p, size_t size)
{
	struct buf to = { .p = p, .cap = size, .max = size };
	struct piece *inner = &k->inner;
	enum zstream_result rc;
	ssize_t n;
	size_t used;

	if (k->zlib == NULL)
		return from_wire(k, p, size);
	for (;;) {
		rc = zstream_read(k->zlib, inner->bytes + inner->off,
		    inner->len, &used, &to);
		taken(inner, used);
		if (to.len > 0)
			return (ssize_t)to.len;
		if (rc == ZSTREAM_BAD || rc == ZSTREAM_END)
			return rc == ZSTREAM_BAD ? CODEC_BAD : CODEC_END;
		if ((n = from_wire(k, inner->bytes, PIECE_BYTES)) <= 0)
			return n;
		inner->off = 0;
		inner->len = (size_t)n;
	}
}

bool
codec_is_ready(const struct codec *k)
{
	return k->tls == NULL || tls_is_ready(k->tls);
}

const char *
codec_error(const struct codec *k)
{
	if (k->tls != NULL && tls_error(k->tls)[0] != '\0')
		return tls_error(k->tls);
	return "what came is no zlib stream";
}
