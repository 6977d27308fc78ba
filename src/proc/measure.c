/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel knows and nobody counts: how much memory workers have, and
 * who waits to be accepted.  The master asks, once a second, because it asks
 * for all of them and a worker that hangs would not.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/backlog.h"
#include "io/listen.h"
#include "proc/master_body.h"
#include "shm/layout.h"
#include "shm/segment.h"

/* In pages; both 0 if nobody knows. */
static void
read_memory(pid_t pid, unsigned long long *resident, unsigned long long *shared)
{
	char path[64];
	FILE *f;

	*resident = *shared = 0;
	snprintf(path, sizeof(path), "/proc/%ld/statm", (long)pid);
	if ((f = fopen(path, "re")) == NULL)
		return;
	if (fscanf(f, "%*u %llu %llu", resident, shared) != 2 ||
	    *shared > *resident)
		*resident = *shared = 0;
	fclose(f);
}

static void
measure_worker(struct worker *w)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned long long resident, shared;

	read_memory(w->child.pid, &resident, &shared);
	w->memory = resident * page;
	segment_lane_memory(w->master->config->segment, w->lane,
	    resident * page, (resident - shared) * page);
}

_Static_assert(MASTER_MAX_LISTENERS <= SEGMENT_LISTENERS,
    "an entry for every address");

static struct listener_state
state_of(const struct listener *l)
{
	struct backlog b;

	backlog_of(l, &b);
	return (struct listener_state){ .address = l->text,
	    .kind = addr_is_unix(&l->addr) ? "unix" : "tcp",
	    .has_queue = b.has_queue, .has_drops = b.has_drops,
	    .sockets = b.sockets, .queue = b.queue, .longest = b.longest,
	    .limit = b.limit, .drops = b.drops };
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A service manager may have bound several sockets to one address. */
static bool
add_to_same(struct listener_state *all, unsigned n,
    const struct listener_state *one)
{
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(all[i].address, one->address) != 0)
			continue;
		all[i].has_queue &= one->has_queue;
		all[i].has_drops &= one->has_drops;
		all[i].sockets += one->sockets;
		all[i].queue += one->queue;
		all[i].longest = larger(all[i].longest, one->longest);
		all[i].limit = larger(all[i].limit, one->limit);
		all[i].drops += one->drops;
		return true;
	}
	return false;
}

void
measure_listeners(struct master *m)
{
	struct listener_state all[MASTER_MAX_LISTENERS], one;
	unsigned n = 0;

	for (unsigned i = 0; i < m->config->nlisteners; i++) {
		one = state_of(&m->config->listeners[i]);
		if (!add_to_same(all, n, &one))
			all[n++] = one;
	}
	segment_set_listeners(m->config->segment, all, n);
}

void
measure(struct master *m)
{
	struct worker *w;

	if (!upgrade_is_silent(m))
		measure_listeners(m);

	TAILQ_FOREACH(w, &m->workers, link)
		measure_worker(w);
}
