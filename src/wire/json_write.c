/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to JSON.
 */
#include "wire/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "wire/plan.h"
#include "wire/text.h"

struct out {
	struct buf	*b;
	const char	*why;
	unsigned	 depth;
};

static int write_elem(struct out *, const struct plan_slot *, const void *);

static int
fail(struct out *o, const char *why)
{
	if (o->why == NULL)
		o->why = why;
	return -1;
}

static int
put(struct out *o, const void *s, size_t n)
{
	if (buf_put(o->b, s, n) == -1)
		return fail(o, "JSON exceeds its size limit");
	return 0;
}

static int
put_text(struct out *o, const char *s)
{
	return put(o, s, strlen(s));
}

/* One character that may not stand in a string as it is. */
static int
put_escaped(struct out *o, uint8_t c)
{
	const char *from = "\"\\\b\f\n\r\t", *to = "\"\\bfnrt", *hit;
	char text[8];

	if (c != '\0' && (hit = strchr(from, c)) != NULL)
		snprintf(text, sizeof(text), "\\%c", to[hit - from]);
	else
		snprintf(text, sizeof(text), "\\u%04x",
		    c < 0x80 ? c : 0xdc00u + c);
	return put_text(o, text);
}

static int
put_string(struct out *o, const struct tf_str *str)
{
	const uint8_t *s = (const uint8_t *)str->s, *plain = s;
	size_t n = str->len, len;

	put(o, "\"", 1);
	for (; n > 0; s += len, n -= len) {
		len = utf8_len(s, n);
		if (len > 0 && *s >= 0x20 && *s != '"' && *s != '\\' &&
		    *s != 0x7f)
			continue;
		put(o, plain, (size_t)(s - plain));
		put_escaped(o, *s);
		len = 1;
		plain = s + 1;
	}
	put(o, plain, (size_t)(s - plain));
	return put(o, "\"", 1);
}

static int
put_binary(struct out *o, const struct tf_str *str)
{
	const uint8_t *p = (const uint8_t *)str->s;
	size_t n = str->len, len;
	char four[4];

	put(o, "\"", 1);
	for (; n > 0; p += len, n -= len) {
		len = n < 3 ? n : 3;
		base64_text(four, p, len);
		if (put(o, four, sizeof(four)) == -1)
			return -1;
	}
	return put(o, "\"", 1);
}

static int
put_quoted(struct out *o, const char *s)
{
	put(o, "\"", 1);
	put_text(o, s);
	return put(o, "\"", 1);
}

static int
put_int(struct out *o, int64_t v, bool quoted)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, v);
	return quoted ? put_quoted(o, text) : put_text(o, text);
}

static int
put_double(struct out *o, double v, bool quoted)
{
	char text[DOUBLE_TEXT];

	if (isnan(v))
		return put_text(o, "\"NaN\"");
	if (isinf(v))
		return put_text(o, v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	double_text(text, v);
	return quoted ? put_quoted(o, text) : put_text(o, text);
}

static int
put_enum(struct out *o, const struct tf_type *t, int32_t v, bool quoted)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (t->values[i].value == v)
			return put_quoted(o, t->values[i].name);
	return put_int(o, v, quoted);
}

/* quoted: also what would stand without quotes, as for a map's key. */
static int
write_scalar(struct out *o, const struct plan_slot *s, const void *v,
    bool quoted)
{
	char uuid[UUID_TEXT];
	const char *word;

	switch (s->kind) {
	case TF_T_BOOL:
		word = *(const bool *)v ? "true" : "false";
		return quoted ? put_quoted(o, word) : put_text(o, word);
	case TF_T_I8:
		return put_int(o, *(const int8_t *)v, quoted);
	case TF_T_I16:
		return put_int(o, *(const int16_t *)v, quoted);
	case TF_T_I32:
		return put_int(o, *(const int32_t *)v, quoted);
	case TF_T_I64:
		return put_int(o, *(const int64_t *)v, quoted);
	case TF_T_DOUBLE:
		return put_double(o, *(const double *)v, quoted);
	case TF_T_STRING:
		return put_string(o, v);
	case TF_T_BINARY:
		return put_binary(o, v);
	case TF_T_UUID:
		uuid_text(uuid, v);
		return put_quoted(o, uuid);
	default:
		return put_enum(o, s->type, *(const int32_t *)v, quoted);
	}
}

static int
write_list(struct out *o, const struct plan *pl, const struct tf_any_list *l)
{
	const char *v = l->v;

	put(o, "[", 1);
	for (uint32_t i = 0; i < l->n; i++, v += pl->entry) {
		if (i > 0)
			put(o, ",", 1);
		if (write_elem(o, &pl->key, v) == -1)
			return -1;
	}
	return put(o, "]", 1);
}

static int
write_entry(struct out *o, const struct plan *pl, const char *entry,
    bool pairs)
{
	if (pairs) {
		put(o, "[", 1);
		if (write_elem(o, &pl->key, entry + pl->key.off) == -1)
			return -1;
	} else {
		write_scalar(o, &pl->key, entry + pl->key.off, true);
	}
	put(o, pairs ? "," : ":", 1);
	if (write_elem(o, &pl->val, entry + pl->val.off) == -1)
		return -1;
	return pairs ? put(o, "]", 1) : 0;
}

static int
write_map(struct out *o, const struct plan *pl, const struct tf_any_list *l)
{
	bool pairs = pl->key.kind >= TF_T_LIST;
	const char *entry = l->v;

	put(o, pairs ? "[" : "{", 1);
	for (uint32_t i = 0; i < l->n; i++, entry += pl->entry) {
		if (i > 0)
			put(o, ",", 1);
		if (write_entry(o, pl, entry, pairs) == -1)
			return -1;
	}
	return put(o, pairs ? "]" : "}", 1);
}

/* A field that must be there, and is not. */
static bool
is_unset(const struct plan_op *op, const void *value, bool present)
{
	if (!present)
		return op->flags & TF_REQUIRED && op->flags & TF_POINTER;
	return op->slot.kind == TF_T_UNION &&
	    *(const int32_t *)plan_field(op, value) == 0;
}

static int
write_fields(struct out *o, const struct plan *pl, const void *value)
{
	const struct plan_op *op = pl->ops;
	uint32_t members = 0;
	bool present;

	put(o, "{", 1);
	for (; op->slot.kind != TF_T_NONE; op++) {
		present = plan_present(pl, op, value);
		if (is_unset(op, value, present))
			return fail(o, op->unset);
		if (!present)
			continue;
		if (members++ > 0)
			put(o, ",", 1);
		put_quoted(o, op->name);
		put(o, ":", 1);
		if (write_elem(o, &op->slot, plan_field(op, value)) == -1)
			return -1;
	}
	if (pl->kind == TF_T_UNION && members == 0)
		return fail(o, pl->unset);
	return put(o, "}", 1);
}

static int
write_elem(struct out *o, const struct plan_slot *s, const void *v)
{
	int rc;

	switch (s->kind) {
	case TF_T_LIST:
	case TF_T_SET:
		return write_list(o, s->sub, v);
	case TF_T_MAP:
		return write_map(o, s->sub, v);
	case TF_T_STRUCT:
	case TF_T_UNION:
		if (o->depth == 0)
			return fail(o, "nested too deep");
		o->depth--;
		rc = write_fields(o, s->sub, v);
		o->depth++;
		return rc;
	default:
		return write_scalar(o, s, v, false);
	}
}

int
json_write(struct buf *b, const struct plan *pl, const void *value,
    const char **why)
{
	struct out o = { .b = b, .depth = WIRE_MAX_DEPTH };
	struct plan_slot s = plan_whole(pl);
	size_t len = b->len;

	write_elem(&o, &s, value);
	if (why != NULL)
		*why = o.why;
	if (o.why == NULL)
		return 0;
	b->len = len;
	return -1;
}
