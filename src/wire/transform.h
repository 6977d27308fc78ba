/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a THeader frame may do to its payload: compress it.  The libraries are
 * optional; a build without one knows the transform by name and says that it
 * is not there.
 */
#ifndef WIRE_TRANSFORM_H
#define WIRE_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TRANSFORM_NONE = 0,
	TRANSFORM_ZLIB = 1,
	TRANSFORM_ZSTD = 5
};

enum transform_result {
	TRANSFORM_DONE,
	TRANSFORM_UNKNOWN,	/* no such transform, or not built in */
	TRANSFORM_BAD,		/* the bytes are not what it makes */
	TRANSFORM_TOO_BIG	/* past the maximum of the output, or memory */
};

/*
 * The state of the compressors and what they last made, for use again and
 * again: a few hundred kilobytes once they are used.  Not to be shared by
 * threads.
 */
struct transform;

struct transform *transform_new(void);
void	 transform_free(struct transform *);

/*
 * Gives back what a large frame took; what was made last is gone.  The number
 * of bytes.
 */
size_t	 transform_trim(struct transform *);

/* Whether this build can do it. */
bool	 transform_knows(uint32_t id);

struct transform_bytes {
	const uint8_t	*p;
	size_t		 len;
};

/*
 * Does the n transforms in their order to the bytes, or undoes them from the
 * last one on.  No step makes more than max bytes, whatever they declare, and
 * several that undo them no more than 1 MiB, or 1032 times the bytes given.
 * DONE: the bytes are the caller's own, if nothing was to be done, or else
 * the transform's until it is used again.  Otherwise *why is a static text.
 */
enum transform_result transform_apply(struct transform *, const uint32_t *ids,
	    unsigned n, struct transform_bytes *, size_t max,
	    const char **why);
enum transform_result transform_undo(struct transform *, const uint32_t *ids,
	    unsigned n, struct transform_bytes *, size_t max,
	    const char **why);

#endif
