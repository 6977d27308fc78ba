/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ZSTD transform: a payload is one zstd frame.  A window larger than
 * every decoder has to bear (RFC 8878: 8 MiB) is refused, as the input alone
 * would decide about that memory.
 */
#include "wire/transform_codec.h"

#ifdef HAVE_ZSTD

#include <zstd.h>

#define WINDOW_LOG_MAX	23

static void *
open_zstd(bool undo)
{
	ZSTD_DCtx *d;

	if (!undo)
		return ZSTD_createCCtx();
	if ((d = ZSTD_createDCtx()) != NULL)
		ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax,
		    WINDOW_LOG_MAX);
	return d;
}

static void
reset_zstd(void *c, bool undo)
{
	if (undo)
		ZSTD_DCtx_reset(c, ZSTD_reset_session_only);
	else
		ZSTD_CCtx_reset(c, ZSTD_reset_session_only);
}

static void
close_zstd(void *c, bool undo)
{
	if (undo)
		ZSTD_freeDCtx(c);
	else
		ZSTD_freeCCtx(c);
}

static enum codec_step
step_zstd(void *c, struct codec_io *io)
{
	ZSTD_inBuffer in = { io->in, io->left, 0 };
	ZSTD_outBuffer out = { io->out, io->room, 0 };
	size_t rc;

	rc = io->undo ? ZSTD_decompressStream(c, &out, &in) :
	    ZSTD_compressStream2(c, &out, &in, ZSTD_e_end);
	io->in += in.pos;
	io->left -= in.pos;
	io->out += out.pos;
	io->room -= out.pos;
	if (ZSTD_isError(rc))
		return CODEC_BAD;
	if (rc == 0)
		return CODEC_END;
	/* With room left, only an input that goes on can lead further. */
	return io->room == 0 || io->left > 0 ? CODEC_MORE : CODEC_BAD;
}

const struct codec_ops codec_zstd = { open_zstd, reset_zstd, close_zstd,
    step_zstd };

#else

const struct codec_ops codec_zstd = { 0 };

#endif
