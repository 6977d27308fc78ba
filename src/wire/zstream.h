/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TZlibTransport: each direction of a connection is one zlib stream that lasts
 * as long as the connection does, flushed behind every message.  What a stream
 * holds is messages without frames, or frames.
 *
 * Memory is bounded: 40 KiB for reading, and 150 KiB for writing, which are
 * taken by the first write; and what is made of a peer's bytes is as much as
 * the output may hold, so that a bomb is taken in portions or not at all.
 */
#ifndef WIRE_ZSTREAM_H
#define WIRE_ZSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum zstream_result {
	ZSTREAM_OK,		/* all that could be made is in out */
	ZSTREAM_FULL,		/* out is at its maximum */
	ZSTREAM_END,		/* the peer has ended its stream */
	ZSTREAM_BAD		/* no zlib; sticky */
};

struct zstream;

bool	 zstream_is_built_in(void);

/* NULL: not built in. */
struct zstream *zstream_new(void);
void	 zstream_free(struct zstream *);

/*
 * Appends to out what the bytes say; used is how many of them are done with.
 * After FULL there may be more to come even if all of them are: empty out and
 * call again with the rest, or with none.
 */
enum zstream_result zstream_read(struct zstream *, const uint8_t *, size_t,
	    size_t *used, struct buf *out);

/*
 * Appends to out the bytes so that the peer can read all of them at once.  -1:
 * past out's maximum; nothing can be written any more.
 */
int	 zstream_write(struct zstream *, const uint8_t *, size_t,
	    struct buf *out);

/* Ends the stream that is written; before the connection is closed. */
int	 zstream_finish(struct zstream *, struct buf *out);

#endif
