/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a server as one JSON object.  Numbers are integers with their
 * unit in the key, or described; texts are quoted by stat_escape.c.
 */
#include "shm/stat_json.h"

#include <string.h>

#include "base/clock.h"
#include "shm/stat.h"

static void
json_counters(struct json *j, const struct tf_stat *st,
    enum tf_stat_level level, int method, int lane)
{
	const struct tf_stat_counter *c;
	unsigned i;

	json_open(j, "counters", '{');
	for (i = 0; (c = tf_stat_counter(st, i)) != NULL; i++)
		if (c->level == level)
			json_uint(j, c->name,
			    tf_stat_value(st, (int)i, method, lane));
	json_close(j, '}');
}

static const struct {
	const char	*name;
	double		 p;
} quantiles[] = {
	{ "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 },
};
#define QUANTILES	(sizeof(quantiles) / sizeof(quantiles[0]))

static void
json_quantiles(struct json *j, const char *prefix, const char *unit,
    const struct tf_stat_times *times)
{
	char key[128];

	for (unsigned q = 0; q < QUANTILES; q++) {
		snprintf(key, sizeof(key), "%s%s%s%s", prefix,
		    quantiles[q].name, unit[0] != '\0' ? "_" : "", unit);
		json_uint(j, key, tf_stat_times_quantile(times,
		    quantiles[q].p));
	}
}

/* Of all histograms of a level; time, the first that there was, has no name. */
static void
json_histograms(struct json *j, const struct tf_stat *st,
    enum tf_stat_level level, int method, int lane)
{
	const struct tf_stat_counter *c;
	struct tf_stat_times times;
	char prefix[64];

	if (level == TF_STAT_METHOD) {
		tf_stat_get_times(st, method, lane, &times);
		json_quantiles(j, "", "ns", &times);
	}
	for (unsigned i = 0; (c = tf_stat_histogram(st, i)) != NULL; i++) {
		if (c->level != level || strcmp(c->name, "time") == 0)
			continue;
		tf_stat_get_histogram(st, (int)i, method, lane, &times);
		snprintf(prefix, sizeof(prefix), "%s_", c->name);
		json_quantiles(j, prefix, c->unit, &times);
	}
}

static void
json_own(struct json *j, const struct tf_stat *st, int lane)
{
	struct tf_stat_own own;
	unsigned i;

	json_open(j, "own", '{');
	for (i = 0; tf_stat_get_own(st, i, &own); i++)
		json_int(j, own.name, tf_stat_own_value(st, (int)i, lane));
	json_close(j, '}');
}

static void
json_own_histograms(struct json *j, const struct tf_stat *st, int lane)
{
	struct tf_stat_own_histogram own;
	struct tf_stat_own_values v;
	unsigned i;

	json_open(j, "own_histograms", '{');
	for (i = 0; tf_stat_get_own_histogram(st, i, &own); i++) {
		tf_stat_get_own_values(st, (int)i, lane, &v);
		json_open(j, own.name, '{');
		json_text(j, "unit", own.unit);
		json_uint(j, "count", tf_stat_times_below(&v.counts,
		    UINT64_MAX));
		json_uint(j, "sum", v.sum);
		json_uint(j, "max", v.max);
		json_quantiles(j, "", "", &v.counts);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static void
json_master(struct json *j, const struct tf_stat *st)
{
	struct tf_stat_master m;

	tf_stat_get_master(st, &m);
	json_text(j, "name", m.name);
	json_text(j, "library", m.library);
	json_text(j, "listen", m.listen);
	json_open(j, "master", '{');
	json_int(j, "pid", m.pid);
	json_uint(j, "generation", m.generation);
	json_uint(j, "workers", m.workers);
	json_uint(j, "started_at_s", m.started_at_ns / NS_PER_S);
	json_uint(j, "uptime_ms", m.uptime_ns / NS_PER_MS);
	json_bool(j, "stopping", m.stopping);
	json_counters(j, st, TF_STAT_SERVER, 0, TF_STAT_ALL);
	json_close(j, '}');
}

static void
json_slots(struct json *j, const struct tf_stat *st)
{
	struct tf_stat_slot s;
	unsigned i;

	json_open(j, "slots", '[');
	for (i = 0; tf_stat_get_slot(st, i, &s); i++) {
		json_open(j, NULL, '{');
		json_uint(j, "slot", i);
		json_text(j, "state", s.state);
		json_int(j, "pid", s.pid);
		json_int(j, "lane", s.lane);
		json_uint(j, "generation", s.generation);
		json_uint(j, "restarts", s.restarts);
		json_uint(j, "uptime_ms", s.uptime_ns / NS_PER_MS);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_method_name(struct json *j, const struct tf_stat *st, unsigned method)
{
	struct tf_stat_method m;

	tf_stat_get_method(st, method, &m);
	json_text(j, "service", m.service);
	json_text(j, "method", m.method);
}

static void
json_call(struct json *j, const struct tf_stat *st, const char *key,
    const struct tf_stat_call *c)
{
	json_open(j, key, '{');
	json_method_name(j, st, c->method);
	json_int(j, "seqid", c->seqid);
	json_text(j, "peer", c->peer);
	json_uint(j, "running_ms", c->running_ns / NS_PER_MS);
	json_bool(j, "stale", c->stale);
	json_close(j, '}');
}

/* Of the loop and of the threads; nothing for what is in no call. */
static void
json_calls(struct json *j, const struct tf_stat *st, unsigned lane,
    unsigned threads)
{
	struct tf_stat_call c;

	if (tf_stat_get_call(st, lane, &c))
		json_call(j, st, "call", &c);
	if (threads == 0)
		return;
	json_uint(j, "threads", threads);
	json_open(j, "thread_calls", '[');
	for (unsigned i = 0; i < threads; i++)
		if (tf_stat_get_thread(st, lane, i, &c))
			json_call(j, st, NULL, &c);
	json_close(j, ']');
}

static void
json_lanes(struct json *j, const struct tf_stat *st)
{
	struct tf_stat_lane l;
	unsigned i;

	json_open(j, "lanes", '[');
	for (i = 0; tf_stat_get_lane(st, i, &l); i++) {
		if (l.uses == 0)
			continue;
		json_open(j, NULL, '{');
		json_uint(j, "lane", i);
		json_int(j, "slot", l.slot);
		json_int(j, "pid", l.pid);
		json_uint(j, "generation", l.generation);
		json_uint(j, "uses", l.uses);
		json_uint(j, "uptime_ms", l.uptime_ns / NS_PER_MS);
		json_uint(j, "busy_ms", l.busy_ns / NS_PER_MS);
		json_uint(j, "calls", l.calls);
		json_uint(j, "in_flight", l.in_flight);
		json_uint(j, "connections", tf_stat_connections(st, (int)i));
		json_calls(j, st, i, l.threads);
		json_counters(j, st, TF_STAT_WORKER, 0, (int)i);
		json_histograms(j, st, TF_STAT_WORKER, 0, (int)i);
		json_own(j, st, (int)i);
		json_own_histograms(j, st, (int)i);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_methods(struct json *j, const struct tf_stat *st)
{
	struct tf_stat_method m;
	unsigned i;

	json_open(j, "methods", '[');
	for (i = 0; tf_stat_get_method(st, i, &m); i++) {
		json_open(j, NULL, '{');
		json_text(j, "service", m.service);
		json_text(j, "method", m.method);
		json_uint(j, "in_flight", tf_stat_method_in_flight(st, (int)i,
		    TF_STAT_ALL));
		json_counters(j, st, TF_STAT_METHOD, (int)i, TF_STAT_ALL);
		json_histograms(j, st, TF_STAT_METHOD, (int)i, TF_STAT_ALL);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_listeners(struct json *j, const struct tf_stat *st)
{
	struct tf_stat_listener l;
	unsigned i;

	json_open(j, "listeners", '[');
	for (i = 0; tf_stat_get_listener(st, i, &l); i++) {
		json_open(j, NULL, '{');
		json_text(j, "address", l.address);
		json_text(j, "kind", l.kind);
		json_uint(j, "sockets", l.sockets);
		json_known(j, "queue", l.queue, l.has_queue);
		json_known(j, "longest", l.longest, l.has_queue);
		json_known(j, "limit", l.limit, l.has_queue);
		json_known(j, "drops", l.drops, l.has_drops);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
json_deaths(struct json *j, const struct tf_stat *st)
{
	struct tf_stat_death d;
	unsigned i;

	json_open(j, "deaths", '[');
	for (i = 0; tf_stat_get_death(st, i, &d); i++) {
		json_open(j, NULL, '{');
		json_uint(j, "at_s", d.at_ns / NS_PER_S);
		json_text(j, "text", d.text);
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
stat_json(const struct tf_stat *st, FILE *f)
{
	struct json j = { .f = f };

	json_open(&j, NULL, '{');
	json_master(&j, st);
	json_uint(&j, "in_flight", tf_stat_in_flight(st, TF_STAT_ALL));
	json_uint(&j, "connections", tf_stat_connections(st, TF_STAT_ALL));
	json_counters(&j, st, TF_STAT_WORKER, 0, TF_STAT_ALL);
	json_histograms(&j, st, TF_STAT_WORKER, 0, TF_STAT_ALL);
	json_own(&j, st, TF_STAT_ALL);
	json_own_histograms(&j, st, TF_STAT_ALL);
	json_slots(&j, st);
	json_lanes(&j, st);
	json_methods(&j, st);
	json_listeners(&j, st);
	stat_json_described(&j, st);
	json_deaths(&j, st);
	json_close(&j, '}');
	fputc('\n', f);
}
