/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values to JSON, by field name or as TJSONProtocol: one walk for both, as the
 * difference is in what stands around a value, and in how some are spelled.
 */
#include "wire/json.h"

#include "base/buf.h"
#include "wire/json_put.h"
#include "wire/plan.h"
#include "wire/text.h"
#include "wire/tjson.h"

static int write_elem(struct json_out *, const struct plan_slot *,
    const void *);

static int
put_enum(struct json_out *o, const struct tf_type *t, int32_t v, bool quoted)
{
	for (uint32_t i = 0; i < t->n && !o->thrift; i++)
		if (t->values[i].value == v)
			return json_put_quoted(o, t->values[i].name);
	return json_put_int(o, v, quoted);
}

static int
put_bool(struct json_out *o, bool v, bool quoted)
{
	const char *word = v ? "true" : "false";

	if (o->thrift)
		return json_put_int(o, v, quoted);
	return quoted ? json_put_quoted(o, word) : json_put_text(o, word);
}

/* quoted: also what would stand without quotes, as for a map's key. */
static int
write_scalar(struct json_out *o, const struct plan_slot *s, const void *v,
    bool quoted)
{
	char uuid[UUID_TEXT];

	switch (s->kind) {
	case TF_T_BOOL:
		return put_bool(o, *(const bool *)v, quoted);
	case TF_T_I8:
		return json_put_int(o, *(const int8_t *)v, quoted);
	case TF_T_I16:
		return json_put_int(o, *(const int16_t *)v, quoted);
	case TF_T_I32:
		return json_put_int(o, *(const int32_t *)v, quoted);
	case TF_T_I64:
		return json_put_int(o, *(const int64_t *)v, quoted);
	case TF_T_DOUBLE:
		return json_put_double(o, *(const double *)v, quoted);
	case TF_T_STRING:
		return json_put_string(o, *(const struct tf_str *)v,
		    o->thrift);
	case TF_T_BINARY:
		return json_put_base64(o, *(const struct tf_str *)v);
	case TF_T_UUID:
		uuid_text(uuid, v);
		return json_put_quoted(o, uuid);
	default:
		return put_enum(o, s->type, *(const int32_t *)v, quoted);
	}
}

/* What the protocol says of a container's n entries. */
static void
put_types(struct json_out *o, const struct plan *pl, uint32_t n)
{
	if (!o->thrift)
		return;
	json_put_quoted(o, tjson_type(pl->key.kind));
	json_put(o, ",", 1);
	if (pl->kind == TF_T_MAP) {
		json_put_quoted(o, tjson_type(pl->val.kind));
		json_put(o, ",", 1);
	}
	json_put_int(o, n, false);
}

static int
write_list(struct json_out *o, const struct plan *pl,
    const struct tf_any_list *l)
{
	const char *v = l->v;

	json_put(o, "[", 1);
	put_types(o, pl, l->n);
	for (uint32_t i = 0; i < l->n; i++, v += pl->entry) {
		if (i > 0 || o->thrift)
			json_put(o, ",", 1);
		if (write_elem(o, &pl->key, v) == -1)
			return -1;
	}
	return json_put(o, "]", 1);
}

static int
write_entry(struct json_out *o, const struct plan *pl, const char *entry,
    bool pairs)
{
	const void *key = entry + pl->key.off;

	if (pairs)
		json_put(o, "[", 1);
	if (pl->key.kind < TF_T_LIST && !pairs)
		write_scalar(o, &pl->key, key, true);
	else if (write_elem(o, &pl->key, key) == -1)
		return -1;
	json_put(o, pairs ? "," : ":", 1);
	if (write_elem(o, &pl->val, entry + pl->val.off) == -1)
		return -1;
	return pairs ? json_put(o, "]", 1) : 0;
}

static int
write_map(struct json_out *o, const struct plan *pl,
    const struct tf_any_list *l)
{
	bool pairs = pl->key.kind >= TF_T_LIST && !o->thrift;
	const char *entry = l->v;

	if (o->thrift) {
		json_put(o, "[", 1);
		put_types(o, pl, l->n);
		json_put(o, ",", 1);
	}
	json_put(o, pairs ? "[" : "{", 1);
	for (uint32_t i = 0; i < l->n; i++, entry += pl->entry) {
		if (i > 0)
			json_put(o, ",", 1);
		if (write_entry(o, pl, entry, pairs) == -1)
			return -1;
	}
	json_put(o, pairs ? "]" : "}", 1);
	return o->thrift ? json_put(o, "]", 1) : o->why == NULL ? 0 : -1;
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
write_field(struct json_out *o, const struct plan_op *op, const void *value)
{
	if (!o->thrift) {
		json_put_quoted(o, op->name);
		json_put(o, ":", 1);
		return write_elem(o, &op->slot, plan_field(op, value));
	}
	json_put_int(o, op->id, true);
	json_put(o, ":{", 2);
	json_put_quoted(o, tjson_type(op->slot.kind));
	json_put(o, ":", 1);
	if (write_elem(o, &op->slot, plan_field(op, value)) == -1)
		return -1;
	return json_put(o, "}", 1);
}

static int
write_fields(struct json_out *o, const struct plan *pl, const void *value)
{
	const struct plan_op *op = pl->ops;
	uint32_t members = 0;
	bool present;

	json_put(o, "{", 1);
	for (; op->slot.kind != TF_T_NONE; op++) {
		present = plan_present(pl, op, value);
		if (is_unset(op, value, present))
			return json_put_fail(o, op->unset);
		if (!present)
			continue;
		if (members++ > 0)
			json_put(o, ",", 1);
		if (write_field(o, op, value) == -1)
			return -1;
	}
	if (pl->kind == TF_T_UNION && members == 0)
		return json_put_fail(o, pl->unset);
	return json_put(o, "}", 1);
}

static int
write_elem(struct json_out *o, const struct plan_slot *s, const void *v)
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
			return json_put_fail(o, "nested too deep");
		o->depth--;
		rc = write_fields(o, s->sub, v);
		o->depth++;
		return rc;
	default:
		return write_scalar(o, s, v, false);
	}
}

static void
put_msg(struct json_out *o, const struct wire_msg *m)
{
	json_put_text(o, "[1,");
	json_put_string(o, m->name, true);
	json_put(o, ",", 1);
	json_put_int(o, m->type, false);
	json_put(o, ",", 1);
	json_put_int(o, m->seqid, false);
	json_put(o, ",", 1);
}

/* A value, and a message around it, unless m is NULL. */
static int
write_whole(struct json_out *o, const struct wire_msg *m,
    const struct plan *pl, const void *value, const char **why)
{
	struct plan_slot s = plan_whole(pl);
	size_t len = o->b->len;

	if (m != NULL)
		put_msg(o, m);
	write_elem(o, &s, value);
	if (m != NULL)
		json_put(o, "]", 1);
	if (why != NULL)
		*why = o->why;
	if (o->why == NULL)
		return 0;
	o->b->len = len;
	return -1;
}

int
json_write(struct buf *b, const struct plan *pl, const void *value,
    const char **why)
{
	struct json_out o = { .b = b, .depth = WIRE_MAX_DEPTH };

	return write_whole(&o, NULL, pl, value, why);
}

int
tjson_write(struct buf *b, const struct plan *pl, const void *value,
    const char **why)
{
	struct json_out o = { .b = b, .depth = WIRE_MAX_DEPTH, .thrift = true };

	return write_whole(&o, NULL, pl, value, why);
}

int
tjson_write_message(struct buf *b, const struct wire_msg *m,
    const struct plan *pl, const void *value, const char **why)
{
	struct json_out o = { .b = b, .depth = WIRE_MAX_DEPTH, .thrift = true };

	return write_whole(&o, m, pl, value, why);
}
