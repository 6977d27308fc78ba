/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the reader share: an open segment. */
#ifndef SHM_STAT_H
#define SHM_STAT_H

#include <stddef.h>

#include <thriftfork/stat.h>

#include "shm/layout.h"

struct tf_stat {
	char		*map;
	size_t		 size;
	struct segment_head at;		/* checked; what varies is old */
	struct segment_counter *counter;	/* checked */
	struct tf_stat_counter *shown;
	unsigned	 counters;
	struct segment_counter *hist;	/* the same of histograms */
	struct tf_stat_counter *hist_shown;
	unsigned	 hists;
	struct stat_flight {			/* counters, or -1 */
		int	 begun, ended, aborted;
	} workers, methods;
};

/* How many methods are published and have room everywhere. */
unsigned stat_methods(const struct tf_stat *);

/* Which of several a number or TF_STAT_ALL means: first up to end. */
struct range {
	unsigned	 first, end;
};
struct range stat_range(int which, uint64_t count);
struct range stat_lanes(const struct tf_stat *, int lane);

/*
 * How many published methods there may be at most, as far as they have room
 * everywhere.
 */
static inline uint64_t
stat_methods_max(const struct segment_head *h)
{
	uint64_t n = h->methods.count;

	if (n > h->method_table.count)
		n = h->method_table.count;
	return n < h->hists.count ? n : h->hists.count;
}

/* Adds a histogram of the segment that stands there. */
void	 stat_times_add(const struct tf_stat *, uint64_t *sum,
	    const char *words);

/* Where a lane begins; NULL if no process has had it. */
const char *stat_lane(const struct tf_stat *, unsigned lane);

/*
 * The two forms of tf_stat_print().  They know of the segment no more than any
 * other user of <thriftfork/stat.h>.
 */
void	 stat_text(const struct tf_stat *, FILE *);
void	 stat_json(const struct tf_stat *, FILE *);

#endif
