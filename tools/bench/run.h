/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run: the schedule and the tally that its engine works with, when it is
 * over, and what the user sees meanwhile.  An engine is a function that makes
 * the connections, calls run_begin(), and then requests as the schedule says
 * until run_is_over() and nothing is under way.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <sys/resource.h>

#include "plan.h"
#include "schedule.h"
#include "tally.h"

#define TICK_MS		50	/* how often an engine calls run_tick() */
#define NS_PER_MS	UINT64_C(1000000)
#define NS_PER_S	UINT64_C(1000000000)

struct progress {
	bool		 on, shown;
	uint64_t	 at_ns;
	uint64_t	 answered;
	struct tf_stat_times times;
};

struct run {
	const struct plan *plan;
	struct schedule	 schedule;
	struct tally	 tally;
	struct progress	 progress;
	struct rusage	 before, after;
	uint64_t	 begun_ns, ended_ns;	/* warm-up left out */
	uint64_t	 missed;	/* of the schedule: never sent */
	bool		 interrupted;
	bool		 few_words;	/* outcomes do not name the call */
	char		 why[300];	/* it makes no sense; "" */
	char		 gone[300];	/* why the server's absence ended it */
};

typedef int engine_fn(struct run *);
engine_fn raw_run, library_run, waiting_run;

uint64_t now_ns(void);

/* Each INT and TERM ends a run: the first gently, the second at once. */
void	 run_init(struct run *, const struct plan *);
void	 run_fini(struct run *);

/* From now on time counts, and requests are due. */
void	 run_begin(struct run *);

/* Now and then; it shows the user how it goes. */
void	 run_tick(struct run *, uint64_t now_ns);
bool	 run_is_over(const struct run *, uint64_t now_ns);
/* The user does not want to wait for what is under way. */
bool	 run_is_cut(void);
void	 run_end(struct run *);

/*
 * Counts what has become of a request.  If the first of all has had no answer
 * there is nothing to measure, and the run ends with the reason in why.
 */
void	 run_count(struct run *, const struct outcome *,
	    const struct request *, uint64_t now_ns);

#endif
