/* SPDX-License-Identifier: Apache-2.0 */
/* See report.h. */
#include "report.h"

const struct percentile percentiles[PERCENTILES] = {
	{ "p50", "p50", 0.5 }, { "p90", "p90", 0.9 }, { "p99", "p99", 0.99 },
	{ "p99.9", "p999", 0.999 }, { "p99.99", "p9999", 0.9999 },
};

uint64_t
report_quantile(const struct tf_stat_times *times, double p, uint64_t max_ns)
{
	uint64_t ns = tf_stat_times_quantile(times, p);

	return ns < max_ns ? ns : max_ns;
}

double
report_seconds(const struct run *r)
{
	return (double)(r->ended_ns - r->begun_ns) / 1e9;
}

double
report_rate(const struct run *r)
{
	double seconds = report_seconds(r);

	return seconds > 0 ? (double)tally_answered(&r->tally) / seconds : 0;
}

double
report_cpu(const struct rusage *u, bool user)
{
	const struct timeval *tv = user ? &u->ru_utime : &u->ru_stime;

	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

double
report_cpu_each(const struct run *r, bool user)
{
	uint64_t n = r->tally.requests + r->tally.warmup;
	double used = report_cpu(&r->after, user) -
	    report_cpu(&r->before, user);

	return n == 0 ? 0 : used * 1e9 / (double)n;
}
