/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another binary takes over: the old master executes it and leaves it all that
 * has a name (listening sockets, control socket, counters); when its workers
 * serve it is told that the names are its own, and the old workers give their
 * connections away, to the new master's through both.  Until then nothing has
 * been given up: whatever goes wrong, the old master goes on, and the new one
 * is killed, or gives back what its workers have accepted meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "io/listen.h"
#include "proc/master_body.h"
#include "shm/segment.h"

bool
upgrade_runs(const struct master *m)
{
	return m->upgrade.stage == UPGRADE_STARTS;
}

bool
upgrade_left(const struct master *m)
{
	return m->upgrade.stage == UPGRADE_LEAVING;
}

bool
upgrade_shares(const struct master *m)
{
	return upgrade_runs(m) || upgrade_waits(m);
}

/* All workers are to know whether the listening sockets are theirs alone. */
static void
tell_shared(struct master *m)
{
	struct worker *w;

	TAILQ_FOREACH(w, &m->workers, link)
		worker_tell(w, ORDER_SHARED, upgrade_shares(m), -1);
}

bool
upgrade_is_silent(const struct master *m)
{
	return upgrade_left(m) || upgrade_waits(m);
}

bool
upgrade_is_over(const struct master *m)
{
	return upgrade_left(m) && m->upgrade.done &&
	    m->upgrade.before.channel.fd == -1;
}

bool
upgrade_waits(const struct master *m)
{
	return m->upgrade.stage == UPGRADE_WAITS;
}

/* Once it has been told that we serve, the old master may have left. */
bool
upgrade_may_fail(const struct master *m)
{
	return upgrade_waits(m) && !m->upgrade.told;
}

static void
forget_other(struct master *m)
{
	struct upgrade *u = &m->upgrade;

	broker_party_gone(&u->other);
	channel_close(&u->other.channel);
	watch_remove(&m->loop, &u->death);
	timer_cancel(&m->loop, &u->timer);
}

static void
forget_before(struct master *m)
{
	struct upgrade *u = &m->upgrade;

	if (u->before.channel.fd == -1)
		return;
	broker_party_gone(&u->before);
	channel_close(&u->before.channel);
}

static void
failed(struct master *m, const char *why)
{
	struct upgrade *u = &m->upgrade;
	char answer[CONTROL_BYTES];

	u->stage = UPGRADE_NONE;
	tell_shared(m);
	forget_other(m);
	segment_lanes_limit(m->config->segment, 0, m->config->lanes);
	/* One before us sees to its own; what is left is found after that. */
	u->reclaims = u->before.channel.fd == -1 &&
	    segment_lanes_reclaim(m->config->segment) > 0;
	sockets_regain(m);
	segment_count(m->config->segment, SERVER_UPGRADES_FAILED, 1);
	log_errorx("upgrade: %s; the old master goes on", why);
	snprintf(answer, sizeof(answer), "error: %s", why);
	control_complete(&m->control, CONTROL_UPGRADE, answer);
}

void
upgrade_stop(struct master *m)
{
	struct upgrade *u = &m->upgrade;
	siginfo_t info;

	if (u->stage != UPGRADE_STARTS)
		return;
	child_kill(&u->child, SIGKILL);
	child_reap(&u->child, &info);
	failed(m, "the server stops");
}

/* All of ours leave; the other master's take over. */
static void
commit(struct master *m, uint32_t reads)
{
	struct upgrade *u = &m->upgrade;
	struct order yours = { .kind = SUCCESSION_YOURS };
	struct worker *w, *next;

	u->stage = UPGRADE_LEAVING;
	timer_cancel(&m->loop, &u->timer);
	log_info("the new master, pid %ld, serves; leaving",
	    (long)u->child.pid);
	control_deafen(&m->control);
	m->config->leave(m->config->arg, u->child.pid);
	companion_stop(m);
	channel_send(&u->other.channel, &yours, -1);
	for (unsigned i = 0; i < m->config->max_workers; i++) {
		slot_abandon(&m->slots[i]);
		slot_event(&m->slots[i], SLOT_E_STOP);
	}
	for (w = TAILQ_FIRST(&m->workers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		worker_tell(w, ORDER_VERSION, reads, -1);
		worker_event(w, WORKER_E_DRAIN);
	}
}

/* Unless it does not any more, which the watch of its death will tell. */
static void
other_serves(struct master *m, uint32_t reads)
{
	if (!child_is_dead(&m->upgrade.child))
		commit(m, reads);
}

/* From now on who looks for the server finds the new master. */
static void
done(struct master *m)
{
	m->upgrade.done = true;
	control_complete(&m->control, CONTROL_UPGRADE, "ok");
}

/* The names are ours, by word of the old master or by its death. */
static void
inherit(struct master *m)
{
	struct order mine = { .kind = SUCCESSION_MINE };

	m->upgrade.stage = UPGRADE_NONE;
	segment_count(m->config->segment, SERVER_UPGRADES, 1);
	tell_shared(m);
	if (orders_hear(m, m->config->control_fd) == -1)
		log_error("the control socket");
	m->config->inherit(m->config->arg);
	segment_set_master(m->config->segment, getpid(), m->generation,
	    m->limits.workers);
	measure_listeners(m);
	sockets_regain(m);
	for (unsigned i = 0; i < m->config->max_workers; i++)
		slot_publish(&m->slots[i]);
	log_info("this is the master now");
	companion_start(m);
	channel_send(&m->upgrade.before.channel, &mine, -1);
}

/* The old master; the lanes of its workers are free when those are gone. */
static void
before_is_gone(struct master *m)
{
	struct segment *seg = m->config->segment;

	forget_before(m);
	if (upgrade_waits(m)) {
		log_warnx("the old master is gone before it could say so");
		inherit(m);
	}
	if (m->upgrade.stage == UPGRADE_NONE)
		segment_lanes_limit(seg, 0, m->config->lanes);
	m->upgrade.reclaims = segment_lanes_reclaim(seg) > 0;
}

/* Its text stands behind the order, as it pleases. */
static void
note_reason(struct master *m, size_t len)
{
	struct upgrade *u = &m->upgrade;

	if (len >= sizeof(u->reason))
		len = sizeof(u->reason) - 1;
	memcpy(u->reason, m->message->record, len);
	u->reason[len] = '\0';
}

/* It will end; what its workers have listened on is ours from now on. */
static void
refused(struct master *m, size_t len)
{
	note_reason(m, len);
	sockets_regain(m);
	log_info("upgrade: the new master gives up: %s", m->upgrade.reason);
}

static void
hear(struct party *p, const struct order *o, size_t size, int fd)
{
	struct master *m = p->master;

	if (o->kind == ORDER_OFFER) {
		broker_offer(p, o, size, fd);
		return;
	}
	if (o->kind == ORDER_TAKEN || o->kind == ORDER_REFUSED)
		broker_answer(p, o);
	else if (o->kind == SUCCESSION_SERVES && upgrade_runs(m))
		other_serves(m, o->arg);
	else if (o->kind == SUCCESSION_YOURS && upgrade_waits(m))
		inherit(m);
	else if (o->kind == SUCCESSION_MINE && upgrade_left(m))
		done(m);
	else if (o->kind == SUCCESSION_REFUSED && upgrade_runs(m))
		refused(m, size - sizeof(*o));
	else
		log_warnx("the other master says what I do not understand: %u",
		    o->kind);
	fd_close(&fd);
}

/* All that has been said: whether there may be more to come. */
static bool
listen_to(struct party *p)
{
	struct message *m = p->master->message;
	struct channel *ch = &p->channel;
	ssize_t n;
	int fd;

	do {
		n = channel_receive(ch, m, &fd);
		if (n == -1 && errno == EPROTO)
			n = sizeof(m->order);
		if (n >= (ssize_t)sizeof(m->order)) {
			const struct order o = m->order;

			hear(p, &o, (size_t)n, fd);
		}
	} while (n > 0 && ch->fd != -1);
	return n != 0;
}

static void
spoken(struct watch *watch, uint32_t events)
{
	struct channel *ch = OBJECT_OF(watch, struct channel, watch);
	struct party *p = OBJECT_OF(ch, struct party, channel);

	channel_ready(ch, events);
	/* Of a new master the pidfd tells more. */
	if (!listen_to(p) && p == &p->master->upgrade.before)
		before_is_gone(p->master);
}

static int
talk_to(struct master *m, struct party *p, int fd)
{
	*p = (struct party){ .master = m, .channel.fd = -1 };
	return channel_open(&p->channel, &m->loop, fd, spoken);
}

/* Nobody takes any more what our workers have. */
static void
left_alone(struct master *m)
{
	struct worker *w;

	forget_other(m);
	forget_before(m);	/* our end will tell it */
	m->upgrade.done = true;
	TAILQ_FOREACH(w, &m->workers, link)
		worker_event(w, WORKER_E_STOP);
}

static void
died(struct watch *watch, uint32_t events)
{
	struct master *m = OBJECT_OF(watch, struct master, upgrade.death);
	struct upgrade *u = &m->upgrade;
	char fate[128], why[256 + SUCCESSION_WHY];
	siginfo_t info;

	(void)events;
	watch_remove(&m->loop, watch);
	listen_to(&u->other);
	child_reap(&u->child, &info);
	child_fate(&info, fate, sizeof(fate));
	snprintf(why, sizeof(why), "the new master %s%s%s%s", fate, u->late ?
	    ": it did not serve within upgrade-timeout" :
	    " before it served", u->reason[0] != '\0' ? ": " : "", u->reason);
	if (u->stage == UPGRADE_STARTS)
		failed(m, why);
	else
		left_alone(m);
}

static void
too_late(struct timer *t)
{
	struct master *m = OBJECT_OF(t, struct master, upgrade.timer);

	m->upgrade.late = true;
	child_kill(&m->upgrade.child, SIGKILL);
}

/* In the child. */
static void
become(const struct master_config *cf, int fd)
{
	char text[32], why[SUCCESSION_WHY];

	prctl(PR_SET_PDEATHSIG, 0);	/* it is to outlive us */
	cf->execute(cf->arg, &fd);
	snprintf(text, sizeof(text), "%d", fd);
	if (fcntl(fd, F_SETFD, 0) == -1 ||
	    setenv(SUCCESSION_ENV, text, 1) == -1)
		_exit(126);
	execv(cf->program, cf->argv);
	snprintf(why, sizeof(why), "%s: %s", cf->program, strerror(errno));
	log_errorx("upgrade: %s", why);
	succession_refuse(fd, why);
	_exit(127);
}

static int
bequeath(struct master *m)
{
	const struct master_config *cf = m->config;
	struct channel *ch = &m->upgrade.other.channel;
	struct order o = { .kind = SUCCESSION_SEGMENT, .arg = cf->reads };

	if (channel_lend(ch, &o, segment_write_fd(cf->segment)) == -1)
		return -1;
	o = (struct order){ .kind = SUCCESSION_CONTROL };
	if (channel_lend(ch, &o, cf->control_fd) == -1)
		return -1;
	o.kind = SUCCESSION_SOCKET;
	for (unsigned i = 0; i < cf->nlisteners; i++) {
		const struct listener *l = &cf->listeners[i];

		if (l->foreign)
			continue;	/* execute() has passed it */
		for (unsigned j = 0; j < l->nfds; j++) {
			o.arg = order_key(i, j);
			o.id = l->indexes[j];
			if (channel_lend(ch, &o, l->fds[j]) == -1)
				return -1;
		}
	}
	for (unsigned i = 0; i < cf->nbeside; i++) {
		o.arg = order_key(cf->nlisteners + i, 0);
		o.id = 0;
		if (channel_lend(ch, &o, cf->beside[i].fds[0]) == -1)
			return -1;
	}
	o = (struct order){ .kind = SUCCESSION_END, .arg = m->newest,
	    .id = (uint64_t)m->limits.configured << 32 | m->limits.workers };
	return channel_send(ch, &o, -1);
}

static int
start(struct master *m, int *ends)
{
	struct upgrade *u = &m->upgrade;
	int rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	if ((rc = child_fork(&u->child, m->config->signals)) == 0)
		become(m->config, ends[1]);
	fd_close(&ends[1]);
	if (rc == -1 || talk_to(m, &u->other, ends[0]) == -1)
		return -1;
	ends[0] = -1;
	return watch_add(&m->loop, &u->death, u->child.pidfd, EPOLLIN, died);
}

/* Why there can never be one; NULL: there can. */
static const char *
cannot(const struct master *m)
{
	if (getpid() == 1)
		return "the first process of a container cannot be replaced";
	if (m->config->program == NULL)
		return "the program does not know how it was started";
	return NULL;
}

int
upgrade_start(struct master *m, char *why, size_t size)
{
	struct upgrade *u = &m->upgrade;
	const char *reason = cannot(m);
	int ends[2] = { -1, -1 };
	siginfo_t info;

	if (reason != NULL) {
		snprintf(why, size, "%s", reason);
		return -1;
	}
	u->late = false;
	u->reason[0] = '\0';
	if (start(m, ends) == -1 || bequeath(m) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		fd_close(&ends[0]);
		watch_remove(&m->loop, &u->death);
		channel_close(&u->other.channel);
		if (u->child.pid != 0) {
			child_kill(&u->child, SIGKILL);
			child_reap(&u->child, &info);
		}
		return -1;
	}
	u->stage = UPGRADE_STARTS;
	tell_shared(m);
	segment_lanes_limit(m->config->segment, 0, m->config->lanes / 2);
	timer_set(&m->loop, &u->timer, clock_ns() +
	    m->limits.upgrade_ns, too_late);
	log_info("upgrade: pid %ld executes %s", (long)u->child.pid,
	    m->config->program);
	return 0;
}

int
upgrade_follow(struct master *m)
{
	int fd = m->config->predecessor_fd;

	if (fd == -1)
		return 0;
	m->upgrade.stage = UPGRADE_WAITS;
	segment_lanes_limit(m->config->segment, m->config->lanes / 2,
	    m->config->lanes - m->config->lanes / 2);
	return talk_to(m, &m->upgrade.before, fd);
}

void
upgrade_serves(struct master *m)
{
	struct order o = { .kind = SUCCESSION_SERVES,
	    .arg = m->config->reads };

	if (!upgrade_waits(m) || m->upgrade.told || m->delaying)
		return;
	m->upgrade.told = true;
	channel_send(&m->upgrade.before.channel, &o, -1);
}

void
upgrade_failed(struct master *m, const char *why)
{
	if (upgrade_waits(m))
		succession_refuse(m->upgrade.before.channel.fd, why);
}

void
upgrade_fini(struct master *m)
{
	struct upgrade *u = &m->upgrade;

	if (u->before.master != NULL)
		channel_close(&u->before.channel);
	if (u->other.master != NULL)
		channel_close(&u->other.channel);
	watch_remove(&m->loop, &u->death);
	fd_close(&u->child.pidfd);
}
