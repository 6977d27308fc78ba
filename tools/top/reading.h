/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One look at a segment, copied: what top shows is the difference of two.  A
 * reading knows nothing of the segment once it has been taken, so the server
 * may go away at any time.
 */
#ifndef TOP_READING_H
#define TOP_READING_H

#include <thriftfork/stat.h>

#include "reasons.h"

/* What was counted of a method, of a lane, or of all, since ever. */
struct sums {
	uint64_t	 calls, exceptions, errors, bytes_in, bytes_out;
	uint64_t	 time_ns, max_ns;
	struct tf_stat_times times;
	uint64_t	 threaded, wait_max_ns;	/* calls that threads ran */
	struct tf_stat_times waits;
};

struct reading_lane {
	struct tf_stat_lane lane;
	uint64_t	 connections, queued;
	struct sums	 sums;
};

struct reading_method {
	struct tf_stat_method name;
	struct sums	 sums;		/* of all lanes */
	struct sums	 alone;		/* of the one that is looked at */
	uint64_t	 in_flight;	/* there, or in all */
};

struct reading_call {
	unsigned	 lane;
	int		 thread;	/* -1: the event loop */
	struct tf_stat_call call;
};

struct reading {
	uint64_t	 at_ns;		/* CLOCK_MONOTONIC */
	struct tf_stat_master master;
	uint64_t	 in_flight;
	struct sums	 sums;
	struct reasons	 closed, died;	/* connections, workers */
	bool		 has_queue;	/* it tells who waits to be accepted */
	uint64_t	 queue, drops;
	int		 lane;		/* looked at alone, or TF_STAT_ALL */
	struct tf_stat_slot *slot;
	struct reading_lane *lanes;
	struct reading_method *method;
	struct reading_call *call;
	unsigned	 nslots, nlanes, nmethods, ncalls;
};

/* Never NULL: without memory the program ends.  free(NULL) does nothing. */
struct reading *reading_take(const struct tf_stat *, int lane);
void	 reading_free(struct reading *);

#endif
