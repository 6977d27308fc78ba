/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buckets of a histogram are too many for a screen: neighbours are put
 * together, as many as it takes, always the same number and a power of two, so
 * that rows end where octaves do.
 */
#include "draw.h"

#include <inttypes.h>

#include "cell.h"

#define NUMBERS	32		/* columns before the bar */

struct rows {
	uint64_t	 count[DRAW_ROWS];
	uint64_t	 total, most;
	unsigned	 first;		/* bucket of the first row */
	unsigned	 each;		/* buckets in a row */
	unsigned	 n;
};

/* The rows from bucket first to last, with so many in each. */
static unsigned
rows_needed(unsigned first, unsigned last, unsigned each)
{
	return last / each - first / each + 1;
}

static void
fill(struct rows *r, const struct tf_stat_times *t)
{
	unsigned first = 0, last = TF_STAT_BUCKETS - 1, row;

	*r = (struct rows){ .each = 1 };
	while (first < TF_STAT_BUCKETS && t->count[first] == 0)
		first++;
	if (first == TF_STAT_BUCKETS)
		return;
	while (t->count[last] == 0)
		last--;
	while (rows_needed(first, last, r->each) > DRAW_ROWS)
		r->each *= 2;
	r->first = first / r->each * r->each;
	r->n = rows_needed(first, last, r->each);
	for (unsigned i = first; i <= last; i++) {
		row = (i - r->first) / r->each;
		r->count[row] += t->count[i];
		r->total += t->count[i];
		if (r->count[row] > r->most)
			r->most = r->count[row];
	}
}

static void
bar(uint64_t count, uint64_t most, unsigned width, FILE *f)
{
	unsigned n = (unsigned)((double)count / (double)most * width + 0.5);

	if (count > 0 && n == 0)
		fputs(" .", f);
	else if (n > 0)
		fputc(' ', f);
	while (n-- > 0)
		fputc('#', f);
	fputc('\n', f);
}

void
draw_times(const struct tf_stat_times *t, FILE *f, unsigned columns)
{
	unsigned width = columns > NUMBERS + 10 ? columns - NUMBERS - 2 : 10;
	uint64_t sum = 0;
	struct rows r;

	fill(&r, t);
	for (unsigned i = 0; i < r.n; i++) {
		sum += r.count[i];
		fprintf(f, "%9s %12" PRIu64 " %7.3f%%",
		    cell_time((double)tf_stat_times_low(r.first +
		    i * r.each)).s, r.count[i],
		    (double)sum / (double)r.total * 100);
		bar(r.count[i], r.most, width, f);
	}
}
