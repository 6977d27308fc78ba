/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a server as a table of 80 columns.  What was never used is left
 * out: parked slots, methods that nobody called.
 */
#include "shm/stat.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define LONG_CALL_NS	NS_PER_S	/* from here on a call is shown */
#define DEATHS_SHOWN	5
#define NAME_WIDTH	30
#define OWN_WIDTH	59

/* A number, a duration or an escaped text in few characters. */
struct cell {
	char		 s[32];
};

static struct cell
cell_count(uint64_t n)
{
	static const char units[] = "MGTPE";
	struct cell c;
	unsigned u = 0;

	if (n < UINT64_C(10000000)) {
		snprintf(c.s, sizeof(c.s), "%" PRIu64, n);
		return c;
	}
	for (n /= 1000; n >= UINT64_C(1000000); u++)
		n /= 1000;
	snprintf(c.s, sizeof(c.s), "%" PRIu64 ".%02u%c", n / 1000,
	    (unsigned)(n % 1000 / 10), units[u]);
	return c;
}

/* How long something runs: the two largest of its units. */
static struct cell
cell_uptime(uint64_t ns)
{
	uint64_t s = ns / NS_PER_S;
	struct cell c;

	if (s < 60)
		snprintf(c.s, sizeof(c.s), "%us", (unsigned)s);
	else if (s < 3600)
		snprintf(c.s, sizeof(c.s), "%um%02us", (unsigned)(s / 60),
		    (unsigned)(s % 60));
	else if (s < 86400)
		snprintf(c.s, sizeof(c.s), "%uh%02um", (unsigned)(s / 3600),
		    (unsigned)(s / 60 % 60));
	else
		snprintf(c.s, sizeof(c.s), "%" PRIu64 "d%02uh", s / 86400,
		    (unsigned)(s / 3600 % 24));
	return c;
}

/* How long a call takes: three digits and a unit, if they will do. */
static struct cell
cell_time(uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	uint64_t whole = ns, rest = 0;
	struct cell c;
	unsigned u;

	if (ns >= 1000 * NS_PER_S)
		return cell_uptime(ns);
	for (u = 0; u < 3 && whole >= 1000; u++) {
		rest = whole % 1000;
		whole /= 1000;
	}
	if (u == 0 || whole >= 100)
		snprintf(c.s, sizeof(c.s), "%" PRIu64 "%s", whole, units[u]);
	else if (whole >= 10)
		snprintf(c.s, sizeof(c.s), "%" PRIu64 ".%u%s", whole,
		    (unsigned)(rest / 100), units[u]);
	else
		snprintf(c.s, sizeof(c.s), "%" PRIu64 ".%02u%s", whole,
		    (unsigned)(rest / 10), units[u]);
	return c;
}

static void
text_put(FILE *f, const char *text)
{
	char line[1024];

	tf_stat_escape(text, line, sizeof(line));
	fputs(line, f);
}

/* "Service.method", escaped. */
static void
method_name(const struct tf_stat *st, unsigned method, char *to, size_t size)
{
	struct tf_stat_method m;
	char name[sizeof(m.service) + sizeof(m.method)];

	if (!tf_stat_get_method(st, method, &m))
		snprintf(name, sizeof(name), "other");
	else
		snprintf(name, sizeof(name), "%s%s%s", m.service,
		    m.service[0] == '\0' ? "" : ".", m.method);
	tf_stat_escape(name, to, size);
}

static void
text_master(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_master m;

	tf_stat_get_master(st, &m);
	text_put(f, m.name);
	fprintf(f, ": master %d, %sup %s, generation %u, %u worker%s, "
	    "in flight %s\n", m.pid, m.stopping ? "stopping, " : "",
	    cell_uptime(m.uptime_ns).s, m.generation, m.workers,
	    m.workers == 1 ? "" : "s",
	    cell_count(tf_stat_in_flight(st, TF_STAT_ALL)).s);
	if (m.listen[0] != '\0') {
		fputs("listening on ", f);
		text_put(f, m.listen);
		fputc('\n', f);
	}
}

#define WORKER_ROW	"%4s %8s %-9s %5s %7s %8s %7s %12s %9s\n"

static void
text_worker(const struct tf_stat *st, FILE *f, unsigned slot,
    const struct tf_stat_slot *s)
{
	struct tf_stat_lane l = { 0 };
	uint64_t conns = 0;
	char state[64], pid[16] = "-";

	if (s->lane >= 0) {
		tf_stat_get_lane(st, (unsigned)s->lane, &l);
		conns = tf_stat_connections(st, s->lane);
	}
	if (s->pid > 0)
		snprintf(pid, sizeof(pid), "%d", s->pid);
	tf_stat_escape(s->state, state, sizeof(state));
	fprintf(f, WORKER_ROW, cell_count(slot).s, pid, state,
	    cell_count(s->generation).s, cell_uptime(s->uptime_ns).s,
	    cell_count(s->restarts).s, cell_count(conns).s,
	    cell_count(l.calls).s, cell_count(l.in_flight).s);
}

/* Processes of earlier generations, which no slot names any more. */
static void
text_leaving(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_slot s, old = { .state = "leaving" };
	struct tf_stat_lane l;
	unsigned i;

	for (i = 0; tf_stat_get_lane(st, i, &l); i++) {
		if (l.slot < 0 || l.pid <= 0 ||
		    (tf_stat_get_slot(st, (unsigned)l.slot, &s) &&
		    s.lane == (int)i))
			continue;
		old.lane = (int)i;
		old.pid = l.pid;
		old.generation = l.generation;
		old.uptime_ns = l.uptime_ns;
		text_worker(st, f, (unsigned)l.slot, &old);
	}
}

static void
text_workers(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_slot s;
	unsigned i;

	fprintf(f, "\n" WORKER_ROW, "SLOT", "PID", "STATE", "GEN", "UPTIME",
	    "RESTARTS", "CONNS", "CALLS", "IN FLIGHT");
	for (i = 0; tf_stat_get_slot(st, i, &s); i++)
		if (s.pid > 0 || strcmp(s.state, "parked") != 0)
			text_worker(st, f, i, &s);
	text_leaving(st, f);
}

static void
text_long_call(const struct tf_stat *st, FILE *f, int slot,
    const struct tf_stat_call *c)
{
	char name[1024];

	if (c->running_ns < LONG_CALL_NS)
		return;
	method_name(st, c->method, name, sizeof(name));
	fprintf(f, "slot %d has been in %s for %s (seqid %" PRId32, slot,
	    name, cell_time(c->running_ns).s, c->seqid);
	if (c->peer[0] != '\0') {
		fputs(", from ", f);
		text_put(f, c->peer);
	}
	fputs(c->stale ? ", perhaps)\n" : ")\n", f);
}

static void
text_long_calls(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_lane l;
	struct tf_stat_call c;
	unsigned i, thread;

	for (i = 0; tf_stat_get_lane(st, i, &l); i++) {
		if (l.slot < 0)
			continue;
		if (tf_stat_get_call(st, i, &c))
			text_long_call(st, f, l.slot, &c);
		for (thread = 0; thread < l.threads; thread++)
			if (tf_stat_get_thread(st, i, thread, &c))
				text_long_call(st, f, l.slot, &c);
	}
}

#define METHOD_ROW	"%-*s %11s %7s %7s %6s %6s %6s\n"

static uint64_t
method_value(const struct tf_stat *st, const char *name, unsigned method)
{
	return tf_stat_value(st, tf_stat_find(st, TF_STAT_METHOD, name),
	    (int)method, TF_STAT_ALL);
}

/* How long its calls take, of which there may be none that came to its end. */
static struct cell
method_time(const struct tf_stat *st, unsigned method, double p)
{
	uint64_t max = method_value(st, "time_max", method), q = max;

	if (method_value(st, "calls", method) == 0)
		return (struct cell){ "-" };
	if (p < 1)
		q = tf_stat_quantile(st, (int)method, TF_STAT_ALL, p);
	return cell_time(q < max ? q : max);
}

/* A call that took its worker along is one that went wrong. */
static void
text_method(const struct tf_stat *st, FILE *f, unsigned method)
{
	uint64_t aborted = method_value(st, "aborted", method);
	char name[1024], *shown = name;
	size_t len;

	method_name(st, method, name, sizeof(name));
	len = strlen(name);
	if (len > NAME_WIDTH) {
		shown = name + len - NAME_WIDTH;
		*shown = '~';
	}
	fprintf(f, METHOD_ROW, NAME_WIDTH, shown,
	    cell_count(method_value(st, "calls", method) + aborted).s,
	    cell_count(method_value(st, "exceptions", method)).s,
	    cell_count(method_value(st, "errors", method) + aborted).s,
	    method_time(st, method, 0.5).s, method_time(st, method, 0.99).s,
	    method_time(st, method, 1).s);
}

static void
text_methods(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_method m;
	bool any = false;
	unsigned i;

	for (i = 0; tf_stat_get_method(st, i, &m); i++) {
		if (method_value(st, "calls", i) == 0 &&
		    method_value(st, "aborted", i) == 0)
			continue;
		if (!any)
			fprintf(f, "\n" METHOD_ROW, NAME_WIDTH, "METHOD",
			    "CALLS", "EXC", "ERR", "P50", "P99", "MAX");
		any = true;
		text_method(st, f, i);
	}
}

static void
text_own(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_own own;
	char name[64];
	unsigned i;

	for (i = 0; tf_stat_get_own(st, i, &own); i++) {
		if (i == 0)
			fprintf(f, "\n%-*s %20s\n", OWN_WIDTH, "OWN", "VALUE");
		tf_stat_escape(own.name, name, sizeof(name));
		fprintf(f, "%-*s %20" PRId64 "\n", OWN_WIDTH, name,
		    tf_stat_own_value(st, (int)i, TF_STAT_ALL));
	}
}

static void
text_deaths(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_death d;
	char when[32];
	time_t at;
	struct tm tm;
	unsigned i;

	for (i = 0; i < DEATHS_SHOWN && tf_stat_get_death(st, i, &d); i++) {
		if (i == 0)
			fputc('\n', f);
		at = (time_t)(d.at_ns / NS_PER_S);
		if (localtime_r(&at, &tm) == NULL ||
		    strftime(when, sizeof(when), "%F %T", &tm) == 0)
			strlcpy(when, "?", sizeof(when));
		fprintf(f, "%s ", when);
		text_put(f, d.text);
		fputc('\n', f);
	}
}

void
stat_text(const struct tf_stat *st, FILE *f)
{
	text_master(st, f);
	text_workers(st, f);
	text_long_calls(st, f);
	text_methods(st, f);
	text_own(st, f);
	text_deaths(st, f);
}

int
tf_stat_print(const struct tf_stat *st, FILE *f, bool json)
{
	if (json)
		stat_json(st, f);
	else
		stat_text(st, f);
	return fflush(f) == EOF || ferror(f) ? -1 : 0;
}
