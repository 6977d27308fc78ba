/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants and defaults: what the names in them stand for, and whether each
 * value is one of its type.
 *
 * A constant may be used from the place it is defined on, as in Apache's
 * compiler; that also keeps constants from standing for each other.
 */
#include <inttypes.h>
#include <string.h>

#include "load.h"

struct context {
	struct idl_file		*file;
	struct idl		*idl;
	const struct idl_def	*self;	/* constants before it are known */
};

/* Containers and structs hold values, which may be such again. */
static void fit_value(struct context *, const struct idl_type *,
    struct idl_value *);

static const struct idl_enumerator *
find_enumerator(const struct idl_def *d, const char *name)
{
	uint32_t i;

	for (i = 0; i < d->values.n; i++)
		if (strcmp(d->values.v[i]->name, name) == 0)
			return d->values.v[i];
	return NULL;
}

/* "Op" of "Op.ADD" as an enum, or NULL. */
static const struct idl_def *
enum_of_name(struct context *c, const struct idl_value *v)
{
	const char *dot = strrchr(v->s.s, '.');
	const struct idl_def *d;

	if (dot == NULL)
		return NULL;
	d = lookup_name(c->file, tf_strn(c->idl->arena, v->s.s,
	    (size_t)(dot - v->s.s)).s, v->loc, names_types);
	while (d != NULL && d->kind == IDL_TYPEDEF)
		d = d->type->real->def;
	return d != NULL && d->kind == IDL_ENUM ? d : NULL;
}

static bool
is_number(const struct idl_type *t)
{
	return t->kind >= TF_T_BOOL && t->kind <= TF_T_DOUBLE;
}

/* A name where an enum value is wanted. */
static void
name_for_enum(struct context *c, const struct idl_type *t, struct idl_value *v)
{
	const char *dot = strrchr(v->s.s, '.');
	const struct idl_def *d = enum_of_name(c, v);

	v->enumerator = find_enumerator(t->def, dot == NULL ? v->s.s : dot + 1);
	if (v->enumerator == NULL)
		idl_error(c->idl, v->loc, NULL, "'%s' is no value of enum '%s'",
		    idl_show(c->idl, v->s.s), t->def->name);
	else if (dot == NULL)
		idl_error(c->idl, v->loc, tf_strf(c->idl->arena,
		    "write '%s.%s'", t->def->name, v->s.s).s,
		    "enum values are written with the name of their enum");
	else if (d != t->def)
		idl_lint(c->idl, v->loc, NULL,
		    "'%s' is taken for the value of enum '%s'",
		    idl_show(c->idl, v->s.s), t->def->name);
}

static bool
is_same_type(const struct idl_type *a, const struct idl_type *b)
{
	a = idl_type_real(a);
	b = idl_type_real(b);
	return a == b || (a->kind == b->kind && a->def == b->def &&
	    (a->key == NULL || is_same_type(a->key, b->key)) &&
	    (a->val == NULL || is_same_type(a->val, b->val)));
}

/* Numbers and strings may change type as if they were written in place. */
static void
fit_const(struct context *c, const struct idl_type *t,
    const struct idl_value *v)
{
	const struct idl_type *from = idl_type_real(v->konst->type);
	struct idl_value copy = *idl_value_real(v);

	if (is_same_type(t, from))
		return;
	copy.loc = v->loc;
	if (t->kind >= TF_T_LIST || from->kind >= TF_T_LIST ||
	    (copy.kind == IDL_V_NAME && !is_number(t)))
		idl_error(c->idl, v->loc, NULL,
		    "constant '%s' is of another type",
		    idl_show(c->idl, v->s.s));
	else if (copy.kind != IDL_V_NAME)
		fit_value(c, t, &copy);
}

static void
name_for_const(struct context *c, const struct idl_type *t,
    struct idl_value *v, const struct idl_def *konst)
{
	if (konst->file == c->file && konst->index >= c->self->index) {
		idl_error(c->idl, v->loc, "define it first",
		    konst == c->self ? "'%s' stands for itself" :
		    "'%s' is defined after this", idl_show(c->idl, v->s.s));
		return;
	}
	v->konst = konst;
	fit_const(c, t, v);
}

static void
fit_name(struct context *c, const struct idl_type *t, struct idl_value *v)
{
	const struct idl_def *d;

	d = lookup_name(c->file, v->s.s, v->loc, names_consts);
	if (d != NULL) {
		name_for_const(c, t, v, d);
		return;
	}
	if (t->kind == TF_T_ENUM) {
		name_for_enum(c, t, v);
		return;
	}
	d = enum_of_name(c, v);
	if (d != NULL)
		v->enumerator = find_enumerator(d, strrchr(v->s.s, '.') + 1);
	if (v->enumerator == NULL)
		idl_error(c->idl, v->loc, suggest_name(c->idl,
		    &c->file->consts, v->s.s), "unknown constant '%s'",
		    idl_show(c->idl, v->s.s));
	else if (!is_number(t))
		idl_error(c->idl, v->loc, NULL,
		    "an enum value where none is wanted");
}

static void
fit_integer(struct context *c, const struct idl_type *t,
    const struct idl_value *v)
{
	static const char *const names[] = { [TF_T_BOOL] = "bool",
	    [TF_T_I8] = "i8", [TF_T_I16] = "i16", [TF_T_I32] = "i32" };
	int64_t becomes;

	if (v->kind != IDL_V_INT) {
		idl_error(c->idl, v->loc, NULL, t->kind == TF_T_BOOL ?
		    "expected true or false" : "expected an integer");
		return;
	}
	becomes = idl_value_int(t, v);
	if (becomes != v->i)
		idl_lint(c->idl, v->loc, NULL, t->kind == TF_T_BOOL ?
		    "%" PRId64 " as a %s becomes true" :
		    "%" PRId64 " does not fit %s and becomes %" PRId64, v->i,
		    names[t->kind], becomes);
}

static void
fit_enum(struct context *c, const struct idl_type *t, struct idl_value *v)
{
	uint32_t i;

	for (i = 0; v->kind == IDL_V_INT && i < t->def->values.n; i++)
		if (t->def->values.v[i]->value == v->i)
			return;
	if (v->kind == IDL_V_INT)
		idl_error(c->idl, v->loc, NULL,
		    "enum '%s' has no value %" PRId64, t->def->name, v->i);
	else
		idl_error(c->idl, v->loc, NULL, "expected a value of enum '%s'",
		    t->def->name);
}

/* A text by which equal keys or elements are found; NULL: not compared. */
static const char *
value_key(struct context *c, const struct idl_type *t,
    const struct idl_value *v)
{
	v = idl_value_real(v);
	t = idl_type_real(t);
	if (t->kind == TF_T_DOUBLE)
		return tf_strf(c->idl->arena, "%a", idl_value_double(v)).s;
	if (t->kind == TF_T_STRING || t->kind == TF_T_BINARY)
		return v->kind == IDL_V_STRING ? v->s.s : NULL;
	if (t->kind > TF_T_ENUM || t->kind == TF_T_UUID)
		return NULL;
	return tf_strf(c->idl->arena, "%" PRId64, idl_value_int(t, v)).s;
}

static void
note_duplicate(struct context *c, struct names *seen, const struct idl_type *t,
    struct idl_value *v, const char *what)
{
	const char *key = value_key(c, t, v);

	if (key != NULL && names_add(seen, c->idl->arena, key, v) != NULL)
		idl_lint(c->idl, v->loc, NULL, "the same %s twice", what);
}

static void
fit_container(struct context *c, const struct idl_type *t,
    struct idl_value *v)
{
	struct names seen = { NULL, 0, 0 };
	bool is_map = t->kind == TF_T_MAP;
	uint32_t i;

	if (v->kind != IDL_V_LIST && v->kind != IDL_V_MAP) {
		idl_error(c->idl, v->loc, NULL, is_map ?
		    "expected a map, {...}" : "expected a list, [...]");
		return;
	}
	if (is_map != (v->kind == IDL_V_MAP)) {
		idl_lint(c->idl, v->loc, is_map ? "maps are written {...}" :
		    "lists and sets are written [...]", is_map ?
		    "a list where a map is wanted is taken as empty" :
		    "a map where a list is wanted is taken as empty");
		v->items.n = 0;
		return;
	}
	for (i = 0; i < v->items.n; i++) {
		fit_value(c, is_map && i % 2 == 1 ? t->val : t->key,
		    v->items.v[i]);
		if (t->kind == TF_T_SET || (is_map && i % 2 == 0))
			note_duplicate(c, &seen, t->key, v->items.v[i],
			    is_map ? "key" : "element");
	}
}

static const struct idl_field *
find_field(const struct idl_def *d, const char *name)
{
	uint32_t i;

	for (i = 0; i < d->fields.n; i++)
		if (strcmp(d->fields.v[i]->name, name) == 0)
			return d->fields.v[i];
	return NULL;
}

static void
fit_member(struct context *c, const struct idl_def *d, struct names *seen,
    struct idl_value *key, struct idl_value *v)
{
	const struct idl_field *f;

	if (key->kind != IDL_V_STRING) {
		idl_error(c->idl, key->loc, NULL,
		    "expected the name of a field in quotes");
		return;
	}
	f = find_field(d, key->s.s);
	if (f == NULL) {
		idl_error(c->idl, key->loc, NULL, "'%s' has no field '%s'",
		    d->name, idl_show(c->idl, key->s.s));
		return;
	}
	if (names_add(seen, c->idl->arena, key->s.s, key) != NULL)
		idl_lint(c->idl, key->loc, NULL, "the same field twice");
	fit_value(c, f->type, v);
}

static void
fit_struct(struct context *c, const struct idl_type *t,
    const struct idl_value *v)
{
	struct names seen = { NULL, 0, 0 };
	const struct idl_field *f;
	uint32_t i;

	if (v->kind != IDL_V_MAP) {
		idl_error(c->idl, v->loc, NULL,
		    "expected a value of '%s', { \"field\": value, ... }",
		    t->def->name);
		return;
	}
	for (i = 0; i < v->items.n; i += 2)
		fit_member(c, t->def, &seen, v->items.v[i], v->items.v[i + 1]);
	if (t->def->kind == IDL_UNION && v->items.n > 2)
		idl_lint(c->idl, v->loc, NULL,
		    "a union holds one value; this one names several");
	for (i = 0; i < t->def->fields.n; i++) {
		f = t->def->fields.v[i];
		if (f->req == IDL_REQUIRED && f->value == NULL &&
		    names_get(&seen, f->name) == NULL)
			idl_lint(c->idl, v->loc, NULL,
			    "required field '%s' is missing", f->name);
	}
}

static void
fit_string(struct context *c, const struct idl_type *t,
    const struct idl_value *v)
{
	struct tf_uuid u;

	if (v->kind != IDL_V_STRING)
		idl_error(c->idl, v->loc, NULL, "expected a string");
	else if (t->kind == TF_T_UUID && !idl_value_uuid(v, &u))
		idl_error(c->idl, v->loc, "as in "
		    "\"00112233-4455-6677-8899-aabbccddeeff\"",
		    "this is no uuid");
}

static void
fit_value(struct context *c, const struct idl_type *t, struct idl_value *v)
{
	t = idl_type_real(t);
	if (v->kind == IDL_V_NAME) {
		fit_name(c, t, v);
		return;
	}
	switch (t->kind) {
	case TF_T_NONE:
		break;
	case TF_T_BOOL:
	case TF_T_I8:
	case TF_T_I16:
	case TF_T_I32:
	case TF_T_I64:
		fit_integer(c, t, v);
		break;
	case TF_T_DOUBLE:
		if (v->kind != IDL_V_INT && v->kind != IDL_V_DOUBLE)
			idl_error(c->idl, v->loc, NULL, "expected a number");
		break;
	case TF_T_STRING:
	case TF_T_BINARY:
	case TF_T_UUID:
		fit_string(c, t, v);
		break;
	case TF_T_ENUM:
		fit_enum(c, t, v);
		break;
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		fit_container(c, t, v);
		break;
	case TF_T_STRUCT:
	case TF_T_UNION:
		fit_struct(c, t, v);
		break;
	}
}

static void
fit_defaults(struct context *c, const struct idl_def *d)
{
	uint32_t i;

	for (i = 0; i < d->fields.n; i++)
		if (d->fields.v[i]->value != NULL)
			fit_value(c, d->fields.v[i]->type,
			    d->fields.v[i]->value);
}

void
values_file(struct idl_file *f)
{
	struct context c = { .file = f, .idl = f->idl };
	const struct idl_def *d;
	uint32_t i, j;

	for (i = 0; i < f->defs.n; i++) {
		c.self = d = f->defs.v[i];
		if (d->kind == IDL_CONST)
			fit_value(&c, d->type, d->value);
		fit_defaults(&c, d);
		for (j = 0; j < d->methods.n; j++) {
			fit_defaults(&c, d->methods.v[j]->args);
			fit_defaults(&c, d->methods.v[j]->result);
		}
	}
}
