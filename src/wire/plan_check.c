/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges a type's table before a plan is made of it.  Tables of generated code
 * are right by construction; tables built at run time are as right as the
 * program that builds them, and a wrong offset must not become a wild store
 * under the first stranger's bytes.
 */
#include "wire/plan.h"

#define MAX_FIELDS	65534	/* so that an index plus one fits 16 bits */

static const struct {
	uint8_t size, align;
} kinds[] = {
	[TF_T_NONE] = { 0, 1 },
	[TF_T_BOOL] = { sizeof(bool), 1 },
	[TF_T_I8] = { 1, 1 },
	[TF_T_I16] = { 2, 2 },
	[TF_T_I32] = { 4, 4 },
	[TF_T_I64] = { 8, 8 },
	[TF_T_DOUBLE] = { 8, 8 },
	[TF_T_STRING] = { sizeof(struct tf_str), 8 },
	[TF_T_BINARY] = { sizeof(struct tf_str), 8 },
	[TF_T_UUID] = { 16, 1 },
	[TF_T_ENUM] = { 4, 4 },
	[TF_T_LIST] = { sizeof(struct tf_any_list), 8 },
	[TF_T_SET] = { sizeof(struct tf_any_list), 8 },
	[TF_T_MAP] = { sizeof(struct tf_any_list), 8 },
	[TF_T_STRUCT] = { 0, 1 },
	[TF_T_UNION] = { 0, 4 },
};

uint32_t
plan_kind_size(uint8_t kind)
{
	return kinds[kind].size;
}

uint32_t
plan_kind_align(uint8_t kind)
{
	return kinds[kind].align;
}

static bool
is_struct(uint8_t kind)
{
	return kind == TF_T_STRUCT || kind == TF_T_UNION;
}

/* Whether a value of that kind and type can stand at off within size bytes. */
static bool
fits(uint8_t kind, const struct tf_type *t, uint64_t off, uint64_t size,
    bool pointer)
{
	uint64_t need, align;

	if (kind == TF_T_NONE || kind > TF_T_UNION)
		return false;
	if (kind >= TF_T_ENUM && (t == NULL || t->kind != kind))
		return false;
	if (pointer && !is_struct(kind))
		return false;
	need = pointer ? sizeof(void *) : is_struct(kind) ? t->size :
	    kinds[kind].size;
	align = pointer ? _Alignof(void *) : kinds[kind].align;
	return off % align == 0 && off + need <= size;
}

static bool
field_fits(const struct tf_type *t, const struct tf_field *f)
{
	bool member = t->kind == TF_T_UNION;
	bool pointer = f->flags & TF_POINTER;

	if (f->name == NULL ||
	    !fits(f->kind, f->type, f->off, t->size, pointer))
		return false;
	if (member)
		return f->off >= sizeof(int32_t);
	return !(f->flags & TF_OPTIONAL) || pointer || f->has < t->size;
}

static bool
fields_fit(const struct tf_type *t)
{
	if (t->name == NULL || t->n > MAX_FIELDS ||
	    (t->n > 0 && t->fields == NULL))
		return false;
	if (t->kind == TF_T_UNION && t->size < sizeof(int32_t))
		return false;
	for (uint32_t i = 0; i < t->n; i++) {
		if (!field_fits(t, &t->fields[i]))
			return false;
		if (i > 0 && t->fields[i].id <= t->fields[i - 1].id)
			return false;
	}
	return true;
}

static bool
values_fit(const struct tf_type *t)
{
	if (t->n > 0 && t->values == NULL)
		return false;
	for (uint32_t i = 0; i < t->n; i++)
		if (t->values[i].name == NULL)
			return false;
	return true;
}

static uint32_t
elem_size(const struct tf_elem *e)
{
	return is_struct(e->kind) ? e->type->size : kinds[e->kind].size;
}

static bool
elem_fits(const struct tf_elem *e, uint32_t entry)
{
	return entry > 0 && fits(e->kind, e->type, e->off, entry, false) &&
	    entry % kinds[e->kind].align == 0;
}

bool
plan_check(const struct tf_type *t)
{
	switch (t->kind) {
	case TF_T_ENUM:
		return values_fit(t);
	case TF_T_LIST:
	case TF_T_SET:
		return t->plan != NULL && t->key.off == 0 &&
		    elem_fits(&t->key, t->entry) &&
		    t->entry == elem_size(&t->key);
	case TF_T_MAP:
		return t->plan != NULL && elem_fits(&t->key, t->entry) &&
		    elem_fits(&t->val, t->entry);
	case TF_T_STRUCT:
	case TF_T_UNION:
		return t->plan != NULL && fields_fit(t);
	default:
		return false;
	}
}
