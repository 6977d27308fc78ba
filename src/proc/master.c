/* SPDX-License-Identifier: Apache-2.0 */
/* See master.h: from the first worker to the last, one turn after the other. */
#include "proc/master.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "proc/master_body.h"
#include "shm/segment.h"

bool
master_serves(const struct master *m)
{
	for (unsigned i = 0; i < m->limits.workers; i++)
		if (!worker_serves(m->slots[i].incumbent))
			return false;
	return true;
}

int
master_may_fork(char *why, size_t size)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	if (n <= 3)			/* ".", ".." and this one */
		return 0;
	snprintf(why, size, "the program has other threads: a server must be "
	    "started before they are");
	return -1;
}

/* Over what a master that is dead may have left there. */
static void
publish(struct master *m)
{
	struct segment *seg = m->config->segment;

	m->upgrade.reclaims = segment_lanes_reclaim(seg) > 0;
	segment_set_master(seg, getpid(), m->generation, m->limits.workers);
	measure_listeners(m);
	for (unsigned i = 0; i < m->config->max_workers; i++)
		slot_publish(&m->slots[i]);
}

static int
begin(struct master *m)
{
	const struct master_config *cf = m->config;

	TAILQ_INIT(&m->workers);
	TAILQ_INIT(&m->moves);
	if (loop_init(&m->loop) == -1 || upgrade_follow(m) == -1 ||
	    orders_start(m) == -1)
		return -1;
	m->slots = calloc(cf->max_workers, sizeof(*m->slots));
	m->message = malloc(sizeof(*m->message));
	if (m->slots == NULL || m->message == NULL)
		return -1;
	for (unsigned i = 0; i < cf->max_workers; i++)
		m->slots[i] = (struct slot){ .master = m, .number = i };
	if (!upgrade_waits(m))
		publish(m);
	report_start(m);
	oom_init(&m->oom, "");
	watch_start(m);
	return sockets_init(m);
}

static void
end(struct master *m, bool in_order)
{
	watch_remove(&m->loop, &m->control.watch);
	companion_fini(m);
	m->config->finish(m->config->arg, in_order);
	orders_end(m);
	broker_fini(m);
	upgrade_fini(m);
	sockets_fini(m);
	loop_fini(&m->loop);
	free(m->message);
	free(m->slots);
}

/* Somebody waits for the first worker, and it will not come. */
static bool
start_failed(const struct master *m)
{
	bool awaited = m->config->serving != NULL && !m->served;

	return (awaited || upgrade_may_fail(m)) && m->failure[0] != '\0';
}

static int
turn(struct master *m, char *why, size_t size)
{
	if (loop_turn(&m->loop) == -1) {
		snprintf(why, size, "epoll_wait: %s", strerror(errno));
		return -1;
	}
	if (start_failed(m) && !m->stopping)
		orders_give_up(m);
	if (upgrade_waits(m) && master_serves(m))
		upgrade_serves(m);
	report_changes(m);
	watch_strangers(m);
	return 0;
}

/* The last to leave is the one that tells of it. */
static bool
is_over(struct master *m)
{
	if (!(m->stopping || upgrade_is_over(m)) || !TAILQ_EMPTY(&m->workers))
		return false;
	companion_stop(m);
	return companion_is_gone(m);
}

static int
serve(struct master *m, char *why, size_t size)
{
	int rc = 0;

	companion_start(m);
	for (unsigned i = 0; i < m->limits.workers; i++)
		slot_event(&m->slots[i], SLOT_E_WANT);
	while (rc == 0 && !is_over(m))
		rc = turn(m, why, size);
	if (rc == 0 && start_failed(m)) {
		snprintf(why, size, "%s", m->failure);
		rc = -1;
	}
	return rc;
}

int
master_run(const struct master_config *config, char *why, size_t size)
{
	struct master m = { .config = config, .limits = config->limits,
	    .generation = config->generation, .newest = config->generation,
	    .companion = { .child.pidfd = -1, .death.fd = -1 },
	    .signals.fd = -1, .stop_order.fd = -1, .loop = LOOP_CLOSED,
	    .control.watch.fd = -1, .reload = { .pipe.fd = -1,
	    .death.fd = -1, .preflight = { .fd = -1, .child.pidfd = -1 } },
	    .upgrade = { .death.fd = -1, .child.pidfd = -1,
	    .other.channel.fd = -1, .before.channel.fd = -1 } };
	int rc = begin(&m);

	if (rc == -1)
		snprintf(why, size, "the master cannot start: %s",
		    strerror(errno));
	if (rc == 0)
		rc = serve(&m, why, size);
	if (rc == -1)
		upgrade_failed(&m, why);
	end(&m, rc == 0);
	if (rc == 0)
		log_info("stopped");
	return rc;
}
