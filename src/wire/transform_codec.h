/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compression library has to do for a transform.  Where it is not built
 * in, open is NULL.
 */
#ifndef WIRE_TRANSFORM_CODEC_H
#define WIRE_TRANSFORM_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum codec_step {
	CODEC_MORE,		/* room has run out */
	CODEC_END,		/* all is written; left counts what is behind */
	CODEC_BAD		/* also: the input ends too early */
};

/* Moved on by each step. */
struct codec_io {
	const uint8_t	*in;
	size_t		 left;
	uint8_t		*out;
	size_t		 room;
	bool		 undo;
};

struct codec_ops {
	void		*(*open)(bool undo);	/* NULL: no memory */
	void		(*reset)(void *, bool undo);
	void		(*close)(void *, bool undo);
	enum codec_step	(*step)(void *, struct codec_io *);
};

extern const struct codec_ops codec_zlib, codec_zstd;

#endif
