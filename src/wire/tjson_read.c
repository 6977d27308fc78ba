/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TJSONProtocol to values.  The text says what it holds, so every type is
 * compared with the one that is expected, and a field of another is passed
 * over; that needs no types, as brackets and quotes alone tell where a value
 * ends.
 */
#include "wire/tjson.h"

#include <string.h>

#include "wire/json_value.h"
#include "wire/read.h"
#include "wire/text.h"
#include "wire/tjson_lex.h"

static bool read_elem(struct json *, const struct plan_slot *, void *);

/* The name of a type, and whether it is that of the slot. */
static bool
read_type(struct json *j, const struct plan_slot *s, bool *fits)
{
	const char *text, *want = tjson_type(s->kind);
	size_t n;

	if (!json_raw_string(j, &text, &n))
		return false;
	*fits = n == strlen(want) && memcmp(text, want, n) == 0;
	return true;
}

JSON_INT(read_i8, tjson_int, int8_t, INT8_MIN, INT8_MAX)
JSON_INT(read_i16, tjson_int, int16_t, INT16_MIN, INT16_MAX)
JSON_INT(read_i32, tjson_int, int32_t, INT32_MIN, INT32_MAX)
JSON_INT(read_i64, tjson_int, int64_t, INT64_MIN, INT64_MAX)
JSON_INT(read_bool, tjson_int, bool, 0, 1)
JSON_INT(read_size, tjson_int, uint32_t, 0, INT32_MAX)

static bool
read_uuid(struct json *j, struct tf_uuid *v)
{
	struct tf_str s;

	if (!json_raw_string(j, &s.s, &s.len))
		return false;
	return uuid_value(s, v) ||
	    json_fail(j, WIRE_BAD, "expected a UUID", NULL);
}

/* The number of entries, each of which takes at least so many bytes. */
static bool
read_count(struct json *j, uint64_t least, uint32_t *n)
{
	if (!read_size(j, n))
		return false;
	if (*n * least <= read_left(j->r, j->r->p))
		return true;
	return json_fail(j, WIRE_SHORT, "input ends too early", NULL);
}

static bool
bad_elem(struct json *j)
{
	return json_fail(j, WIRE_BAD, "container of another element type",
	    NULL);
}

/* Room for one more of n elements, which is not zeroed; NULL: failed. */
static char *
push(struct json *j, struct tf_any_list *l, uint32_t n, uint32_t entry)
{
	if (l->n == l->cap && !read_grow(j->r, l, n, entry,
	    read_left(j->r, j->r->p)))
		return NULL;
	return (char *)l->v + (size_t)l->n++ * entry;
}

static bool
read_list(struct json *j, const struct plan *pl, struct tf_any_list *l)
{
	struct tf_any_list got = { NULL, 0, 0 };
	bool fits;
	uint32_t n;
	char *v;

	if (!json_take(j, '[') || !read_type(j, &pl->key, &fits) ||
	    !json_take(j, ',') || !read_count(j, 2, &n))
		return false;
	if (n > 0 && !fits)
		return bad_elem(j);
	while (got.n < n)
		if (!json_take(j, ',') ||
		    (v = push(j, &got, n, pl->entry)) == NULL ||
		    !read_elem(j, &pl->key, v))
			return false;
	*l = got;
	return json_take(j, ']');
}

static bool
read_entries(struct json *j, const struct plan *pl, struct tf_any_list *l,
    uint32_t n)
{
	char *v;

	while (l->n < n)
		if ((l->n > 0 && !json_take(j, ',')) ||
		    (v = push(j, l, n, pl->entry)) == NULL ||
		    !read_elem(j, &pl->key, v + pl->key.off) ||
		    !json_take(j, ':') ||
		    !read_elem(j, &pl->val, v + pl->val.off))
			return false;
	return true;
}

static bool
read_map(struct json *j, const struct plan *pl, struct tf_any_list *l)
{
	struct tf_any_list got = { NULL, 0, 0 };
	bool key, val;
	uint32_t n;

	if (!json_take(j, '[') || !read_type(j, &pl->key, &key) ||
	    !json_take(j, ',') || !read_type(j, &pl->val, &val) ||
	    !json_take(j, ',') || !read_count(j, 4, &n) ||
	    !json_take(j, ',') || !json_take(j, '{'))
		return false;
	if (n > 0 && !(key && val))
		return bad_elem(j);
	if (!read_entries(j, pl, &got, n))
		return false;
	*l = got;
	return json_take(j, '}') && json_take(j, ']');
}

/* A struct is two brackets deep, {"1":{"i32":..., and so is a map. */
static bool
skip_unknown(struct json *j)
{
	return tjson_skip(j, 2 * j->r->depth);
}

static bool
read_field(struct json *j, const struct plan_op *op, char *value)
{
	void *dst = value + op->slot.off;

	if (op->flags & TF_POINTER &&
	    (dst = read_pointee(j->r, op, dst)) == NULL)
		return false;
	return read_elem(j, &op->slot, dst);
}

/*
 * A field, or what is to be passed over: then *op is NULL.  Its type is what
 * the text calls it.
 */
static bool
read_head(struct json *j, const struct plan *pl, const struct plan_op **op)
{
	static const struct plan_slot none = { .kind = TF_T_BOOL };
	bool fits;
	int16_t id;

	if (!read_i16(j, &id) || !json_take(j, ':') || !json_take(j, '{'))
		return false;
	*op = plan_find(pl, id);
	if (!read_type(j, *op == NULL ? &none : &(*op)->slot, &fits) ||
	    !json_take(j, ':'))
		return false;
	if (!fits)
		*op = NULL;
	return true;
}

static bool
read_fields(struct json *j, const struct plan *pl, char *value)
{
	const struct plan_op *op;
	uint64_t few = 0, *marks = &few;
	bool first = true;

	if (pl->nrequired > 64 && (marks = read_marks(j->r, pl)) == NULL)
		return false;
	while (json_more(j, '}', &first)) {
		if (!read_head(j, pl, &op) || !(op == NULL ? skip_unknown(j) :
		    read_field(j, op, value)) || !json_take(j, '}'))
			return false;
		if (op != NULL && op->flags & TF_OPTIONAL)
			*(bool *)(value + op->has) = true;
		if (op != NULL && op->flags & TF_REQUIRED)
			marks[op->required / 64] |= 1ull << op->required % 64;
	}
	return j->r->err == WIRE_OK &&
	    read_required(j->r, j->r->p, pl, marks) != NULL;
}

static bool
read_union(struct json *j, const struct plan *pl, char *value)
{
	const struct plan_op *op;
	bool first = true;

	*(int32_t *)value = 0;
	for (int members = 0; json_more(j, '}', &first); members++) {
		if (members > 0)
			return json_fail(j, WIRE_BAD,
			    "union with two members", NULL);
		if (!read_head(j, pl, &op))
			return false;
		if (op != NULL)
			*(int32_t *)value = op->id;
		if (!(op == NULL ? skip_unknown(j) :
		    read_field(j, op, value)) || !json_take(j, '}'))
			return false;
	}
	return j->r->err == WIRE_OK;
}

static bool
read_elem(struct json *j, const struct plan_slot *s, void *dst)
{
	switch (s->kind) {
	case TF_T_BOOL:
		return read_bool(j, dst);
	case TF_T_I8:
		return read_i8(j, dst);
	case TF_T_I16:
		return read_i16(j, dst);
	case TF_T_I32:
	case TF_T_ENUM:
		return read_i32(j, dst);
	case TF_T_I64:
		return read_i64(j, dst);
	case TF_T_DOUBLE:
		return tjson_double(j, dst);
	case TF_T_STRING:
		return json_string(j, dst);
	case TF_T_BINARY:
		return json_base64(j, dst);
	case TF_T_UUID:
		return read_uuid(j, dst);
	case TF_T_LIST:
	case TF_T_SET:
		return read_list(j, s->sub, dst);
	case TF_T_MAP:
		return read_map(j, s->sub, dst);
	default:
		return json_struct(j, s->sub, dst, read_fields, read_union);
	}
}

static int
read_value(struct wire_reader *r, const struct plan *pl, void *value)
{
	struct json j = { .r = r, .start = r->p, .thrift = true };
	struct plan_slot s = plan_whole(pl);

	return r->err == WIRE_OK && read_elem(&j, &s, value) ? 0 : -1;
}

static int
skip_struct(struct wire_reader *r)
{
	struct json j = { .r = r, .start = r->p, .thrift = true };

	if (r->err != WIRE_OK || (json_peek(&j) != '{' && !json_take(&j, '{')))
		return -1;
	return skip_unknown(&j) ? 0 : -1;
}

static int
read_msg(struct wire_reader *r, struct wire_msg *m)
{
	struct json j = { .r = r, .start = r->p, .thrift = true };
	int64_t version, type;

	if (r->err == WIRE_OK && json_take(&j, '[') &&
	    tjson_int(&j, 1, 1, &version) && json_take(&j, ',') &&
	    json_string(&j, &m->name) && json_take(&j, ',') &&
	    tjson_int(&j, 0, UINT8_MAX, &type) && json_take(&j, ',') &&
	    read_i32(&j, &m->seqid) && json_take(&j, ',')) {
		m->type = (uint8_t)type;
		return 0;
	}
	return -1;
}

static int
read_end(struct wire_reader *r)
{
	struct json j = { .r = r, .start = r->p, .thrift = true };

	return r->err == WIRE_OK && json_take(&j, ']') ? 0 : -1;
}

const struct wire_proto *
wire_json(void)
{
	static const struct wire_proto json = {
		.name = "json", .read_msg = read_msg, .read = read_value,
		.skip_struct = skip_struct, .read_end = read_end,
		.write = tjson_write, .write_message = tjson_write_message
	};

	return &json;
}
