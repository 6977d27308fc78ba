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

#define KEEP_REPLY_BYTES	4096

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

void
call_reset(struct call *call)
{
	tf_arena_reset(&call->arena);
	buf_reset(&call->reply, KEEP_REPLY_BYTES);
	call->entry = NULL;
	call->headers = NULL;
	call->end = CALL_RETURNED;
	call->oneway = call->answered = false;
}

static void
fail(struct call *call, int32_t app_error, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	call->end = CALL_FAILED;
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

static const struct tf_field *
declared(const struct tf_type *result, const struct tf_type *exception)
{
	for (uint32_t i = 0; i < result->n; i++)
		if (result->fields[i].id != 0 &&
		    result->fields[i].type == exception)
			return &result->fields[i];
	return NULL;
}

int
tf_throw(struct tf_call *pub, const struct tf_type *type, const void *x)
{
	struct call *call = call_of(pub);
	const struct tf_field *f;
	void *copy;

	f = declared(call->entry->method->result, type);
	if (f == NULL) {
		log_warnx("%s.%s threw %s, which it does not declare",
		    pub->service, pub->method, type->name);
		call_fail(call, APP_INTERNAL_ERROR, "%s threw %s, which it "
		    "does not declare", pub->method, type->name);
		return -1;
	}
	tf_init(call->entry->method->result, call->result);
	copy = tf_copy(&call->arena, type, x);
	memcpy((char *)call->result + f->off, &copy, sizeof(copy));
	call->end = CALL_THREW;
	return -1;
}

/* The field that says that the method returned a value, if it does. */
static void
mark_success(struct call *call)
{
	const struct tf_type *result = call->entry->method->result;
	const struct tf_field *f = result->fields;
	bool yes = true;

	if (result->n > 0 && f->id == 0)
		memcpy((char *)call->result + f->has, &yes, sizeof(yes));
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
	if (rc == -1 && call->end != CALL_RETURNED)
		return -1;
	log_warnx("%s.%s returned %d %s", call->pub.service, m->name, rc,
	    call->end == CALL_RETURNED ? "without saying why" :
	    "after it had failed");
	call_fail(call, APP_INTERNAL_ERROR, "%s failed", m->name);
	return -1;
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

static int
encode_value(const struct call *call, struct buf *b, const char **why)
{
	if (call->end == CALL_FAILED)
		return wire_write_body(call->proto, b,
		    plan_get(app_error_type()), &call->error, why);
	return wire_write_body(call->proto, b, call->entry->result,
	    call->result, why);
}

int
call_encode(const struct call *call, struct buf *b, const char **why)
{
	struct wire_msg msg = call->msg;
	size_t start = b->len;

	*why = "the reply is too large";
	msg.type = call->end == CALL_FAILED ? WIRE_EXCEPTION : WIRE_REPLY;
	if (call->proto->write_msg(b, &msg) == 0 &&
	    encode_value(call, b, why) == 0)
		return 0;
	b->len = start;
	b->over = false;
	return -1;
}
