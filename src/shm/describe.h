/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the segment says of itself: where its areas lie, and what its counters
 * are called and mean.
 */
#ifndef SHM_DESCRIBE_H
#define SHM_DESCRIBE_H

#include "shm/layout.h"
#include "shm/segment.h"

/* How many counters there are at all. */
#define DESCRIBE_COUNTERS	(SERVER_COUNTERS + COUNTERS +		\
	MASTER_COUNTERS + METHOD_COUNTERS + WORKER_HISTS + METHOD_HISTS)

/* Fills a zeroed head, all but names and the master. */
void	 describe_head(struct segment_head *, const struct segment_sizes *,
	    uint64_t page);

/* Descriptions, DESCRIBE_COUNTERS of them, of what is in lanes of that head. */
void	 describe_counters(struct segment_counter *,
	    const struct segment_head *);

/* A gauge of a dead process is 0. */
void	 describe_clear_gauges(struct lane *);

#endif
