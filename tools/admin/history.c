/* SPDX-License-Identifier: Apache-2.0 */
/* See history.h. */
#include "history.h"

#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "member.h"

#define EVENTS		16
#define FIRST_OCTAVE	10		/* log2 of the first step's end */
#define NS_PER_MS	1000000u

struct point {
	uint64_t	 at_ms, ms;	/* since 1970; how long it is */
	uint64_t	 calls, exceptions, errors, bytes_in, bytes_out;
	uint64_t	 in_flight, connections;
	uint64_t	 p50_ns, p99_ns, p999_ns, max_ns;
	uint64_t	 wait_p99_ns, wait_max_ns, lag_p99_ns, lag_max_ns;
	uint64_t	 times[HISTORY_STEPS];
};

/* A reload, or a master that began: a start, an upgrade, or a restart. */
struct event {
	uint64_t	 at_ms;
	int		 pid;
	unsigned	 generation;
	bool		 reload;
};

struct history {
	uint64_t	 began_ns, began_ms;
	bool		 has_last;
	struct history_look last;
	uint64_t	 points, events;	/* that there have been */
	struct point	 point[HISTORY_POINTS];
	struct event	 event[EVENTS];
};

static uint64_t
method_sum(const struct tf_stat *st, const char *name)
{
	return tf_stat_value(st, tf_stat_find(st, TF_STAT_METHOD, name),
	    TF_STAT_ALL, TF_STAT_ALL);
}

static uint64_t
worker_sum(const struct tf_stat *st, const char *name)
{
	return tf_stat_value(st, tf_stat_find(st, TF_STAT_WORKER, name), 0,
	    TF_STAT_ALL);
}

static void
all_of(const struct tf_stat *st, enum tf_stat_level level, const char *name,
    struct tf_stat_times *to)
{
	tf_stat_get_histogram(st, tf_stat_find_histogram(st, level, name),
	    TF_STAT_ALL, TF_STAT_ALL, to);
}

/* A call that took its worker along is one that went wrong. */
void
history_look(struct history_look *l, const struct tf_stat *st, uint64_t at_ns)
{
	uint64_t aborted = method_sum(st, "aborted");
	struct tf_stat_master m;

	tf_stat_get_master(st, &m);
	l->at_ns = at_ns;
	l->pid = m.pid;
	l->master_ms = m.started_at_ns / NS_PER_MS;
	l->generation = m.generation;
	l->calls = method_sum(st, "calls") + aborted;
	l->exceptions = method_sum(st, "exceptions");
	l->errors = method_sum(st, "errors") + aborted;
	l->bytes_in = worker_sum(st, "bytes_received");
	l->bytes_out = worker_sum(st, "bytes_sent");
	l->in_flight = tf_stat_in_flight(st, TF_STAT_ALL);
	l->connections = tf_stat_connections(st, TF_STAT_ALL);
	tf_stat_get_times(st, TF_STAT_ALL, TF_STAT_ALL, &l->times);
	all_of(st, TF_STAT_METHOD, "wait", &l->waits);
	all_of(st, TF_STAT_WORKER, "loop_lag", &l->lags);
}

struct history *
history_new(uint64_t at_ns, uint64_t at_ms)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h == NULL)
		err(1, NULL);
	h->began_ns = at_ns;
	h->began_ms = at_ms;
	return h;
}

void
history_free(struct history *h)
{
	free(h);
}

/* Where a step ends: at 2^n and halfway to the next power of two. */
static uint64_t
step_end(unsigned step)
{
	uint64_t octave = UINT64_C(1) << (FIRST_OCTAVE + step / 2);

	return step % 2 == 0 ? octave : octave + octave / 2;
}

static void
spread(uint64_t *steps, const struct tf_stat_times *times)
{
	uint64_t below, before = 0;
	unsigned i;

	for (i = 0; i < HISTORY_STEPS; i++) {
		below = tf_stat_times_below(times, step_end(i));
		steps[i] = below - before;
		before = below;
	}
}

static uint64_t
at_ms(const struct history *h, const struct history_look *l)
{
	return h->began_ms + (l->at_ns - h->began_ns) / NS_PER_MS;
}

static bool
has_fallen(const struct history_look *now, const struct history_look *before)
{
	return now->calls < before->calls ||
	    now->exceptions < before->exceptions ||
	    now->errors < before->errors ||
	    now->bytes_in < before->bytes_in ||
	    now->bytes_out < before->bytes_out;
}

/* Of what has been between two looks. */
static void
worst(const struct tf_stat_times *now, const struct tf_stat_times *before,
    uint64_t *p99_ns, uint64_t *max_ns)
{
	struct tf_stat_times times = *now;

	tf_stat_times_since(&times, before);
	*p99_ns = tf_stat_times_quantile(&times, 0.99);
	*max_ns = tf_stat_times_quantile(&times, 1);
}

static void
add_point(struct history *h, const struct history_look *l)
{
	const struct history_look *before = &h->last;
	struct point *p = &h->point[h->points++ % HISTORY_POINTS];
	struct tf_stat_times times = l->times;

	tf_stat_times_since(&times, &before->times);
	p->at_ms = at_ms(h, l);
	p->ms = p->at_ms - at_ms(h, before);
	p->calls = l->calls - before->calls;
	p->exceptions = l->exceptions - before->exceptions;
	p->errors = l->errors - before->errors;
	p->bytes_in = l->bytes_in - before->bytes_in;
	p->bytes_out = l->bytes_out - before->bytes_out;
	p->in_flight = l->in_flight;
	p->connections = l->connections;
	p->p50_ns = tf_stat_times_quantile(&times, 0.5);
	p->p99_ns = tf_stat_times_quantile(&times, 0.99);
	p->p999_ns = tf_stat_times_quantile(&times, 0.999);
	p->max_ns = tf_stat_times_quantile(&times, 1);
	spread(p->times, &times);
	worst(&l->waits, &before->waits, &p->wait_p99_ns, &p->wait_max_ns);
	worst(&l->lags, &before->lags, &p->lag_p99_ns, &p->lag_max_ns);
}

static void
add_event(struct history *h, const struct history_look *l)
{
	bool reload = l->pid == h->last.pid;

	h->event[h->events++ % EVENTS] = (struct event){ .pid = l->pid,
	    .at_ms = reload ? at_ms(h, l) : l->master_ms,
	    .generation = l->generation, .reload = reload };
}

/* Two looks within a millisecond are one. */
void
history_add(struct history *h, const struct history_look *l)
{
	if (l->at_ns < h->began_ns || (h->has_last &&
	    l->at_ns < h->last.at_ns + NS_PER_MS))
		return;
	if (l->pid != h->last.pid || l->generation != h->last.generation)
		add_event(h, l);
	if (h->has_last && !has_fallen(l, &h->last))
		add_point(h, l);
	h->last = *l;
	h->has_last = true;
}

void
history_forget(struct history *h)
{
	h->has_last = false;
}

/* What is 0 at both ends is left out. */
static void
print_times(FILE *f, const uint64_t *times)
{
	unsigned i, first = 0, end = HISTORY_STEPS;

	while (end > 0 && times[end - 1] == 0)
		end--;
	while (first < end && times[first] == 0)
		first++;
	fprintf(f, "\"first\":%u,\"times\":[", first);
	for (i = first; i < end; i++)
		fprintf(f, "%s%" PRIu64, i == first ? "" : ",", times[i]);
	fputc(']', f);
}

static void
print_point(FILE *f, uint64_t number, const struct point *p)
{
	fputc('{', f);
	member_number(f, "n", number);
	member_number(f, "at_ms", p->at_ms);
	member_number(f, "ms", p->ms);
	member_number(f, "calls", p->calls);
	member_number(f, "exceptions", p->exceptions);
	member_number(f, "errors", p->errors);
	member_number(f, "bytes_in", p->bytes_in);
	member_number(f, "bytes_out", p->bytes_out);
	member_number(f, "in_flight", p->in_flight);
	member_number(f, "connections", p->connections);
	member_number(f, "p50_ns", p->p50_ns);
	member_number(f, "p99_ns", p->p99_ns);
	member_number(f, "p999_ns", p->p999_ns);
	member_number(f, "max_ns", p->max_ns);
	member_number(f, "wait_p99_ns", p->wait_p99_ns);
	member_number(f, "wait_max_ns", p->wait_max_ns);
	member_number(f, "lag_p99_ns", p->lag_p99_ns);
	member_number(f, "lag_max_ns", p->lag_max_ns);
	print_times(f, p->times);
	fputc('}', f);
}

static void
print_event(FILE *f, const struct event *e)
{
	fprintf(f, "{\"at_ms\":%" PRIu64 ",\"what\":\"%s\",\"pid\":%d,"
	    "\"generation\":%u}", e->at_ms, e->reload ? "reload" : "master",
	    e->pid, e->generation);
}

static void
print_ends(FILE *f)
{
	unsigned i;

	fputs("\"ends_ns\":[", f);
	for (i = 0; i < HISTORY_STEPS; i++)
		fprintf(f, "%s%" PRIu64, i == 0 ? "" : ",", step_end(i));
	fputs("],", f);
}

/* The number before the first that is still there, of n that there were. */
static uint64_t
dropped(uint64_t n, uint64_t room)
{
	return n > room ? n - room : 0;
}

void
history_print(const struct history *h, uint64_t since, FILE *f)
{
	uint64_t i, first = dropped(h->points, HISTORY_POINTS);

	member_number(f, "began_ms", h->began_ms);
	member_number(f, "last", h->points);
	print_ends(f);
	fputs("\"points\":[", f);
	for (i = since > first ? since : first; i < h->points; i++) {
		if (i != since && i != first)
			fputc(',', f);
		print_point(f, i + 1, &h->point[i % HISTORY_POINTS]);
	}
	fputs("],\"events\":[", f);
	first = dropped(h->events, EVENTS);
	for (i = first; i < h->events; i++) {
		if (i != first)
			fputc(',', f);
		print_event(f, &h->event[i % EVENTS]);
	}
	fputc(']', f);
}
