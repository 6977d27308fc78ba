/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server did in the last ten minutes.  A segment holds sums since ever,
 * and a page that is opened now would have to wait until it has something to
 * show: so somebody looks once a second and keeps the differences.  600 of them
 * are kept.  Not for several threads at a time.
 */
#ifndef ADMIN_HISTORY_H
#define ADMIN_HISTORY_H

#include <stdint.h>
#include <stdio.h>

#include <thriftfork/stat.h>

#define HISTORY_POINTS	600

/*
 * How long calls took is kept coarsely: two steps for each power of two from
 * 1.024 us (2^10 ns) to 68.7 s (2^36 ns), and one for what is below.
 */
#define HISTORY_STEPS	53

/*
 * One look at a segment: sums since ever, and what is at the moment.  Waits are
 * those of calls for a thread, lags the turns of the workers' event loops.
 */
struct history_look {
	uint64_t	 at_ns;		/* a clock that is never set */
	int		 pid;		/* the master's */
	uint64_t	 master_ms;	/* when it began, since 1970 */
	unsigned	 generation;
	uint64_t	 calls, exceptions, errors, bytes_in, bytes_out;
	uint64_t	 in_flight, connections;
	struct tf_stat_times times, waits, lags;
};
void	 history_look(struct history_look *, const struct tf_stat *,
	    uint64_t at_ns);

struct history;

/*
 * It begins at this time, told by the clock of the looks and in ms since 1970;
 * from then on only the former counts.  Without memory the program ends.
 */
struct history *history_new(uint64_t at_ns, uint64_t at_ms);
void	 history_free(struct history *);

/*
 * A point is what two looks have between them, however far apart they are.  The
 * first look makes none, nor does one in which a sum has fallen: counting has
 * begun anew.
 */
void	 history_add(struct history *, const struct history_look *);

/* What is looked at next counts anew, even if none of its sums is smaller. */
void	 history_forget(struct history *);

/*
 * The points after number since as JSON, without the braces that belong round
 * it; 0: all.  Points are numbered from 1 in the order of time;
 * thriftfork-admin(1) tells the keys.
 */
void	 history_print(const struct history *, uint64_t since, FILE *);

#endif
