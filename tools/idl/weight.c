/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits on what a few lines can expand to.  A constant that holds another
 * twice, which holds another twice, is exponential; so is a default whose
 * struct has such a default; and a default may contain itself.  Everything
 * that is written out later is counted here first, each definition once.
 */
#include "load.h"

#define MAX_VALUES	250000u	/* in one constant or default */
#define MAX_DEPTH	200

enum { UNKNOWN, UNDER_WAY, KNOWN };

struct scale {
	struct idl	*idl;
	struct idl_loc	 loc;		/* to complain about */
	int		 depth;
	bool		 failed;
};

/* Containers and structs hold values, which may be such again. */
static uint64_t weigh_value(struct scale *, const struct idl_type *,
    const struct idl_value *);

/* What a struct holds by value has defaults of its own. */
static uint64_t weigh_defaults(struct scale *, struct idl_def *);

static uint64_t
fail(struct scale *s, const char *why)
{
	if (!s->failed)
		idl_error(s->idl, s->loc, NULL, "%s", why);
	s->failed = true;
	return 1;
}

/* A field without a value; an empty string is written all the same. */
static uint64_t
weigh_unset(struct scale *s, const struct idl_type *t)
{
	if (!idl_type_is_struct(t))
		return idl_type_has_text(t);
	return t->def->weight > 0 ? t->def->weight : weigh_defaults(s, t->def);
}

/* What a struct holds if all fields of v, or none, are given. */
static uint64_t
weigh_fields(struct scale *s, const struct idl_def *d,
    const struct idl_value *v)
{
	const struct idl_value *fv;
	const struct idl_type *t;
	uint64_t w = 1;
	uint32_t i;

	for (i = 0; i < d->fields.n && w <= MAX_VALUES && !s->failed; i++) {
		fv = idl_value_field(v, d->fields.v[i]);
		t = idl_type_real(d->fields.v[i]->type);
		if (fv != NULL)
			w += weigh_value(s, t, fv);
		else if (!d->fields.v[i]->pointer)
			w += weigh_unset(s, t);
	}
	return w;
}

static uint64_t
weigh_defaults(struct scale *s, struct idl_def *d)
{
	uint64_t w;

	if (d->state == KNOWN || d->kind == IDL_UNION)
		return d->weight;
	if (d->state == UNDER_WAY)
		return fail(s, "this default contains itself");
	d->state = UNDER_WAY;
	w = weigh_fields(s, d, NULL);
	d->weight = w > MAX_VALUES ? MAX_VALUES + 1 : (uint32_t)w;
	d->state = KNOWN;
	return d->weight;
}

static uint64_t
weigh_items(struct scale *s, const struct idl_type *t,
    const struct idl_value *v)
{
	uint64_t w = 1;
	uint32_t i;

	for (i = 0; i < v->items.n && w <= MAX_VALUES && !s->failed; i++)
		w += weigh_value(s, t->kind == TF_T_MAP && i % 2 == 1 ?
		    t->val : t->key, v->items.v[i]);
	return w;
}

static uint64_t
weigh_struct(struct scale *s, const struct idl_type *t,
    const struct idl_value *v)
{
	if (t->def->kind != IDL_UNION)
		weigh_defaults(s, t->def);
	return s->failed ? 1 : weigh_fields(s, t->def, v);
}

static uint64_t
weigh_value(struct scale *s, const struct idl_type *t,
    const struct idl_value *v)
{
	uint64_t w = 1;

	t = idl_type_real(t);
	if (v->konst != NULL && v->konst->weight > 0)
		return v->konst->depth + s->depth > MAX_DEPTH ?
		    fail(s, "this value is nested too deep") :
		    v->konst->weight;
	v = idl_value_real(v);
	if (t->kind < TF_T_LIST || s->failed)
		return 1;
	if (++s->depth > MAX_DEPTH)
		return fail(s, "this value is nested too deep");
	if (idl_type_is_struct(t))
		w = weigh_struct(s, t, v);
	else
		w = weigh_items(s, t, v);
	s->depth--;
	return w > MAX_VALUES ? fail(s, "this value expands to too much") : w;
}

/* How deep a constant goes, those that it names included. */
static uint32_t
value_depth(const struct idl_value *v)
{
	uint32_t i, d, deepest = 0;

	if (v->konst != NULL)
		return v->konst->depth;
	for (i = 0; i < v->items.n; i++) {
		d = value_depth(v->items.v[i]);
		if (d > deepest)
			deepest = d;
	}
	return deepest + 1;
}

static void
weigh_struct_defaults(struct idl *idl, struct idl_def *d)
{
	struct scale s = { .idl = idl, .loc = d->loc };

	weigh_defaults(&s, d);
}

void
weigh_file(struct idl_file *f)
{
	struct scale s = { .idl = f->idl };
	struct idl_def *d;
	uint32_t i, j;

	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		if (d->kind != IDL_CONST)
			continue;
		s.loc = d->loc;
		s.depth = 0;
		s.failed = false;
		d->weight = (uint32_t)weigh_value(&s, d->type, d->value);
		d->depth = value_depth(d->value);
	}
	for (i = 0; i < f->order.n; i++)
		weigh_struct_defaults(f->idl, f->order.v[i]);
	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		for (j = 0; j < d->methods.n; j++) {
			weigh_struct_defaults(f->idl, d->methods.v[j]->args);
			weigh_struct_defaults(f->idl, d->methods.v[j]->result);
		}
	}
	for (i = 0; i < f->order.n; i++)
		f->order.v[i]->state = 0;
}
