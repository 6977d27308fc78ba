/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of number each counter is, and of what: whoever adds up or draws
 * what he reads need not know it by heart.  It is what the segment says of
 * itself, so it is right for counters that this version has never heard of.
 */
#include "shm/stat_json.h"

static const char *const levels[] = {
	[TF_STAT_WORKER] = "worker",
	[TF_STAT_METHOD] = "method",
	[TF_STAT_SERVER] = "server",
};

static const char *const kinds[] = {
	[TF_STAT_COUNTER] = "counter",
	[TF_STAT_GAUGE] = "gauge",
	[TF_STAT_MAXIMUM] = "maximum",
	[TF_STAT_HISTOGRAM] = "histogram",
};

static void
describe(struct json *j, const char *name, enum tf_stat_kind kind,
    const char *unit)
{
	json_open(j, name, '{');
	json_text(j, "kind", kinds[kind]);
	json_text(j, "unit", unit);
	json_close(j, '}');
}

static void
level(struct json *j, const struct tf_stat *st, enum tf_stat_level which)
{
	const struct tf_stat_counter *c;

	json_open(j, levels[which], '{');
	for (unsigned i = 0; (c = tf_stat_counter(st, i)) != NULL; i++)
		if (c->level == which)
			describe(j, c->name, c->kind, c->unit);
	for (unsigned i = 0; (c = tf_stat_histogram(st, i)) != NULL; i++)
		if (c->level == which)
			describe(j, c->name, c->kind, c->unit);
	json_close(j, '}');
}

static void
own(struct json *j, const struct tf_stat *st)
{
	struct tf_stat_own_histogram h;
	struct tf_stat_own o;

	json_open(j, "own", '{');
	for (unsigned i = 0; tf_stat_get_own(st, i, &o); i++)
		describe(j, o.name, o.kind, "");
	for (unsigned i = 0; tf_stat_get_own_histogram(st, i, &h); i++)
		describe(j, h.name, TF_STAT_HISTOGRAM, h.unit);
	json_close(j, '}');
}

void
stat_json_described(struct json *j, const struct tf_stat *st)
{
	json_open(j, "described", '{');
	level(j, st, TF_STAT_SERVER);
	level(j, st, TF_STAT_WORKER);
	level(j, st, TF_STAT_METHOD);
	own(j, st);
	json_close(j, '}');
}
