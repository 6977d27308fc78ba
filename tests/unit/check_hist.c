/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histogram buckets tile the range without gaps, are as narrow as promised,
 * and quantiles stay within a bucket's width of those of the sorted samples.
 */
#include <math.h>
#include <stdlib.h>

#include "base/hist.h"
#include "lib/unit.h"

#define TOP		(UINT64_C(1) << 36)
#define SAMPLES		20000

static uint64_t seed = 88172645463325252;

/* A random number of random size. */
static uint64_t
any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> (seed % 61);
}

START_TEST(buckets_tile_the_range)
{
	unsigned i;

	ck_assert_uint_eq(HIST_BUCKETS, 528);
	ck_assert_uint_eq(hist_low(0), 0);
	ck_assert_uint_eq(hist_high(HIST_BUCKETS - 1), TOP - 1);
	for (i = 0; i + 1 < HIST_BUCKETS; i++)
		ck_assert_uint_eq(hist_high(i) + 1, hist_low(i + 1));
}
END_TEST

START_TEST(buckets_are_narrow)
{
	uint64_t low, octave;
	unsigned i, steps;

	for (i = 0; i < HIST_BUCKETS; i++) {
		low = hist_low(i);
		ck_assert(low < 16 || (hist_high(i) - low + 1) * 16 <= low);
	}
	for (octave = 16; octave < TOP; octave *= 2) {
		for (i = steps = 0; i < HIST_BUCKETS; i++)
			steps += hist_low(i) >= octave &&
			    hist_low(i) < 2 * octave;
		ck_assert_uint_eq(steps, 16);
	}
}
END_TEST

static void
in_its_bucket(uint64_t v)
{
	unsigned i = hist_index(v);

	if (v >= TOP ? i != HIST_BUCKETS - 1 :
	    i >= HIST_BUCKETS || v < hist_low(i) || v > hist_high(i))
		ck_abort_msg("%llu in bucket %u", (unsigned long long)v, i);
}

START_TEST(values_lie_in_their_bucket)
{
	uint64_t v;
	int bit, n;

	for (v = 0; v < 100000; v++)
		in_its_bucket(v);
	for (bit = 0; bit < 64; bit++)
		for (v = 0; v < 3; v++)
			in_its_bucket((UINT64_C(1) << bit) - 1 + v);
	in_its_bucket(UINT64_MAX);
	for (n = 0; n < 1000000; n++)
		in_its_bucket(any());
}
END_TEST

static int
order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

START_TEST(quantiles_match_sorted_samples)
{
	static const double p[] = { 0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1 };
	static uint64_t sample[SAMPLES], counts[HIST_BUCKETS];
	uint64_t exact, got;
	size_t i, rank;

	for (i = 0; i < SAMPLES; i++) {
		sample[i] = any() % TOP;
		counts[hist_index(sample[i])]++;
	}
	qsort(sample, SAMPLES, sizeof(*sample), order);
	for (i = 0; i < sizeof(p) / sizeof(*p); i++) {
		rank = (size_t)ceil(p[i] * SAMPLES);
		exact = sample[rank == 0 ? 0 : rank - 1];
		got = hist_quantile(counts, p[i]);
		ck_assert_uint_ge(got, exact);
		ck_assert_uint_le(got, exact + exact / 16);
	}
}
END_TEST

START_TEST(odd_histograms)
{
	static uint64_t counts[HIST_BUCKETS];
	unsigned i;

	ck_assert_uint_eq(hist_quantile(counts, 0.5), 0);
	counts[7] = 1;
	ck_assert_uint_eq(hist_quantile(counts, 0), 7);
	ck_assert_uint_eq(hist_quantile(counts, NAN), 7);
	ck_assert_uint_eq(hist_quantile(counts, -3), 7);
	ck_assert_uint_eq(hist_quantile(counts, 3), 7);
	for (i = 0; i < HIST_BUCKETS; i++)
		counts[i] = UINT64_MAX;
	ck_assert_uint_lt(hist_quantile(counts, 1), TOP);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hist");
	TCase *t = unit_case(s, "hist");

	tcase_add_test(t, buckets_tile_the_range);
	tcase_add_test(t, buckets_are_narrow);
	tcase_add_test(t, values_lie_in_their_bucket);
	tcase_add_test(t, quantiles_match_sorted_samples);
	tcase_add_test(t, odd_histograms);
	return unit_main(s);
}
