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

struct buf;
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

/*
 * Around a reply that is appended to the buffer: what stands before it, and,
 * start being where that begins, the end, when its length is known.  -1: there
 * is no room, and the buffer is as long as it was at start.
 */
int	envelope_begin(const struct envelope *, struct buf *);
int	envelope_end(const struct envelope *, struct buf *, size_t start);

/* In place of a reply, where there is none: some have to be answered. */
void	envelope_answer(const struct envelope *, struct buf *);

/*
 * After envelope_end() has failed: leaves out what it may have failed for, so
 * that the reply can be encoded again.  False: there is nothing of the kind.
 */
bool	envelope_simplify(struct envelope *);

#endif
