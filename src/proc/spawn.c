/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a worker: what it is given, and that it is given nothing else.  A
 * listening socket of another slot, for one, would go on to be offered
 * connections for as long as somebody holds it, and nobody would accept them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "io/listen.h"
#include "proc/master_body.h"
#include "shm/segment.h"

static void
close_others(struct listener *l, int mine)
{
	for (unsigned i = 0; i < l->nfds; i++)
		if (l->fds[i] != mine)
			fd_close(&l->fds[i]);
}

/* In a child: what is the master's alone; fds: NULL, or what it may keep. */
static void
close_private(struct master *m, const int *fds)
{
	int awaited_fd = upgrade_waits(m) ? m->config->control_fd : -1;
	struct worker *w;

	control_abandon(&m->control);
	fd_close(&awaited_fd);
	fd_close(&m->signals.fd);
	loop_fini(&m->loop);
	TAILQ_FOREACH(w, &m->workers, link) {
		fd_close(&w->child.pidfd);
		fd_close(&w->party.channel.fd);
	}
	fd_close(&m->companion.child.pidfd);
	fd_close(&m->upgrade.before.channel.fd);
	fd_close(&m->upgrade.other.channel.fd);
	fd_close(&m->upgrade.child.pidfd);
	fd_close(&m->reload.preflight.fd);
	fd_close(&m->reload.preflight.child.pidfd);
	for (unsigned i = 0; i < m->config->nlisteners; i++)
		close_others(&m->config->listeners[i],
		    fds != NULL ? fds[i] : -1);
}

/* In a child. */
int
spawn_preflight(int fd, void *arg)
{
	struct master *m = arg;

	m->reload.preflight.fd = m->reload.preflight.child.pidfd = -1;
	close_private(m, NULL);
	return m->config->preflight(fd, m->config->arg);
}

static int
listen_all(struct slot *s, int *fds, uint32_t *keys)
{
	const struct master_config *cf = s->master->config;

	for (unsigned i = 0; i < cf->nlisteners; i++) {
		fds[i] = listener_start(&cf->listeners[i], s->number,
		    cf->backlog);
		if (fds[i] == -1)
			return -1;
		keys[i] = order_key(i, s->number);
	}
	/* Nothing is steered to the others before they have served. */
	if (s->number == 0)
		s->listens = true;
	if (cf->listening != NULL)
		cf->listening(cf->arg);
	return 0;
}

static void
be_worker(struct worker *w, int channel_fd, int *fds, uint32_t *keys)
{
	struct master *m = w->master;
	struct inherit inherit = { .slot = w->slot->number,
	    .generation = w->generation, .lane = w->lane, .listen_fds = fds,
	    .listen_keys = keys, .nlisten = m->config->nlisteners,
	    .channel_fd = channel_fd };
	char role[32];

	close_private(m, fds);
	snprintf(role, sizeof(role), "worker %u", w->slot->number);
	log_set_name(m->config->name, role);
	child_exit(m->config->worker(&inherit, m->config->arg));
}

static int
take_lane(struct worker *w)
{
	int lane = segment_lane_take(w->master->config->segment,
	    w->slot->number, w->generation);

	if (lane == -1) {
		errno = ENOSPC;
		return -1;
	}
	w->lane = (unsigned)lane;
	return 0;
}

static int
fork_with(struct worker *w, int *ends, int *fds, uint32_t *keys)
{
	struct master *m = w->master;
	int rc;

	if (take_lane(w) == -1)
		return -1;
	if ((rc = child_fork(&w->child, m->config->signals)) == 0) {
		/* Not a child of ours, in this process. */
		w->child.pid = 0;
		be_worker(w, ends[1], fds, keys);
	}
	if (rc == -1) {
		segment_lane_ended(m->config->segment, w->lane);
		return -1;
	}
	segment_lane_started(m->config->segment, w->lane, w->child.pid);
	w->slot->spawned++;
	return 0;
}

/* Up to a tenth more, or all would be replaced at the same time. */
static uint64_t
with_jitter(uint64_t n)
{
	return n == 0 ? 0 : n + arc4random_uniform((uint32_t)(n / 10 <
	    UINT32_MAX ? n / 10 + 1 : UINT32_MAX));
}

int
worker_fork(struct worker *w, watch_fn *spoken)
{
	struct master *m = w->master;
	int fds[MASTER_MAX_LISTENERS], ends[2];
	uint32_t keys[MASTER_MAX_LISTENERS];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	w->max_requests = with_jitter(m->limits.max_requests);
	if (listen_all(w->slot, fds, keys) == 0 &&
	    channel_open(&w->party.channel, &m->loop, ends[0], spoken) == 0 &&
	    fork_with(w, ends, fds, keys) == 0) {
		fd_close(&ends[1]);
		return 0;
	}
	if (w->party.channel.fd == -1)
		fd_close(&ends[0]);
	fd_close(&ends[1]);
	return -1;
}
