/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long calls took: the histograms of a segment, copied, so that a reader
 * can take an earlier copy off a later one and has those of the time between;
 * or of its own, so that what a client measures reads as what a server counts.
 */
#include "shm/stat.h"

#include <string.h>

#include "base/hist.h"

_Static_assert(TF_STAT_BUCKETS == HIST_BUCKETS, "the public struct");

void
stat_times_add(const struct tf_stat *st, uint64_t *sum, const char *words)
{
	uint64_t i, n = st->at.hist_buckets;
	const word *from = (const void *)words;

	if (n > HIST_BUCKETS)
		n = HIST_BUCKETS;
	for (i = 0; i < n; i++)
		sum[i] += word_published(from + i);
}

/* What nobody called has a histogram whose pages are not there yet. */
static void
hist_sum(const struct tf_stat *st, const struct segment_counter *c,
    const char *lane, struct range methods, uint64_t *sum)
{
	const struct segment_area *t = &st->at.method_table;
	const char *entry;

	if (c->place == SEGMENT_IN_LANE) {
		if (word_get((const void *)(lane + c->many)) != 0)
			stat_times_add(st, sum, lane + c->offset);
		return;
	}
	for (unsigned m = methods.first; m < methods.end; m++) {
		entry = lane + t->offset + m * t->stride;
		if (word_get((const void *)(entry + c->many)) != 0)
			stat_times_add(st, sum, lane + c->offset +
			    m * st->at.hist_buckets * sizeof(uint64_t));
	}
}

void
tf_stat_get_histogram(const struct tf_stat *st, int histogram, int method,
    int lane, struct tf_stat_times *to)
{
	struct range lanes = stat_lanes(st, lane);
	struct range methods = stat_range(method, stat_methods(st));
	const char *words;

	memset(to, 0, sizeof(*to));
	if (histogram < 0 || (unsigned)histogram >= st->hists ||
	    st->at.hist_bits != HIST_BITS)
		return;
	for (unsigned l = lanes.first; l < lanes.end; l++)
		if ((words = stat_lane(st, l)) != NULL)
			hist_sum(st, &st->hist[histogram], words, methods,
			    to->count);
}

/* By what the head says, which masters of all versions do. */
void
tf_stat_get_times(const struct tf_stat *st, int method, int lane,
    struct tf_stat_times *to)
{
	int calls = tf_stat_find(st, TF_STAT_METHOD, "calls");
	struct range lanes = stat_lanes(st, lane);
	struct range methods = stat_range(method, stat_methods(st));
	const struct segment_area *a = &st->at.hists;
	const char *words;
	unsigned l, m;

	memset(to, 0, sizeof(*to));
	if (st->at.hist_bits != HIST_BITS)
		return;
	for (l = lanes.first; l < lanes.end; l++) {
		if ((words = stat_lane(st, l)) == NULL)
			continue;
		for (m = methods.first; m < methods.end; m++)
			if (tf_stat_value(st, calls, (int)m, (int)l) != 0)
				stat_times_add(st, to->count, words +
				    a->offset + m * a->stride);
	}
}

void
tf_stat_times_since(struct tf_stat_times *now,
    const struct tf_stat_times *before)
{
	unsigned i;

	for (i = 0; i < TF_STAT_BUCKETS; i++)
		now->count[i] = now->count[i] > before->count[i] ?
		    now->count[i] - before->count[i] : 0;
}

uint64_t
tf_stat_times_quantile(const struct tf_stat_times *times, double p)
{
	return hist_quantile(times->count, p);
}

void
tf_stat_times_add(struct tf_stat_times *times, uint64_t ns)
{
	times->count[hist_index(ns)]++;
}

uint64_t
tf_stat_times_low(unsigned bucket)
{
	return hist_low(bucket);
}

uint64_t
tf_stat_times_below(const struct tf_stat_times *times, uint64_t ns)
{
	return hist_below(times->count, ns);
}

uint64_t
tf_stat_quantile(const struct tf_stat *st, int method, int lane, double p)
{
	struct tf_stat_times times;

	tf_stat_get_times(st, method, lane, &times);
	return tf_stat_times_quantile(&times, p);
}
