/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What those hear who look after the server.  After each turn of the loop what
 * is the case is compared with what has been told; so no place that changes
 * something has to remember to say so.
 */
#include "base/clock.h"
#include "proc/master_body.h"
#include "shm/segment.h"

static void
report(struct master *m, enum master_news news)
{
	if (m->config->news != NULL)
		m->config->news(m->config->arg, news, m->limits.workers,
		    m->generation);
}

/* The end of one that was told, the beginning of one that was not. */
static void
report_reload(struct master *m)
{
	unsigned now = reload_runs(m) ? m->newest : 0;

	if (now == m->report.reload)
		return;
	if (m->report.reload != 0)
		report(m, m->generation >= m->report.reload ||
		    m->reload.renewed ? MASTER_RELOADED :
		    MASTER_NOT_RELOADED);
	if (now != 0)
		report(m, MASTER_RELOADS);
	m->report.reload = now;
}

static void
report_workers(struct master *m)
{
	if (m->report.serves && m->report.workers != m->limits.workers)
		report(m, MASTER_SCALED);
	m->report.workers = m->limits.workers;
}

/* After each turn: how what is the case differs from what was told. */
void
report_changes(struct master *m)
{
	if (m->report.stops || upgrade_is_silent(m))
		return;
	if (m->stopping || m->delaying) {
		m->report.stops = true;
		segment_set_stopping(m->config->segment);
		report(m, MASTER_STOPS);
		return;
	}
	report_workers(m);
	if (!m->report.serves && master_serves(m)) {
		m->report.serves = true;
		report(m, MASTER_SERVES);
	}
	if (m->report.serves)
		report_reload(m);
}

/* Refused before it began; who sent a signal hears it in no other way. */
void
report_refusal(struct master *m)
{
	if (!m->report.serves || m->report.stops || m->report.reload != 0)
		return;
	report(m, MASTER_RELOADS);
	report(m, MASTER_NOT_RELOADED);
}

static void
tick(struct timer *t)
{
	struct master *m = OBJECT_OF(t, struct master, report.tick);

	if (!upgrade_is_silent(m))
		m->config->tick(m->config->arg);
	timer_set(&m->loop, t, clock_ns() + m->config->tick_ns, tick);
}

void
report_start(struct master *m)
{
	if (m->config->tick_ns != 0)
		timer_set(&m->loop, &m->report.tick, clock_ns() +
		    m->config->tick_ns, tick);
}
