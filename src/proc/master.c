/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master's loop.  What happens (a signal, an order, a death, a word from a
 * worker, a timer) becomes an event of a slot; slot_fsm.c says what it means;
 * the small functions here do it.
 */
#include "proc/master.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/order.h"
#include "proc/master_body.h"
#include "shm/segment.h"

#define QUIT_NS		(1 * NS_PER_S)	/* from a quick order to the kill */
#define HEALTHY_NS	(1 * NS_PER_S)	/* a life that forgives deaths */
#define BACKOFF_MIN_NS	(100 * NS_PER_MS)
#define BACKOFF_MAX_NS	(30 * NS_PER_S)

static void	slot_event(struct slot *, enum slot_event);

static void
publish(struct slot *s)
{
	static const enum slot_word words[NSLOT_STATES] = {
		[SLOT_S_PARKED] = SLOT_PARKED,
		[SLOT_S_STARTING] = SLOT_STARTING,
		[SLOT_S_READY] = SLOT_READY,
		[SLOT_S_STOPPING] = SLOT_DRAINING,
		[SLOT_S_KILLED] = SLOT_DRAINING,
		[SLOT_S_ENDING] = SLOT_DRAINING,
		[SLOT_S_BACKOFF] = SLOT_BACKOFF,
	};
	bool lives = s->child.pid != 0;

	segment_slot_set(s->master->config->segment, s->number,
	    words[s->state], lives ? (int)s->lane : -1, s->child.pid,
	    s->spawned > 0 ? s->spawned - 1 : 0);
}

static void
timer_ran_out(struct timer *t)
{
	slot_event(OBJECT_OF(t, struct slot, timer), SLOT_E_TIMEOUT);
}

static void
set_timer(struct slot *s, uint64_t ns)
{
	timer_set(&s->master->loop, &s->timer, clock_ns() + ns, timer_ran_out);
}

static void
order(struct slot *s, enum order_kind kind, int fd)
{
	struct order o = { .kind = kind };

	if (fd_send(s->channel_fd, &o, sizeof(o), fd, MSG_DONTWAIT) == -1)
		log_warn("worker %u: an order could not be sent", s->number);
}

/* What it was doing, for the obituary; "" if nothing is known. */
static void
describe_call(struct slot *s, char *text, size_t size)
{
	struct segment *seg = s->master->config->segment;
	struct current_call call;
	char method[280];

	text[0] = '\0';
	if (!segment_lane_current(seg, s->lane, &call))
		return;
	segment_method_name(seg, call.method, method, sizeof(method));
	snprintf(text, size, ", %.1f ms into %s seqid %d from %s",
	    (double)(clock_ns() - call.since_ns) / 1e6, method, call.seqid,
	    call.peer);
}

static void
bury(struct slot *s)
{
	char fate[128], doing[400], text[640];
	uint64_t age = clock_ns() - s->born_ns;
	struct segment *seg = s->master->config->segment;
	long pid = s->child.pid;
	siginfo_t info;

	child_reap(&s->child, &info);
	child_fate(&info, fate, sizeof(fate));
	describe_call(s, doing, sizeof(doing));
	snprintf(text, sizeof(text), "worker %u pid %ld generation %u %s after "
	    "%.1f s%s", s->number, pid, s->master->generation, fate,
	    (double)age / 1e9, doing);
	if (s->state == SLOT_S_STOPPING && info.si_code == CLD_EXITED &&
	    info.si_status == 0)
		log_debug("%s", text);
	else {
		log_warnx("%s", text);
		segment_death_add(seg, text);
		if (s->state == SLOT_S_STARTING || s->state == SLOT_S_KILLED)
			strlcpy(s->master->failure, text,
			    sizeof(s->master->failure));
	}
	segment_lane_ended(seg, s->lane);
	/* Nor is it a failure to leave in order, as after a TERM by hand. */
	s->failures = age >= HEALTHY_NS || (s->state == SLOT_S_READY &&
	    info.si_code == CLD_EXITED && info.si_status == 0) ? 0 :
	    s->failures + 1;
}

static void
died(struct watch *watch, uint32_t events)
{
	struct slot *s = OBJECT_OF(watch, struct slot, death);

	(void)events;
	watch_remove(&s->master->loop, &s->death);
	watch_remove(&s->master->loop, &s->channel);
	fd_close(&s->channel_fd);
	bury(s);
	slot_event(s, SLOT_E_EXIT);
}

static void
spoken(struct watch *watch, uint32_t events)
{
	struct slot *s = OBJECT_OF(watch, struct slot, channel);
	struct order o;
	ssize_t n;

	(void)events;
	n = recv(watch->fd, &o, sizeof(o), MSG_DONTWAIT);
	if (n == (ssize_t)sizeof(o) && o.kind == ORDER_READY)
		slot_event(s, SLOT_E_READY);
	else if (n == 0)	/* its death will be told by the pidfd */
		watch_remove(&s->master->loop, watch);
}

/* Unwatched it would be lost: then it is taken back at once. */
static int
watch_worker(struct slot *s)
{
	struct loop *l = &s->master->loop;

	if (watch_add(l, &s->death, s->child.pidfd, EPOLLIN, died) == 0 &&
	    watch_add(l, &s->channel, s->channel_fd, EPOLLIN, spoken) == 0)
		return 0;
	watch_remove(l, &s->death);
	fd_close(&s->channel_fd);
	child_kill(&s->child, SIGKILL);
	bury(s);
	return -1;
}

static void
start_worker(struct slot *s)
{
	if (slot_fork(s) == 0 && watch_worker(s) == 0) {
		set_timer(s, s->master->config->start_timeout_ns);
		return;
	}
	snprintf(s->master->failure, sizeof(s->master->failure),
	    "worker %u cannot be started: %s", s->number, strerror(errno));
	log_errorx("%s", s->master->failure);
	s->failures++;
	slot_event(s, SLOT_E_EXIT);
}

static void
wait_and_retry(struct slot *s)
{
	uint64_t ns = 0;

	if (s->failures > 0) {
		unsigned doublings = s->failures < 16 ? s->failures - 1 : 15;

		ns = BACKOFF_MIN_NS << doublings;
		if (ns > BACKOFF_MAX_NS)
			ns = BACKOFF_MAX_NS;
		log_warnx("worker %u: death %u in a row; the next one starts "
		    "in %.1f s", s->number, s->failures, (double)ns / 1e9);
	}
	set_timer(s, ns);
}

static void
act(struct slot *s, enum slot_action action)
{
	struct master *m = s->master;

	switch (action) {
	case SLOT_A_SPAWN:
		start_worker(s);
		break;
	case SLOT_A_SERVING:
		timer_cancel(&m->loop, &s->timer);
		log_info("worker %u pid %ld serves", s->number,
		    (long)s->child.pid);
		if (!m->served && m->config->serving != NULL)
			m->config->serving(m->config->arg);
		m->served = true;
		break;
	case SLOT_A_STOP:
		order(s, ORDER_STOP, -1);
		set_timer(s, m->config->stop_timeout_ns);
		break;
	case SLOT_A_QUIT:
		order(s, ORDER_QUIT, -1);
		/* Another quick order gives no more time. */
		if (s->timer.when_ns == 0 ||
		    s->timer.when_ns > clock_ns() + QUIT_NS)
			set_timer(s, QUIT_NS);
		break;
	case SLOT_A_KILL:
		log_warnx("worker %u pid %ld is killed: it did not %s in time",
		    s->number, (long)s->child.pid,
		    s->state == SLOT_S_ENDING ? "leave" : "start");
		child_kill(&s->child, SIGKILL);
		break;
	case SLOT_A_WAIT:
		wait_and_retry(s);
		break;
	case SLOT_A_REST:
		timer_cancel(&m->loop, &s->timer);
		break;
	default:
		break;
	}
}

static void
slot_event(struct slot *s, enum slot_event event)
{
	struct slot_step step = slot_step(s->state, event);

	log_debug("worker %u: %s in %s: %s, %s", s->number,
	    slot_event_name(event), slot_state_name(s->state),
	    slot_action_name(step.action), slot_state_name(step.next));
	s->state = step.next;
	act(s, step.action);
	publish(s);
}

static void
all_slots(struct master *m, enum slot_event event)
{
	for (unsigned i = 0; i < m->config->max_workers; i++)
		slot_event(&m->slots[i], event);
}

static void
stop(struct master *m)
{
	if (m->stopping) {
		all_slots(m, SLOT_E_QUIT);
		return;
	}
	log_info("stopping");
	m->stopping = true;
	all_slots(m, SLOT_E_STOP);
}

static void
quit(struct master *m)
{
	m->stopping = true;
	all_slots(m, SLOT_E_QUIT);
}

static void
control_request(struct control_client *c, const char *request, void *arg)
{
	struct master *m = arg;

	if (strcmp(request, "status") == 0)
		control_answer(c, "ok", segment_fd(m->config->segment));
	else if (strcmp(request, "stop") == 0 ||
	    strcmp(request, "stop now") == 0) {
		control_wait(c);
		if (request[4] == '\0')
			stop(m);
		else
			quit(m);
	} else
		control_answer(c, "error: this version has no such verb", -1);
}

static void
later(const struct signalfd_siginfo *si)
{
	log_info("%s from pid %u: not in this version, ignored",
	    strsignal((int)si->ssi_signo), si->ssi_pid);
}

/* Workers may not be able to open the file: they are sent a descriptor. */
static void
reopen_logs(struct master *m)
{
	if (log_reopen() == -1) {
		log_error("the log cannot be opened again");
		return;
	}
	log_info("the log has been reopened");
	for (unsigned i = 0; log_fd() != -1 && i < m->config->max_workers; i++)
		if (m->slots[i].channel_fd != -1)
			order(&m->slots[i], ORDER_REOPEN, log_fd());
}

static void
signalled(struct watch *watch, uint32_t events)
{
	struct master *m = OBJECT_OF(watch, struct master, signals);
	struct signalfd_siginfo si;

	(void)events;
	if (read(watch->fd, &si, sizeof(si)) != (ssize_t)sizeof(si))
		return;
	switch (signals_meaning((int)si.ssi_signo)) {
	case SIGNAL_STOP:
		stop(m);
		break;
	case SIGNAL_QUIT:
		quit(m);
		break;
	case SIGNAL_REOPEN:
		reopen_logs(m);
		break;
	case SIGNAL_LATER:
		later(&si);
		break;
	default:
		break;
	}
}

static void
told_to_stop(struct watch *watch, uint32_t events)
{
	struct master *m = OBJECT_OF(watch, struct master, stop_order);

	(void)events;
	watch_remove(&m->loop, watch);
	if (!m->stopping)
		stop(m);
}

static int
watch_signals(struct master *m)
{
	int fd;

	if ((fd = signals_watch()) == -1)
		return -1;
	if (watch_add(&m->loop, &m->signals, fd, EPOLLIN, signalled) == 0)
		return 0;
	fd_close(&fd);
	return -1;
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

static int
begin(struct master *m)
{
	const struct master_config *cf = m->config;

	if (loop_init(&m->loop) == -1 || watch_signals(m) == -1 ||
	    control_open(&m->control, &m->loop, cf->control_fd,
	    control_request, m) == -1)
		return -1;
	if (cf->stop_fd != -1 && watch_add(&m->loop, &m->stop_order,
	    cf->stop_fd, EPOLLIN, told_to_stop) == -1)
		return -1;
	m->slots = calloc(cf->max_workers, sizeof(*m->slots));
	if (m->slots == NULL)
		return -1;
	for (unsigned i = 0; i < cf->max_workers; i++)
		m->slots[i] = (struct slot){ .master = m, .number = i,
		    .child.pidfd = -1, .death.fd = -1, .channel.fd = -1,
		    .channel_fd = -1 };
	segment_set_master(cf->segment, getpid(), m->generation, cf->workers);
	return 0;
}

static bool
any_process(const struct master *m)
{
	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (slot_has_process(m->slots[i].state))
			return true;
	return false;
}

static void
end(struct master *m)
{
	int signal_fd = m->signals.fd;

	watch_remove(&m->loop, &m->control.watch);
	m->config->finish(m->config->arg);
	if (m->loop.epoll_fd != -1)
		control_close(&m->control);
	watch_remove(&m->loop, &m->signals);
	watch_remove(&m->loop, &m->stop_order);
	fd_close(&signal_fd);
	loop_fini(&m->loop);
	free(m->slots);
}

/* Somebody waits for the first worker, and it will not come. */
static bool
start_failed(const struct master *m)
{
	return m->config->serving != NULL && !m->served &&
	    m->failure[0] != '\0';
}

static int
turn(struct master *m, char *why, size_t size)
{
	if (loop_turn(&m->loop) == -1) {
		snprintf(why, size, "epoll_wait: %s", strerror(errno));
		return -1;
	}
	if (start_failed(m) && !m->stopping)
		quit(m);
	return 0;
}

int
master_run(const struct master_config *config, char *why, size_t size)
{
	struct master m = { .config = config, .generation = 1,
	    .signals.fd = -1, .stop_order.fd = -1, .loop.epoll_fd = -1,
	    .control.watch.fd = -1 };
	int rc;

	if ((rc = begin(&m)) == -1)
		snprintf(why, size, "the master cannot start: %s",
		    strerror(errno));
	for (unsigned i = 0; rc == 0 && i < config->workers; i++)
		slot_event(&m.slots[i], SLOT_E_WANT);
	while (rc == 0 && !(m.stopping && !any_process(&m)))
		rc = turn(&m, why, size);
	if (rc == 0 && start_failed(&m)) {
		snprintf(why, size, "%s", m.failure);
		rc = -1;
	}
	end(&m);
	if (rc == 0)
		log_info("stopped");
	return rc;
}
