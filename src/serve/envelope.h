/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message came in, and what its reply goes back in: the same.  Input
 * takes the message out of it; here the reply is put in.
 */
#ifndef SERVE_ENVELOPE_H
#define SERVE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/frame.h"

struct header_envelope;
struct http_envelope;

/* Bytes around a reply, at most. */
#define ENVELOPE_BYTES		(4 * 16384 + 64)

enum envelope_kind {
	ENVELOPE_NONE,
	ENVELOPE_FRAME,		/* a length before it */
	ENVELOPE_HEADER,	/* THeader, with the length before that */
	ENVELOPE_HTTP		/* a request; the reply in a response */
};

struct envelope {
	enum envelope_kind kind;
	size_t		 overhead;	/* bytes that were not the message */
	struct header_envelope *header;	/* with that kind */
	struct http_envelope *http;	/* with that one */
};

/* What these two are for a message that does not stand in a frame. */
int	envelope_begin_other(const struct envelope *, struct buf *);
int	envelope_end_other(const struct envelope *, struct buf *,
	    size_t start);

/*
 * Around a reply that is appended to the buffer: what stands before it, and,
 * start being where that begins, the end, when its length is known.  -1: there
 * is no room, and the buffer is as long as it was at start.
 */
static inline int
envelope_begin(const struct envelope *e, struct buf *b)
{
	if (__builtin_expect(e->kind != ENVELOPE_FRAME, 0))
		return envelope_begin_other(e, b);
	if (buf_need(b, FRAME_HEADER) == NULL)
		return -1;
	b->len += FRAME_HEADER;
	return 0;
}

static inline int
envelope_end(const struct envelope *e, struct buf *b, size_t start)
{
	if (__builtin_expect(e->kind != ENVELOPE_FRAME, 0))
		return envelope_end_other(e, b, start);
	frame_put(b->p + start, (uint32_t)(b->len - start - FRAME_HEADER));
	return 0;
}

/* In place of a reply, where there is none: some have to be answered. */
void	envelope_answer(const struct envelope *, struct buf *);

/*
 * After envelope_end() has failed: leaves out what it may have failed for, so
 * that the reply can be encoded again.  False: there is nothing of the kind.
 */
bool	envelope_simplify(struct envelope *);

#endif
