/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process beside the workers, that is another program: it has none of their
 * sockets and none of their calls, so it is no matter of slots; but it comes
 * again as they do, and it leaves after them, because what it tells is asked
 * for most when they are gone.  Of two masters the one that has the names has
 * it, too: its sockets wait meanwhile.
 */
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "proc/backoff.h"
#include "proc/master_body.h"

#define LEAVE_NS	(3 * NS_PER_S)	/* more than it needs */

static void
come_again(struct timer *t)
{
	companion_start(OBJECT_OF(t, struct master, companion.timer));
}

static void
wait_and_retry(struct master *m)
{
	struct companion *c = &m->companion;
	uint64_t ns = backoff_ns(c->failures);

	if (c->failures > 0)
		log_warnx("admin: death %u in a row; the next one starts in "
		    "%.1f s", c->failures, (double)ns / 1e9);
	timer_set(&m->loop, &c->timer, clock_ns() + ns, come_again);
}

static void
died(struct watch *watch, uint32_t events)
{
	struct master *m = OBJECT_OF(watch, struct master, companion.death);
	struct companion *c = &m->companion;
	long pid = (long)c->child.pid;
	char fate[128];
	siginfo_t info;

	(void)events;
	watch_remove(&m->loop, watch);
	child_reap(&c->child, &info);
	child_fate(&info, fate, sizeof(fate));
	timer_cancel(&m->loop, &c->timer);
	if (c->told) {
		log_debug("admin pid %ld %s", pid, fate);
		return;
	}
	log_warnx("admin pid %ld %s", pid, fate);
	c->failures = clock_ns() - c->born_ns >= HEALTHY_NS ? 0 :
	    c->failures + 1;
	wait_and_retry(m);
}

static int
spawn(struct master *m)
{
	struct companion *c = &m->companion;
	int rc = child_fork(&c->child, m->config->signals);

	if (rc == 0) {
		log_set_name(m->config->name, "admin");
		m->config->companion(m->config->arg);
		_exit(127);
	}
	if (rc == -1)
		return -1;
	c->born_ns = clock_ns();
	log_info("admin pid %ld", (long)c->child.pid);
	return watch_add(&m->loop, &c->death, c->child.pidfd, EPOLLIN, died);
}

void
companion_start(struct master *m)
{
	struct companion *c = &m->companion;

	if (m->config->companion == NULL || c->told || c->child.pid != 0 ||
	    upgrade_waits(m))
		return;
	/* Up to then standard error is not what it will be. */
	if (m->config->serving != NULL && !m->served)
		return;
	if (spawn(m) == 0)
		return;
	log_warn("admin cannot be started");
	companion_fini(m);
	c->failures++;
	wait_and_retry(m);
}

static void
took_too_long(struct timer *t)
{
	struct master *m = OBJECT_OF(t, struct master, companion.timer);

	log_warnx("admin pid %ld does not leave: it is killed",
	    (long)m->companion.child.pid);
	child_kill(&m->companion.child, SIGKILL);
}

void
companion_stop(struct master *m)
{
	struct companion *c = &m->companion;

	if (c->told)
		return;
	c->told = true;
	timer_cancel(&m->loop, &c->timer);
	if (c->child.pid == 0)
		return;
	child_kill(&c->child, SIGTERM);
	timer_set(&m->loop, &c->timer, clock_ns() + LEAVE_NS, took_too_long);
}

bool
companion_is_gone(const struct master *m)
{
	return m->companion.child.pid == 0;
}

void
companion_fini(struct master *m)
{
	struct companion *c = &m->companion;
	siginfo_t info;

	watch_remove(&m->loop, &c->death);
	if (c->child.pid == 0)
		return;
	child_kill(&c->child, SIGKILL);
	child_reap(&c->child, &info);
}
