/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at all workers, now and then: whether one hangs (hang.c), has served
 * long enough, has more to do than its siblings.  Two clocks are read, both in
 * the lane: since when the loop has been busy, and since when calls have been
 * running.  Who was stopped, or stood still together with the whole machine, is
 * not to blame for the time.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "proc/balance.h"
#include "proc/master_body.h"
#include "shm/segment.h"

#define TICK_NS		(250 * NS_PER_MS)
#define LATE_NS		(4 * TICK_NS)	/* then we have stood still */
#define MEASURE_TICKS	4		/* between samples */
#define FAT_SAMPLES	3		/* in a row, above max-memory */
#define RETRY_NS	(10 * NS_PER_S)	/* after a successor that failed */

static void
set_stuck(struct worker *w, bool stuck)
{
	if (w->stuck == stuck)
		return;
	w->stuck = stuck;
	if (stuck)
		log_warnx("worker %u pid %ld does not accept: %s",
		    w->slot->number, (long)w->child.pid, w->stopped ?
		    "it is stopped" : "it has been busy for a while");
	sockets_assign(w->master);
}

static void
check_loop(struct worker *w, uint64_t now)
{
	uint64_t since = segment_lane_busy(w->master->config->segment,
	    w->lane);

	if (!w->stopped)
		set_stuck(w, since != 0 &&
		    hang_age(w, since, now) > w->master->limits.rescue_ns);
}

static bool
is_fat(struct worker *w)
{
	struct master *m = w->master;

	if (m->limits.max_memory == 0 || m->ticks % MEASURE_TICKS != 0)
		return false;
	if (w->memory > m->limits.max_memory)
		w->fat_samples++;
	else
		w->fat_samples = 0;
	return w->fat_samples >= FAT_SAMPLES;
}

/* Why it has served long enough; NULL: it has not. */
static const char *
reason_to_recycle(struct worker *w, uint64_t now)
{
	const struct master_limits *l = &w->master->limits;

	/* A reload that has failed may have been in the way. */
	if (w->told)
		return "a signal";
	if (w->max_requests != 0 && segment_lane_calls(
	    w->master->config->segment, w->lane) >= w->max_requests)
		return "max-requests";
	if (l->max_age_ns != 0 && now - w->born_ns >= l->max_age_ns)
		return "max-age";
	return is_fat(w) ? "max-memory" : NULL;
}

static bool
somebody_is_replaced(const struct master *m)
{
	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (m->slots[i].replacing != REPLACING_NOT)
			return true;
	return false;
}

/* One at a time, and the others go on. */
static void
recycle(struct master *m, uint64_t now)
{
	for (unsigned i = 0; i < m->config->max_workers; i++) {
		struct slot *s = &m->slots[i];
		const char *why;

		if (!worker_serves(s->incumbent) ||
		    (why = reason_to_recycle(s->incumbent, now)) == NULL ||
		    now < m->recycle_ns || reload_runs(m) ||
		    somebody_is_replaced(m))
			continue;
		log_info("worker %u pid %ld is replaced: %s", i,
		    (long)s->incumbent->child.pid, why);
		if (slot_replace(s, REPLACING_RECYCLE, m->generation) == -1)
			m->recycle_ns = now + RETRY_NS;
	}
}

_Static_assert(BALANCE_MAX >= MASTER_MAX_SLOTS, "a load for every slot");

static void
share_out(struct master *m)
{
	struct worker *of[MASTER_MAX_SLOTS];
	unsigned load[MASTER_MAX_SLOTS], shed[MASTER_MAX_SLOTS], n = 0;

	if (!TAILQ_EMPTY(&m->moves) || reload_runs(m))
		return;
	for (unsigned i = 0; i < m->config->max_workers; i++) {
		struct worker *w = m->slots[i].incumbent;
		long has;

		if (!worker_serves(w) || w->stuck || w->stopped ||
		    (has = worker_connections(w)) == -1)
			continue;
		of[n] = w;
		load[n++] = (unsigned)has;
	}
	balance(load, n, shed);
	for (unsigned i = 0; i < n; i++)
		if (shed[i] > 0)
			worker_tell(of[i], ORDER_SHED, shed[i], -1);
}

static void
look(struct timer *t)
{
	struct master *m = OBJECT_OF(t, struct master, tick);
	uint64_t now = clock_ns();
	struct worker *w, *next;

	TAILQ_FOREACH(w, &m->workers, link)
		if (now - m->tick_ns > LATE_NS)
			w->awake_ns = now;
	for (w = TAILQ_FIRST(&m->workers); w != NULL; w = next) {
		next = TAILQ_NEXT(w, link);
		check_loop(w, now);
		hang_check(w, now);
	}
	if (++m->ticks % MEASURE_TICKS == 0)
		measure(m);
	if (m->upgrade.reclaims)
		m->upgrade.reclaims =
		    segment_lanes_reclaim(m->config->segment) > 0;
	if (!m->stopping && !upgrade_left(m)) {
		recycle(m, now);
		share_out(m);
	}
	broker_check(m);
	m->tick_ns = clock_ns();
	timer_set(&m->loop, &m->tick, m->tick_ns + TICK_NS, look);
}

void
watch_start(struct master *m)
{
	m->tick_ns = clock_ns();
	timer_set(&m->loop, &m->tick, m->tick_ns + TICK_NS, look);
}

static void
stays_stopped(struct timer *t)
{
	set_stuck(OBJECT_OF(t, struct worker, rescue), true);
}

static void
check_stopped(struct worker *w)
{
	struct master *m = w->master;
	siginfo_t info = { .si_pid = 0 };

	if (w->child.pid == 0 || waitid(P_PIDFD, (id_t)w->child.pidfd, &info,
	    WSTOPPED | WCONTINUED | WNOHANG) == -1 || info.si_pid == 0)
		return;
	w->stopped = info.si_code == CLD_STOPPED;
	if (w->stopped) {
		log_warnx("worker %u pid %ld has been stopped by signal %d",
		    w->slot->number, (long)w->child.pid, info.si_status);
		timer_set(&m->loop, &w->rescue, clock_ns() +
		    m->limits.rescue_ns, stays_stopped);
		return;
	}
	log_info("worker %u pid %ld goes on", w->slot->number,
	    (long)w->child.pid);
	timer_cancel(&m->loop, &w->rescue);
	w->awake_ns = clock_ns();
	set_stuck(w, false);
}

/* As the first process of its world the master inherits orphans. */
void
watch_strangers(struct master *m)
{
	siginfo_t info;
	struct worker *w;

	if (getpid() != 1)
		return;
	while (info.si_pid = 0, waitid(P_ALL, 0, &info, WEXITED | WNOHANG |
	    WNOWAIT) == 0 && info.si_pid != 0) {
		TAILQ_FOREACH(w, &m->workers, link)
			if (w->child.pid == info.si_pid)
				return;	/* which the pidfd will tell */
		if (m->companion.child.pid == info.si_pid)
			return;
		if (reload_runs(m) &&
		    m->reload.preflight.child.pid == info.si_pid)
			return;
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG);
	}
}

void
watch_children(struct master *m)
{
	struct worker *w;

	TAILQ_FOREACH(w, &m->workers, link)
		check_stopped(w);
}
