/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a server as tables of 80 columns; here itself, its workers, and
 * what they have been in for long.  What was never used is left out: parked
 * slots, methods that nobody called, waiting where there are no threads.
 */
#include "shm/stat_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "shm/stat.h"

#define LONG_CALL_NS	NS_PER_S	/* from here on a call is shown */

static void
text_master(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_master m;

	tf_stat_get_master(st, &m);
	stat_put(f, m.name);
	fprintf(f, ": master %d, %sup %s, generation %u, %u worker%s, "
	    "in flight %s\n", m.pid, m.stopping ? "stopping, " : "",
	    stat_cell_uptime(m.uptime_ns).s, m.generation, m.workers,
	    m.workers == 1 ? "" : "s",
	    stat_cell_count(tf_stat_in_flight(st, TF_STAT_ALL)).s);
	if (m.listen[0] != '\0') {
		fputs("listening on ", f);
		stat_put(f, m.listen);
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
	fprintf(f, WORKER_ROW, stat_cell_count(slot).s, pid, state,
	    stat_cell_count(s->generation).s, stat_cell_uptime(s->uptime_ns).s,
	    stat_cell_count(s->restarts).s, stat_cell_count(conns).s,
	    stat_cell_count(l.calls).s, stat_cell_count(l.in_flight).s);
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
	stat_method_name(st, c->method, name, sizeof(name));
	fprintf(f, "slot %d has been in %s for %s (seqid %" PRId32, slot,
	    name, stat_cell_time(c->running_ns).s, c->seqid);
	if (c->peer[0] != '\0') {
		fputs(", from ", f);
		stat_put(f, c->peer);
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

void
stat_text(const struct tf_stat *st, FILE *f)
{
	text_master(st, f);
	stat_text_listeners(st, f);
	text_workers(st, f);
	stat_text_closed(st, f);
	text_long_calls(st, f);
	stat_text_methods(st, f);
	stat_text_own(st, f);
	stat_text_deaths(st, f);
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
