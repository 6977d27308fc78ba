/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoder and decoder of framed compact Thrift, as far as the calculator goes:
 * i32, enum, string, list<string> and struct.  The decoder keeps its first
 * error and returns zeros from then on, so that callers check once.
 */
#include "load_proto.h"

#include <string.h>

enum { T_STOP = 0, T_I32 = 5, T_STRING = 8, T_LIST = 9, T_STRUCT = 12 };

struct reader {
	const uint8_t	*p, *end;
	const char	*error;
};

static uint8_t *
put_varint(uint8_t *p, uint32_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static uint8_t *
put_i32(uint8_t *p, int32_t v)
{
	return put_varint(p, ((uint32_t)v << 1) ^ (v < 0 ? UINT32_MAX : 0));
}

static uint8_t *
put_text(uint8_t *p, const char *s, size_t len)
{
	p = put_varint(p, (uint32_t)len);
	memcpy(p, s, len);
	return p + len;
}

static uint8_t *
put_field(uint8_t *p, unsigned delta, unsigned type)
{
	*p++ = (uint8_t)(delta << 4 | type);
	return p;
}

static uint8_t *
put_i32_field(uint8_t *p, unsigned delta, int32_t v)
{
	return put_i32(put_field(p, delta, T_I32), v);
}

static uint8_t *
put_header(uint8_t *p, enum proto_mtype mtype, int32_t seqid, const char *name)
{
	*p++ = 0x82;
	*p++ = (uint8_t)((unsigned)mtype << 5 | 1);
	p = put_varint(p, (uint32_t)seqid);
	return put_text(p, name, strlen(name));
}

/* Ends the struct and the frame that begins at dst. */
static size_t
put_end(uint8_t *dst, uint8_t *p)
{
	uint32_t len;

	*p++ = T_STOP;
	len = (uint32_t)(p - dst) - 4;
	for (int i = 0; i < 4; i++)
		dst[i] = (uint8_t)(len >> (24 - 8 * i));
	return len + 4;
}

static uint8_t *
put_tags(uint8_t *p, const struct proto_calculate *a)
{
	p = put_field(p, 1, T_LIST);
	if (a->ntags < 15) {
		*p++ = (uint8_t)(a->ntags << 4 | T_STRING);
	} else {
		*p++ = 0xf0 | T_STRING;
		p = put_varint(p, a->ntags);
	}
	for (unsigned i = 0; i < a->ntags; i++)
		p = put_text(p, a->tag[i].s, a->tag[i].len);
	return p;
}

size_t
proto_put_calculate(uint8_t *dst, int32_t seqid,
    const struct proto_calculate *a)
{
	uint8_t *p;

	p = put_header(dst + 4, PROTO_CALL, seqid, "calculate");
	p = put_i32_field(p, 1, a->logid);
	p = put_field(p, 1, T_STRUCT);
	p = put_i32_field(p, 1, a->num1);
	p = put_i32_field(p, 1, a->num2);
	p = put_i32_field(p, 1, a->op);
	if (a->has_comment) {
		p = put_field(p, 1, T_STRING);
		p = put_text(p, a->comment.s, a->comment.len);
	}
	*p++ = T_STOP;
	return put_end(dst, put_tags(p, a));
}

size_t
proto_put_empty(uint8_t *dst, int32_t seqid, const char *method)
{
	return put_end(dst, put_header(dst + 4, PROTO_CALL, seqid, method));
}

size_t
proto_put_forget(uint8_t *dst, int32_t seqid, int32_t logid)
{
	uint8_t *p;

	p = put_header(dst + 4, PROTO_ONEWAY, seqid, "forget");
	return put_end(dst, put_i32_field(p, 1, logid));
}

size_t
proto_put_doze(uint8_t *dst, int32_t seqid, int32_t ms)
{
	uint8_t *p;

	p = put_header(dst + 4, PROTO_CALL, seqid, "doze");
	return put_end(dst, put_i32_field(p, 1, ms));
}

size_t
proto_put_texts(uint8_t *dst, enum proto_mtype mtype, int32_t seqid,
    const char *method, const struct proto_text *text, unsigned n)
{
	uint8_t *p;

	p = put_header(dst + 4, mtype, seqid, method);
	for (unsigned i = 0; i < n; i++)
		p = put_text(put_field(p, 1, T_STRING), text[i].s,
		    text[i].len);
	return put_end(dst, p);
}

uint32_t
proto_frame_length(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
fail(struct reader *r, const char *why)
{
	if (r->error == NULL)
		r->error = why;
	r->p = r->end;
}

static uint8_t
get_byte(struct reader *r)
{
	if (r->p == r->end) {
		fail(r, "message is too short");
		return 0;
	}
	return *r->p++;
}

/* Up to ten bytes, because some writers extend the sign to 64 bits. */
static uint32_t
get_varint(struct reader *r)
{
	uint64_t v;
	uint8_t b;

	v = 0;
	for (unsigned i = 0; i < 10; i++) {
		b = get_byte(r);
		v |= (uint64_t)(b & 0x7f) << (7 * i);
		if (b < 0x80)
			return (uint32_t)v;
	}
	fail(r, "varint of more than ten bytes");
	return 0;
}

static int32_t
get_i32(struct reader *r)
{
	uint32_t v;

	v = get_varint(r);
	return (int32_t)((v >> 1) ^ (0 - (v & 1)));
}

static struct proto_text
get_text(struct reader *r)
{
	struct proto_text t;
	uint32_t len;

	len = get_varint(r);
	if (len > (size_t)(r->end - r->p)) {
		fail(r, "string is longer than the message");
		len = 0;
	}
	t.s = (const char *)r->p;
	t.len = len;
	r->p += len;
	return t;
}

/* The type of the next field, T_STOP at the end or after an error. */
static unsigned
get_field(struct reader *r, int32_t *id)
{
	uint8_t b;

	b = get_byte(r);
	if ((b & 0x0f) == T_STOP) {
		if (b != 0)
			fail(r, "stop byte is not 0");
		return T_STOP;
	}
	*id = (b >> 4) != 0 ? *id + (b >> 4) : get_i32(r);
	return r->error != NULL ? T_STOP : (b & 0x0f);
}

/* True once for each field that is the one described. */
static bool
is_field(unsigned type, int32_t id, unsigned want_type, int32_t want_id,
    bool *seen)
{
	if (type != want_type || id != want_id || *seen)
		return false;
	*seen = true;
	return true;
}

static void
get_ouch(struct reader *r, struct proto_reply *m)
{
	bool has_what = false, has_why = false;
	int32_t id = 0;
	unsigned type;

	while ((type = get_field(r, &id)) != T_STOP) {
		if (is_field(type, id, T_I32, 1, &has_what))
			m->what = get_i32(r);
		else if (is_field(type, id, T_STRING, 2, &has_why))
			m->why = get_text(r);
		else
			fail(r, "unexpected field in the exception");
	}
}

static void
get_result(struct reader *r, struct proto_reply *m)
{
	int32_t id = 0;
	unsigned type;

	while ((type = get_field(r, &id)) != T_STOP) {
		if (is_field(type, id, T_I32, 0, &m->has_success))
			m->success = get_i32(r);
		else if (is_field(type, id, T_STRING, 0, &m->has_text))
			m->text = get_text(r);
		else if (is_field(type, id, T_STRUCT, 1, &m->has_ouch))
			get_ouch(r, m);
		else
			fail(r, "unexpected field in the result");
	}
}

static void
get_app_exception(struct reader *r, struct proto_reply *m)
{
	bool has_message = false, has_type = false;
	int32_t id = 0;
	unsigned type;

	while ((type = get_field(r, &id)) != T_STOP) {
		if (is_field(type, id, T_STRING, 1, &has_message))
			m->app_message = get_text(r);
		else if (is_field(type, id, T_I32, 2, &has_type))
			m->app_type = get_i32(r);
		else
			fail(r, "unexpected field in TApplicationException");
	}
}

const char *
proto_get_reply(struct proto_reply *m, const uint8_t *buf, size_t len)
{
	struct reader r = { buf, buf + len, NULL };
	uint8_t b;

	memset(m, 0, sizeof(*m));
	if (get_byte(&r) != 0x82)
		fail(&r, "first byte is not 0x82");
	b = get_byte(&r);
	if ((b & 0x1f) != 1)
		fail(&r, "version is not 1");
	m->mtype = b >> 5;
	m->seqid = (int32_t)get_varint(&r);
	m->name = get_text(&r);
	if (m->mtype == PROTO_EXCEPTION)
		get_app_exception(&r, m);
	else
		get_result(&r, m);
	if (r.p != r.end)
		fail(&r, "bytes after the end of the message");
	return r.error;
}
