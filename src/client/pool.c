/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a pool, and who has which of its clients. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bug.h"
#include "base/clock.h"
#include "client/client_body.h"
#include "client/pool_body.h"

struct tf_pool *
tf_pool_new(const char *addrs)
{
	struct tf_pool *p;
	size_t n;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		fatal("out of memory: a pool");
	pthread_mutex_init(&p->lock, NULL);
	TAILQ_INIT(&p->idle);
	TAILQ_INIT(&p->waiters);
	n = backends_init(&p->backends, addrs, clock_ns() ^ (uintptr_t)p);
	p->model = tf_client_new(p->backends.v[0].addr);
	p->max = 64;
	p->retries = 2;
	p->budget = 20;
	p->saved = RETRIES_SAVED;
	p->idle_timeout_ns = 60 * NS_PER_S;
	p->wait_timeout_ns = NS_PER_S;
	if (tf_pool_set(p, "connect-timeout", "1s") == -1)
		fatal("bug: a pool's own setting: %s", p->error);
	if (n <= BACKENDS_MAX)
		return p;
	snprintf(p->refused, sizeof(p->refused),
	    "the pool was given %zu addresses: it takes %d", n, BACKENDS_MAX);
	strlcpy(p->error, p->refused, sizeof(p->error));
	return p;
}

static void
lease_free(struct lease *l)
{
	tf_client_free(l->client);
	free(l);
}

static void
free_all(struct lease_list *list)
{
	struct lease *l;

	while ((l = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, l, link);
		lease_free(l);
	}
}

void
tf_pool_free(struct tf_pool *p)
{
	if (p == NULL)
		return;
	BUG_ON(p->stat.lent != 0);
	free_all(&p->idle);
	for (size_t i = 0; i < p->nsettings; i++) {
		free(p->settings[i].key);
		free(p->settings[i].value);
	}
	free(p->settings);
	tf_client_free(p->model);
	backends_fini(&p->backends);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static struct tf_client *
make_client(struct tf_pool *p, struct lease *l)
{
	struct tf_client *c = tf_client_new(p->backends.v[l->backend].addr);

	for (size_t i = 0; i < p->nsettings; i++)
		if (tf_client_set(c, p->settings[i].key,
		    p->settings[i].value) == -1)
			fatal("bug: a setting that held holds no more");
	c->touched = false;
	c->lease = l;
	return c;
}

/* From here on p->lock is held, where nothing else is said. */

static bool
is_connected(const struct lease *l)
{
	return l->client->stream.fd != -1;
}

static bool
is_down(const struct tf_pool *p, const struct lease *l)
{
	return p->backends.v[l->backend].down_until_ns != 0;
}

/* Those who idled for too long; they are the last in the list. */
static void
expire(struct tf_pool *p, uint64_t now_ns, struct lease_list *dead)
{
	struct lease *l;

	while (p->idle_timeout_ns != 0 && p->stat.clients > p->min &&
	    (l = TAILQ_LAST(&p->idle, lease_list)) != NULL &&
	    now_ns > l->idle_since_ns &&
	    now_ns - l->idle_since_ns > p->idle_timeout_ns) {
		TAILQ_REMOVE(&p->idle, l, link);
		TAILQ_INSERT_TAIL(dead, l, link);
		p->stat.clients--;
	}
}

/* An idle one whose connection is to that backend. */
static struct lease *
find_at(struct tf_pool *p, unsigned backend)
{
	struct lease *l;

	TAILQ_FOREACH(l, &p->idle, link)
		if (l->backend == backend && is_connected(l))
			return l;
	return NULL;
}

static struct lease *
lease_new(struct tf_pool *p)
{
	struct lease *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		fatal("out of memory: a client of a pool");
	l->pool = p;
	p->stat.clients++;
	return l;
}

static unsigned
count_at(const struct tf_pool *p, unsigned backend)
{
	const struct lease *l;
	unsigned n = p->backends.v[backend].busy;

	TAILQ_FOREACH(l, &p->idle, link)
		n += l->backend == backend && is_connected(l);
	return n;
}

/*
 * There are no more to be made: the one that idled longest.  It changes sides
 * if that makes them more even, so that a backend that is back gets its share.
 */
static struct lease *
find_other(struct tf_pool *p, unsigned backend)
{
	struct lease *l = TAILQ_LAST(&p->idle, lease_list);

	if (l == NULL)
		return NULL;
	if (is_connected(l) && l->backend != backend && (is_down(p, l) ||
	    count_at(p, l->backend) > count_at(p, backend) + 1))
		stream_close(&l->client->stream);
	if (!is_connected(l))
		l->backend = backend;
	return l;
}

/* One that nobody has; NULL: there is none. */
static struct lease *
find(struct tf_pool *p, uint64_t now_ns)
{
	unsigned backend = backends_choose(&p->backends, now_ns, 0);
	struct lease *l = find_at(p, backend);

	if (l == NULL && p->stat.clients < p->max) {
		l = lease_new(p);
		l->backend = backend;
		return l;
	}
	if (l == NULL)
		l = find_other(p, backend);
	if (l != NULL)
		TAILQ_REMOVE(&p->idle, l, link);
	return l;
}

/* Until somebody returns one, in the order of those who came. */
static struct lease *
await(struct tf_pool *p, uint64_t now_ns)
{
	uint64_t until = now_ns + p->wait_timeout_ns;
	struct timespec ts = { (time_t)(until / NS_PER_S),
	    (long)(until % NS_PER_S) };
	struct waiter w = { .lease = NULL };
	pthread_condattr_t attr;
	int rc = 0;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w.served, &attr);
	pthread_condattr_destroy(&attr);
	TAILQ_INSERT_TAIL(&p->waiters, &w, link);
	p->stat.waiting++;
	while (w.lease == NULL && rc != ETIMEDOUT)
		rc = p->wait_timeout_ns == 0 ?
		    pthread_cond_wait(&w.served, &p->lock) :
		    pthread_cond_timedwait(&w.served, &p->lock, &ts);
	p->stat.waiting--;
	if (w.lease == NULL) {
		TAILQ_REMOVE(&p->waiters, &w, link);
		p->stat.refused++;
	}
	pthread_cond_destroy(&w.served);
	return w.lease;
}

/* One whose calls say why there is none; p->lock is not held. */
static struct tf_client *
make_refused(struct tf_pool *p, const char *why)
{
	struct tf_client *c = tf_client_new(p->backends.v[0].addr);

	c->refused = why;
	return c;
}

struct tf_client *
tf_pool_borrow(struct tf_pool *p)
{
	struct lease_list dead = TAILQ_HEAD_INITIALIZER(dead);
	uint64_t now = clock_ns();
	struct lease *l = NULL;

	if (p->refused[0] != '\0')
		return make_refused(p, p->refused);
	pthread_mutex_lock(&p->lock);
	expire(p, now, &dead);
	if (TAILQ_EMPTY(&p->waiters))
		l = find(p, now);
	if (l != NULL)
		p->stat.lent++;
	else
		l = await(p, now);
	if (l != NULL)
		p->backends.v[l->backend].busy++;
	pthread_mutex_unlock(&p->lock);
	free_all(&dead);
	if (l == NULL)
		return make_refused(p, "no client of the pool came free in "
		    "time: all are lent out");
	if (l->client == NULL)
		l->client = make_client(p, l);
	return l->client;
}

/* As new for the next borrower, but for its connection; no lock is held. */
static void
clean(struct tf_pool *p, struct lease *l)
{
	struct tf_client *c = l->client;

	if (c->touched) {
		tf_client_free(c);
		l->client = make_client(p, l);
		return;
	}
	client_header_clear(&c->set.header);
	tf_client_arena(c, NULL);
	tf_arena_reset(&c->own);
}

void
tf_pool_return(struct tf_pool *p, struct tf_client *c)
{
	struct lease_list dead = TAILQ_HEAD_INITIALIZER(dead);
	struct lease *l = c->lease;
	struct waiter *w;

	if (l == NULL) {
		tf_client_free(c);
		return;
	}
	clean(p, l);
	c = l->client;
	l->idle_since_ns = clock_ns();
	pthread_mutex_lock(&p->lock);
	p->backends.v[l->backend].busy--;
	if (is_down(p, l))
		stream_close(&c->stream);
	if ((w = TAILQ_FIRST(&p->waiters)) != NULL) {
		TAILQ_REMOVE(&p->waiters, w, link);
		w->lease = l;
		pthread_cond_signal(&w->served);
	} else {
		TAILQ_INSERT_HEAD(&p->idle, l, link);
		p->stat.lent--;
	}
	expire(p, l->idle_since_ns, &dead);
	pthread_mutex_unlock(&p->lock);
	free_all(&dead);
}

void
tf_pool_stat(struct tf_pool *p, struct tf_pool_stat *stat)
{
	pthread_mutex_lock(&p->lock);
	*stat = p->stat;
	pthread_mutex_unlock(&p->lock);
}
