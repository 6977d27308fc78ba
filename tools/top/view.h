/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is to see: what two readings differ by, as rows.  Plain values,
 * whichever way they are shown.  Texts are as the segment has them, any bytes.
 */
#ifndef TOP_VIEW_H
#define TOP_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "reasons.h"

struct reading;

enum period {
	INTERVAL,			/* between the two readings */
	TOTAL,				/* since ever */
	PERIODS
};

/* What was counted in a period; times are 0 if there were no calls. */
struct tally {
	uint64_t	 calls, exceptions, errors, bytes_in, bytes_out;
	uint64_t	 time_ns;	/* of all calls together */
	uint64_t	 p50_ns, p99_ns, p999_ns, max_ns;
	uint64_t	 threaded;	/* those that threads ran */
	uint64_t	 wait_p99_ns;	/* for one; 0 if none did */
};

struct worker_row {
	int		 slot, lane, pid;	/* without a process -1 and 0 */
	char		 state[16];
	unsigned	 generation, restarts, threads;
	uint64_t	 uptime_ns, busy_ns, in_flight, connections, queued;
	struct tally	 tally[PERIODS];
};

struct method_row {
	unsigned	 number;
	char		 service[128], method[128];
	unsigned	 running;	/* loops and threads that are in it */
	uint64_t	 in_flight;
	struct tally	 tally[PERIODS];
};

struct call_row {
	int		 lane, thread;	/* -1: the event loop */
	unsigned	 method;
	int32_t		 seqid;
	char		 peer[48];
	uint64_t	 running_ns;
	bool		 stale;
};

struct view {
	char		 name[64], library[32], listen[256];
	int		 pid;
	unsigned	 generation, wanted;	/* workers, as configured */
	uint64_t	 uptime_ns, in_flight, connections;
	uint64_t	 interval_ns;	/* 0: one reading, no INTERVAL yet */
	struct tally	 tally[PERIODS];
	struct reasons	 closed[PERIODS];	/* connections */
	struct reasons	 died;		/* workers, since ever */
	bool		 has_queue;	/* the next two are known */
	uint64_t	 queue;		/* who waits to be accepted */
	uint64_t	 drops[PERIODS];	/* and was turned away */
	int		 lane;		/* whose methods these are; -1: all */
	uint64_t	 methods_ns[PERIODS];	/* all their time_ns */
	bool		 methods_since;	/* their INTERVAL is known, too */
	struct worker_row *worker;
	struct method_row *method;
	struct call_row	*call;
	unsigned	 workers, methods, calls;
};

/*
 * From two readings of one segment, or from one alone (before is NULL).  Never
 * NULL; to be freed with view_free(), which does nothing with NULL.
 */
struct view *view_make(const struct reading *before,
	    const struct reading *now);
void	 view_free(struct view *);

#endif
