/* SPDX-License-Identifier: Apache-2.0 */
/* See json.h. */
#include "json.h"

#include <inttypes.h>
#include <time.h>

#include <thriftfork/stat.h>

#include "member.h"

static void
signed_number(FILE *f, const char *key, int value)
{
	fprintf(f, "\"%s\":%d,", key, value);
}

static void
rate(FILE *f, const char *key, uint64_t n, uint64_t interval_ns)
{
	fprintf(f, "\"%s\":%.3f,", key, interval_ns == 0 ? 0.0 :
	    (double)n * 1e9 / (double)interval_ns);
}

static void
tally(FILE *f, const struct tally *t)
{
	member_number(f, "calls", t->calls);
	member_number(f, "exceptions", t->exceptions);
	member_number(f, "errors", t->errors);
	member_number(f, "bytes_in", t->bytes_in);
	member_number(f, "bytes_out", t->bytes_out);
	member_number(f, "time_ns", t->time_ns);
	member_number(f, "p50_ns", t->p50_ns);
	member_number(f, "p99_ns", t->p99_ns);
	member_number(f, "p999_ns", t->p999_ns);
	member_number(f, "wait_p99_ns", t->wait_p99_ns);
	fprintf(f, "\"max_ns\":%" PRIu64 "}", t->max_ns);
}

static void
tallies(FILE *f, const struct view *v, const struct tally both[PERIODS])
{
	const struct tally *t = &both[INTERVAL];

	fputs("\"interval\":{", f);
	rate(f, "calls_per_s", t->calls, v->interval_ns);
	rate(f, "exceptions_per_s", t->exceptions, v->interval_ns);
	rate(f, "errors_per_s", t->errors, v->interval_ns);
	tally(f, t);
	fputs(",\"total\":{", f);
	tally(f, &both[TOTAL]);
}

static void
head(FILE *f, const struct view *v)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	member_text(f, "name", v->name);
	member_text(f, "library", v->library);
	member_text(f, "listen", v->listen);
	member_number(f, "at_ms", (uint64_t)ts.tv_sec * 1000 +
	    (uint64_t)ts.tv_nsec / 1000000);
	member_number(f, "interval_ms", v->interval_ns / 1000000);
	fputs("\"master\":{", f);
	signed_number(f, "pid", v->pid);
	member_number(f, "generation", v->generation);
	member_number(f, "workers", v->wanted);
	fprintf(f, "\"uptime_ms\":%" PRIu64 "},", v->uptime_ns / 1000000);
	member_number(f, "in_flight", v->in_flight);
	member_number(f, "connections", v->connections);
	tallies(f, v, v->tally);
}

static void
reasons(FILE *f, const char *key, const struct reasons *r,
    const struct reasons *interval)
{
	fprintf(f, ",\"%s\":[", key);
	for (unsigned i = 0; i < r->n; i++) {
		fputs(i == 0 ? "{" : ",{", f);
		member_text(f, "reason", r->of[i].name);
		if (interval != NULL)
			member_number(f, "interval_count", interval->of[i].n);
		fprintf(f, "\"count\":%" PRIu64 "}", r->of[i].n);
	}
	fputc(']', f);
}

static void
troubles(FILE *f, const struct view *v)
{
	if (v->has_queue)
		fprintf(f, ",\"accept_queue\":%" PRIu64
		    ",\"accept_drops\":%" PRIu64, v->queue, v->drops[TOTAL]);
	reasons(f, "closed", &v->closed[TOTAL], &v->closed[INTERVAL]);
	reasons(f, "deaths", &v->died, NULL);
}

static void
workers(FILE *f, const struct view *v)
{
	const struct worker_row *w;
	unsigned i;

	fputs(",\"workers\":[", f);
	for (i = 0; i < v->workers; i++) {
		w = &v->worker[i];
		fputs(i == 0 ? "{" : ",{", f);
		signed_number(f, "slot", w->slot);
		signed_number(f, "pid", w->pid);
		signed_number(f, "lane", w->lane);
		member_text(f, "state", w->state);
		member_number(f, "generation", w->generation);
		member_number(f, "restarts", w->restarts);
		member_number(f, "threads", w->threads);
		member_number(f, "uptime_ms", w->uptime_ns / 1000000);
		member_number(f, "busy_ms", w->busy_ns / 1000000);
		member_number(f, "connections", w->connections);
		member_number(f, "in_flight", w->in_flight);
		member_number(f, "queued", w->queued);
		tallies(f, v, w->tally);
		fputc('}', f);
	}
	fputc(']', f);
}

static void
method_name(FILE *f, const struct view *v, unsigned method)
{
	if (method >= v->methods)
		return;
	member_text(f, "service", v->method[method].service);
	member_text(f, "method", v->method[method].method);
}

static void
methods(FILE *f, const struct view *v)
{
	unsigned i;

	fputs(",\"methods\":[", f);
	for (i = 0; i < v->methods; i++) {
		fputs(i == 0 ? "{" : ",{", f);
		method_name(f, v, i);
		member_number(f, "running", v->method[i].running);
		member_number(f, "in_flight", v->method[i].in_flight);
		tallies(f, v, v->method[i].tally);
		fputc('}', f);
	}
	fputc(']', f);
}

static void
calls(FILE *f, const struct view *v)
{
	const struct call_row *c;
	unsigned i;

	fputs(",\"calls\":[", f);
	for (i = 0; i < v->calls; i++) {
		c = &v->call[i];
		fputs(i == 0 ? "{" : ",{", f);
		signed_number(f, "lane", c->lane);
		signed_number(f, "thread", c->thread);
		method_name(f, v, c->method);
		signed_number(f, "seqid", c->seqid);
		member_text(f, "peer", c->peer);
		member_number(f, "running_ms", c->running_ns / 1000000);
		fprintf(f, "\"stale\":%s}", c->stale ? "true" : "false");
	}
	fputc(']', f);
}

void
json_view(const struct view *v, FILE *f)
{
	fputc('{', f);
	head(f, v);
	troubles(f, v);
	workers(f, v);
	methods(f, v);
	calls(f, v);
	fputs("}\n", f);
}
