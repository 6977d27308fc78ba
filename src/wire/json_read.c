/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON to values.  Everything has a type before it is read, so nothing nests
 * deeper than the types and the depth allow, and no tree is built.
 */
#include "wire/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json_value.h"
#include "wire/read.h"
#include "wire/text.h"

static bool read_elem(struct json *, const struct plan_slot *, void *);

static bool
read_int(struct json *j, int64_t min, int64_t max, int64_t *v)
{
	const uint8_t *at;
	struct tf_str s;
	char *end;

	json_peek(j);
	at = j->r->p;
	if (!json_number(j, &s))
		return false;
	errno = 0;
	*v = strtoll(s.s, &end, 10);
	if (*end == '\0' && errno == 0 && *v >= min && *v <= max)
		return true;
	j->r->p = at;
	return json_fail(j, WIRE_BAD, *end != '\0' ? "expected an integer" :
	    "number out of range", s.s);
}

JSON_INT(read_i8, read_int, int8_t, INT8_MIN, INT8_MAX)
JSON_INT(read_i16, read_int, int16_t, INT16_MIN, INT16_MAX)
JSON_INT(read_i32, read_int, int32_t, INT32_MIN, INT32_MAX)
JSON_INT(read_i64, read_int, int64_t, INT64_MIN, INT64_MAX)

static bool
read_bool(struct json *j, bool *v)
{
	bool quoted = json_try(j, '"');

	if (json_word(j, "true"))
		*v = true;
	else if (json_word(j, "false"))
		*v = false;
	else
		return json_fail(j, j->r->p == j->r->end ? WIRE_SHORT :
		    WIRE_BAD, "expected true or false", NULL);
	return !quoted || json_take(j, '"');
}

static bool
read_double(struct json *j, double *v)
{
	struct tf_str s;

	if (json_word(j, "\"NaN\""))
		*v = NAN;
	else if (json_word(j, "\"Infinity\""))
		*v = INFINITY;
	else if (json_word(j, "\"-Infinity\""))
		*v = -INFINITY;
	else if (!json_number(j, &s))
		return false;
	else
		*v = double_value(s.s);
	return true;
}

static bool
read_enum(struct json *j, const struct tf_type *t, int32_t *v)
{
	const uint8_t *at;
	struct tf_str s;

	if (json_peek(j) != '"')
		return read_i32(j, v);
	at = j->r->p;
	if (!json_string(j, &s))
		return false;
	for (uint32_t i = 0; i < t->n; i++)
		if (tf_str_eq(s, (struct tf_str){ t->values[i].name,
		    strlen(t->values[i].name) })) {
			*v = t->values[i].value;
			return true;
		}
	j->r->p = at;
	if (s.len > 0 && strchr("-0123456789", s.s[0]) != NULL)
		return read_i32(j, v);
	return json_fail(j, WIRE_BAD, "no such enum value", s.s);
}

static bool
read_uuid(struct json *j, struct tf_uuid *v)
{
	struct tf_str s;

	if (!json_string(j, &s))
		return false;
	return uuid_value(s, v) ||
	    json_fail(j, WIRE_BAD, "expected a UUID", NULL);
}

/* Room for one more element, which is not zeroed; NULL: failed. */
static char *
push(struct json *j, struct tf_any_list *l, uint32_t entry)
{
	uint64_t cap = l->cap > 0 ? l->cap * 2ull : 4;
	void *v;

	if (l->n == l->cap) {
		if (cap > INT32_MAX) {
			json_fail(j, WIRE_TOO_BIG, "too many elements", NULL);
			return NULL;
		}
		if ((v = read_alloc(j->r, cap * entry)) == NULL)
			return NULL;
		if (l->n > 0)
			memcpy(v, l->v, (size_t)l->n * entry);
		l->v = v;
		l->cap = (uint32_t)cap;
	}
	return (char *)l->v + (size_t)l->n++ * entry;
}

static bool
read_list(struct json *j, const struct plan *pl, struct tf_any_list *l)
{
	struct tf_any_list got = { NULL, 0, 0 };
	bool first = true;
	char *v;

	if (!json_take(j, '['))
		return false;
	while (json_more(j, ']', &first))
		if ((v = push(j, &got, pl->entry)) == NULL ||
		    !read_elem(j, &pl->key, v))
			return false;
	*l = got;
	return j->r->err == WIRE_OK;
}

static bool
read_entry(struct json *j, const struct plan *pl, struct tf_any_list *l,
    bool pairs)
{
	char *entry = push(j, l, pl->entry);

	if (entry == NULL || (pairs && !json_take(j, '[')))
		return false;
	if (!pairs && json_peek(j) != '"')
		return json_fail(j, WIRE_BAD, "expected '\"'", NULL);
	return read_elem(j, &pl->key, entry + pl->key.off) &&
	    json_take(j, pairs ? ',' : ':') &&
	    read_elem(j, &pl->val, entry + pl->val.off) &&
	    (!pairs || json_take(j, ']'));
}

static bool
read_map(struct json *j, const struct plan *pl, struct tf_any_list *l)
{
	struct tf_any_list got = { NULL, 0, 0 };
	bool first = true, pairs = json_peek(j) == '[';

	if (!json_take(j, pairs ? '[' : '{'))
		return false;
	while (json_more(j, pairs ? ']' : '}', &first))
		if (!read_entry(j, pl, &got, pairs))
			return false;
	*l = got;
	return j->r->err == WIRE_OK;
}

static const struct plan_op *
find_name(const struct plan *pl, struct tf_str name)
{
	const struct plan_op *op = pl->ops;

	for (; op->slot.kind != TF_T_NONE; op++)
		if (strlen(op->name) == name.len &&
		    memcmp(op->name, name.s, name.len) == 0)
			return op;
	return NULL;
}

/* null: the field is absent, whatever its default; so it must be optional. */
static bool
clear_field(struct json *j, const struct plan_op *op, char *value)
{
	if (op->flags & TF_REQUIRED ||
	    !(op->flags & (TF_POINTER | TF_OPTIONAL)))
		return json_fail(j, WIRE_BAD, "null for a field that is not "
		    "optional", op->name);
	if (op->flags & TF_POINTER)
		*(void **)(value + op->slot.off) = NULL;
	else
		*(bool *)(value + op->has) = false;
	return true;
}

static bool
read_field(struct json *j, const struct plan_op *op, char *value)
{
	void *dst = value + op->slot.off;

	if (op->flags & TF_POINTER &&
	    (dst = read_pointee(j->r, op, dst)) == NULL)
		return false;
	if (!read_elem(j, &op->slot, dst))
		return false;
	if (op->flags & TF_OPTIONAL)
		*(bool *)(value + op->has) = true;
	return true;
}

/* The name before a field, and the op it stands for; NULL: failed. */
static const struct plan_op *
read_name(struct json *j, const struct plan *pl)
{
	const struct plan_op *op;
	const uint8_t *at;
	struct tf_str name;

	json_peek(j);
	at = j->r->p;
	if (!json_string(j, &name) || !json_take(j, ':'))
		return NULL;
	if ((op = find_name(pl, name)) == NULL) {
		j->r->p = at;
		json_fail(j, WIRE_BAD, "no such field", name.s);
	}
	return op;
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
		if ((op = read_name(j, pl)) == NULL)
			return false;
		if (json_word(j, "null")) {
			if (!clear_field(j, op, value))
				return false;
			continue;
		}
		if (!read_field(j, op, value))
			return false;
		if (op->flags & TF_REQUIRED)
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
		if ((op = read_name(j, pl)) == NULL)
			return false;
		if (members > 0)
			return json_fail(j, WIRE_BAD,
			    "union with two members", op->name);
		*(int32_t *)value = op->id;
		if (!read_field(j, op, value))
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
		return read_i32(j, dst);
	case TF_T_I64:
		return read_i64(j, dst);
	case TF_T_DOUBLE:
		return read_double(j, dst);
	case TF_T_STRING:
		return json_string(j, dst);
	case TF_T_BINARY:
		return json_base64(j, dst);
	case TF_T_UUID:
		return read_uuid(j, dst);
	case TF_T_ENUM:
		return read_enum(j, s->type, dst);
	case TF_T_LIST:
	case TF_T_SET:
		return read_list(j, s->sub, dst);
	case TF_T_MAP:
		return read_map(j, s->sub, dst);
	default:
		return json_struct(j, s->sub, dst, read_fields, read_union);
	}
}

int
json_read(struct wire_reader *r, const struct plan *pl, void *value)
{
	struct json j = { .r = r, .start = r->p };
	struct plan_slot s = plan_whole(pl);

	if (r->err != WIRE_OK || !read_elem(&j, &s, value))
		return -1;
	json_peek(&j);
	return 0;
}
