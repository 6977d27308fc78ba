/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts, latencies and the first problems, and their two printed forms.  Both
 * forms are made from one list of rows, so neither can miss a count that the
 * other has.
 */
#include "load_report.h"

#include <inttypes.h>
#include <stdarg.h>

#define STEPS		32u		/* of the histogram, per octave */
#define STEP_BITS	5u

struct row {
	const char	*key, *text;
	uint64_t	 n;
};

static const char *const verdict_names[VERDICTS] = {
	[VERDICT_RIGHT] = "right",
	[VERDICT_DECLARED] = "declared",
	[VERDICT_ERROR] = "error",
	[VERDICT_APP] = "app",
	[WRONG_FRAME] = "frame",
	[WRONG_MESSAGE] = "message",
	[WRONG_SEQID] = "seqid",
	[WRONG_NAME] = "name",
	[WRONG_TYPE] = "type",
	[WRONG_VALUE] = "value",
	[WRONG_ORDER] = "order",
};

static const char *const ending_names[ENDINGS] = {
	[CLOSED_IDLE] = "closed_idle",
	[CLOSED_IN_FLIGHT] = "closed_in_flight",
	[CLOSED_MID_REPLY] = "closed_mid_reply",
	[CLOSED_RESET] = "closed_reset",
	[CLOSED_BY_TLS] = "closed_by_tls",
	[GAVE_UP] = "gave_up",
};

static const char *const stray_names[STRAYS] = {
	[STRAY_ONEWAY] = "oneway",
	[STRAY_LATE] = "late",
	[STRAY_DUPLICATE] = "duplicate",
	[STRAY_UNASKED] = "unasked",
};

const char *
report_verdict_name(enum verdict v)
{
	return verdict_names[v];
}

const char *
report_ending_name(enum ending e)
{
	return ending_names[e];
}

const char *
report_stray_name(enum stray s)
{
	return stray_names[s];
}

void
report_problem(struct report *r, uint64_t conn, unsigned port, int64_t call,
    const char *fmt, ...)
{
	struct problem *p;
	va_list ap;

	if (r->nproblems++ >= REPORT_PROBLEMS)
		return;
	p = &r->problem[r->nproblems - 1];
	p->conn = conn;
	p->port = port;
	p->call = call;
	va_start(ap, fmt);
	(void)vsnprintf(p->what, sizeof(p->what), fmt, ap);
	va_end(ap);
	for (char *s = p->what; *s != '\0'; s++) {
		if (*s < ' ' || *s > '~')	/* a stranger's bytes */
			*s = '?';
	}
}

static unsigned
bucket_of(uint64_t ns)
{
	unsigned shift;

	if (ns < STEPS)
		return (unsigned)ns;
	shift = 63 - (unsigned)__builtin_clzll(ns) - STEP_BITS;
	return (shift + 1) * STEPS + (unsigned)(ns >> shift) - STEPS;
}

/* The largest value that falls into the bucket. */
static uint64_t
bucket_top(unsigned b)
{
	unsigned shift;

	if (b < STEPS)
		return b;
	shift = b / STEPS - 1;
	return ((uint64_t)(b % STEPS + STEPS + 1) << shift) - 1;
}

void
report_latency(struct report *r, uint64_t ns)
{
	r->histogram[bucket_of(ns)]++;
	if (ns > r->max_ns)
		r->max_ns = ns;
}

static double
quantile_us(const struct report *r, double q)
{
	uint64_t all, seen, top;
	unsigned b;

	all = 0;
	for (b = 0; b < REPORT_HISTOGRAM; b++)
		all += r->histogram[b];
	seen = 0;
	for (b = 0; b < REPORT_HISTOGRAM; b++) {
		seen += r->histogram[b];
		if (seen > 0 && (double)seen >= q * (double)all)
			break;
	}
	top = all == 0 ? 0 : bucket_top(b);
	return (double)(top < r->max_ns ? top : r->max_ns) / 1e3;
}

void
report_app(struct report *r, int32_t type, uint64_t latency_ns)
{
	bool known = type >= 0 && type <= PROTO_MAX_TYPE;

	if (latency_ns > r->app_max_ns)
		r->app_max_ns = latency_ns;

	r->app_by[known ? type : PROTO_MAX_TYPE + 1]++;
}

uint64_t
report_right(const struct report *r)
{
	return r->verdict[VERDICT_RIGHT] + r->verdict[VERDICT_DECLARED] +
	    r->verdict[VERDICT_ERROR];
}

uint64_t
report_wrong(const struct report *r)
{
	uint64_t n;

	n = 0;
	for (unsigned v = WRONG_FRAME; v < VERDICTS; v++)
		n += r->verdict[v];
	return n;
}

int64_t
report_pending(const struct report *r)
{
	return (int64_t)(r->sent - report_right(r) - report_wrong(r) -
	    r->verdict[VERDICT_APP] - r->lost - r->timed_out);
}

static uint64_t
sum(const uint64_t *v, unsigned n)
{
	uint64_t s;

	for (s = 0; n > 0; n--)
		s += *v++;
	return s;
}

bool
report_ok(const struct report *r)
{
	return report_right(r) == r->sent && report_pending(r) == 0 &&
	    r->refused == 0 && r->connect_failed == 0 && !r->stuck &&
	    r->once_skipped == 0 && sum(r->ended, ENDINGS) == 0 &&
	    sum(r->stray, STRAYS) == 0;
}

/* Fills rows, in the order of the report; how many. */
static unsigned
rows_of(const struct report *r, struct row *row)
{
	const struct row all[] = {
		{ "opened", "connections opened", r->opened },
		{ "refused", "refused", r->refused },
		{ "connect_failed", "connect failed otherwise",
		    r->connect_failed },
		{ "closed_idle", "closed by peer, nothing in flight",
		    r->ended[CLOSED_IDLE] },
		{ "closed_in_flight", "closed by peer, calls in flight",
		    r->ended[CLOSED_IN_FLIGHT] },
		{ "closed_mid_reply", "closed by peer, in mid-reply",
		    r->ended[CLOSED_MID_REPLY] },
		{ "closed_reset", "reset", r->ended[CLOSED_RESET] },
		{ "closed_by_tls", "ended by TLS, or without its close",
		    r->ended[CLOSED_BY_TLS] },
		{ "gave_up", "closed by this client", r->ended[GAVE_UP] },
		{ "sent", "calls sent", r->sent },
		{ "right", "answered right", report_right(r) },
		{ "declared_exceptions", "  of these declared exceptions",
		    r->verdict[VERDICT_DECLARED] },
		{ "expected_errors", "  of these errors",
		    r->verdict[VERDICT_ERROR] },
		{ "wrong", "answered wrong", report_wrong(r) },
		{ "app_exceptions", "application exceptions",
		    r->verdict[VERDICT_APP] },
		{ "lost", "lost with their connection", r->lost },
		{ "timed_out", "timed out", r->timed_out },
		{ "oneways", "oneways sent", r->oneways },
		{ "oneways_proven", "  of these proven unanswered",
		    r->oneways_proven },
		{ "stray", "stray replies", sum(r->stray, STRAYS) },
		{ "once_skipped", "once-clients not started",
		    r->once_skipped },
		{ "most_out", "most of them outstanding at a time",
		    r->most_out },
	};
	unsigned n;

	for (n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		row[n] = all[n];
	return n;
}

static double
seconds(const struct report *r)
{
	return (double)(r->ended_ns - r->started_ns) / 1e9;
}

static void
text_by(FILE *f, const char *what, const char *const *names, const uint64_t *v,
    unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		if (v[i] != 0)
			fprintf(f, "    %s %s: %" PRIu64 "\n", what, names[i],
			    v[i]);
	}
}

static void
text_problems(const struct report *r, FILE *f)
{
	const struct problem *p;

	for (uint64_t i = 0; i < r->nproblems && i < REPORT_PROBLEMS; i++) {
		p = &r->problem[i];
		fprintf(f, "! conn %" PRIu64 " port %u", p->conn, p->port);
		if (p->call >= 0)
			fprintf(f, " call %" PRId64, p->call);
		fprintf(f, ": %s\n", p->what);
	}
	if (r->nproblems > REPORT_PROBLEMS)
		fprintf(f, "! and %" PRIu64 " more\n",
		    r->nproblems - REPORT_PROBLEMS);
}

void
report_text(const struct report *r, FILE *f)
{
	struct row row[32];
	unsigned n;

	n = rows_of(r, row);
	for (unsigned i = 0; i < n; i++)
		fprintf(f, "%-36s %12" PRIu64 "\n", row[i].text, row[i].n);
	fprintf(f, "%-36s %12" PRId64 "\n", "pending", report_pending(r));
	text_by(f, "wrong", verdict_names, r->verdict, WRONG_FRAME, VERDICTS);
	text_by(f, "stray", stray_names, r->stray, 0, STRAYS);
	for (unsigned i = 0; i < PROTO_MAX_TYPE + 2; i++) {
		if (r->app_by[i] != 0)
			fprintf(f, "    application exception %s%u: %" PRIu64
			    "\n", i > PROTO_MAX_TYPE ? "above " : "",
			    i > PROTO_MAX_TYPE ? i - 1 : i, r->app_by[i]);
	}
	fprintf(f, "latency us  p50 %.1f  p90 %.1f  p99 %.1f  max %.1f\n",
	    quantile_us(r, 0.5), quantile_us(r, 0.9), quantile_us(r, 0.99),
	    (double)r->max_ns / 1e3);
	fprintf(f, "%.0f calls/s for %.2f s\n", seconds(r) > 0 ?
	    (double)report_right(r) / seconds(r) : 0.0, seconds(r));
	text_problems(r, f);
	fprintf(f, "%s\n", report_ok(r) ? "ok" : "NOT ok");
}

static void
json_string(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s != '\0'; s++)
		fprintf(f, "%s%c", *s == '"' || *s == '\\' ? "\\" : "", *s);
	putc('"', f);
}

static void
json_by(FILE *f, const char *key, const char *const *names, const uint64_t *v,
    unsigned from, unsigned to)
{
	fprintf(f, ", \"%s\": {", key);
	for (unsigned i = from; i < to; i++)
		fprintf(f, "%s\"%s\": %" PRIu64, i > from ? ", " : "",
		    names[i], v[i]);
	putc('}', f);
}

static void
json_app(const struct report *r, FILE *f)
{
	const char *comma = "";

	fprintf(f, ", \"app_by\": {");
	for (unsigned i = 0; i < PROTO_MAX_TYPE + 2; i++) {
		if (r->app_by[i] == 0)
			continue;
		if (i > PROTO_MAX_TYPE)
			fprintf(f, "%s\"other\": %" PRIu64, comma,
			    r->app_by[i]);
		else
			fprintf(f, "%s\"%u\": %" PRIu64, comma, i,
			    r->app_by[i]);
		comma = ", ";
	}
	putc('}', f);
}

static void
json_methods(const struct report *r, FILE *f)
{
	const char *comma = "";

	fprintf(f, ", \"methods\": {");
	for (unsigned i = 0; i < CALL_KINDS; i++) {
		if (r->of[i].sent == 0)
			continue;
		fprintf(f, "%s\"%s\": {\"sent\": %" PRIu64 ", \"right\": %"
		    PRIu64 "}", comma, call_methods[i], r->of[i].sent,
		    r->of[i].right);
		comma = ", ";
	}
	putc('}', f);
}

static void
json_problems(const struct report *r, FILE *f)
{
	const struct problem *p;

	fprintf(f, ", \"problems_seen\": %" PRIu64 ", \"problems\": [",
	    r->nproblems);
	for (uint64_t i = 0; i < r->nproblems && i < REPORT_PROBLEMS; i++) {
		p = &r->problem[i];
		fprintf(f, "%s{\"conn\": %" PRIu64 ", \"port\": %u, \"call\": ",
		    i > 0 ? ", " : "", p->conn, p->port);
		if (p->call >= 0)
			fprintf(f, "%" PRId64, p->call);
		else
			fprintf(f, "null");
		fprintf(f, ", \"what\": ");
		json_string(f, p->what);
		putc('}', f);
	}
	putc(']', f);
}

void
report_json(const struct report *r, FILE *f)
{
	struct row row[32];
	unsigned n;

	n = rows_of(r, row);
	fprintf(f, "{\"ok\": %s, \"stuck\": %s, \"seconds\": %.3f",
	    report_ok(r) ? "true" : "false", r->stuck ? "true" : "false",
	    seconds(r));
	for (unsigned i = 0; i < n; i++)
		fprintf(f, ", \"%s\": %" PRIu64, row[i].key, row[i].n);
	fprintf(f, ", \"pending\": %" PRId64, report_pending(r));
	json_by(f, "wrong_by", verdict_names, r->verdict, WRONG_FRAME,
	    VERDICTS);
	json_by(f, "stray_by", stray_names, r->stray, 0, STRAYS);
	json_app(r, f);
	json_methods(r, f);
	fprintf(f, ", \"latency_us\": {\"p50\": %.1f, \"p90\": %.1f, "
	    "\"p99\": %.1f, \"max\": %.1f, \"app_max\": %.1f}",
	    quantile_us(r, 0.5), quantile_us(r, 0.9), quantile_us(r, 0.99),
	    (double)r->max_ns / 1e3, (double)r->app_max_ns / 1e3);
	json_problems(r, f);
	fprintf(f, "}\n");
}
