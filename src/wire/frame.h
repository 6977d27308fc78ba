/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The length prefix of framed transport: four bytes, big-endian, counting the
 * payload alone.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER	4

static inline void
frame_put(uint8_t head[FRAME_HEADER], uint32_t payload)
{
	head[0] = (uint8_t)(payload >> 24);
	head[1] = (uint8_t)(payload >> 16);
	head[2] = (uint8_t)(payload >> 8);
	head[3] = (uint8_t)payload;
}

/*
 * The size of the frame that starts at p, its header included; 0 if fewer than
 * FRAME_HEADER bytes are there; -1 if its payload is negative or above max.
 */
static inline int64_t
frame_size(const uint8_t *p, size_t len, uint32_t max)
{
	uint32_t n;

	if (len < FRAME_HEADER)
		return 0;
	n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	if (n > INT32_MAX || n > max)
		return -1;
	return (int64_t)n + FRAME_HEADER;
}

#endif
