/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ZLIB transform: a payload is one complete zlib stream.
 */
#include "wire/transform_codec.h"

#ifdef HAVE_ZLIB

#include <limits.h>
#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

static void *
open_zlib(bool undo)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z != NULL && (undo ? inflateInit(z) :
	    deflateInit(z, Z_DEFAULT_COMPRESSION)) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static void
reset_zlib(void *z, bool undo)
{
	if (undo)
		inflateReset(z);
	else
		deflateReset(z);
}

static void
close_zlib(void *z, bool undo)
{
	if (undo)
		inflateEnd(z);
	else
		deflateEnd(z);
	free(z);
}

/* zlib counts in unsigned int. */
static unsigned
most(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

static enum codec_step
step_zlib(void *codec, struct codec_io *io)
{
	z_stream *z = codec;
	unsigned in = most(io->left), room = most(io->room);
	int flush = in == io->left ? Z_FINISH : Z_NO_FLUSH, rc;

	z->next_in = io->in;
	z->avail_in = in;
	z->next_out = io->out;
	z->avail_out = room;
	rc = io->undo ? inflate(z, Z_NO_FLUSH) : deflate(z, flush);
	io->in += in - z->avail_in;
	io->left -= in - z->avail_in;
	io->out += room - z->avail_out;
	io->room -= room - z->avail_out;
	if (rc == Z_STREAM_END)
		return CODEC_END;
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return CODEC_BAD;
	/* With room left, only an input that goes on can lead further. */
	return io->room == 0 || io->left > 0 ? CODEC_MORE : CODEC_BAD;
}

const struct codec_ops codec_zlib = { open_zlib, reset_zlib, close_zlib,
    step_zlib };

#else

const struct codec_ops codec_zlib = { 0 };

#endif
