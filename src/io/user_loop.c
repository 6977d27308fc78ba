/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles are allocated, so that programs need not know what is in them, and
 * given back through the loop, so that one can be freed by its own function.
 * A descriptor that nothing is asked of is not in the kernel's set at all:
 * there its end would be reported for ever.
 */
#include "io/user_loop.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bug.h"
#include "base/clock.h"

struct tf_watch {
	struct tf_loop	*in;
	struct watch	 watch;
	int		 fd;
	void		(*fn)(void *, unsigned);
	void		*arg;
};

struct tf_timer {
	struct tf_loop	*in;
	struct timer	 timer;
	void		(*fn)(void *);
	void		*arg;
};

struct user_post {
	STAILQ_ENTRY(user_post) entry;
	void		(*fn)(void *);
	void		*arg;
};

static void *
need(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		fatal("out of memory: an event loop");
	return p;
}

struct tf_loop *
user_loop_new(struct loop *loop)
{
	struct tf_loop *l = need(sizeof(*l));

	l->loop = loop;
	l->own = (struct loop)LOOP_CLOSED;
	pthread_mutex_init(&l->mutex, NULL);
	STAILQ_INIT(&l->posts);
	return l;
}

struct tf_loop *
tf_loop_new(void)
{
	struct tf_loop *l = user_loop_new(NULL);

	l->loop = &l->own;
	if (loop_init(&l->own) == 0)
		return l;
	tf_loop_free(l);
	return NULL;
}

void
tf_loop_free(struct tf_loop *l)
{
	struct user_post *p;

	if (l == NULL)
		return;
	while ((p = STAILQ_FIRST(&l->posts)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->posts, entry);
		free(p);
	}
	loop_fini(&l->own);
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

int
tf_loop_run(struct tf_loop *l)
{
	int rc = 0;

	if (l->loop != &l->own) {
		errno = EBUSY;
		return -1;
	}
	while (rc == 0 && !__atomic_load_n(&l->stopped, __ATOMIC_ACQUIRE))
		rc = loop_turn(l->loop);
	__atomic_store_n(&l->stopped, false, __ATOMIC_RELAXED);
	return rc;
}

void
tf_loop_stop(struct tf_loop *l)
{
	int saved = errno;

	__atomic_store_n(&l->stopped, true, __ATOMIC_RELEASE);
	loop_wake(l->loop);
	errno = saved;
}

static uint32_t
to_epoll(unsigned events)
{
	return (events & TF_READ ? EPOLLIN : 0) |
	    (events & TF_WRITE ? EPOLLOUT : 0);
}

static void
watch_ready(struct watch *watch, uint32_t events)
{
	struct tf_watch *w = OBJECT_OF(watch, struct tf_watch, watch);

	if (events & (EPOLLERR | EPOLLHUP))
		events |= watch->events;
	w->fn(w->arg, (events & EPOLLIN ? TF_READ : 0) |
	    (events & EPOLLOUT ? TF_WRITE : 0));
}

int
tf_watch_change(struct tf_watch *w, unsigned events)
{
	uint32_t bits = to_epoll(events);

	if (bits == 0) {
		watch_remove(w->in->loop, &w->watch);
		return 0;
	}
	if (w->watch.fd == -1)
		return watch_add(w->in->loop, &w->watch, w->fd, bits,
		    watch_ready);
	return watch_change(w->in->loop, &w->watch, bits);
}

struct tf_watch *
tf_watch_new(struct tf_loop *l, int fd, unsigned events,
    void (*fn)(void *, unsigned), void *arg)
{
	struct tf_watch *w = need(sizeof(*w));

	*w = (struct tf_watch){ .in = l, .watch.fd = -1, .fd = fd, .fn = fn,
	    .arg = arg };
	if (tf_watch_change(w, events) == 0)
		return w;
	free(w);
	return NULL;
}

void
tf_watch_free(struct tf_watch *w)
{
	if (w == NULL)
		return;
	watch_remove(w->in->loop, &w->watch);
	loop_free(w->in->loop, w);
}

struct tf_timer *
tf_timer_new(struct tf_loop *l, void (*fn)(void *), void *arg)
{
	struct tf_timer *t = need(sizeof(*t));

	*t = (struct tf_timer){ .in = l, .fn = fn, .arg = arg };
	return t;
}

static void
timer_due(struct timer *timer)
{
	struct tf_timer *t = OBJECT_OF(timer, struct tf_timer, timer);

	t->fn(t->arg);
}

void
tf_timer_set(struct tf_timer *t, uint64_t ms)
{
	timer_set(t->in->loop, &t->timer, clock_after(clock_ns(),
	    ms < UINT64_MAX / NS_PER_MS ? ms * NS_PER_MS : UINT64_MAX),
	    timer_due);
}

void
tf_timer_cancel(struct tf_timer *t)
{
	timer_cancel(t->in->loop, &t->timer);
}

void
tf_timer_free(struct tf_timer *t)
{
	if (t == NULL)
		return;
	tf_timer_cancel(t);
	loop_free(t->in->loop, t);
}

/* Those that are posted meanwhile have posted the loop anew. */
static void
call_posts(struct post *post)
{
	struct tf_loop *l = OBJECT_OF(post, struct tf_loop, post);
	struct user_posts q = STAILQ_HEAD_INITIALIZER(q);
	struct user_post *p;

	pthread_mutex_lock(&l->mutex);
	STAILQ_CONCAT(&q, &l->posts);
	pthread_mutex_unlock(&l->mutex);
	while ((p = STAILQ_FIRST(&q)) != NULL) {
		STAILQ_REMOVE_HEAD(&q, entry);
		p->fn(p->arg);
		free(p);
	}
}

void
tf_post(struct tf_loop *l, void (*fn)(void *), void *arg)
{
	struct user_post *p = need(sizeof(*p));
	bool first;

	p->fn = fn;
	p->arg = arg;
	pthread_mutex_lock(&l->mutex);
	first = STAILQ_EMPTY(&l->posts);
	STAILQ_INSERT_TAIL(&l->posts, p, entry);
	if (first)
		loop_post(l->loop, &l->post, call_posts);
	pthread_mutex_unlock(&l->mutex);
}
