/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel knows of workers and nobody counts: how much memory they
 * have.  The master asks, once a second, because it asks for all of them and a
 * worker that hangs would not.
 */
#include <stdio.h>
#include <unistd.h>

#include "proc/master_body.h"
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

void
measure(struct master *m)
{
	struct worker *w;

	TAILQ_FOREACH(w, &m->workers, link)
		measure_worker(w);
}
