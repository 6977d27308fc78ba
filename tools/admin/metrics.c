/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See metrics.h.  What is exposed is what the segment describes: a counter that
 * this version has never heard of appears by itself, under a name that follows
 * from its own.  Counters of workers have the label "lane", for lanes count on
 * from one process to the next and slots do not; thriftfork_lane_info tells
 * which worker has which.
 */
#include "metrics.h"

#include <string.h>

#include "expose.h"

#define PREFIX		"thriftfork_"
#define PREFIX_METHOD	PREFIX "method_"

static const char *
type_of(enum tf_stat_kind kind)
{
	return kind == TF_STAT_COUNTER ? "counter" : "gauge";
}

static void
put_value(FILE *f, const char *name, const char *labels,
    const struct tf_stat_counter *c, uint64_t value)
{
	if (strcmp(c->unit, "ns") == 0)
		expose_seconds(f, name, labels, value);
	else if (c->kind == TF_STAT_GAUGE)
		expose_int(f, name, labels, (int64_t)value);
	else
		expose_uint(f, name, labels, value);
}

static void
number_label(char labels[EXPOSE_LABELS], const char *label, long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", number);
	expose_label(labels, label, text);
}

/* Of a lane that anybody has had; false if it is none, or there are no more. */
static bool
lane_labels(const struct tf_stat *st, unsigned lane, bool *more,
    char labels[EXPOSE_LABELS])
{
	struct tf_stat_lane l;

	labels[0] = '\0';
	*more = tf_stat_get_lane(st, lane, &l);
	if (!*more || l.uses == 0)
		return false;
	number_label(labels, "lane", lane);
	return true;
}

static bool
method_labels(const struct tf_stat *st, unsigned method,
    char labels[EXPOSE_LABELS])
{
	struct tf_stat_method m;

	labels[0] = '\0';
	if (!tf_stat_get_method(st, method, &m))
		return false;
	expose_label(labels, "service", m.service);
	expose_label(labels, "method", m.method);
	return true;
}

/* ---- the server */

static void
put_master(const struct tf_stat *st, FILE *f)
{
	char labels[EXPOSE_LABELS] = "";
	struct tf_stat_master m;

	tf_stat_get_master(st, &m);
	expose_label(labels, "name", m.name);
	expose_label(labels, "version", m.library);
	expose_head(f, PREFIX "info", "gauge", "the server and its version");
	expose_uint(f, PREFIX "info", labels, 1);
	expose_head(f, PREFIX "start_time_seconds", "gauge",
	    "when the master was started, since 1970");
	expose_seconds(f, PREFIX "start_time_seconds", "", m.started_at_ns);
	expose_head(f, PREFIX "generation", "gauge",
	    "the number of the generation that serves");
	expose_uint(f, PREFIX "generation", "", m.generation);
	expose_head(f, PREFIX "workers_wanted", "gauge",
	    "the number of workers that there should be");
	expose_uint(f, PREFIX "workers_wanted", "", m.workers);
	expose_head(f, PREFIX "stopping", "gauge",
	    "1 if the server stops or is about to");
	expose_uint(f, PREFIX "stopping", "", m.stopping);
}

/* A slot that was never used is no worker. */
static bool
slot_is_used(const struct tf_stat_slot *s)
{
	return s->pid > 0 || strcmp(s->state, "parked") != 0;
}

static void
put_workers(const struct tf_stat *st, FILE *f)
{
	char labels[EXPOSE_LABELS];
	struct tf_stat_slot s;
	unsigned i;

	expose_head(f, PREFIX "worker_info", "gauge",
	    "the places of workers: what each is in, its process and lane");
	for (i = 0; tf_stat_get_slot(st, i, &s); i++) {
		if (!slot_is_used(&s))
			continue;
		labels[0] = '\0';
		number_label(labels, "worker", i);
		expose_label(labels, "state", s.state);
		number_label(labels, "pid", s.pid);
		number_label(labels, "lane", s.lane);
		number_label(labels, "generation", s.generation);
		expose_uint(f, PREFIX "worker_info", labels, 1);
	}
}

/* A number of each slot. */
static void
put_of_workers(const struct tf_stat *st, FILE *f, const char *name,
    const char *help, void (*put)(FILE *, const char *, const char *,
    const struct tf_stat_slot *))
{
	char labels[EXPOSE_LABELS];
	struct tf_stat_slot s;
	unsigned i;

	expose_head(f, name, "gauge", help);
	for (i = 0; tf_stat_get_slot(st, i, &s); i++) {
		labels[0] = '\0';
		number_label(labels, "worker", i);
		if (slot_is_used(&s))
			put(f, name, labels, &s);
	}
}

static void
put_ready(FILE *f, const char *name, const char *labels,
    const struct tf_stat_slot *s)
{
	expose_uint(f, name, labels, strcmp(s->state, "ready") == 0);
}

static void
put_uptime(FILE *f, const char *name, const char *labels,
    const struct tf_stat_slot *s)
{
	expose_seconds(f, name, labels, s->uptime_ns);
}

static void
put_restarts(FILE *f, const char *name, const char *labels,
    const struct tf_stat_slot *s)
{
	expose_uint(f, name, labels, s->restarts);
}

/* ---- lanes */

static void
put_lanes(const struct tf_stat *st, FILE *f)
{
	char labels[EXPOSE_LABELS];
	struct tf_stat_lane l;
	unsigned i;

	expose_head(f, PREFIX "lane_info", "gauge",
	    "which worker counts in which lane at present");
	for (i = 0; tf_stat_get_lane(st, i, &l); i++) {
		if (l.uses == 0 || l.slot < 0)
			continue;
		labels[0] = '\0';
		number_label(labels, "lane", i);
		number_label(labels, "worker", l.slot);
		number_label(labels, "pid", l.pid);
		number_label(labels, "generation", l.generation);
		expose_uint(f, PREFIX "lane_info", labels, 1);
	}
}

static uint64_t
busy_ns(const struct tf_stat *st, int lane)
{
	struct tf_stat_lane l;

	tf_stat_get_lane(st, (unsigned)lane, &l);
	return l.busy_ns;
}

static const struct {
	const char	*name, *help;
	uint64_t	(*get)(const struct tf_stat *, int lane);
	void		(*put)(FILE *, const char *, const char *, uint64_t);
} lane_gauges[] = {
	{ PREFIX "calls_in_flight", "calls begun and not ended",
	    tf_stat_in_flight, expose_uint },
	{ PREFIX "connections_open", "connections that are open",
	    tf_stat_connections, expose_uint },
	{ PREFIX "busy_seconds", "since the event loop has last waited; 0: "
	    "it waits", busy_ns, expose_seconds },
};

static void
put_lane_gauges(const struct tf_stat *st, FILE *f)
{
	char labels[EXPOSE_LABELS];
	size_t i;
	unsigned lane;
	bool more;

	for (i = 0; i < sizeof(lane_gauges) / sizeof(lane_gauges[0]); i++) {
		expose_head(f, lane_gauges[i].name, "gauge",
		    lane_gauges[i].help);
		for (lane = 0, more = true; more; lane++)
			if (lane_labels(st, lane, &more, labels))
				lane_gauges[i].put(f, lane_gauges[i].name,
				    labels, lane_gauges[i].get(st, (int)lane));
	}
}

/* ---- counters */

static void
put_worker_counter(const struct tf_stat *st, FILE *f, unsigned counter,
    const struct tf_stat_counter *c)
{
	char name[EXPOSE_NAME], labels[EXPOSE_LABELS];
	unsigned lane;
	bool more = true;

	expose_name(name, PREFIX, c);
	expose_head(f, name, type_of(c->kind), c->help);
	for (lane = 0; more; lane++)
		if (lane_labels(st, lane, &more, labels))
			put_value(f, name, labels, c, tf_stat_value(st,
			    (int)counter, 0, (int)lane));
}

/* It is shown with the histogram that it belongs to. */
static bool
is_sum(const struct tf_stat *st, const struct tf_stat_counter *c)
{
	size_t len = strlen(c->name), end = sizeof("_sum") - 1;
	char base[64];

	if (len <= end || len >= sizeof(base) ||
	    strcmp(c->name + len - end, "_sum") != 0)
		return false;
	snprintf(base, sizeof(base), "%.*s", (int)(len - end), c->name);
	return tf_stat_find_histogram(st, c->level, base) != -1;
}

static void
put_method_counter(const struct tf_stat *st, FILE *f, unsigned counter,
    const struct tf_stat_counter *c)
{
	char name[EXPOSE_NAME], labels[EXPOSE_LABELS];
	unsigned m;

	expose_name(name, PREFIX_METHOD, c);
	expose_head(f, name, type_of(c->kind), c->help);
	for (m = 0; method_labels(st, m, labels); m++)
		put_value(f, name, labels, c, tf_stat_value(st, (int)counter,
		    (int)m, TF_STAT_ALL));
}

static void
put_server_counter(const struct tf_stat *st, FILE *f, unsigned counter,
    const struct tf_stat_counter *c)
{
	char name[EXPOSE_NAME];

	expose_name(name, PREFIX, c);
	expose_head(f, name, type_of(c->kind), c->help);
	put_value(f, name, "", c, tf_stat_value(st, (int)counter, 0,
	    TF_STAT_ALL));
}

static void
put_counters(const struct tf_stat *st, FILE *f)
{
	const struct tf_stat_counter *c;
	unsigned i;

	for (i = 0; (c = tf_stat_counter(st, i)) != NULL; i++)
		if (is_sum(st, c))
			continue;
		else if (c->level == TF_STAT_WORKER)
			put_worker_counter(st, f, i, c);
		else if (c->level == TF_STAT_METHOD)
			put_method_counter(st, f, i, c);
		else
			put_server_counter(st, f, i, c);
}

/* ---- histograms */

struct histogram {
	const struct tf_stat_counter *c;
	char		 name[EXPOSE_NAME];
	int		 number, sum;
};

/* Of one method, or of one lane. */
static void
put_histogram(const struct tf_stat *st, FILE *f, const struct histogram *h,
    const char *labels, int method, int lane)
{
	struct tf_stat_times counts;

	tf_stat_get_histogram(st, h->number, method, lane, &counts);
	expose_histogram(f, h->name, labels, strcmp(h->c->unit, "ns") == 0,
	    &counts, tf_stat_value(st, h->sum, method, lane));
}

static void
put_histograms(const struct tf_stat *st, FILE *f, struct histogram *h)
{
	bool of_methods = h->c->level == TF_STAT_METHOD, more = true;
	char sum[64], labels[EXPOSE_LABELS];
	unsigned i;

	snprintf(sum, sizeof(sum), "%s_sum", h->c->name);
	h->sum = tf_stat_find(st, h->c->level, sum);
	expose_name(h->name, of_methods ? PREFIX_METHOD : PREFIX, h->c);
	expose_head(f, h->name, "histogram", h->c->help);
	for (i = 0; of_methods && method_labels(st, i, labels); i++)
		put_histogram(st, f, h, labels, (int)i, TF_STAT_ALL);
	for (i = 0; !of_methods && more; i++)
		if (lane_labels(st, i, &more, labels))
			put_histogram(st, f, h, labels, 0, (int)i);
}

static void
put_all_histograms(const struct tf_stat *st, FILE *f)
{
	struct histogram h = { .number = 0 };

	for (; (h.c = tf_stat_histogram(st, (unsigned)h.number)) != NULL;
	    h.number++)
		put_histograms(st, f, &h);
}

static void
put_methods_in_flight(const struct tf_stat *st, FILE *f)
{
	const char *name = PREFIX_METHOD "calls_in_flight";
	char labels[EXPOSE_LABELS];
	unsigned m;

	expose_head(f, name, "gauge", "calls begun and not ended");
	for (m = 0; method_labels(st, m, labels); m++)
		expose_uint(f, name, labels, tf_stat_method_in_flight(st,
		    (int)m, TF_STAT_ALL));
}

void
metrics_print(const struct tf_stat *st, FILE *f)
{
	put_master(st, f);
	put_workers(st, f);
	put_of_workers(st, f, PREFIX "worker_ready", "1 if the worker serves",
	    put_ready);
	put_of_workers(st, f, PREFIX "worker_uptime_seconds",
	    "since the worker's process was started", put_uptime);
	put_of_workers(st, f, PREFIX "worker_restarts",
	    "processes that the worker has had before", put_restarts);
	put_lanes(st, f);
	put_lane_gauges(st, f);
	metrics_listeners(st, f);
	put_counters(st, f);
	put_methods_in_flight(st, f);
	put_all_histograms(st, f);
	metrics_own(st, f);
}
