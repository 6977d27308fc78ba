/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the end of a message that no frame announces.  The scanner walks the
 * bytes without decoding them and remembers where it is, so a message that
 * arrives in a thousand pieces is walked once.  It allocates nothing and
 * changes nothing; whoever holds the bytes must hold all of the message so
 * far, from its first one, and hand them over again with what has been added.
 */
#ifndef WIRE_SCAN_H
#define WIRE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Structs and containers within each other: as many structs as a reader takes
 * (WIRE_MAX_DEPTH), and three containers around each.  In JSON, where fields
 * have brackets of their own and maps have two, that is half of the second.
 */
#define SCAN_MAX_DEPTH	1024
#define SCAN_MAX_BRACKETS 4096

enum scan_result {
	SCAN_DONE,		/* pos is the size of the message */
	SCAN_MORE,		/* at least scan_missing() bytes are missing */
	SCAN_BAD,		/* no message */
	SCAN_TOO_BIG,
	SCAN_TOO_DEEP
};

/* A struct, or a container with entries left. */
struct scan_level {
	uint32_t	 left;		/* values to come, in a container */
	uint8_t		 types[2];	/* of every other value */
	uint8_t		 turn;		/* index in types of the next one */
	uint8_t		 is_struct;
};

struct scan {
	uint64_t	 pos;		/* done; may be past the input */
	uint64_t	 max_size;
	const struct scan_proto *proto;	/* NULL: JSON */
	unsigned	 depth;		/* levels that hold something */
	bool		 skips;		/* no struct cut off yet, in this run */
	unsigned	 brackets;	/* open ones; JSON */
	uint8_t		 quoted;	/* JSON: 1 in a string, 2 behind a \ */
	struct scan_level level[SCAN_MAX_DEPTH];
};

/* For a message that begins with this byte: 0x82, 0x80 or '['. */
void	scan_init(struct scan *, uint8_t first, uint64_t max_size);

/* p: the message from its beginning; len may have grown since the last call. */
enum scan_result scan_run(struct scan *, const uint8_t *p, size_t len);

/* scan_run() for a message in JSON. */
enum scan_result scan_json(struct scan *, const uint8_t *p, size_t len);

size_t	scan_missing(const struct scan *, size_t len);

/* Bytes of it, from its beginning, that the next scan_run() needs. */
static inline size_t
scan_size(const struct scan *s)
{
	return offsetof(struct scan, level) + s->depth * sizeof(s->level[0]);
}

#endif
