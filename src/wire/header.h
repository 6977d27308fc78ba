/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THeader: a frame that says of its payload which protocol it is in and what
 * has been done to it, and that carries pairs of strings beside it.
 *
 *	u16 0x0fff, u16 flags, u32 seqid, u16 words (of 4 bytes) of header,
 *	header: varints protocol, number of transforms, transforms, then infos,
 *	    each with its kind before it; zeros up to a whole word
 *	payload
 *
 * What is read is checked against the bytes that are there before it takes any
 * memory, and has limits: HEADER_MAX_PAIRS, HEADER_MAX_TRANSFORMS, and max for
 * the payload once its transforms are undone.
 */
#ifndef WIRE_HEADER_H
#define WIRE_HEADER_H

#include <thriftfork/base.h>

struct buf;
struct transform;

#define HEADER_MAGIC		0x0fff
#define HEADER_MAX_PAIRS	256	/* of all kinds in a frame */
#define HEADER_MAX_TRANSFORMS	4
#define HEADER_MAX_BYTES	(4 * 16383)	/* more, C++ refuses */

/* Flags: whoever sends this takes replies in any order. */
#define HEADER_OUT_OF_ORDER	0x0001

enum {
	HEADER_BINARY = 0,
	HEADER_JSON = 1,
	HEADER_COMPACT = 2
};

/* In the order in which a peer finds them out. */
enum header_err {
	HEADER_OK,
	HEADER_BAD,		/* no THeader; what follows is out of step */
	HEADER_BAD_HEADER,	/* the frame is one, its header is not */
	HEADER_BAD_PROTOCOL,
	HEADER_BAD_TRANSFORM,
	HEADER_BAD_PAYLOAD	/* not what its transforms make, or too big */
};

struct header_pair {
	struct tf_str	 key, value;
};

/* In the order of the wire; of two with one key, the last counts. */
struct header_info {
	struct header_pair *v;
	uint32_t	 n, cap;
};

struct header {
	uint16_t	 flags;
	int32_t		 seqid;
	uint32_t	 proto;
	unsigned	 n_transforms;
	uint32_t	 transforms[HEADER_MAX_TRANSFORMS];
	struct header_info info;	/* of this message */
	struct header_info persistent;	/* and of all that follow it */

	/* Read only. */
	const uint8_t	*payload;
	size_t		 payload_len;
	enum header_err	 err;
	const char	*why;		/* static */
};

/*
 * A frame, its length not counted.  Pairs are copied to the arena; the payload
 * stands in the frame, as it is on the wire.  -1: err and why; seqid, flags
 * and proto are what could be read of them, else 0.
 */
int	header_read(struct header *, const uint8_t *frame, size_t len,
	    struct tf_arena *);

/*
 * Undoes the transforms that a header was read with: then the payload belongs
 * to the transform until it is used again or trimmed, unless there were none.
 */
int	header_undo(struct header *, struct transform *, size_t max);

/* The type of an application error (enum in app_error.h) for an err. */
int	header_app_error(enum header_err);

/*
 * A header for the answer: the same sequence number, protocol and transforms,
 * no pairs.  To what could not be understood, one that any client can parse:
 * in compact, if the protocol is not known; without transforms.
 */
void	header_answer(struct header *, const struct header *request);

/*
 * Writing a frame, its length included: header_begin() appends all that stands
 * before the payload; the payload is appended; header_end() transforms it and
 * puts in the length, at being the buffer's len before header_begin().  -1:
 * the reason in *why, which is static, and the buffer is as long as at.
 * transform may be NULL where there are no transforms; max is for the payload.
 */
int	header_begin(struct buf *, const struct header *, const char **why);
int	header_end(struct buf *, size_t at, const struct header *,
	    struct transform *, size_t max, const char **why);

/* The value of a key, or NULL. */
const struct tf_str *header_find(const struct header_info *,
	    struct tf_str key);

/*
 * Sets a key, in the arena.  -1: more than HEADER_MAX_PAIRS, or more bytes than
 * a frame can carry, and nothing has changed.
 */
int	header_set(struct header_info *, struct tf_arena *, struct tf_str key,
	    struct tf_str value);

/* Makes room for n more pairs; their number is checked. */
void	header_reserve(struct header_info *, struct tf_arena *, uint32_t n);

/*
 * Makes out, in the arena, from the pairs of old and newer; the newer ones
 * count.  For persistent headers: out replaces what the connection had, whose
 * arena may go.  -1 as above; then out is incomplete.
 */
int	header_merge(struct header_info *out, struct tf_arena *,
	    const struct header_info *old, const struct header_info *newer);

#endif
