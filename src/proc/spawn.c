/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a worker: what it is given, and that it is given nothing else.  A
 * listening socket of another slot, for one, would go on to be offered
 * connections for as long as somebody holds it, and nobody would accept them.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
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

/* In a child: what is the master's alone. */
static void
close_private(struct master *m, const int *fds)
{
	control_abandon(&m->control);
	fd_close(&m->signals.fd);
	loop_fini(&m->loop);
	for (unsigned i = 0; i < m->config->max_workers; i++) {
		struct slot *s = &m->slots[i];

		if (s->child.pid != 0) {
			fd_close(&s->child.pidfd);
			fd_close(&s->channel_fd);
		}
	}
	for (unsigned i = 0; i < m->config->nlisteners; i++)
		close_others(&m->config->listeners[i], fds[i]);
}

static int
listen_all(struct slot *s, int *fds)
{
	const struct master_config *cf = s->master->config;

	for (unsigned i = 0; i < cf->nlisteners; i++) {
		fds[i] = listener_start(&cf->listeners[i], s->number,
		    cf->backlog);
		if (fds[i] == -1)
			return -1;
	}
	return 0;
}

static void
be_worker(struct slot *s, int channel_fd, int *fds)
{
	struct master *m = s->master;
	struct inherit inherit = { .slot = s->number,
	    .generation = m->generation, .lane = s->lane, .listen_fds = fds,
	    .nlisten = m->config->nlisteners, .channel_fd = channel_fd };
	char role[32];

	close_private(m, fds);
	snprintf(role, sizeof(role), "worker %u", s->number);
	log_set_name(m->config->name, role);
	child_exit(m->config->worker(&inherit, m->config->arg));
}

static int
fork_worker(struct slot *s, int *ends, int *fds)
{
	struct master *m = s->master;
	int lane, rc;

	lane = segment_lane_take(m->config->segment, s->number, m->generation);
	if (lane == -1) {
		errno = ENOSPC;
		return -1;
	}
	s->lane = (unsigned)lane;
	if ((rc = child_fork(&s->child, m->config->signals)) == 0) {
		/* Not a child of ours, in this process. */
		s->child.pid = 0;
		close(ends[0]);
		be_worker(s, ends[1], fds);
	}
	if (rc == -1) {
		segment_lane_ended(m->config->segment, s->lane);
		return -1;
	}
	segment_lane_started(m->config->segment, s->lane, s->child.pid);
	return 0;
}

int
slot_fork(struct slot *s)
{
	int fds[MASTER_MAX_LISTENERS], ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	s->born_ns = clock_ns();
	s->spawned++;
	if (listen_all(s, fds) == -1 || fork_worker(s, ends, fds) == -1) {
		fd_close(&ends[0]);
		fd_close(&ends[1]);
		return -1;
	}
	fd_close(&ends[1]);
	s->channel_fd = ends[0];
	return 0;
}
