/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of what setup() declares.  Cells and locks are given away in
 * the order of the directory and never taken back, so what was counted under
 * a name stays under it.  The master makes a mutex when it enters its name,
 * before anybody can know of it, and never touches it again.
 */
#include "shm/own.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "shm/robust.h"
#include "shm/segment_body.h"

_Static_assert(sizeof(pthread_mutex_t) <= SEGMENT_LOCK, "a lock has room");

static const char *const kind_names[] = {
	[SEGMENT_OWN_COUNTER] = "counter",
	[SEGMENT_OWN_GAUGE] = "gauge",
	[SEGMENT_OWN_LOCK] = "lock",
	[SEGMENT_OWN_HISTOGRAM] = "histogram",
};

const char *
own_kind_name(unsigned kind)
{
	return kind < sizeof(kind_names) / sizeof(*kind_names) ?
	    kind_names[kind] : NULL;
}

static const char *
name_wrong(const char *name)
{
	size_t i;

	if (name[0] == '\0' || (name[0] >= '0' && name[0] <= '9'))
		return "a name begins with a letter or _";
	for (i = 0; name[i] != '\0'; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c >= 0x80 || (!isalnum(c) && c != '_'))
			return "a name has letters, digits and _ only";
	}
	return i < SEGMENT_OWN ? NULL : "a name has at most 63 characters";
}

const char *
own_wrong(const char *name, const char *help)
{
	const char *wrong = name_wrong(name);
	size_t i;

	for (i = 0; wrong == NULL && help[i] != '\0'; i++)
		if ((unsigned char)help[i] < 0x20 || help[i] == 0x7f)
			wrong = "its text has control characters";
	if (wrong == NULL && i >= sizeof(((struct segment_own *)0)->help))
		wrong = "its text has more than 127 bytes";
	return wrong;
}

/* Prometheus has these behind the name of a histogram. */
static const char *const no_units[] = { "bucket", "count", "sum" };

const char *
own_unit_wrong(const char *unit)
{
	size_t i;

	for (i = 0; unit[i] != '\0'; i++)
		if ((unsigned char)unit[i] >= 0x80 ||
		    !isalnum((unsigned char)unit[i]))
			return "a unit has letters and digits only";
	if (i == 0 || i >= SEGMENT_UNIT)
		return "a unit has 1 to 15 characters";
	for (i = 0; i < sizeof(no_units) / sizeof(no_units[0]); i++)
		if (strcmp(unit, no_units[i]) == 0)
			return "count, sum and bucket are no units";
	return NULL;
}

static struct segment_own *
own_at(const struct segment *s, unsigned i)
{
	return segment_entry(s, &s->at.own, i);
}

/* Where it is in the directory; -1: nowhere. */
static int
own_search(const struct segment *s, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strncmp(own_at(s, i)->name, name, SEGMENT_OWN) == 0)
			return (int)i;
	return -1;
}

/* Where things of its kind are, and how many of them there are by now. */
static const struct segment_area *
own_area(const struct segment *s, unsigned kind)
{
	return kind == SEGMENT_OWN_LOCK ? &s->at.locks :
	    kind == SEGMENT_OWN_HISTOGRAM ? &s->at.own_tallies : &s->at.cells;
}

static unsigned *
own_used(struct own *own, unsigned kind)
{
	return kind == SEGMENT_OWN_LOCK ? &own->locks :
	    kind == SEGMENT_OWN_HISTOGRAM ? &own->histograms : &own->cells;
}

/* Where the next of its kind goes; 0: there is no room. */
static uint64_t
own_place(struct segment *s, unsigned kind)
{
	const struct segment_area *a = own_area(s, kind);
	unsigned used = *own_used(&s->own, kind);

	return used < a->count ? a->offset + used * a->stride : 0;
}

static void
own_note(struct own *own, unsigned kind)
{
	own->kinds[own->n++] = (uint8_t)kind;
	(*own_used(own, kind))++;
}

static int
own_append(struct segment *s, enum segment_own_kind kind, const char *name,
    const char *unit, const char *help, char *why, size_t size)
{
	uint64_t offset = own_place(s, kind);
	struct segment_own *o;

	if (offset == 0) {
		snprintf(why, size, "%s %s: there is no room for more than %u",
		    kind_names[kind], name, *own_used(&s->own, kind));
		return -1;
	}
	if (kind == SEGMENT_OWN_LOCK)
		robust_init((void *)(s->map + offset));
	o = own_at(s, s->own.n);
	memset(o, 0, sizeof(*o));
	strlcpy(o->name, name, sizeof(o->name));
	strlcpy(o->unit, unit, sizeof(o->unit));
	strlcpy(o->help, help, sizeof(o->help));
	o->kind = kind;
	o->offset = offset;
	own_note(&s->own, kind);
	word_publish(&segment_head(s)->own_published, s->own.n);
	return 0;
}

/*
 * Notes what another master has appended: the one before us, or one that was
 * to follow and has failed, whose workers may still be there.
 */
int
own_take_over(struct segment *s)
{
	uint64_t n = word_published(&segment_head(s)->own_published);

	if (n > s->at.own.count)
		return -1;
	for (unsigned i = s->own.n; i < n; i++) {
		uint32_t kind = own_at(s, i)->kind;

		if (own_kind_name(kind) == NULL ||
		    own_at(s, i)->offset != own_place(s, kind))
			return -1;
		own_note(&s->own, kind);
	}
	return 0;
}

/* A name stays what it is as long as the segment lives. */
static int
own_same(const struct segment *s, unsigned known, enum segment_own_kind kind,
    const char *unit, char *why, size_t size)
{
	const struct segment_own *o = own_at(s, known);
	unsigned is = s->own.kinds[known];

	if (is != kind) {
		snprintf(why, size, "%s %.63s: it is a %s already, and stays "
		    "one until the server is started anew", kind_names[kind],
		    o->name, kind_names[is]);
		return -1;
	}
	if (strncmp(o->unit, unit, sizeof(o->unit)) != 0) {
		snprintf(why, size, "%s %.63s: it is in %.15s already, not in "
		    "%s, and stays so until the server is started anew",
		    kind_names[kind], o->name, o->unit, unit);
		return -1;
	}
	return 0;
}

int
own_add(struct segment *s, enum segment_own_kind kind, const char *name,
    const char *unit, const char *help, char *why, size_t size)
{
	const char *wrong = own_wrong(name, help);
	int known;

	if (wrong == NULL && kind == SEGMENT_OWN_HISTOGRAM)
		wrong = own_unit_wrong(unit);
	if (wrong != NULL) {
		snprintf(why, size, "%s %.100s: %s", kind_names[kind], name,
		    wrong);
		return -1;
	}
	own_take_over(s);
	if ((known = own_search(s, s->own.n, name)) == -1)
		return own_append(s, kind, name, unit, help, why, size);
	return own_same(s, (unsigned)known, kind, unit, why, size);
}

static word *
cell_at(const struct segment *s, struct lane *l, unsigned cell)
{
	BUG_ON(cell >= s->at.cells.count);
	return (word *)(void *)((char *)l + s->at.cells.offset) + cell;
}

void
own_clear_gauges(struct segment *s, unsigned lane)
{
	struct lane *l = segment_lane_at(s, lane);
	unsigned cell = 0;

	for (unsigned i = 0; i < s->own.n; i++) {
		if (s->own.kinds[i] == SEGMENT_OWN_GAUGE)
			word_set(cell_at(s, l, cell), 0);
		cell += s->own.kinds[i] == SEGMENT_OWN_COUNTER ||
		    s->own.kinds[i] == SEGMENT_OWN_GAUGE;
	}
}

bool
own_has_locks(const struct segment *s)
{
	return s->own.locks > 0;
}

/* How far it may be read; and a worker knows what the areas are. */
static const struct segment_own *
own_find(const struct segment *s, const char *name)
{
	uint64_t n = word_published(&segment_head(s)->own_published);
	int i = own_search(s, (unsigned)(n < s->at.own.count ? n :
	    s->at.own.count), name);

	return i == -1 ? NULL : own_at(s, (unsigned)i);
}

uint64_t *
own_cell(const struct segment *s, struct lane *l, enum segment_own_kind kind,
    const char *name)
{
	const struct segment_own *o = own_find(s, name);

	if (o == NULL || o->kind != kind || kind > SEGMENT_OWN_GAUGE)
		return NULL;
	return cell_at(s, l, (unsigned)((o->offset - s->at.cells.offset) /
	    s->at.cells.stride));
}

int
own_histogram(const struct segment *s, const char *name)
{
	const struct segment_area *a = &s->at.own_tallies;
	const struct segment_own *o = own_find(s, name);

	if (o == NULL || o->kind != SEGMENT_OWN_HISTOGRAM)
		return -1;
	BUG_ON((o->offset - a->offset) / a->stride >= a->count);
	return (int)((o->offset - a->offset) / a->stride);
}

struct lane_own *
own_of_lane(const struct segment *s, struct lane *l)
{
	return (void *)((char *)l + s->at.own_tallies.offset);
}

pthread_mutex_t *
own_lock(const struct segment *s, const char *name)
{
	const struct segment_own *o = own_find(s, name);
	char *locks = s->locks;

	if (o == NULL || o->kind != SEGMENT_OWN_LOCK)
		return NULL;
	if (locks == NULL)
		locks = s->map + s->at.locks.offset;
	BUG_ON((o->offset - s->at.locks.offset) / s->at.locks.stride >=
	    s->at.locks.count);
	return (void *)(locks + (o->offset - s->at.locks.offset));
}
