/* SPDX-License-Identifier: Apache-2.0 */
/* See report.h; the keys are those of thriftfork-bench(1). */
#include <inttypes.h>

#include "member.h"
#include "report.h"

static void
real(FILE *f, const char *key, double value)
{
	fprintf(f, "\"%s\":%.3f,", key, value);
}

static void
head(const struct run *r, FILE *f)
{
	const struct plan *p = r->plan;

	member_text(f, "method", p->target.name);
	member_text(f, "address", p->target.addr);
	member_text(f, "protocol", p->target.protocol);
	member_text(f, "framing", p->framing);
	member_number(f, "connections", p->conns);
	member_number(f, "depth", p->depth);
	real(f, "rate", p->rate);
	real(f, "seconds", report_seconds(r));
	fprintf(f, "\"interrupted\":%s,", r->interrupted ? "true" : "false");
}

static void
thrown(const struct tally *t, FILE *f)
{
	const struct tf_type *type = t->method->result;
	const char *comma = "";

	fputs("\"exceptions\":{", f);
	for (uint32_t i = 0; i < type->n; i++) {
		if (t->thrown[i] == 0)
			continue;
		fprintf(f, "%s\"%s\":%" PRIu64, comma,
		    type->fields[i].type->name, t->thrown[i]);
		comma = ",";
	}
	fputs("},", f);
}

static void
errors(const struct tally *t, FILE *f)
{
	const char *comma = "";

	fputs("\"errors\":{", f);
	for (int i = 0; i <= ANSWER_ERRORS; i++) {
		if (t->errors[i] == 0)
			continue;
		fprintf(f, "%s\"%s\":%" PRIu64, comma, i == ANSWER_ERRORS ?
		    "other" : answer_error_name(i), t->errors[i]);
		comma = ",";
	}
	fputs("},", f);
}

static void
outcomes(const struct run *r, FILE *f)
{
	const struct tally *t = &r->tally;

	member_number(f, "warmup", t->warmup);
	member_number(f, "requests", t->requests);
	real(f, "answers_per_s", report_rate(r));
	member_number(f, "returned", t->count[RETURNED]);
	member_number(f, "sent", t->count[SENT]);
	thrown(t, f);
	errors(t, f);
	member_number(f, "wrong", t->count[WRONG]);
	member_number(f, "timed_out", t->count[TIMED_OUT]);
	member_number(f, "lost", t->count[LOST]);
	member_number(f, "not_waited_for", t->count[UNANSWERED]);
	member_number(f, "never_sent", r->missed);
	member_number(f, "connections_ended", t->dropped);
	if (!t->knows_bytes)
		return;
	member_number(f, "bytes_sent", t->bytes_out);
	member_number(f, "bytes_received", t->bytes_in);
}

/* An object of the percentiles, without its end. */
static void
times(FILE *f, const char *key, const struct tf_stat_times *t, uint64_t max_ns)
{
	fprintf(f, "\"%s\":{", key);
	for (unsigned i = 0; i < PERCENTILES; i++)
		member_number(f, percentiles[i].key, report_quantile(t,
		    percentiles[i].share, max_ns));
	fprintf(f, "\"max\":%" PRIu64, max_ns);
}

static void
histogram(FILE *f, const struct tf_stat_times *t)
{
	const char *comma = "";

	fputs("\"histogram\":[", f);
	for (unsigned i = 0; i < TF_STAT_BUCKETS; i++) {
		if (t->count[i] == 0)
			continue;
		fprintf(f, "%s[%" PRIu64 ",%" PRIu64 "]", comma,
		    tf_stat_times_low(i), t->count[i]);
		comma = ",";
	}
	fputs("],", f);
}

void
report_json(const struct run *r, FILE *f)
{
	const struct tally *t = &r->tally;
	uint64_t answered = tally_answered(t);

	fputc('{', f);
	head(r, f);
	outcomes(r, f);
	times(f, "latency_ns", &t->times, t->max_ns);
	fprintf(f, ",\"mean\":%" PRIu64 "},",
	    answered == 0 ? 0 : t->sum_ns / answered);
	times(f, "late_ns", &t->behind, t->behind_max_ns);
	fputs("},", f);
	histogram(f, &t->times);
	real(f, "user_ns_per_request", report_cpu_each(r, true));
	fprintf(f, "\"system_ns_per_request\":%.3f}\n",
	    report_cpu_each(r, false));
}
