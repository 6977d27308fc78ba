/* SPDX-License-Identifier: Apache-2.0 */
/* See declare.h. */
#include "server/declare.h"

#include <stdlib.h>
#include <string.h>

#include "shm/robust.h"

void
declarations_init(struct declarations *all)
{
	*all = (struct declarations){ .closed = false };
	STAILQ_INIT(&all->list);
}

void
declarations_fini(struct declarations *all)
{
	struct declared *d;

	while ((d = STAILQ_FIRST(&all->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&all->list, next);
		robust_fini(&d->alone);
		free(d);
	}
}

static struct declared *
find(const struct declarations *all, const char *name)
{
	struct declared *d;

	STAILQ_FOREACH(d, &all->list, next)
		if (strcmp(d->name, name) == 0)
			break;
	return d;
}

static struct declared *
refuse(struct declarations *all, enum segment_own_kind kind, const char *name,
    const char *why)
{
	snprintf(all->why, sizeof(all->why), "%s %.100s: %s",
	    own_kind_name(kind), name, why);
	return NULL;
}

static struct declared *
append(struct declarations *all, enum segment_own_kind kind, const char *name,
    const char *unit, const char *help)
{
	struct declared *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return refuse(all, kind, name, "out of memory");
	d->kind = kind;
	strlcpy(d->name, name, sizeof(d->name));
	strlcpy(d->unit, unit, sizeof(d->unit));
	strlcpy(d->help, help, sizeof(d->help));
	robust_init(&d->alone);
	d->cell = &d->spare;
	d->mutex = &d->alone;
	STAILQ_INSERT_TAIL(&all->list, d, next);
	return d;
}

struct declared *
declare(struct declarations *all, enum segment_own_kind kind, const char *name,
    const char *unit, const char *help)
{
	const char *wrong = own_wrong(name, help);
	struct declared *d;

	if (wrong == NULL && kind == SEGMENT_OWN_HISTOGRAM)
		wrong = own_unit_wrong(unit);
	if (wrong != NULL)
		return refuse(all, kind, name, wrong);
	if ((d = find(all, name)) != NULL)
		return d->kind == kind && strcmp(d->unit, unit) == 0 ? d :
		    refuse(all, kind, name,
		    "declared as something else as well");
	if (all->closed)
		return refuse(all, kind, name, "declared later than in "
		    "setup()");
	return append(all, kind, name, unit, help);
}

static bool
bind_histogram(struct declared *d, const struct segment *s, struct lane *l)
{
	int number = own_histogram(s, d->name);

	if (number == -1)
		return false;
	d->number = (unsigned)number;
	__atomic_store_n(&d->own, own_of_lane(s, l), __ATOMIC_RELEASE);
	return true;
}

static bool
bind_one(struct declared *d, const struct segment *s, struct lane *l)
{
	pthread_mutex_t *m;
	uint64_t *cell;

	if (d->kind == SEGMENT_OWN_HISTOGRAM)
		return bind_histogram(d, s, l);
	if (d->kind == SEGMENT_OWN_LOCK) {
		if ((m = own_lock(s, d->name)) != NULL)
			d->mutex = m;
		return m != NULL;
	}
	if ((cell = own_cell(s, l, d->kind, d->name)) != NULL)
		d->cell = cell;
	return cell != NULL;
}

int
declarations_bind(struct declarations *all, struct segment *s, struct lane *l,
    char *why, size_t size)
{
	struct declared *d;

	STAILQ_FOREACH(d, &all->list, next)
		if (!bind_one(d, s, l)) {
			snprintf(why, size, "%s %s: the preflight did not "
			    "declare it", own_kind_name(d->kind), d->name);
			return -1;
		}
	all->closed = true;
	return 0;
}

int
declarations_bind_alone(struct declarations *all, struct segment *s,
    struct lane *l, char *why, size_t size)
{
	struct declared *d;

	STAILQ_FOREACH(d, &all->list, next)
		if (own_add(s, d->kind, d->name, d->unit, d->help, why,
		    size) == -1)
			return -1;
	if (declarations_bind(all, s, l, why, size) == -1)
		return -1;
	STAILQ_FOREACH(d, &all->list, next)
		d->mutex = &d->alone;
	return 0;
}

void
declarations_release(struct declarations *all)
{
	struct declared *d;

	STAILQ_FOREACH(d, &all->list, next) {
		__atomic_store_n(&d->cell, &d->spare, __ATOMIC_RELAXED);
		__atomic_store_n(&d->own, NULL, __ATOMIC_RELAXED);
		d->mutex = &d->alone;
	}
	all->closed = false;
}
