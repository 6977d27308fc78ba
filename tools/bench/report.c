/* SPDX-License-Identifier: Apache-2.0 */
/* See report.h. */
#include "report.h"

#include <inttypes.h>
#include <string.h>

#include "cell.h"
#include "draw.h"

static struct cell
of_time(uint64_t ns)
{
	return cell_time((double)ns);
}

/* A count of requests, and what was said first; nothing if there are none. */
static void
count(FILE *f, const char *what, uint64_t n, const char *words)
{
	if (n == 0)
		return;
	fprintf(f, "  %-22s %12" PRIu64 "%s%s\n", what, n,
	    words[0] == '\0' ? "" : "  first: ", words);
}

static void
head(const struct run *r, FILE *f)
{
	const struct plan *p = r->plan;

	fprintf(f, "%s at %s: %s %s, %u connection%s, %u in flight on each\n",
	    p->target.name, p->target.addr, p->target.protocol,
	    p->framing, p->conns, p->conns == 1 ? "" : "s", p->depth);
	if (p->rate > 0)
		fprintf(f, "open loop, %s requests a second",
		    cell_number(p->rate, 12).s);
	else
		fputs("closed loop", f);
	fprintf(f, ", %.2f s", report_seconds(r));
	if (r->tally.warmup > 0)
		fprintf(f, " after a warm-up of %" PRIu64 " requests",
		    r->tally.warmup);
	fprintf(f, "%s\n\n", r->interrupted ? ", interrupted" : "");
}

static void
thrown(const struct tally *t, FILE *f)
{
	const struct tf_type *type = t->method->result;
	char what[64];

	for (uint32_t i = 0; i < type->n; i++) {
		if (t->thrown[i] == 0)
			continue;
		snprintf(what, sizeof(what), "threw %s",
		    type->fields[i].type->name);
		count(f, what, t->thrown[i], "");
	}
}

static void
outcomes(const struct run *r, FILE *f)
{
	const struct tally *t = &r->tally;

	fprintf(f, "%-24s %12" PRIu64 "  %s/s\n", "requests", t->requests,
	    cell_number((double)(uint64_t)report_rate(r), 12).s);
	count(f, "returned", t->count[RETURNED], "");
	count(f, "sent, oneway", t->count[SENT], "");
	thrown(t, f);
	for (int i = 0; i <= ANSWER_ERRORS; i++)
		count(f, i == ANSWER_ERRORS ? "other errors" :
		    answer_error_name(i), t->errors[i], t->first_error[i].s);
	count(f, "wrong replies", t->count[WRONG], t->first[WRONG].s);
	count(f, "timed out", t->count[TIMED_OUT], t->first[TIMED_OUT].s);
	count(f, "lost", t->count[LOST], t->first[LOST].s);
	count(f, "not waited for", t->count[UNANSWERED], "");
	if (r->missed > 0)
		fprintf(f, "%-24s %12" PRIu64 "  were due when it ended\n",
		    "never sent", r->missed);
	if (t->dropped > 0)
		fprintf(f, "%-24s %12" PRIu64 "  by the server\n",
		    "connections ended", t->dropped);
	if (t->knows_bytes)
		fprintf(f, "%-24s %12s  received %s\n", "bytes sent",
		    cell_number((double)t->bytes_out, 12).s,
		    cell_number((double)t->bytes_in, 12).s);
}

static void
times(const char *what, const struct tf_stat_times *t, uint64_t max_ns,
    FILE *f)
{
	fprintf(f, "%-12s", what);
	for (unsigned i = 0; i < PERCENTILES; i++)
		fprintf(f, " %8s", of_time(report_quantile(t,
		    percentiles[i].share, max_ns)).s);
	fprintf(f, " %8s", of_time(max_ns).s);
}

static void
latency(const struct run *r, FILE *f)
{
	const struct tally *t = &r->tally;

	fprintf(f, "\n%-12s", "");
	for (unsigned i = 0; i < PERCENTILES; i++)
		fprintf(f, " %8s", percentiles[i].title);
	fprintf(f, " %8s %8s\n", "max", "mean");
	times("latency", &t->times, t->max_ns, f);
	fprintf(f, " %8s\n", of_time(t->sum_ns / tally_answered(t)).s);
	if (r->plan->rate > 0) {
		times("sent late by", &t->behind, t->behind_max_ns, f);
		fputc('\n', f);
	}
}

void
report_text(const struct run *r, FILE *f, unsigned columns)
{
	head(r, f);
	outcomes(r, f);
	if (tally_answered(&r->tally) > 0) {
		latency(r, f);
		fputc('\n', f);
		draw_times(&r->tally.times, f, columns);
	}
	fprintf(f, "\nprocessor time of this client: %s a request, user %s "
	    "and system %s\n",
	    cell_time(report_cpu_each(r, true) + report_cpu_each(r, false)).s,
	    cell_time(report_cpu_each(r, true)).s,
	    cell_time(report_cpu_each(r, false)).s);
}
