/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room at the end of a buffer, for writers that fill what there is and ask
 * again: as the compressors are, that do not know how much they will make.
 */
#ifndef WIRE_ROOM_H
#define WIRE_ROOM_H

#include "base/buf.h"

#define ROOM_BYTES	4096	/* that are asked for, where there are none */

/* Bytes that may be written behind the buffer's end; 0: at its maximum. */
static inline size_t
room_in(struct buf *b)
{
	size_t left = b->max - b->len, room;

	if (left == 0 || (b->cap == b->len &&
	    buf_need(b, left < ROOM_BYTES ? left : ROOM_BYTES) == NULL))
		return 0;
	/* It may have been larger before its maximum was set. */
	room = b->cap - b->len;
	return room < left ? room : left;
}

#endif
