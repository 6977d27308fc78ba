/* SPDX-License-Identifier: Apache-2.0 */
/* See reply.h. */
#include "client/reply.h"

#include <string.h>

#include "base/arena.h"
#include "wire/app_error.h"
#include "wire/frame.h"
#include "wire/transform.h"

#define MAX_DEPTH	64

void
bounds_init(struct bounds *b, const struct client_settings *s)
{
	b->framed = s->framed;
	b->max = (uint32_t)s->max_frame;
	b->head = s->framed ? FRAME_HEADER : 0;
	b->begun = false;
	b->size = 0;
}

/* The end of a message without a frame is found by walking it. */
static enum bounds_result
walk(struct bounds *b, const uint8_t *p, size_t len)
{
	if (len == 0)
		return BOUNDS_MORE;
	if (!b->begun)
		scan_init(&b->scan, *p, b->max);
	b->begun = true;
	switch (scan_run(&b->scan, p, len)) {
	case SCAN_MORE:
		return BOUNDS_MORE;
	case SCAN_DONE:
		b->size = (size_t)b->scan.pos;
		return BOUNDS_FOUND;
	default:
		return BOUNDS_BAD;
	}
}

enum bounds_result
bounds_find(struct bounds *b, const uint8_t *p, size_t len)
{
	int64_t size;

	if (!b->framed)
		return walk(b, p, len);
	if ((size = frame_size(p, len, b->max)) == -1)
		return BOUNDS_BAD;
	b->size = (size_t)size;
	return size > 0 && len >= b->size ? BOUNDS_FOUND : BOUNDS_MORE;
}

size_t
bounds_missing(const struct bounds *b, size_t len)
{
	if (b->framed)
		return (b->size == 0 ? FRAME_HEADER : b->size) - len;
	return b->begun ? scan_missing(&b->scan, len) : 1;
}

int
reply_begin(struct reply *r, struct client_settings *s, const uint8_t *p,
    size_t len, struct tf_arena *a, const char **why)
{
	r->proto = s->proto;
	r->p = p;
	r->len = len;
	if (s->header.on && !client_settings_is_http(s)) {
		if (client_header_open(&s->header, p, len, s->max_frame, a,
		    &r->proto, why) == -1)
			return -1;
		r->p = s->header.reply.payload;
		r->len = s->header.reply.payload_len;
	}
	wire_reader_init(&r->reader, r->p, r->len, a, MAX_DEPTH);
	if (r->proto->read_msg(&r->reader, &r->msg) == 0)
		return 0;
	*why = r->reader.why;
	return -1;
}

void
reply_end(struct client_settings *s)
{
	if (s->header.transform != NULL)
		transform_trim(s->header.transform);
}

enum reply_result
reply_unreadable(const struct tf_method *m, const char *addr, const char *why,
    struct outcome *o)
{
	outcome_fail(o, "%s at %s: the reply cannot be read: %s", m->name, addr,
	    why);
	return REPLY_BROKEN;
}

static enum reply_result
read_error(struct reply *r, const struct tf_method *m, const char *addr,
    struct outcome *o)
{
	struct app_error e;

	if (wire_read_body(r->proto, &r->reader, plan_get(app_error_type()),
	    &e) == -1)
		return reply_unreadable(m, addr, r->reader.why, o);
	o->type = e.type;
	outcome_fail(o, "%s at %s: %s", m->name, addr, e.message.s);
	return REPLY_ERROR;
}

/* What does the result say? */
static enum reply_result
judge(const struct tf_method *m, const char *addr, struct outcome *o,
    void **result)
{
	const struct tf_field *f, *end = m->result->fields + m->result->n;
	const char *value = *result;
	bool returns = false, has = false;
	void *exception;

	for (f = m->result->fields; f < end; f++) {
		if (f->id == 0) {
			returns = true;
			memcpy(&has, value + f->has, sizeof(has));
			continue;
		}
		memcpy(&exception, value + f->off, sizeof(exception));
		if (exception != NULL) {
			outcome_fail(o, "%s at %s: the server threw %s",
			    m->name, addr, f->type->name);
			return REPLY_ERROR;
		}
	}
	if (!returns || has)
		return REPLY_OK;
	*result = NULL;
	o->type = APP_MISSING_RESULT;
	outcome_fail(o, "%s at %s: the reply holds no result", m->name, addr);
	return REPLY_ERROR;
}

enum reply_result
reply_read(struct reply *r, const struct tf_method *m, const char *addr,
    struct tf_arena *a, struct outcome *o, void **result)
{
	void *value;

	r->reader.arena = a;
	if (r->msg.type == WIRE_EXCEPTION)
		return read_error(r, m, addr, o);
	if (r->msg.type != WIRE_REPLY || r->msg.name.len != strlen(m->name) ||
	    memcmp(r->msg.name.s, m->name, r->msg.name.len) != 0) {
		outcome_fail(o, "%s at %s: the answer is not a reply to this "
		    "method", m->name, addr);
		return REPLY_BROKEN;
	}
	value = arena_take(a, m->result->size);
	if (wire_read_body(r->proto, &r->reader, plan_get(m->result),
	    value) == -1)
		return reply_unreadable(m, addr, r->reader.why, o);
	*result = value;
	return judge(m, addr, o, result);
}
