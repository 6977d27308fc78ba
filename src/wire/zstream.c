/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zlib, a portion at a time.  The window is the full one, as a peer tells a
 * stream by the first byte that comes of it; the rest of the compressor's
 * memory is cut to what messages of some kilobytes can use.
 */
#include "wire/zstream.h"

#ifdef HAVE_ZLIB

#include <limits.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/bug.h"
#include "wire/room.h"

#define WINDOW_BITS	15
#define MEMORY_LEVEL	5

struct zstream {
	z_stream	 in, out;
	bool		 writes;	/* out is there */
	bool		 bad_in, bad_out;
};

bool
zstream_is_built_in(void)
{
	return true;
}

struct zstream *
zstream_new(void)
{
	struct zstream *z = calloc(1, sizeof(*z));

	if (z == NULL || inflateInit(&z->in) != Z_OK)
		fatal("out of memory: a zlib stream");
	return z;
}

void
zstream_free(struct zstream *z)
{
	if (z == NULL)
		return;
	inflateEnd(&z->in);
	if (z->writes)
		deflateEnd(&z->out);
	free(z);
}

/* zlib counts in unsigned int. */
static unsigned
most(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

struct input {
	const uint8_t	*p;
	size_t		 len;
};

/* One call of zlib's, as far as out reaches now. */
static int
step(z_stream *s, int (*work)(z_stream *, int), struct input *in, int flush,
    struct buf *out)
{
	unsigned given = most(in->len), room = most(room_in(out)), taken;
	int rc;

	s->next_in = in->p;
	s->avail_in = given;
	s->next_out = out->p + out->len;
	s->avail_out = room;
	rc = work(s, given < in->len ? Z_NO_FLUSH : flush);
	out->len += room - s->avail_out;
	if ((taken = given - s->avail_in) > 0) {
		in->p += taken;
		in->len -= taken;
	}
	return rc;
}

enum zstream_result
zstream_read(struct zstream *z, const uint8_t *p, size_t len, size_t *used,
    struct buf *out)
{
	struct input in = { p, len };
	int rc;

	*used = 0;
	while (!z->bad_in) {
		if (room_in(out) == 0)
			return ZSTREAM_FULL;
		rc = step(&z->in, inflate, &in, Z_SYNC_FLUSH, out);
		*used = len - in.len;
		if (rc == Z_STREAM_END)
			return ZSTREAM_END;
		if (rc == Z_MEM_ERROR)
			fatal("out of memory: a zlib stream");
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			z->bad_in = true;
		else if (in.len == 0 && z->in.avail_out > 0)
			return ZSTREAM_OK;
	}
	return ZSTREAM_BAD;
}

static void
begin(struct zstream *z)
{
	if (z->writes)
		return;
	if (deflateInit2(&z->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
	    WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		fatal("out of memory: a zlib stream");
	z->writes = true;
}

static int
write_all(struct zstream *z, const uint8_t *p, size_t len, int flush,
    struct buf *out)
{
	struct input in = { p, len };
	int rc;

	begin(z);
	while (!z->bad_out && room_in(out) > 0) {
		rc = step(&z->out, deflate, &in, flush, out);
		if (rc == Z_STREAM_END)
			return 0;
		if (in.len == 0 && z->out.avail_out > 0 && flush != Z_FINISH)
			return 0;
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			break;
	}
	z->bad_out = true;
	return -1;
}

int
zstream_write(struct zstream *z, const uint8_t *p, size_t len,
    struct buf *out)
{
	return write_all(z, p, len, Z_SYNC_FLUSH, out);
}

int
zstream_finish(struct zstream *z, struct buf *out)
{
	int rc = write_all(z, NULL, 0, Z_FINISH, out);

	z->bad_out = true;
	return rc;
}

#else

bool
zstream_is_built_in(void)
{
	return false;
}

struct zstream *
zstream_new(void)
{
	return NULL;
}

void
zstream_free(struct zstream *z)
{
	(void)z;
}

enum zstream_result
zstream_read(struct zstream *z, const uint8_t *p, size_t len, size_t *used,
    struct buf *out)
{
	(void)z, (void)p, (void)len, (void)out;
	*used = 0;
	return ZSTREAM_BAD;
}

int
zstream_write(struct zstream *z, const uint8_t *p, size_t len,
    struct buf *out)
{
	(void)z, (void)p, (void)len, (void)out;
	return -1;
}

int
zstream_finish(struct zstream *z, struct buf *out)
{
	(void)z, (void)out;
	return -1;
}

#endif
