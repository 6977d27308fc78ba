/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's view of what setup() has declared.  The directory grows while it
 * is read, so an entry is copied and checked each time it is looked at.  Kinds
 * that are nothing to count, or that this version does not know, are passed
 * over: numbers count the others only.
 */
#include "shm/stat.h"

#include <string.h>

static bool
shown(const struct tf_stat *st, const struct segment_own *o)
{
	const uint64_t lane = st->at.lanes.stride;

	return o->kind <= SEGMENT_OWN_GAUGE && o->offset % 8 == 0 &&
	    lane >= 8 && o->offset <= lane - 8;
}

/* A copy of the entry with this number. */
static bool
own_get(const struct tf_stat *st, unsigned number, struct segment_own *o)
{
	const struct segment_head *h = (const void *)st->map;
	const struct segment_area *a = &st->at.own;
	uint64_t i, n = 0;

	if (a->count > 0)
		n = word_published(&h->own_published);
	for (i = 0; i < n && i < a->count; i++) {
		memcpy(o, st->map + a->offset + i * a->stride, sizeof(*o));
		if (shown(st, o) && number-- == 0)
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
	if (!own_get(st, number, &o))
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

	if (number < 0 || !own_get(st, (unsigned)number, &o))
		return 0;
	for (unsigned l = lanes.first; l < lanes.end; l++)
		if ((words = stat_lane(st, l)) != NULL)
			sum += word_get((const void *)(words + o.offset));
	return (int64_t)sum;
}
