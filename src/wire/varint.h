/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Varints (ULEB128) and zigzag, as the compact protocol uses them.
 */
#ifndef WIRE_VARINT_H
#define WIRE_VARINT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__BMI2__) || defined(COMPACT_BMI2)
#define VARINT_BMI2
#include <immintrin.h>
#endif

#define VARINT_MAX	10
#define VARINT_STOPS	0x8080808080808080u	/* bit 7 of each byte */

static inline uint64_t
zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t
unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ -(v & 1));
}

static inline int32_t
unzigzag32(uint32_t v)
{
	return (int32_t)(v >> 1 ^ -(v & 1));
}

static inline uint32_t
zigzag32(int32_t v)
{
	return (uint32_t)v << 1 ^ (uint32_t)(v >> 31);
}

/* Of any length; p has room for VARINT_MAX. */
static inline uint8_t *
varint_put_any(uint8_t *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

/*
 * varint_put() writes up to VARINT_MAX bytes, which must have room, and returns
 * the position behind those that count.
 *
 * varint_len() and varint_join(): a varint whose bytes, with others behind
 * them, are the eight of x, the first lowest; ~x & VARINT_STOPS must not be 0:
 * it must end within them.  varint_part(): one whose lowest bit is from, and
 * whose last byte has its bit 7 at stop.
 */
#ifdef VARINT_BMI2

#define VARINT_JOINS	1	/* faster than to tell short ones apart */

/* By tables, as few processors do two of these operations in a cycle. */
static inline __attribute__((always_inline)) uint8_t *
varint_put(uint8_t *p, uint64_t v)
{
	static const uint8_t lens[] = {			/* by highest bit */
		1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2,
		3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4,
		5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6,
		7, 7, 7, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8,
	};
	static const uint64_t goes_on[] = {		/* by length */
		0, 0, 0x80, 0x8080, 0x808080, 0x80808080, 0x8080808080,
		0x808080808080, 0x80808080808080,
	};
	unsigned len;
	uint64_t x;

	if (__builtin_expect(v >> 56 != 0, 0))
		return varint_put_any(p, v);
	len = lens[63 ^ (unsigned)__builtin_clzll(v | 1)];
	x = _pdep_u64(v, ~VARINT_STOPS) | goes_on[len];
	memcpy(p, &x, sizeof(x));
	return p + len;
}

static inline uint64_t
varint_part(uint64_t x, unsigned from, unsigned stop)
{
	return _pext_u64(x >> from, _bzhi_u64(~VARINT_STOPS, stop - from));
}

static inline uint64_t
varint_join(uint64_t x)
{
	return varint_part(x, 0, (unsigned)__builtin_ctzll(~x & VARINT_STOPS));
}

#else

#define VARINT_JOINS	0

/* The rest of varint_put(): three bytes and more. */
static inline uint8_t *
varint_put_long(uint8_t *p, uint64_t v)
{
	unsigned len;
	uint32_t x;

	if (v < 1 << 21) {
		x = (uint32_t)((v & 0x7f) | (v & 0x3f80) << 1 |
		    (v & 0x1fc000) << 2) | 0x8080;
		memcpy(p, &x, sizeof(x));
		return p + 3;
	}
	if (__builtin_expect(v >> 56 != 0, 0))
		return varint_put_any(p, v);
	len = ((64 - (unsigned)__builtin_clzll(v)) * 9 + 64) >> 6;
	v = (v & 0x000000000fffffffu) | (v & 0x00fffffff0000000u) << 4;
	v = (v & 0x00003fff00003fffu) | (v & 0x0fffc0000fffc000u) << 2;
	v = (v & 0x007f007f007f007fu) | (v & 0x3f803f803f803f80u) << 1;
	v |= VARINT_STOPS & (((uint64_t)1 << 8 * (len - 1)) - 1);
	memcpy(p, &v, sizeof(v));
	return p + len;
}

static inline __attribute__((always_inline)) uint8_t *
varint_put(uint8_t *p, uint64_t v)
{
	unsigned two = ((unsigned)v + 0x4000 - 0x80) >> 14;
	uint16_t x = (uint16_t)(v + (v & ~(uint64_t)0x7f) + (two << 7));

	if (__builtin_expect(v >= 0x4000, 0))
		return varint_put_long(p, v);
	memcpy(p, &x, sizeof(x));
	return p + 1 + two;
}

static inline uint64_t
varint_join(uint64_t x)
{
	uint64_t stop = ~x & VARINT_STOPS;

	/* What is past the end goes, then pairs of groups become one. */
	x &= (stop ^ (stop - 1)) & ~VARINT_STOPS;
	x = (x & 0x007f007f007f007fu) | (x & 0x7f007f007f007f00u) >> 1;
	x = (x & 0x00003fff00003fffu) | (x & 0x3fff00003fff0000u) >> 2;
	return (x & 0x000000000fffffffu) | (x & 0x0fffffff00000000u) >> 4;
}

static inline uint64_t
varint_part(uint64_t x, unsigned from, unsigned stop)
{
	(void)stop;
	return varint_join(x >> from);
}

#endif

/* How many bits there are, of VARINT_STOPS. */
static inline unsigned
varint_stops(uint64_t stops)
{
	return (unsigned)((stops >> 7) * 0x0101010101010101u >> 56);
}

static inline unsigned
varint_len(uint64_t x)
{
	return ((unsigned)__builtin_ctzll(~x & VARINT_STOPS) >> 3) + 1;
}

/*
 * Reads a varint that ends before end; bits beyond 64 are dropped.  NULL: it
 * is longer than VARINT_MAX bytes (*v is 1), or than the input (*v is 0).
 */
static inline const uint8_t *
varint_get(const uint8_t *p, const uint8_t *end, uint64_t *v)
{
	uint64_t x = 0;

	for (unsigned shift = 0; p < end; shift += 7) {
		x |= (uint64_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80) {
			*v = x;
			return p;
		}
		if (shift == 7 * (VARINT_MAX - 1)) {
			*v = 1;
			return NULL;
		}
	}
	*v = 0;
	return NULL;
}

#endif
