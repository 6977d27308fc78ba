/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of one call between decoding and encoding, and the two functions
 * by which a handler fails one.
 */
#include "serve/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/log.h"
#include "serve/registry.h"

struct call *
call_new(size_t max_memory, size_t max_reply)
{
	struct call *call;

	if ((call = calloc(1, sizeof(*call))) == NULL)
		fatal("out of memory: a call");
	arena_init(&call->arena, max_memory);
	buf_init(&call->reply, max_reply);
	call->pub.arena = &call->arena;
	return call;
}

void
call_free(struct call *call)
{
	arena_fini(&call->arena);
	buf_fini(&call->reply);
	free(call);
}

static void
fail(struct call *call, int32_t app_error, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	call->end = CALL_FAILED;
	call->fault = CALL_ERROR;
	call->error.type = app_error;
	call->error.message = tf_strn(&call->arena, text, strlen(text));
}

void
call_fail(struct call *call, int32_t app_error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(call, app_error, fmt, ap);
	va_end(ap);
}

void
call_fail_memory(struct call *call)
{
	call_fail(call, APP_INTERNAL_ERROR, "%s used more than the %zu "
	    "bytes of memory that a call may use", call->pub.method,
	    call->arena.max);
	call->fault = CALL_UNSENDABLE;
}

static struct call *
call_of(struct tf_call *pub)
{
	return (struct call *)(void *)pub;
}

int
tf_fail(struct tf_call *pub, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(call_of(pub), APP_INTERNAL_ERROR, fmt, ap);
	va_end(ap);
	return -1;
}

const struct tf_field *
call_declared(const struct call *call, const struct tf_type *exception)
{
	const struct tf_type *result = call->entry->method->result;

	for (uint32_t i = 0; i < result->n; i++)
		if (result->fields[i].id != 0 &&
		    result->fields[i].type == exception)
			return &result->fields[i];
	log_warnx("%s." CALL_UNDECLARED, call->pub.service, call->pub.method,
	    exception->name);
	return NULL;
}

int
tf_throw(struct tf_call *pub, const struct tf_type *type, const void *x)
{
	struct call *call = call_of(pub);
	const struct tf_field *f;
	void *copy;

	if ((f = call_declared(call, type)) == NULL) {
		call_fail(call, APP_INTERNAL_ERROR, CALL_UNDECLARED,
		    pub->method, type->name);
		return -1;
	}
	tf_init(call->entry->method->result, call->result);
	copy = tf_copy(&call->arena, type, x);
	memcpy((char *)call->result + f->off, &copy, sizeof(copy));
	call->end = CALL_THREW;
	return -1;
}

/*
 * The field that says that the method returned a value, if it does.  Exceptions
 * that the IDL gives no id stand before it.
 */
static void
mark_success(struct call *call)
{
	const struct tf_type *result = call->entry->method->result;
	const struct tf_field *f = result->fields, *end = f + result->n;
	bool yes = true;

	while (f < end && f->id < 0)
		f++;
	if (f < end && f->id == 0)
		memcpy((char *)call->result + f->has, &yes, sizeof(yes));
}

/* The usual ends were not these. */
static int
odd_end(struct call *call, int rc)
{
	const char *service = call->pub.service, *name = call->pub.method;

	if (rc == TF_LATER)
		log_warnx("%s.%s returned TF_LATER %s", service, name,
		    call->arena.over ? "and had used too much memory" :
		    "without tf_later()");
	else
		log_warnx("%s.%s returned %d %s", service, name, rc,
		    call->end == CALL_RETURNED ? "without saying why" :
		    "after it had failed");
	if (call->arena.over)
		call_fail_memory(call);
	else
		call_fail(call, APP_INTERNAL_ERROR, "%s failed", name);
	return -1;
}

/*
 * There is a token.  It answers if that has been returned, or if it has been
 * used by now; else what was returned does.
 */
static bool
is_later(struct call *call, int rc)
{
	bool later = rc == TF_LATER && !call->arena.over;

	if (!later && !later_close(call))
		later = true;
	if (rc != TF_LATER)
		log_warnx("%s.%s returned %d after tf_later(): %s",
		    call->pub.service, call->pub.method, rc, later ?
		    "it had been answered" : "its token is void");
	if (later) {
		call->end = CALL_LATER;
		return true;
	}
	later_forget(call);
	if (call->end == CALL_LATER)
		call->end = CALL_RETURNED;
	return false;
}

/* Sets end and the like; 0 or -1, as for the caller of call_run(). */
static int
end_now(struct call *call, int rc)
{
	if (rc == 0 && call->end == CALL_RETURNED) {
		mark_success(call);
		return 0;
	}
	if (rc == -1 && call->end != CALL_RETURNED)
		return -1;
	return odd_end(call, rc);
}

int
call_run(struct call *call)
{
	const struct tf_method *m = call->entry->method;
	int rc;

	call->end = CALL_RETURNED;
	rc = m->call(&call->pub, call->entry->handler, call->args,
	    call->result);
	if (rc == 0 && call->end == CALL_RETURNED) {
		mark_success(call);
		return 0;
	}
	if (call->later.taken && is_later(call, rc))
		return TF_LATER;
	return end_now(call, rc);
}

void
call_detach(struct call *call)
{
	static const struct header_info none;
	struct call_headers *h = call->headers;
	struct header_info *own;

	if (h == NULL || h->persistent == NULL)
		return;
	own = tf_alloc(&call->arena, 1, sizeof(*own));
	/* They have been within the limits before. */
	(void)header_merge(own, &call->arena, h->persistent, &none);
	h->persistent = own;
}

static inline int
encode(const struct call *call, struct buf *b, uint8_t type,
    const struct plan *plan, const void *value, const char **why)
{
	struct wire_msg msg = call->msg;

	*why = "the reply is too large";
	msg.type = type;
	if (call->proto->write_message(b, &msg, plan, value, why) == 0)
		return 0;
	b->over = false;
	return -1;
}

int
call_encode_error(const struct call *call, struct buf *b,
    const struct app_error *error, const char **why)
{
	return encode(call, b, WIRE_EXCEPTION, plan_get(app_error_type()),
	    error, why);
}

int
call_encode_result(const struct call *call, struct buf *b, size_t max,
    const void *result, const char **why)
{
	size_t start = b->len;

	if (encode(call, b, WIRE_REPLY, call->entry->result, result,
	    why) == -1)
		return -1;
	if (b->len - start <= max)
		return 0;
	b->len = start;
	*why = "it is larger than max-frame";
	return -1;
}

int
call_encode(const struct call *call, struct buf *b, size_t max,
    const char **why)
{
	if (call->end == CALL_FAILED)
		return call_encode_error(call, b, &call->error, why);
	return call_encode_result(call, b, max, call->result, why);
}
