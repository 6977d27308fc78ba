/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling dialects apart by their first bytes, so that one port serves them
 * all.  What a connection may begin with never overlaps, as long as max-frame
 * stays below DIALECT_MAX_FRAME: the length of a frame then begins with a byte
 * that no other dialect begins with, or goes on as none does.
 *
 * A binary message without a version cannot be told without a frame: its first
 * bytes are those of a length.  In a frame it is what nothing else is.
 */
#ifndef WIRE_DIALECT_H
#define WIRE_DIALECT_H

#include <stddef.h>
#include <stdint.h>

#define DIALECT_MAX_FRAME	0x0d0a0d09u	/* a frame's largest length */

/* No more than this many bytes are needed to tell. */
#define DIALECT_BYTES		12

enum dialect {
	DIALECT_MORE,		/* too few bytes to tell */
	DIALECT_UNKNOWN,

	DIALECT_FRAME,		/* a length; see dialect_in_frame() */
	DIALECT_COMPACT,
	DIALECT_BINARY,
	DIALECT_JSON,

	DIALECT_OLD_BINARY,	/* without a version; in frames only */
	DIALECT_HEADER,		/* THeader; in frames only */
	DIALECT_FRAMED_HEADER,	/* its frame within a frame */

	DIALECT_ZLIB,		/* a stream that holds any of the above */
	DIALECT_HTTP,
	DIALECT_TLS,
	DIALECT_PROXY_1,
	DIALECT_PROXY_2,

	/* Known, to be refused by their names. */
	DIALECT_HTTP_2,
	DIALECT_SASL,
	DIALECT_BIG_FRAME
};

/* What dialect_of() does not see from one byte. */
enum dialect dialect_look(const uint8_t *p, size_t len);

/*
 * How a connection, or the next message on one, begins.  One byte is enough
 * for a compact message and for a frame shorter than 16 MiB: the two that are
 * asked for at every message.
 */
static inline enum dialect
dialect_of(const uint8_t *p, size_t len)
{
	if (__builtin_expect(len > 0 && p[0] == 0x82, 1))
		return DIALECT_COMPACT;
	if (__builtin_expect(len > 0 && p[0] == 0x00, 1))
		return DIALECT_FRAME;
	return dialect_look(p, len);
}

/*
 * What stands in a frame, its length not counted: COMPACT, BINARY, OLD_BINARY,
 * JSON, HEADER, FRAMED_HEADER or UNKNOWN.  The frame is whole, so never MORE.
 */
enum dialect dialect_in_frame(const uint8_t *p, size_t len);

/* For messages: "compact", "an HTTP request". */
const char *dialect_name(enum dialect);

#endif
