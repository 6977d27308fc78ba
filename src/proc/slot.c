/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slot: one worker is wanted here or not.  slot_fsm.c says what follows when
 * that changes or its worker comes and goes.  A successor is the exception to
 * "one": it starts beside the incumbent, which serves until there is somebody
 * to take over.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "proc/backoff.h"
#include "proc/master_body.h"
#include "shm/segment.h"

/* The process that stands for the slot: its own, or one that leaves it. */
static const struct worker *
face(const struct slot *s)
{
	const struct worker *w;

	if (s->incumbent != NULL)
		return s->incumbent;
	TAILQ_FOREACH(w, &s->master->workers, link)
		if (w->slot == s && w->child.pid != 0 && w != s->successor)
			return w;
	return NULL;
}

static enum slot_word
slot_word_of(const struct slot *s, const struct worker *w)
{
	if (w == NULL)
		return s->state == SLOT_S_BACKOFF ? SLOT_BACKOFF : SLOT_PARKED;
	if (w->state == WORKER_S_STARTING)
		return SLOT_STARTING;
	return w->state == WORKER_S_READY ? SLOT_READY : SLOT_DRAINING;
}

void
slot_publish(struct slot *s)
{
	const struct worker *w = face(s);

	if (upgrade_is_silent(s->master))
		return;
	if (w != NULL && w->child.pid == 0)
		w = NULL;
	segment_slot_set(s->master->config->segment, s->number,
	    slot_word_of(s, w), w != NULL ? (int)w->lane : -1,
	    w != NULL ? w->child.pid : 0, s->spawned > 0 ? s->spawned - 1 : 0);
}

static void
timer_ran_out(struct timer *t)
{
	slot_event(OBJECT_OF(t, struct slot, timer), SLOT_E_TIMEOUT);
}

static void
wait_and_retry(struct slot *s)
{
	uint64_t ns = backoff_ns(s->failures);

	if (s->failures > 0)
		log_warnx("worker %u: death %u in a row; the next one starts "
		    "in %.1f s", s->number, s->failures, (double)ns / 1e9);
	timer_set(&s->master->loop, &s->timer, clock_ns() + ns, timer_ran_out);
}

static void
spawn(struct slot *s)
{
	struct master *m = s->master;

	if ((s->incumbent = worker_new(s, m->generation)) != NULL)
		return;
	snprintf(m->failure, sizeof(m->failure),
	    "worker %u cannot be started: %s", s->number, worker_why_not());
	log_errorx("%s", m->failure);
	s->failures++;
	slot_event(s, SLOT_E_EXIT);
}

static void
dismiss(struct slot *s)
{
	struct worker *w = s->incumbent;

	s->incumbent = NULL;
	if (w != NULL)
		worker_event(w, WORKER_E_DRAIN);
}

static void
act(struct slot *s, enum slot_action action)
{
	switch (action) {
	case SLOT_A_SPAWN:
		spawn(s);
		break;
	case SLOT_A_DISMISS:
		dismiss(s);
		break;
	case SLOT_A_WAIT:
		wait_and_retry(s);
		break;
	case SLOT_A_REST:
		timer_cancel(&s->master->loop, &s->timer);
		break;
	default:
		break;
	}
}

void
slot_event(struct slot *s, enum slot_event event)
{
	struct slot_step step = slot_step(s->state, event);

	log_debug("slot %u: %s in %s: %s, %s", s->number,
	    slot_event_name(event), slot_state_name(s->state),
	    slot_action_name(step.action), slot_state_name(step.next));
	s->state = step.next;
	act(s, step.action);
	slot_publish(s);
}

static void
first_serves(struct master *m)
{
	m->served = true;
	if (m->config->serving == NULL)
		return;
	m->config->serving(m->config->arg);
	companion_start(m);		/* which has waited for that */
}

void
slot_worker_ready(struct slot *s, struct worker *w)
{
	struct master *m = s->master;

	log_info("worker %u pid %ld serves", s->number, (long)w->child.pid);
	if (!m->served)
		first_serves(m);
	s->listens = true;
	if (w == s->incumbent)
		slot_event(s, SLOT_E_READY);
	else if (w == s->successor && s->replacing == REPLACING_RECYCLE)
		slot_commit(s);
	else if (w == s->successor)
		reload_worker_ready(m, s);
	sockets_assign(m);
	if (!upgrade_is_silent(m))
		measure_listeners(m);
	master_scaled(m);
}

/* It has been told by a signal; it serves on until another one does. */
void
slot_worker_leaving(struct slot *s, struct worker *w)
{
	struct master *m = s->master;

	if (m->stopping)
		return;
	log_info("worker %u pid %ld has been told to leave", s->number,
	    (long)w->child.pid);
	w->told = true;
	if (w == s->incumbent && s->replacing == REPLACING_NOT &&
	    !reload_runs(m) && slot_replace(s, REPLACING_RECYCLE,
	    m->generation) == 0)
		return;
	worker_event(w, WORKER_E_DRAIN);
	sockets_assign(m);
}

static void
incumbent_gone(struct slot *s, const struct worker *w, bool in_order,
    uint64_t age_ns, const char *obituary)
{
	struct master *m = s->master;

	s->incumbent = NULL;
	/* Nor is it a failure to leave in order. */
	s->failures = age_ns >= HEALTHY_NS ||
	    (in_order && w->state != WORKER_S_STARTING) ? 0 : s->failures + 1;
	if ((!m->served || upgrade_may_fail(m)) && !m->stopping)
		strlcpy(m->failure, obituary, sizeof(m->failure));
	slot_event(s, SLOT_E_EXIT);
}

static void
successor_gone(struct slot *s, const char *obituary)
{
	enum replacing why = s->replacing;

	s->successor = NULL;
	s->replacing = REPLACING_NOT;
	if (why == REPLACING_RELOAD)
		reload_worker_lost(s->master, obituary);
	else
		s->master->recycle_ns = clock_ns() + BACKOFF_MAX_NS;
}

void
slot_worker_gone(struct slot *s, struct worker *w, bool in_order,
    uint64_t age_ns, const char *obituary)
{
	if (w == s->incumbent)
		incumbent_gone(s, w, in_order, age_ns, obituary);
	else if (w == s->successor)
		successor_gone(s, obituary);
	slot_publish(s);
	sockets_assign(s->master);
	master_scaled(s->master);
}

int
slot_replace(struct slot *s, enum replacing why, unsigned generation)
{
	if ((s->successor = worker_new(s, generation)) == NULL)
		return -1;
	s->replacing = why;
	return 0;
}

void
slot_commit(struct slot *s)
{
	struct worker *old = s->incumbent;

	s->incumbent = s->successor;
	s->successor = NULL;
	s->replacing = REPLACING_NOT;
	s->failures = 0;
	slot_event(s, SLOT_E_REPLACED);
	/* Before anything moves: it must not be moved to who leaves next. */
	sockets_assign(s->master);
	if (old != NULL)
		worker_event(old, WORKER_E_DRAIN);
}

void
slot_abandon(struct slot *s)
{
	struct worker *w = s->successor;

	s->successor = NULL;
	s->replacing = REPLACING_NOT;
	if (w != NULL)
		worker_event(w, WORKER_E_DRAIN);
}
