/* SPDX-License-Identifier: Apache-2.0 */
/* See lease.h. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "client/pool_body.h"

void
lease_begin(struct lease *l, uint64_t deadline_ns)
{
	l->deadline_ns = deadline_ns;
	l->seen = 0;
	l->tries = l->retries = 0;
}

unsigned
lease_tries(const struct lease *l)
{
	return l->tries;
}

const char *
lease_aim(struct lease *l)
{
	struct tf_pool *p = l->pool;
	struct backends *b = &p->backends;

	pthread_mutex_lock(&p->lock);
	b->v[l->backend].busy--;
	/* The first try is where it was lent for, if that is up. */
	if (l->tries > 0 || b->v[l->backend].down_until_ns != 0)
		l->backend = backends_choose(b, clock_ns(), l->seen);
	backends_try(b, l->backend);
	b->v[l->backend].busy++;
	pthread_mutex_unlock(&p->lock);
	return b->v[l->backend].addr;
}

static bool
is_over(const struct lease *l, uint64_t at_ns)
{
	return l->deadline_ns != 0 && at_ns >= l->deadline_ns;
}

static bool
is_idempotent(const struct tf_method *m)
{
	return m->flags & TF_IDEMPOTENT;
}

/* Whether the budget has one for a call that may have been seen. */
static bool
spend(struct tf_pool *p)
{
	if (p->saved < RETRY)
		return false;
	p->saved -= RETRY;
	return true;
}

/*
 * What a short try may cost is put aside first, or it is none; the last is left
 * to those whose connection breaks.
 */
static bool
reserve(struct lease *l)
{
	struct tf_pool *p = l->pool;

	pthread_mutex_lock(&p->lock);
	if (!l->reserved && p->saved >= 2 * RETRY) {
		p->saved -= RETRY;
		p->reserved += RETRY;
		l->reserved = true;
	}
	pthread_mutex_unlock(&p->lock);
	return l->reserved;
}

/* To spend it, or to put it back. */
static bool
unreserve(struct lease *l)
{
	bool reserved = l->reserved;

	l->pool->reserved -= reserved ? RETRY : 0;
	l->reserved = false;
	return reserved;
}

uint64_t
lease_until(struct lease *l, const struct tf_method *m)
{
	const struct tf_pool *p = l->pool;
	uint64_t until;

	if (!is_idempotent(m) || p->attempt_timeout_ns == 0 ||
	    l->retries == p->retries)
		return l->deadline_ns;
	until = clock_ns() + p->attempt_timeout_ns;
	return is_over(l, until) || !reserve(l) ? l->deadline_ns : until;
}

/* How long to wait first: not at all, if there is a backend not tried yet. */
static uint64_t
pause_ns(struct lease *l)
{
	struct backends *b = &l->pool->backends;

	return l->tries < b->n ? 0 :
	    backends_pause_ns(b, l->tries / b->n - 1);
}

/* Whether it may be done again, and how long to wait first. */
static bool
may_retry(struct lease *l, const struct tf_method *m, enum fault fault,
    uint64_t now_ns, uint64_t *pause)
{
	const struct tf_pool *p = l->pool;

	*pause = pause_ns(l);
	if (fault <= FAULT_OURS || is_over(l, now_ns + *pause))
		return false;
	if (fault == FAULT_UNSEEN)
		return l->tries - l->retries <= p->backends.n + p->retries;
	if (!is_idempotent(m) || l->retries == p->retries ||
	    (!unreserve(l) && !spend(l->pool)))
		return false;
	l->retries++;
	return true;
}

static void
tell(struct lease *l, enum fault fault, uint64_t now_ns)
{
	static const enum backend_news news[] = {
		[FAULT_NONE] = BACKEND_ANSWERED,
		[FAULT_SILENT] = BACKEND_REACHED,
		[FAULT_USELESS] = BACKEND_ANSWERED,
		[FAULT_OURS] = BACKEND_SPARED,
		[FAULT_UNSEEN] = BACKEND_BROKE,
		[FAULT_LATE] = BACKEND_LATE,
		[FAULT_BROKEN] = BACKEND_BROKE
	};

	backends_tell(&l->pool->backends, l->backend, news[fault], now_ns);
	if (fault == FAULT_OURS)
		return;
	l->tries++;
	l->seen |= UINT64_C(1) << l->backend;
}

/* The call has ended. */
static void
end(struct lease *l, enum fault fault)
{
	struct tf_pool *p = l->pool;

	p->stat.calls++;
	p->stat.failed += fault > FAULT_SILENT;
	p->saved += p->budget + (unreserve(l) ? RETRY : 0);
	if (p->saved + p->reserved > RETRIES_SAVED)
		p->saved = RETRIES_SAVED - p->reserved;
}

static void
rest(uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / NS_PER_S),
	    (long)(ns % NS_PER_S) };

	while (ns > 0 && clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) ==
	    EINTR)
		;
}

bool
lease_again(struct lease *l, const struct tf_method *m, enum fault fault)
{
	struct tf_pool *p = l->pool;
	uint64_t now = clock_ns(), pause;
	bool again;

	pthread_mutex_lock(&p->lock);
	tell(l, fault, now);
	again = may_retry(l, m, fault, now, &pause);
	if (again)
		p->stat.retries++;
	else
		end(l, fault);
	pthread_mutex_unlock(&p->lock);
	if (again)
		rest(pause);
	return again;
}
