/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of a histogram when it is read; counting itself is inline.
 * The counts may come from a segment that someone else writes, so no sum of
 * them is taken to be sane.
 */
#include "base/hist.h"

uint64_t
hist_low(unsigned bucket)
{
	unsigned shift;

	if (bucket >= HIST_BUCKETS)
		bucket = HIST_BUCKETS - 1;
	if (bucket < HIST_STEPS)
		return bucket;
	shift = (bucket >> HIST_BITS) - 1;
	return (uint64_t)(HIST_STEPS + (bucket & (HIST_STEPS - 1))) << shift;
}

uint64_t
hist_high(unsigned bucket)
{
	if (bucket >= HIST_BUCKETS - 1)
		return (UINT64_C(1) << HIST_TOP) - 1;
	return hist_low(bucket + 1) - 1;
}

/* The samples of the first n buckets; counts that overflow are cut off. */
static uint64_t
hist_sum(const uint64_t *counts, unsigned n)
{
	uint64_t total = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		if (__builtin_add_overflow(total, counts[i], &total))
			return UINT64_MAX;
	return total;
}

/* The 1-based place of the sample that p asks for, in 1..total. */
static uint64_t
hist_rank(uint64_t total, double p)
{
	double want = p * (double)total;
	uint64_t rank;

	if (!(want > 1))
		return 1;
	if (want >= (double)total)
		return total;
	rank = (uint64_t)want;
	return (double)rank < want ? rank + 1 : rank;
}

uint64_t
hist_quantile(const uint64_t counts[HIST_BUCKETS], double p)
{
	uint64_t total = hist_sum(counts, HIST_BUCKETS), left;
	unsigned i;

	if (total == 0)
		return 0;
	left = hist_rank(total, p);
	for (i = 0; i < HIST_BUCKETS - 1; i++) {
		if (counts[i] >= left)
			break;
		left -= counts[i];
	}
	return hist_high(i);
}

uint64_t
hist_below(const uint64_t counts[HIST_BUCKETS], uint64_t value)
{
	return hist_sum(counts, value >> HIST_TOP != 0 ? HIST_BUCKETS :
	    hist_index(value));
}
