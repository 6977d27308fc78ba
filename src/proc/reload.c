/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The next generation: tried out in a preflight, then one worker of it, the
 * canary, serves beside the old ones for a while, then all of them start; and
 * only when every one serves do they take over and the old ones leave.  Up to
 * that moment nothing has been given up, so whatever fails on the way, the old
 * generation goes on as if nothing had happened.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "proc/master_body.h"
#include "shm/segment.h"

#define HURRY_NS	(3 * NS_PER_S)

bool
reload_runs(const struct master *m)
{
	return m->reload.stage != RELOAD_NONE;
}

static void
end_preflight_watches(struct master *m)
{
	struct reload *r = &m->reload;

	timer_cancel(&m->loop, &r->timer);
	watch_remove(&m->loop, &r->pipe);
	watch_remove(&m->loop, &r->death);
}

static void
try_again(struct timer *t)
{
	struct master *m = OBJECT_OF(t, struct master, reload.timer);
	char why[640];

	if (reload_start(m, why, sizeof(why)) == -1)
		log_errorx("reload: %s", why);
}

static void
over(struct master *m, const char *answer)
{
	struct reload *r = &m->reload;

	r->stage = RELOAD_NONE;
	free(r->report);
	r->report = NULL;
	timer_cancel(&m->loop, &r->timer);
	control_complete(&m->control, CONTROL_RELOAD, answer);
	if (r->again && !m->stopping)
		timer_set(&m->loop, &r->timer, clock_ns(), try_again);
	r->again = false;
}

static void
reload_abort(struct master *m, const char *why)
{
	struct reload *r = &m->reload;
	char answer[CONTROL_BYTES], unused[8];

	if (!reload_runs(m))
		return;
	if (r->stage == RELOAD_PREFLIGHT) {
		end_preflight_watches(m);
		preflight_give_up(&r->preflight, "is not needed");
		preflight_end(&r->preflight, unused, sizeof(unused));
	}
	segment_count(m->config->segment, SERVER_RELOADS_FAILED, 1);
	log_errorx("reload: %s; generation %u goes on", why, m->generation);
	snprintf(answer, sizeof(answer), "error: %s", why);
	/* Nobody may take another's place any more. */
	r->stage = RELOAD_NONE;
	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (m->slots[i].replacing == REPLACING_RELOAD)
			slot_abandon(&m->slots[i]);
	m->config->discard(m->config->arg);
	over(m, answer);
}

void
reload_stop(struct master *m)
{
	m->reload.again = false;
	reload_abort(m, "the server stops");
	timer_cancel(&m->loop, &m->reload.timer);
}

static bool
is_wanted(const struct master *m, unsigned slot)
{
	return slot < m->limits.workers;
}

static bool
all_serve(const struct master *m)
{
	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (is_wanted(m, i) && !worker_serves(m->slots[i].successor))
			return false;
	return true;
}

/* All but the number of workers, which is returned: it takes scaling. */
static unsigned
take_settings(struct master *m)
{
	unsigned before = m->limits.workers, workers;

	m->config->commit(m->config->arg, &m->limits);
	workers = m->limits.workers;
	m->limits.workers = before;
	return workers;
}

static void
commit(struct master *m)
{
	unsigned workers;

	m->generation = m->newest;
	workers = take_settings(m);
	segment_set_master(m->config->segment, getpid(), m->generation,
	    m->limits.workers);
	for (unsigned i = 0; i < m->config->max_workers; i++)
		if (m->slots[i].replacing == REPLACING_RELOAD)
			slot_commit(&m->slots[i]);
	segment_count(m->config->segment, SERVER_RELOADS, 1);
	log_info("generation %u serves", m->generation);
	over(m, "ok");
	if (workers != m->limits.workers)
		master_scale(m, workers);
}

static void
start_in(struct master *m, unsigned slot)
{
	char why[128];

	/* Who was about to be replaced anyway will be, by the new one. */
	slot_abandon(&m->slots[slot]);
	if (slot_replace(&m->slots[slot], REPLACING_RELOAD, m->newest) == 0)
		return;
	snprintf(why, sizeof(why), "worker %u cannot be started: %s", slot,
	    worker_why_not());
	reload_abort(m, why);
}

static void
canary_survived(struct timer *t)
{
	struct master *m = OBJECT_OF(t, struct master, reload.timer);

	m->reload.stage = RELOAD_REST;
	for (unsigned i = 0; i < m->limits.workers && reload_runs(m); i++)
		if (m->slots[i].replacing != REPLACING_RELOAD)
			start_in(m, i);
	if (reload_runs(m) && all_serve(m))
		commit(m);
}

void
reload_worker_ready(struct master *m, struct slot *s)
{
	struct reload *r = &m->reload;

	if (r->stage == RELOAD_CANARY) {
		log_info("worker %u of generation %u is the canary", s->number,
		    m->newest);
		r->stage = RELOAD_WATCH;
		timer_set(&m->loop, &r->timer, clock_ns() +
		    m->limits.canary_ns, canary_survived);
	} else if (r->stage == RELOAD_REST && all_serve(m))
		commit(m);
}

void
reload_worker_lost(struct master *m, const char *why)
{
	reload_abort(m, why);
}

/* There is no next generation: this one goes on, with what is new. */
static void
renew(struct master *m, int fd)
{
	unsigned workers;
	struct worker *w;

	TAILQ_FOREACH(w, &m->workers, link)
		worker_tell(w, ORDER_RENEW, 0, fd);
	fd_close(&fd);
	m->newest--;
	m->reload.renewed = true;
	workers = take_settings(m);
	segment_count(m->config->segment, SERVER_RELOADS, 1);
	log_info("generation %u goes on, renewed", m->generation);
	over(m, "ok");
	if (workers != m->limits.workers)
		master_scale(m, workers);
}

static void
preflight_over(struct master *m)
{
	struct reload *r = &m->reload;
	const struct master_config *cf = m->config;
	ptrdiff_t len;
	int fd;

	end_preflight_watches(m);
	r->stage = RELOAD_CANARY;
	len = preflight_end(&r->preflight, r->why, sizeof(r->why));
	if (len == -1 || cf->accept(cf->arg, (const char *)r->report,
	    (size_t)len, r->why, sizeof(r->why)) == -1) {
		reload_abort(m, r->why);
		return;
	}
	if (cf->renew != NULL && (fd = cf->renew(cf->arg)) != -1)
		renew(m, fd);
	else
		start_in(m, 0);
}

static void
preflight_told(struct master *m)
{
	struct reload *r = &m->reload;

	if (preflight_step(&r->preflight))
		preflight_over(m);
	else if (r->preflight.fd == -1)
		watch_remove(&m->loop, &r->pipe);
}

static void
pipe_ready(struct watch *w, uint32_t events)
{
	(void)events;
	preflight_told(OBJECT_OF(w, struct master, reload.pipe));
}

static void
death_ready(struct watch *w, uint32_t events)
{
	(void)events;
	preflight_told(OBJECT_OF(w, struct master, reload.death));
}

static void
took_too_long(struct timer *t)
{
	struct master *m = OBJECT_OF(t, struct master, reload.timer);

	preflight_give_up(&m->reload.preflight, "took too long");
}

/* Those of the oldest have little time left to hand on what they have. */
static void
thin_out(struct master *m)
{
	unsigned oldest = m->generation, second = m->generation;
	struct worker *w;

	TAILQ_FOREACH(w, &m->workers, link) {
		if (w->generation < oldest) {
			second = oldest;
			oldest = w->generation;
		} else if (w->generation > oldest && w->generation < second)
			second = w->generation;
	}
	if (second == m->generation)
		return;			/* there is one, or none */
	TAILQ_FOREACH(w, &m->workers, link)
		if (w->generation == oldest)
			worker_hurry(w, HURRY_NS);
}

static int
start_preflight(struct master *m)
{
	struct reload *r = &m->reload;
	const struct master_config *cf = m->config;

	if ((r->report = malloc(cf->report_size)) == NULL)
		return -1;
	if (preflight_start(&r->preflight, spawn_preflight, m, cf->signals,
	    r->report, cf->report_size) == -1)
		return -1;
	if (watch_add(&m->loop, &r->pipe, r->preflight.fd, EPOLLIN,
	    pipe_ready) == -1 || watch_add(&m->loop, &r->death,
	    r->preflight.child.pidfd, EPOLLIN, death_ready) == -1)
		return -1;
	timer_set(&m->loop, &r->timer, clock_ns() + cf->preflight_ns,
	    took_too_long);
	return 0;
}

int
reload_start(struct master *m, char *why, size_t size)
{
	const struct master_config *cf = m->config;

	if (cf->prepare(cf->arg, m->newest + 1, why, size) == -1) {
		segment_count(cf->segment, SERVER_RELOADS_FAILED, 1);
		return -1;
	}
	log_info("reloading: generation %u", ++m->newest);
	thin_out(m);
	m->reload.stage = RELOAD_PREFLIGHT;
	m->reload.renewed = false;
	if (start_preflight(m) == 0)
		return 0;
	snprintf(why, size, "preflight: %s", strerror(errno));
	reload_abort(m, why);
	return -1;
}
