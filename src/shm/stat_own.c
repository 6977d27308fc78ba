/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's view of what setup() has declared.  The directory grows while it
 * is read, so an entry is copied and checked each time it is looked at.  Kinds
 * that are nothing to count, or that this version does not know, are passed
 * over: numbers count the others only, and histograms by themselves.
 */
#include "shm/stat.h"

#include <string.h>

#include "base/hist.h"

#define MAX_HISTOGRAMS	64	/* that a reader spends its time on */

static bool
is_cell(const struct tf_stat *st, const struct segment_own *o)
{
	const uint64_t lane = st->at.lanes.stride;

	return o->kind <= SEGMENT_OWN_GAUGE && o->offset % 8 == 0 &&
	    lane >= 8 && o->offset <= lane - 8;
}

static bool
is_histogram(const struct tf_stat *st, const struct segment_own *o)
{
	const struct segment_area *t = &st->at.own_tallies;
	uint64_t number;

	if (o->kind != SEGMENT_OWN_HISTOGRAM || t->count == 0 ||
	    o->offset < t->offset || (o->offset - t->offset) % t->stride != 0)
		return false;
	number = (o->offset - t->offset) / t->stride;
	return number < t->count && number < st->at.own_counts.count;
}

/* A copy of the entry with this number among those; a shorter one has less. */
static bool
own_get(const struct tf_stat *st, unsigned number, struct segment_own *o,
    bool (*among)(const struct tf_stat *, const struct segment_own *))
{
	const struct segment_head *h = (const void *)st->map;
	const struct segment_area *a = &st->at.own;
	uint64_t i, n = 0;

	memset(o, 0, sizeof(*o));
	if (a->count > 0)
		n = word_published(&h->own_published);
	for (i = 0; i < n && i < a->count; i++) {
		memcpy(o, st->map + a->offset + i * a->stride,
		    a->stride < sizeof(*o) ? a->stride : sizeof(*o));
		if (among(st, o) && number-- == 0)
			return true;
	}
	return false;
}

bool
tf_stat_get_own(const struct tf_stat *st, unsigned number,
    struct tf_stat_own *to)
{
	struct segment_own o;

	memset(to, 0, sizeof(*to));
	if (!own_get(st, number, &o, is_cell))
		return false;
	memcpy(to->name, o.name, sizeof(to->name) - 1);
	memcpy(to->help, o.help, sizeof(to->help) - 1);
	to->kind = o.kind == SEGMENT_OWN_GAUGE ? TF_STAT_GAUGE :
	    TF_STAT_COUNTER;
	return true;
}

int
tf_stat_find_own(const struct tf_stat *st, const char *name)
{
	struct tf_stat_own own;

	for (unsigned i = 0; tf_stat_get_own(st, i, &own); i++)
		if (strcmp(own.name, name) == 0)
			return (int)i;
	return -1;
}

int64_t
tf_stat_own_value(const struct tf_stat *st, int number, int lane)
{
	struct range lanes = stat_lanes(st, lane);
	struct segment_own o;
	const char *words;
	uint64_t sum = 0;

	if (number < 0 || !own_get(st, (unsigned)number, &o, is_cell))
		return 0;
	for (unsigned l = lanes.first; l < lanes.end; l++)
		if ((words = stat_lane(st, l)) != NULL)
			sum += word_get((const void *)(words + o.offset));
	return (int64_t)sum;
}

bool
tf_stat_get_own_histogram(const struct tf_stat *st, unsigned number,
    struct tf_stat_own_histogram *to)
{
	struct segment_own o;

	memset(to, 0, sizeof(*to));
	if (number >= MAX_HISTOGRAMS || !own_get(st, number, &o,
	    is_histogram))
		return false;
	memcpy(to->name, o.name, sizeof(to->name) - 1);
	memcpy(to->help, o.help, sizeof(to->help) - 1);
	memcpy(to->unit, o.unit, sizeof(to->unit) - 1);
	return true;
}

int
tf_stat_find_own_histogram(const struct tf_stat *st, const char *name)
{
	struct tf_stat_own_histogram own;

	for (unsigned i = 0; tf_stat_get_own_histogram(st, i, &own); i++)
		if (strcmp(own.name, name) == 0)
			return (int)i;
	return -1;
}

/* Of a writer that has counted nothing the pages are not there. */
static void
writer_add(const struct tf_stat *st, const char *tally, const char *counts,
    struct tf_stat_own_values *to)
{
	const word *t = (const void *)tally;
	uint64_t max;

	if (word_published(t) == 0)
		return;
	stat_times_add(st, to->counts.count, counts);
	to->sum += word_get(t + 1);
	if ((max = word_get(t + 2)) > to->max)
		to->max = max;
}

void
tf_stat_get_own_values(const struct tf_stat *st, int number, int lane,
    struct tf_stat_own_values *to)
{
	const struct segment_area *t = &st->at.own_tallies;
	const struct segment_area *c = &st->at.own_counts;
	struct range lanes = stat_lanes(st, lane);
	uint64_t w, n = st->at.own_writers, place;
	struct segment_own o;
	const char *words;

	memset(to, 0, sizeof(*to));
	if (number < 0 || st->at.hist_bits != HIST_BITS ||
	    !own_get(st, (unsigned)number, &o, is_histogram))
		return;
	place = (o.offset - t->offset) / t->stride;
	for (unsigned l = lanes.first; l < lanes.end; l++) {
		if ((words = stat_lane(st, l)) == NULL)
			continue;
		for (w = 0; w < n; w++)
			writer_add(st, words + o.offset + w * (t->stride / n),
			    words + c->offset + place * c->stride +
			    w * (c->stride / n), to);
	}
}
