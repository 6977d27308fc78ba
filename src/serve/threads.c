/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One mutex, and a semaphore for each thread: who is idle is called by name,
 * the last one to become so first, as its memory is warm.  (A condition for all
 * would do, but for glibc before 2.41, in which pthread_cond_signal() sometimes
 * wakes nobody.)  A thread takes one job at a time, so that a slow job holds up
 * nobody but itself.
 */
#include "serve/threads.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bug.h"
#include "shm/own.h"

struct thread {
	struct threads	*pool;
	pthread_t	 id;
	sem_t		 call;		/* there is a job, or the end */
	struct thread	*next;		/* that is idle */
	unsigned	 number;
};

struct threads {
	struct threads_config config;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 word;		/* another has started, or failed */
	TAILQ_HEAD(, job) queue;
	size_t		 waiting;	/* in the queue */
	struct thread	*resting;	/* idle ones that nobody has called */
	unsigned	 called;	/* idle ones, too, until they come */
	unsigned	 idle;		/* both */
	unsigned	 started, failed;
	bool		 ending;
	unsigned	 n;		/* threads that are to be joined */
	struct thread	 threads[];
};

static void
take_out(struct threads *p, struct job *job)
{
	TAILQ_REMOVE(&p->queue, job, link);
	job->waits = false;
	p->waiting--;
}

/* With the mutex, as the next three. */
static void
rest(struct threads *p, struct thread *t)
{
	t->next = p->resting;
	p->resting = t;
	p->idle++;
	pthread_mutex_unlock(&p->mutex);
	while (sem_wait(&t->call) == -1)
		;			/* EINTR */
	pthread_mutex_lock(&p->mutex);
	p->called--;
	p->idle--;
}

/* It will want the mutex at once, perhaps in our place on this processor. */
static void
call_one(struct threads *p)
{
	struct thread *t = p->resting;

	p->resting = t->next;
	p->called++;
	pthread_mutex_unlock(&p->mutex);
	sem_post(&t->call);
	pthread_mutex_lock(&p->mutex);
}

/* NULL: it is the end. */
static struct job *
next_job(struct threads *p, struct thread *t)
{
	struct job *job;

	while (!p->ending && TAILQ_EMPTY(&p->queue))
		rest(p, t);
	if (p->ending)
		return NULL;
	job = TAILQ_FIRST(&p->queue);
	take_out(p, job);
	return job;
}

static void
work(struct threads *p, struct thread *t)
{
	struct job *job;

	pthread_mutex_lock(&p->mutex);
	while ((job = next_job(p, t)) != NULL) {
		pthread_mutex_unlock(&p->mutex);
		job->run(job, t->number);
		pthread_mutex_lock(&p->mutex);
	}
	pthread_mutex_unlock(&p->mutex);
}

static void
say(struct threads *p, unsigned *what)
{
	pthread_mutex_lock(&p->mutex);
	(*what)++;
	pthread_cond_signal(&p->word);
	pthread_mutex_unlock(&p->mutex);
}

static void *
thread_main(void *arg)
{
	struct thread *t = arg;
	struct threads *p = t->pool;
	const struct threads_config *cf = &p->config;
	char name[16];

	snprintf(name, sizeof(name), "thread %u", t->number);
	pthread_setname_np(pthread_self(), name);
	own_writer(OWN_THREAD + t->number);
	if (cf->start != NULL && cf->start(cf->arg, t->number) == -1) {
		say(p, &p->failed);
		return NULL;
	}
	say(p, &p->started);
	work(p, t);
	if (cf->stop != NULL)
		cf->stop(cf->arg, t->number);
	return NULL;
}

/* Until one more has said how it went; false: not well. */
static bool
await_start(struct threads *p)
{
	bool ok;

	pthread_mutex_lock(&p->mutex);
	while (p->started + p->failed < p->n)
		pthread_cond_wait(&p->word, &p->mutex);
	ok = p->failed == 0;
	pthread_mutex_unlock(&p->mutex);
	return ok;
}

/* Signals are for the loop, but for those that a thread brings on itself. */
static void
block_signals(sigset_t *before)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
	    SIGTRAP, SIGSYS, SIGPROF };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&set, own[i]);
	pthread_sigmask(SIG_SETMASK, &set, before);
}

/* 0; -1 and errno, 0 if it was start() that failed. */
static int
start_one(struct threads *p)
{
	struct thread *t = &p->threads[p->n];

	*t = (struct thread){ .pool = p, .number = p->n };
	sem_init(&t->call, 0, 0);
	if ((errno = pthread_create(&t->id, NULL, thread_main, t)) != 0) {
		sem_destroy(&t->call);
		return -1;
	}
	p->n++;
	return await_start(p) ? 0 : -1;
}

static int
start_all(struct threads *p)
{
	sigset_t before;
	int rc = 0;

	block_signals(&before);
	while (p->n < p->config.n && rc == 0)
		rc = start_one(p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

struct threads *
threads_new(const struct threads_config *config)
{
	struct threads *p;
	int error;

	p = calloc(1, sizeof(*p) + config->n * sizeof(p->threads[0]));
	if (p == NULL)
		return NULL;
	p->config = *config;
	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->word, NULL);
	TAILQ_INIT(&p->queue);
	if (start_all(p) == 0)
		return p;
	error = errno;
	threads_free(p);
	errno = error;
	return NULL;
}

void
threads_free(struct threads *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->mutex);
	p->ending = true;
	while (p->resting != NULL)
		call_one(p);
	pthread_mutex_unlock(&p->mutex);
	for (unsigned i = 0; i < p->n; i++) {
		pthread_join(p->threads[i].id, NULL);
		sem_destroy(&p->threads[i].call);
	}
	pthread_cond_destroy(&p->word);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

struct job *
threads_put(struct threads *p, struct job *job, uint64_t now_ns)
{
	struct job *oldest = NULL;

	job->queued_ns = now_ns;
	__atomic_store_n(&job->taken_ns, 0, __ATOMIC_RELAXED);
	pthread_mutex_lock(&p->mutex);
	BUG_ON(p->ending);
	/* Each that is idle has been called for one of them already. */
	if (p->waiting >= p->config.max_queue + p->idle) {
		oldest = TAILQ_FIRST(&p->queue);
		take_out(p, oldest);
	}
	TAILQ_INSERT_TAIL(&p->queue, job, link);
	job->waits = true;
	p->waiting++;
	pthread_mutex_unlock(&p->mutex);
	return oldest;
}

/* Between two calls the first may have taken all there is. */
void
threads_call(struct threads *p)
{
	pthread_mutex_lock(&p->mutex);
	while (p->waiting > p->called && p->resting != NULL)
		call_one(p);
	pthread_mutex_unlock(&p->mutex);
}

struct job *
threads_overdue(struct threads *p, uint64_t queued_by_ns)
{
	struct job *job;

	pthread_mutex_lock(&p->mutex);
	job = TAILQ_FIRST(&p->queue);
	if (job != NULL && job->queued_ns > queued_by_ns)
		job = NULL;
	if (job != NULL)
		take_out(p, job);
	pthread_mutex_unlock(&p->mutex);
	return job;
}

bool
threads_withdraw(struct threads *p, struct job *job)
{
	bool waits;

	pthread_mutex_lock(&p->mutex);
	if ((waits = job->waits))
		take_out(p, job);
	pthread_mutex_unlock(&p->mutex);
	return waits;
}

uint64_t
threads_oldest(struct threads *p)
{
	struct job *job;
	uint64_t when;

	pthread_mutex_lock(&p->mutex);
	job = TAILQ_FIRST(&p->queue);
	when = job == NULL ? 0 : job->queued_ns;
	pthread_mutex_unlock(&p->mutex);
	return when;
}

size_t
threads_waiting(struct threads *p)
{
	size_t n;

	pthread_mutex_lock(&p->mutex);
	n = p->waiting;
	pthread_mutex_unlock(&p->mutex);
	return n;
}
