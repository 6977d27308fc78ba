/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of the server as a whole: by signals, over the control socket,
 * by the program around it.  All three ask for the same things, and who asks
 * over the socket is answered when it is done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "proc/master_body.h"
#include "shm/segment.h"

#define GIVE_BACK_NS	(3 * NS_PER_S)	/* then what cannot move is answered */

static void
all_workers(struct master *m, enum worker_event event)
{
	struct worker *w, *next;

	for (w = TAILQ_FIRST(&m->workers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		worker_event(w, event);
	}
}

static void
all_slots(struct master *m, enum slot_event event)
{
	for (unsigned i = 0; i < m->config->max_workers; i++)
		slot_event(&m->slots[i], event);
}

static void
begin_to_stop(struct master *m)
{
	if (m->stopping)
		return;
	log_info("stopping");
	m->stopping = true;
	reload_stop(m);
	upgrade_stop(m);
	timer_cancel(&m->loop, &m->delay);
	all_slots(m, SLOT_E_STOP);
}

void
orders_quit(struct master *m)
{
	begin_to_stop(m);
	all_workers(m, WORKER_E_QUIT);
}

/* What it has can go to the workers of the master before us. */
static void
give_back(struct worker *w)
{
	worker_tell(w, ORDER_VERSION, w->master->config->predecessor_reads, -1);
	worker_event(w, WORKER_E_DRAIN);
	worker_hurry(w, GIVE_BACK_NS);
}

void
orders_give_up(struct master *m)
{
	struct worker *w, *next;

	upgrade_failed(m, m->failure);
	begin_to_stop(m);
	for (w = TAILQ_FIRST(&m->workers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		if (!upgrade_waits(m) || !worker_serves(w))
			worker_event(w, WORKER_E_QUIT);
		else if (m->config->predecessor_reads == 0)
			worker_event(w, WORKER_E_STOP);
		else
			give_back(w);
	}
}

static void
stop_now(struct timer *t)
{
	struct master *m = OBJECT_OF(t, struct master, delay);

	begin_to_stop(m);
	all_workers(m, WORKER_E_STOP);
}

static enum master_state
state_of(const struct master *m)
{
	if (m->stopping)
		return MASTER_S_STOPS;
	if (m->delaying)
		return MASTER_S_DELAYS;
	if (reload_runs(m))
		return MASTER_S_RELOADS;
	if (upgrade_runs(m))
		return MASTER_S_UPGRADES;
	if (upgrade_left(m))
		return MASTER_S_LEAVES;
	return upgrade_waits(m) ? MASTER_S_FOLLOWS : MASTER_S_SERVES;
}

/* What to do about it now; why: NULL, or the reason to refuse it. */
static enum master_action
decide(const struct master *m, enum master_event event, const char **why)
{
	enum master_state state = state_of(m);
	enum master_action action = master_action(state, event);

	log_debug("asked to %s, in %s: %s", master_event_name(event),
	    master_state_name(state), master_action_name(action));
	*why = master_refusal(action);
	return action;
}

/* Who balances load shall have time to hear of it. */
static void
stop_after_delay(struct master *m)
{
	uint64_t delay_ns = m->limits.drain_delay_ns;

	m->delaying = true;
	if (delay_ns == 0) {
		stop_now(&m->delay);
		return;
	}
	upgrade_stop(m);	/* or another master would go on without us */
	log_info("stopping in %.1f s", (double)delay_ns / 1e9);
	timer_set(&m->loop, &m->delay, clock_ns() + delay_ns, stop_now);
}

static const char *
stop(struct master *m)
{
	const char *why;

	switch (decide(m, MASTER_E_STOP, &why)) {
	case MASTER_A_DO:
		stop_after_delay(m);
		break;
	case MASTER_A_QUIT:
		orders_quit(m);
		break;
	default:
		break;
	}
	return why;
}

static void
stop_by_signal(struct master *m)
{
	const char *why = stop(m);

	if (why != NULL)
		log_warnx("stop: %s", why);
}

int
master_scale(struct master *m, unsigned workers)
{
	if (workers < 1 || workers > m->config->max_workers)
		return -1;
	log_info("scaling from %u to %u workers", m->limits.workers, workers);
	m->limits.workers = workers;
	segment_set_master(m->config->segment, getpid(), m->generation,
	    workers);
	for (unsigned i = 0; i < m->config->max_workers; i++) {
		if (i >= workers)
			slot_abandon(&m->slots[i]);
		slot_event(&m->slots[i], i < workers ? SLOT_E_WANT :
		    SLOT_E_UNWANT);
	}
	sockets_assign(m);
	master_scaled(m);
	return 0;
}

void
master_scaled(struct master *m)
{
	const struct worker *w;

	if (!master_serves(m))
		return;
	TAILQ_FOREACH(w, &m->workers, link)
		if (w->slot->number >= m->limits.workers && w->child.pid != 0)
			return;
	control_complete(&m->control, CONTROL_SCALE, "ok");
}

#define SCALE_WHY	64	/* bytes */

/* -1, and why: the number of workers cannot be changed now. */
static int
may_scale(const struct master *m, unsigned workers, char why[SCALE_WHY])
{
	const char *not;

	if (decide(m, MASTER_E_SCALE, &not) != MASTER_A_DO)
		strlcpy(why, not, SCALE_WHY);
	else if (workers < 1)
		strlcpy(why, "there must be a worker", SCALE_WHY);
	else if (workers > m->config->max_workers)
		snprintf(why, SCALE_WHY, "max-workers is %u",
		    m->config->max_workers);
	else
		return 0;
	return -1;
}

static void
scale_by_signal(struct master *m, int by)
{
	unsigned workers = m->limits.workers + (unsigned)by;
	char why[SCALE_WHY];

	if (may_scale(m, workers, why) == -1)
		log_warnx("%u workers: %s", workers, why);
	else
		master_scale(m, workers);
}

static void
asked_to_scale(struct master *m, struct control_client *c, const char *arg)
{
	char answer[CONTROL_BYTES], not[SCALE_WHY];
	const char *why;
	unsigned workers;

	workers = (unsigned)strtonum(arg, 1, 1000000, &why);
	if (why == NULL && may_scale(m, workers, not) == -1)
		why = not;
	if (why != NULL) {
		snprintf(answer, sizeof(answer), "error: %s workers: %s", arg,
		    why);
		control_answer(c, answer, -1);
		return;
	}
	control_wait(c, CONTROL_SCALE);
	master_scale(m, workers);
}

/* A reload or an upgrade, if this is the moment: -1 with a reason. */
static int
begin_change(struct master *m, enum master_event event, char *why, size_t size)
{
	const char *refusal;

	if (decide(m, event, &refusal) != MASTER_A_DO) {
		strlcpy(why, refusal, size);
		return -1;
	}
	return event == MASTER_E_RELOAD ? reload_start(m, why, size) :
	    upgrade_start(m, why, size);
}

static void
change_by_signal(struct master *m, enum master_event event)
{
	char why[400];
	const char *unused;

	/* What has changed during a reload would be missed. */
	if (decide(m, event, &unused) == MASTER_A_AGAIN) {
		m->reload.again = true;
		return;
	}
	if (begin_change(m, event, why, sizeof(why)) == 0)
		return;
	log_errorx("%s: %s", master_event_name(event), why);
	if (event == MASTER_E_RELOAD)
		report_refusal(m);
}

static void
asked_to_change(struct master *m, struct control_client *c,
    enum master_event event, enum control_order order)
{
	char why[400], answer[CONTROL_BYTES];

	if (begin_change(m, event, why, sizeof(why)) == 0) {
		control_wait(c, order);
		return;
	}
	log_errorx("%s: %s", master_event_name(event), why);
	snprintf(answer, sizeof(answer), "error: %s", why);
	control_answer(c, answer, -1);
}

static void
tell_readiness(struct master *m, struct control_client *c)
{
	const char *answer = "error: no worker serves";

	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (worker_serves(m->slots[i].incumbent))
			answer = "ok";
	if (m->stopping || m->delaying)
		answer = "error: the server stops";
	control_answer(c, answer, -1);
}

/* Workers may not be able to open the file: they are sent a descriptor. */
static void
tell_all(struct master *m, uint32_t id, int fd)
{
	struct worker *w;

	TAILQ_FOREACH(w, &m->workers, link)
		worker_tell(w, ORDER_REOPEN, id, fd);
}

/* NULL, or which cannot be; the others are. */
static const char *
reopen_logs(struct master *m)
{
	const char *failed = NULL;
	uint32_t id;
	int fd;

	if (log_reopen() == -1)
		failed = "the log cannot be opened again";
	else if (log_fd() != -1)
		tell_all(m, 0, log_fd());
	if (failed != NULL)
		log_error("%s", failed);
	if (m->config->reopen(m->config->arg, &fd, &id) == -1) {
		log_error("the access log cannot be opened again");
		return "the access log cannot be opened again";
	}
	if (fd != -1)
		tell_all(m, id, fd);
	if (failed == NULL)
		log_info("the log has been reopened");
	return failed;
}

static void
asked_to_reopen(struct master *m, struct control_client *c)
{
	const char *failed = reopen_logs(m);
	char answer[CONTROL_BYTES] = "ok";

	if (failed != NULL)
		snprintf(answer, sizeof(answer), "error: %s", failed);
	control_answer(c, answer, -1);
}

static void
control_request(struct control_client *c, const char *request, void *arg)
{
	struct master *m = arg;

	if (strcmp(request, "status") == 0)
		control_answer(c, "ok", segment_fd(m->config->segment));
	else if (strcmp(request, "stop") == 0) {
		control_wait(c, CONTROL_STOP);
		stop(m);
	} else if (strcmp(request, "stop now") == 0) {
		control_wait(c, CONTROL_STOP);
		orders_quit(m);
	} else if (strcmp(request, "reload") == 0)
		asked_to_change(m, c, MASTER_E_RELOAD, CONTROL_RELOAD);
	else if (strcmp(request, "upgrade") == 0)
		asked_to_change(m, c, MASTER_E_UPGRADE, CONTROL_UPGRADE);
	else if (strncmp(request, "scale ", 6) == 0)
		asked_to_scale(m, c, request + 6);
	else if (strcmp(request, "reopen") == 0)
		asked_to_reopen(m, c);
	else if (strcmp(request, "ready") == 0)
		tell_readiness(m, c);
	else
		control_answer(c, "error: this version has no such verb", -1);
}

int
orders_hear(struct master *m, int control_fd)
{
	return control_open(&m->control, &m->loop, control_fd,
	    control_request, m);
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
		stop_by_signal(m);
		break;
	case SIGNAL_QUIT:
		orders_quit(m);
		break;
	case SIGNAL_RELOAD:
		change_by_signal(m, MASTER_E_RELOAD);
		break;
	case SIGNAL_REOPEN:
		reopen_logs(m);
		break;
	case SIGNAL_MORE:
		scale_by_signal(m, 1);
		break;
	case SIGNAL_FEWER:
		scale_by_signal(m, -1);
		break;
	case SIGNAL_CHILD:
		watch_children(m);
		break;
	case SIGNAL_UPGRADE:
		change_by_signal(m, MASTER_E_UPGRADE);
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
		stop_by_signal(m);
}

int
orders_start(struct master *m)
{
	const struct master_config *cf = m->config;
	int fd;

	if ((fd = signals_watch()) == -1)
		return -1;
	if (watch_add(&m->loop, &m->signals, fd, EPOLLIN, signalled) == -1) {
		fd_close(&fd);
		return -1;
	}
	if (cf->stop_fd != -1 && watch_add(&m->loop, &m->stop_order,
	    cf->stop_fd, EPOLLIN, told_to_stop) == -1)
		return -1;
	return orders_hear(m, upgrade_waits(m) ? -1 : cf->control_fd);
}

void
orders_end(struct master *m)
{
	int signal_fd = m->signals.fd;

	if (m->loop.epoll_fd != -1)
		control_close(&m->control);
	watch_remove(&m->loop, &m->signals);
	watch_remove(&m->loop, &m->stop_order);
	fd_close(&signal_fd);
}
