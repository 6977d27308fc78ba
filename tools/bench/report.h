/* SPDX-License-Identifier: Apache-2.0 */
/* What a run has shown: for people, or as one JSON object with a newline. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "run.h"

void	 report_text(const struct run *, FILE *, unsigned columns);
void	 report_json(const struct run *, FILE *);

/* report_values.c: the figures of both. */

/* The share of requests that were not slower: p50 to p99.99. */
struct percentile {
	const char	*title, *key;
	double		 share;
};
#define PERCENTILES	5
extern const struct percentile percentiles[PERCENTILES];

/* Of exact times: a quantile's bucket may end above the longest of them. */
uint64_t report_quantile(const struct tf_stat_times *, double p,
	    uint64_t max_ns);

double	 report_seconds(const struct run *);
double	 report_rate(const struct run *);		/* answers a second */
double	 report_cpu(const struct rusage *, bool user);	/* seconds */
/* Nanoseconds that this program has used, user and system, for a request. */
double	 report_cpu_each(const struct run *, bool user);

#endif
