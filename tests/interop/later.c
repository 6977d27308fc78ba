/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See later.h.  The tables of a service are copied; the glue in the copies has
 * the handler run as usual, keeps its result, and takes a token.
 */
#include "later.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_METHODS	64
#define MAX_SERVICES	4

/* What is to be answered; type NULL: a result, else an exception. */
struct answer {
	struct answer		*next;
	struct tf_later		 token;
	const struct tf_method	*method;
	const struct tf_type	*type;
	void			*value;		/* of malloc */
};

static struct tf_method copies[MAX_METHODS];
static const struct tf_method *originals[MAX_METHODS];
static size_t ncopies;
static struct answer *answers;		/* the last one first */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct tf_method *
original(const char *name)
{
	for (size_t i = 0; i < ncopies; i++)
		if (strcmp(copies[i].name, name) == 0)
			return originals[i];
	abort();
}

static void
give(struct answer *a)
{
	int rc = a->type != NULL ?
	    tf_later_throw(a->token, a->type, a->value) :
	    tf_later_reply(a->token, a->method, a->value);

	/* Its client may have left; but it cannot be answered twice. */
	if (rc == 0 && tf_later_fail(a->token, "twice") == 0)
		abort();
	free(a->value);
	free(a);
}

static void *
answer_all(void *arg)
{
	struct answer *a;

	for (;;) {
		pthread_mutex_lock(&lock);
		while (answers == NULL)
			pthread_cond_wait(&more, &lock);
		a = answers;
		answers = a->next;
		pthread_mutex_unlock(&lock);
		give(a);
	}
	return arg;
}

static void
begin(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, answer_all, NULL) != 0)
		abort();
	pthread_detach(t);
}

/* What has been thrown, and its type; or NULL. */
static void *
thrown(const struct tf_method *m, const void *result,
    const struct tf_type **type)
{
	void *x;

	for (uint32_t i = 0; i < m->result->n; i++) {
		if (m->result->fields[i].id == 0)
			continue;
		memcpy(&x, (const char *)result + m->result->fields[i].off,
		    sizeof(x));
		*type = m->result->fields[i].type;
		if (x != NULL)
			return x;
	}
	return NULL;
}

static int
call_later(struct tf_call *call, const void *handler, const void *args,
    void *result)
{
	const struct tf_method *m = original(call->method);
	int rc = m->call(call, handler, args, result);
	struct answer *a = calloc(1, sizeof(*a));
	void *x = NULL;

	if (rc == -1 && (x = thrown(m, result, &a->type)) == NULL) {
		free(a);
		return rc;
	}
	a->method = m;
	a->value = x != NULL ? tf_dup(a->type, x) : tf_dup(m->result, result);
	a->token = tf_later(call);
	pthread_once(&once, begin);
	pthread_mutex_lock(&lock);
	a->next = answers;
	answers = a;
	pthread_cond_signal(&more);
	pthread_mutex_unlock(&lock);
	return TF_LATER;
}

const struct tf_service *
later_service(const struct tf_service *from)
{
	static struct tf_service services[MAX_SERVICES];
	static size_t n;
	struct tf_service *s = &services[n];

	if (n++ == MAX_SERVICES || ncopies + from->n > MAX_METHODS)
		abort();
	*s = *from;
	s->methods = &copies[ncopies];
	for (uint32_t i = 0; i < from->n; i++, ncopies++) {
		originals[ncopies] = &from->methods[i];
		copies[ncopies] = from->methods[i];
		copies[ncopies].call = call_later;
	}
	if (from->base != NULL)
		s->base = later_service(from->base);
	return s;
}
