/* SPDX-License-Identifier: Apache-2.0 */
/*
 * epoll, level-triggered, and a tree of timers.  Level-triggered because a
 * handler may then stop half-way (a fair share, a full peer) and be called
 * again, without bookkeeping of its own.
 *
 * Posts: whoever finds the queue empty writes to an eventfd, so that a burst of
 * them costs one write; but not the loop's own thread while it handles a batch,
 * after which the queue is looked at anyway.
 */
#include "io/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/fd.h"

#define BATCH		64

static _Thread_local struct loop *turning;	/* this thread is in a batch */

static int
timer_cmp(const struct timer *a, const struct timer *b)
{
	if (a->when_ns != b->when_ns)
		return a->when_ns < b->when_ns ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

RB_PROTOTYPE(timer_tree, timer, entry, timer_cmp)
RB_GENERATE(timer_tree, timer, entry, timer_cmp)

static void
free_dead(struct loop *l)
{
	while (l->ndead > 0)
		free(l->dead[--l->ndead]);
}

void
loop_free(struct loop *l, void *p)
{
	if (l->ndead == l->dead_cap) {
		l->dead_cap = l->dead_cap == 0 ? 64 : l->dead_cap * 2;
		l->dead = reallocarray(l->dead, l->dead_cap, sizeof(*l->dead));
		if (l->dead == NULL)
			fatal("out of memory: an event loop");
	}
	l->dead[l->ndead++] = p;
}

static int
control(struct loop *l, int op, struct watch *w)
{
	struct epoll_event ev = { .events = w->events, .data.ptr = w };

	return epoll_ctl(l->epoll_fd, op, w->fd, &ev);
}

int
watch_add(struct loop *l, struct watch *w, int fd, uint32_t events,
    watch_fn *fn)
{
	w->fn = fn;
	w->fd = fd;
	w->events = events;
	if (control(l, EPOLL_CTL_ADD, w) == -1) {
		w->fd = -1;
		return -1;
	}
	return 0;
}

int
watch_change(struct loop *l, struct watch *w, uint32_t events)
{
	if (w->events == events)
		return 0;
	w->events = events;
	return control(l, EPOLL_CTL_MOD, w);
}

void
watch_remove(struct loop *l, struct watch *w)
{
	if (w->fd == -1)
		return;
	control(l, EPOLL_CTL_DEL, w);
	w->fd = -1;
}

/* That there are posts is known from loop.posted; this was for waking up. */
static void
woken(struct watch *w, uint32_t events)
{
	uint64_t n;

	(void)events;
	(void)!read(w->fd, &n, sizeof(n));
}

int
loop_init(struct loop *l)
{
	int fd;

	*l = (struct loop){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
	    .wake.fd = -1, .mutex = PTHREAD_MUTEX_INITIALIZER };
	RB_INIT(&l->timers);
	STAILQ_INIT(&l->posts);
	l->now_ns = clock_ns();
	if (l->epoll_fd == -1)
		return -1;
	if ((fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) != -1 &&
	    watch_add(l, &l->wake, fd, EPOLLIN, woken) == 0)
		return 0;
	fd_close(&fd);
	loop_fini(l);
	return -1;
}

void
loop_fini(struct loop *l)
{
	free_dead(l);
	free(l->dead);
	l->dead = NULL;
	fd_close(&l->wake.fd);
	fd_close(&l->epoll_fd);
}

void
loop_wake(struct loop *l)
{
	const uint64_t one = 1;

	(void)!write(l->wake.fd, &one, sizeof(one));
}

/* Within the mutex: once a post has been called, its poster is done here. */
void
loop_post_about(struct loop *l, struct post *p, post_fn *fn, const void *about)
{
	bool first;

	p->fn = fn;
	p->about = about;
	pthread_mutex_lock(&l->mutex);
	first = STAILQ_EMPTY(&l->posts);
	STAILQ_INSERT_TAIL(&l->posts, p, entry);
	__atomic_store_n(&l->posted, true, __ATOMIC_RELAXED);
	if (first && turning != l)
		loop_wake(l);
	pthread_mutex_unlock(&l->mutex);
}

void
loop_post(struct loop *l, struct post *p, post_fn *fn)
{
	loop_post_about(l, p, fn, NULL);
}

static bool
has_posts(struct loop *l)
{
	return __atomic_load_n(&l->posted, __ATOMIC_RELAXED);
}

static void
run_posts(struct loop *l)
{
	struct post_queue q = STAILQ_HEAD_INITIALIZER(q);
	struct post *p;

	pthread_mutex_lock(&l->mutex);
	STAILQ_CONCAT(&q, &l->posts);
	__atomic_store_n(&l->posted, false, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&l->mutex);
	while ((p = STAILQ_FIRST(&q)) != NULL) {
		STAILQ_REMOVE_HEAD(&q, entry);
		l->next = STAILQ_FIRST(&q);
		p->fn(p);
	}
	l->next = NULL;
}

void
timer_set(struct loop *l, struct timer *t, uint64_t when_ns, timer_fn *fn)
{
	timer_cancel(l, t);
	/* "Now" stands behind what has been due for longer. */
	t->when_ns = when_ns == 0 ? l->now_ns : when_ns;
	t->serial = l->settings++;
	t->fn = fn;
	RB_INSERT(timer_tree, &l->timers, t);
}

void
timer_cancel(struct loop *l, struct timer *t)
{
	if (t->when_ns == 0)
		return;
	RB_REMOVE(timer_tree, &l->timers, t);
	t->when_ns = 0;
}

static int
wait_ms(struct loop *l)
{
	struct timer *t = RB_MIN(timer_tree, &l->timers);
	uint64_t now, ms;

	if (has_posts(l))
		return 0;
	if (t == NULL)
		return -1;
	l->now_ns = now = clock_ns();
	if (now >= t->when_ns)
		return 0;
	ms = (t->when_ns - now + NS_PER_MS - 1) / NS_PER_MS;
	return ms < 60000 ? (int)ms : 60000;
}

/* Those set from now on wait for the next turn, or one could go on for ever. */
static void
run_timers(struct loop *l)
{
	uint64_t last = l->settings;
	struct timer *t;

	while ((t = RB_MIN(timer_tree, &l->timers)) != NULL &&
	    t->when_ns <= l->now_ns && t->serial < last) {
		timer_cancel(l, t);
		t->fn(t);
	}
}

static void
set_busy(struct loop *l, uint64_t since)
{
	if (l->busy_since != NULL)
		__atomic_store_n(l->busy_since, since, __ATOMIC_RELAXED);
}

int
loop_turn(struct loop *l)
{
	struct epoll_event ev[BATCH];
	int n, ms = wait_ms(l);

	l->lag_ns = l->woken_ns == 0 ? 0 : l->now_ns - l->woken_ns;
	set_busy(l, 0);
	n = epoll_wait(l->epoll_fd, ev, BATCH, ms);
	if (n == -1 && errno != EINTR)
		return -1;
	l->turns++;
	l->now_ns = l->woken_ns = clock_ns();
	set_busy(l, l->now_ns);
	turning = l;
	for (int i = 0; i < n; i++) {
		struct watch *w = ev[i].data.ptr;

		if (w->fd != -1)
			w->fn(w, ev[i].events);
	}
	if (has_posts(l))
		run_posts(l);
	run_timers(l);
	free_dead(l);
	turning = NULL;
	return 0;
}
