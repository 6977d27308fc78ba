/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See later.h.  The table is never given back: a token may be used after its
 * worker has ended.  The message is encoded in the thread of whoever answers,
 * outside the lock: the call is his until he posts it to the loop.
 */
#include "serve/later.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/log.h"
#include "serve/conn.h"
#include "serve/pending.h"
#include "serve/registry.h"

struct slot {
	uint64_t	 generation;	/* 0: free */
	struct call	*call;
	uint32_t	 next;		/* free one, + 1 */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *slots;
static uint32_t nslots, first_free;	/* + 1; 0: none */
static uint64_t generations;

/* ---- the table, under the lock */

static void
grow(void)
{
	uint32_t n = nslots == 0 ? 64 : nslots * 2;

	if ((slots = reallocarray(slots, n, sizeof(*slots))) == NULL)
		fatal("out of memory: calls that are answered later");
	while (nslots < n) {
		slots[nslots] = (struct slot){ .next = first_free };
		first_free = ++nslots;
	}
}

static void
open_slot(struct call *call)
{
	struct slot *s;

	if (first_free == 0)
		grow();
	s = &slots[first_free - 1];
	call->later.token.slot = first_free - 1;
	call->later.token.generation = s->generation = ++generations;
	first_free = s->next;
	s->call = call;
	call->later.state = LATER_OPEN;
}

/* The call of an open slot, which is free then. */
static struct call *
empty_slot(struct tf_later token, enum later_state state)
{
	struct slot *s = &slots[token.slot];
	struct call *call = s->call;

	*s = (struct slot){ .next = first_free };
	first_free = token.slot + 1;
	call->later.state = state;
	return call;
}

/* ---- for the worker and the handler */

bool
later_close(struct call *call)
{
	bool closed;

	pthread_mutex_lock(&lock);
	if (call->later.state == LATER_OPEN)
		(void)empty_slot(call->later.token, LATER_CLOSED);
	closed = call->later.state != LATER_CLAIMED;
	if (closed)
		call->later.state = LATER_CLOSED;
	pthread_mutex_unlock(&lock);
	return closed;
}

bool
later_is_closed(struct call *call)
{
	bool closed;

	pthread_mutex_lock(&lock);
	closed = call->later.state == LATER_CLOSED;
	pthread_mutex_unlock(&lock);
	return closed;
}

void
later_forget(struct call *call)
{
	pthread_mutex_lock(&lock);
	call->later.state = LATER_NONE;
	pthread_mutex_unlock(&lock);
	call->later.taken = false;
}

struct tf_later
tf_later(struct tf_call *pub)
{
	struct call *call = (struct call *)(void *)pub;
	struct tf_later token = { 0, 0 };

	if (call->in_hook) {
		log_warnx("%s.%s: tf_later() in a hook", pub->service,
		    pub->method);
		return token;
	}
	call->later.taken = true;
	call->end = CALL_LATER;
	pthread_mutex_lock(&lock);
	if (call->later.state == LATER_NONE) {
		word_set(&call->parked.done_ns, 0);
		open_slot(call);
	}
	if (call->later.state == LATER_OPEN)
		token = call->later.token;
	pthread_mutex_unlock(&lock);
	return token;
}

/* ---- for whoever answers */

static struct call *
claim(struct tf_later token)
{
	struct call *call = NULL;

	pthread_mutex_lock(&lock);
	if (token.generation != 0 && token.slot < nslots &&
	    slots[token.slot].generation == token.generation)
		call = empty_slot(token, LATER_CLAIMED);
	pthread_mutex_unlock(&lock);
	return call;
}

static void
encode_error(struct call *call, const char *fmt, ...)
{
	char text[512];
	struct app_error error = { .type = APP_INTERNAL_ERROR };
	const char *why;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	error.message = (struct tf_str){ text, strlen(text) };
	(void)call_encode_error(call, &call->reply, &error, &why);
}

/* What is wrong with a value is its owner's to know. */
static enum call_outcome
encode_result(struct call *call, const void *result, enum call_outcome outcome)
{
	const char *why;

	if (call_encode_result(call, &call->reply,
	    call->conn->worker->config->limits.max_frame, result, &why) == 0)
		return outcome;
	log_warnx("%s.%s: the reply cannot be sent: %s", call->pub.service,
	    call->pub.method, why);
	encode_error(call, "%s: the reply cannot be sent: %s",
	    call->pub.method, why);
	return CALL_UNSENDABLE;
}

static int
answered(struct call *call, enum call_outcome outcome)
{
	pending_answer(call, call->oneway ? CALL_ONEWAY : outcome);
	return 0;
}

static enum call_outcome
encode_reply(struct call *call, const struct tf_method *m, const void *result)
{
	if (call->entry->method->result == m->result)
		return encode_result(call, result, CALL_OK);
	log_warnx("%s.%s was answered as if it were %s", call->pub.service,
	    call->pub.method, m->name);
	encode_error(call, "%s failed", call->pub.method);
	return CALL_ERROR;
}

int
tf_later_reply(struct tf_later token, const struct tf_method *m,
    const void *result)
{
	struct call *call = claim(token);

	if (call == NULL)
		return -1;
	if (call->oneway)
		return answered(call, CALL_ONEWAY);
	return answered(call, encode_reply(call, m, result));
}

static enum call_outcome
encode_throw(struct call *call, const struct tf_type *type, const void *x)
{
	const struct tf_type *t = call->entry->method->result;
	const struct tf_field *f = call_declared(call, type);
	enum call_outcome outcome;
	void *result;

	if (f == NULL) {
		encode_error(call, CALL_UNDECLARED, call->pub.method,
		    type->name);
		return CALL_ERROR;
	}
	if ((result = malloc(t->size)) == NULL)
		fatal("out of memory: an exception");
	tf_init(t, result);
	memcpy((char *)result + f->off, &x, sizeof(x));
	call->parked.thrown = type;
	outcome = encode_result(call, result, CALL_EXCEPTION);
	free(result);
	return outcome;
}

int
tf_later_throw(struct tf_later token, const struct tf_type *type,
    const void *x)
{
	struct call *call = claim(token);

	if (call == NULL)
		return -1;
	if (call->oneway)
		return answered(call, CALL_ONEWAY);
	return answered(call, encode_throw(call, type, x));
}

int
tf_later_fail(struct tf_later token, const char *fmt, ...)
{
	struct call *call = claim(token);
	char text[512];
	va_list ap;

	if (call == NULL)
		return -1;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!call->oneway)
		encode_error(call, "%s", text);
	return answered(call, CALL_ERROR);
}
