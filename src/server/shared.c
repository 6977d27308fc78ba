/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public face of what workers share: who counts where, and how, is said in
 * shm/lane.h.
 */
#include <thriftfork/shared.h>

#include "base/clock.h"
#include "server/server.h"
#include "shm/robust.h"

static struct declared *
declare_for(struct tf_server *srv, enum segment_own_kind kind,
    const char *name, const char *unit, const char *help)
{
	struct declared *d = declare(&srv->declared, kind, name, unit,
	    help == NULL ? "" : help);

	if (d == NULL)
		tf_server_refuse(srv, "%s", srv->declared.why);
	return d;
}

struct tf_counter *
tf_server_counter(struct tf_server *srv, const char *name, const char *help)
{
	return (struct tf_counter *)declare_for(srv, SEGMENT_OWN_COUNTER, name,
	    "", help);
}

struct tf_gauge *
tf_server_gauge(struct tf_server *srv, const char *name, const char *help)
{
	return (struct tf_gauge *)declare_for(srv, SEGMENT_OWN_GAUGE, name,
	    "", help);
}

struct tf_histogram *
tf_server_histogram(struct tf_server *srv, const char *name, const char *unit,
    const char *help)
{
	return (struct tf_histogram *)declare_for(srv, SEGMENT_OWN_HISTOGRAM,
	    name, unit == NULL ? "" : unit, help);
}

struct tf_lock *
tf_server_lock(struct tf_server *srv, const char *name)
{
	return (struct tf_lock *)declare_for(srv, SEGMENT_OWN_LOCK, name,
	    "", NULL);
}

static uint64_t *
cell_of(struct declared *d)
{
	return __atomic_load_n(&d->cell, __ATOMIC_RELAXED);
}

void
tf_count(struct tf_counter *c, uint64_t n)
{
	__atomic_fetch_add(cell_of(&c->d), n, __ATOMIC_RELAXED);
}

void
tf_gauge_add(struct tf_gauge *g, int64_t n)
{
	__atomic_fetch_add(cell_of(&g->d), (uint64_t)n, __ATOMIC_RELAXED);
}

void
tf_gauge_set(struct tf_gauge *g, int64_t value)
{
	__atomic_store_n(cell_of(&g->d), (uint64_t)value, __ATOMIC_RELAXED);
}

void
tf_record(struct tf_histogram *h, uint64_t value)
{
	struct lane_own *own = __atomic_load_n(&h->d.own, __ATOMIC_ACQUIRE);

	if (own != NULL)
		own_record(own, h->d.number, value);
}

int
tf_lock(struct tf_lock *l)
{
	return robust_take(l->d.mutex, ROBUST_FOREVER);
}

int
tf_trylock(struct tf_lock *l)
{
	return robust_take(l->d.mutex, 0);
}

int
tf_lock_timed(struct tf_lock *l, unsigned ms)
{
	return robust_take(l->d.mutex, clock_ns() + ms * NS_PER_MS);
}

int
tf_unlock(struct tf_lock *l)
{
	return robust_give(l->d.mutex);
}
