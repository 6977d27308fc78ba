/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What names of types and services stand for.  Order in a file does not
 * matter; qualified names are looked up in the files it includes itself.
 */
#include <string.h>

#include "load.h"

#define MAX_TYPE_WEIGHT	256	/* parts of a type with typedefs expanded */

static void
declare(struct idl_file *f, struct names *t, struct idl_def *d)
{
	struct idl_def *old = names_add(t, f->idl->arena, d->name, d);

	if (old != NULL)
		idl_error(f->idl, d->loc, tf_strf(f->idl->arena,
		    "the other one is at %s", idl_where(f->idl, old->loc)).s,
		    "'%s' is defined twice", idl_show(f->idl, d->name));
}

void
declare_file(struct idl_file *f)
{
	struct idl_def *d;
	uint32_t i;

	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		if (d->kind == IDL_CONST) {
			f->nconsts++;
			declare(f, &f->consts, d);
			continue;
		}
		declare(f, &f->types, d);
		if (d->kind == IDL_SERVICE)
			names_add(&f->services, f->idl->arena, d->name, d);
	}
}

static void
resolve_type(struct idl_file *f, struct idl_type *t)
{
	static const enum tf_kind kinds[] = { [IDL_ENUM] = TF_T_ENUM,
	    [IDL_STRUCT] = TF_T_STRUCT, [IDL_UNION] = TF_T_UNION,
	    [IDL_EXCEPTION] = TF_T_STRUCT, [IDL_TYPEDEF] = TF_T_NONE };

	if (t->key != NULL)
		resolve_type(f, t->key);
	if (t->val != NULL)
		resolve_type(f, t->val);
	t->real = t;
	if (t->name == NULL)
		return;
	t->def = lookup_name(f, t->name, t->loc, names_types);
	if (t->def == NULL) {
		t->kind = TF_T_I32;
		idl_error(f->idl, t->loc, lookup_is_missing(f, t->name) ?
		    "its file could not be loaded" :
		    suggest_name(f->idl, &f->types, t->name),
		    "unknown type '%s'", idl_show(f->idl, t->name));
	} else if (t->def->kind == IDL_SERVICE) {
		t->def = NULL;
		t->kind = TF_T_I32;
		idl_error(f->idl, t->loc, NULL, "'%s' is a service, not a type",
		    idl_show(f->idl, t->name));
	} else {
		t->kind = kinds[t->def->kind];
		if (t->kind == TF_T_NONE && t->def->type->real != NULL)
			t->real = t->def->type->real;
	}
}

static uint32_t
count_parts(const struct idl_type *t)
{
	return 1 + (t->key == NULL ? 0 : count_parts(t->key)) +
	    (t->val == NULL ? 0 : count_parts(t->val));
}

/* As resolve_type(), of a whole type; one of absurd size becomes an i32. */
static void
resolve_whole(struct idl_file *f, struct idl_type *t)
{
	if (count_parts(t) > MAX_TYPE_WEIGHT) {
		idl_error(f->idl, t->loc, NULL, "this type is too complex");
		t->key = t->val = NULL;
		t->kind = TF_T_I32;
	}
	resolve_type(f, t);
}

/* The next typedef named within a type, in an order that *n counts. */
static struct idl_def *
nth_typedef(const struct idl_type *t, uint32_t *n)
{
	struct idl_def *d = NULL;

	if (t->def != NULL)
		return t->def->kind == IDL_TYPEDEF && (*n)-- == 0 ? t->def :
		    NULL;
	if (t->key != NULL)
		d = nth_typedef(t->key, n);
	if (d == NULL && t->val != NULL)
		d = nth_typedef(t->val, n);
	return d;
}

static uint32_t
weigh(const struct idl_type *t, uint32_t *depth)
{
	uint32_t w = 1, dk = 0, dv = 0;

	if (t->def != NULL) {
		*depth = t->def->kind == IDL_TYPEDEF ? t->def->depth : 1;
		return t->def->kind == IDL_TYPEDEF ? t->def->weight : 1;
	}
	if (t->key != NULL)
		w += weigh(t->key, &dk);
	if (t->val != NULL)
		w += weigh(t->val, &dv);
	*depth = 1 + (dk > dv ? dk : dv);
	return w;
}

static void
set_real(struct idl_type *t)
{
	if (t->key != NULL)
		set_real(t->key);
	if (t->val != NULL)
		set_real(t->val);
	if (t->def != NULL && t->def->kind == IDL_TYPEDEF)
		t->real = t->def->type->real;
}

static void
finish_typedef(struct idl_file *f, struct idl_def *d)
{
	d->state = 2;
	*TF_PUSH(f->idl->arena, &f->typedefs) = d;
	set_real(d->type);
	d->weight = weigh(d->type, &d->depth);
	if (d->weight <= MAX_TYPE_WEIGHT)
		return;
	idl_error(f->idl, d->loc, NULL, "this type is too complex");
	d->weight = 1;
}

/*
 * Depth first with a stack of our own, because typedefs may form a chain as
 * long as the file.
 */
static void
settle_typedef(struct idl_file *f, struct idl_def *d, struct idl_defs *stack)
{
	struct idl_def *next;
	uint32_t n;

	*TF_PUSH(f->idl->arena, stack) = d;
	while (stack->n > 0) {
		d = stack->v[stack->n - 1];
		d->state = 1;
		n = d->index;
		next = d->file == f ? nth_typedef(d->type, &n) : NULL;
		if (next == NULL) {
			finish_typedef(f, d);
			stack->n--;
			continue;
		}
		d->index++;
		if (next->state == 1 && next->file == f) {
			idl_error(f->idl, d->loc, NULL,
			    "typedef '%s' stands for itself",
			    idl_show(f->idl, d->name));
			d->type = tf_alloc(f->idl->arena, 1, sizeof(*d->type));
			d->type->kind = TF_T_I32;
			d->type->loc = d->loc;
			d->type->real = d->type;
		} else if (next->state == 0)
			*TF_PUSH(f->idl->arena, stack) = next;
	}
}

static void
resolve_typedefs(struct idl_file *f)
{
	struct idl_defs stack = { NULL, 0, 0 };
	struct idl_def *d;
	uint32_t i;

	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		d->index = 0;
		if (d->kind == IDL_TYPEDEF)
			resolve_whole(f, d->type);
	}
	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		if (d->kind == IDL_TYPEDEF && d->state == 0)
			settle_typedef(f, d, &stack);
	}
	for (i = 0; i < f->defs.n; i++) {
		f->defs.v[i]->index = i;
		f->defs.v[i]->state = 0;
	}
}

static void
resolve_use(struct idl_file *f, struct idl_type *t)
{
	uint32_t depth;

	resolve_whole(f, t);
	if (weigh(t, &depth) > MAX_TYPE_WEIGHT)
		idl_error(f->idl, t->loc, NULL, "this type is too complex");
}

static void
resolve_fields(struct idl_file *f, const struct idl_fields *fields)
{
	uint32_t i;

	for (i = 0; i < fields->n; i++)
		if (fields->v[i]->type->real == NULL)
			resolve_use(f, fields->v[i]->type);
}

static void
resolve_base(struct idl_file *f, struct idl_def *d)
{
	const struct idl_def *b;

	d->base = lookup_name(f, d->base_name, d->base_loc, names_services);
	if (d->base == NULL)
		idl_error(f->idl, d->base_loc,
		    lookup_is_missing(f, d->base_name) ?
		    "its file could not be loaded" :
		    suggest_name(f->idl, &f->services, d->base_name),
		    "unknown service '%s'", idl_show(f->idl, d->base_name));
	else if (d->base->file == f && d->base->index >= d->index) {
		b = d->base;
		d->base = NULL;
		idl_error(f->idl, d->base_loc, "define it first", b == d ?
		    "service '%s' extends itself" :
		    "service '%s' is defined after this one",
		    idl_show(f->idl, b->name));
	}
}

static void
resolve_service(struct idl_file *f, struct idl_def *d)
{
	struct idl_method *m;
	uint32_t i;

	if (d->base_name != NULL)
		resolve_base(f, d);
	for (i = 0; i < d->methods.n; i++) {
		m = d->methods.v[i];
		resolve_use(f, m->ret);
		resolve_fields(f, &m->args->fields);
		resolve_fields(f, &m->result->fields);
	}
}

void
resolve_file(struct idl_file *f)
{
	struct idl_def *d;
	uint32_t i;

	resolve_typedefs(f);
	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		if (d->kind == IDL_CONST)
			resolve_use(f, d->type);
		else if (d->kind == IDL_SERVICE)
			resolve_service(f, d);
		else
			resolve_fields(f, &d->fields);
	}
}

const struct idl_type *
idl_type_real(const struct idl_type *t)
{
	return t->real;
}

bool
idl_is_struct(const struct idl_def *d)
{
	return d->kind >= IDL_STRUCT && d->kind <= IDL_RESULT;
}

bool
idl_type_is_struct(const struct idl_type *t)
{
	return t->kind == TF_T_STRUCT || t->kind == TF_T_UNION;
}

bool
idl_type_has_text(const struct idl_type *t)
{
	return t->kind == TF_T_STRING || t->kind == TF_T_BINARY ||
	    (t->kind == TF_T_STRUCT && t->def->has_text);
}
