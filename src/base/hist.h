/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log-linear histograms: every power of two is cut into 16 equal steps, so a
 * bucket is at most 1/16 of its lower bound wide wherever it lies.  Values are
 * whole nanoseconds; below 32 each has a bucket of its own, and from 2^36 (68.7
 * seconds) on all share the last one.  A histogram is a bare array of counts:
 * arrays are merged by adding them up, and it may stand in shared memory.
 */
#ifndef BASE_HIST_H
#define BASE_HIST_H

#include <stdint.h>
#include <string.h>

#define HIST_BITS	4		/* log2 of the steps per octave */
#define HIST_STEPS	(1u << HIST_BITS)
#define HIST_TOP	36		/* log2 of the first value too big */
#define HIST_BUCKETS	((HIST_TOP - HIST_BITS + 1) * HIST_STEPS)

/*
 * The bucket that counts this value.  Exponent and first bits of a double are
 * octave and step of a whole number; those below 16 have no such octave.
 */
static inline uint64_t
hist_index(uint64_t value)
{
	const uint64_t first = (1023 + HIST_BITS) << HIST_BITS;
	double d = (double)(int64_t)value;
	uint64_t i;

	memcpy(&i, &d, sizeof(i));
	i = (i >> (52 - HIST_BITS)) - first;
	if (__builtin_expect(i < HIST_BUCKETS - HIST_STEPS, 1)) {
		__asm__("" : "+r" (i));	/* one subtraction is enough */
		return i + HIST_STEPS;
	}
	return value < HIST_STEPS ? value : HIST_BUCKETS - 1;
}

/*
 * The least and the greatest value that a bucket counts.  The last bucket's
 * greatest is 2^36 - 1, although what is larger has been counted there too.
 */
uint64_t hist_low(unsigned bucket);
uint64_t hist_high(unsigned bucket);

/*
 * The value that a share p (0 to 1) of all samples does not exceed, rounded up
 * to the upper bound of its bucket; 0 if nothing was counted.
 */
uint64_t hist_quantile(const uint64_t counts[HIST_BUCKETS], double p);

/*
 * How many samples are less than this value, which is rounded down to where a
 * bucket begins; from 2^36 on all of them.
 */
uint64_t hist_below(const uint64_t counts[HIST_BUCKETS], uint64_t value);

#endif
