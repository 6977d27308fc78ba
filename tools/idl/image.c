/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counterpart of C initialisers: writes a constant or default where a C
 * compiler would have put it.
 */
#include <string.h>

#include "image.h"

static const struct {
	uint8_t	size, align;
} scalars[] = {
	[TF_T_BOOL] = { 1, 1 }, [TF_T_I8] = { 1, 1 }, [TF_T_I16] = { 2, 2 },
	[TF_T_I32] = { 4, 4 }, [TF_T_I64] = { 8, 8 }, [TF_T_DOUBLE] = { 8, 8 },
	[TF_T_STRING] = { 16, 8 }, [TF_T_BINARY] = { 16, 8 },
	[TF_T_UUID] = { 16, 1 }, [TF_T_ENUM] = { 4, 4 },
	[TF_T_LIST] = { 16, 8 }, [TF_T_SET] = { 16, 8 }, [TF_T_MAP] = { 16, 8 },
};

_Static_assert(sizeof(struct tf_str) == 16 && sizeof(struct tf_any_list) == 16
    && sizeof(void *) == 8 && sizeof(bool) == 1, "the layout assumed here");

void
image_measure(const struct idl_type *t, uint32_t *size, uint32_t *align)
{
	t = idl_type_real(t);
	if (idl_type_is_struct(t)) {
		*size = t->def->size;
		*align = t->def->align;
	} else {
		*size = scalars[t->kind].size;
		*align = scalars[t->kind].align;
	}
}

uint32_t
image_entry(const struct idl_type *t, uint32_t *val_off)
{
	uint32_t ks, ka, vs, va, align;

	image_measure(t->key, &ks, &ka);
	*val_off = 0;
	if (t->kind != TF_T_MAP)
		return ks;
	image_measure(t->val, &vs, &va);
	align = ka > va ? ka : va;
	*val_off = (ks + va - 1) / va * va;
	return (*val_off + vs + align - 1) / align * align;
}

/* Containers and structs hold values, which may be such again. */
static void put_value(struct tf_arena *, const struct idl_type *,
    const struct idl_value *, char *);

static void
put_integer(const struct idl_type *t, const struct idl_value *v, char *to)
{
	int64_t i = idl_value_int(t, v);

	/* Little-endian: the low bytes come first. */
	memcpy(to, &i, scalars[t->kind].size);
}

static void
put_double(const struct idl_value *v, char *to)
{
	double d = idl_value_double(v);

	memcpy(to, &d, sizeof(d));
}

static void
put_uuid(const struct idl_value *v, char *to)
{
	struct tf_uuid u = { { 0 } };

	idl_value_uuid(v, &u);
	memcpy(to, &u, sizeof(u));
}

static void
put_container(struct tf_arena *arena, const struct idl_type *t,
    const struct idl_value *v, char *to)
{
	struct tf_any_list list = { NULL, 0, 0 };
	uint32_t i, val_off, entry = image_entry(t, &val_off);
	uint32_t step = t->kind == TF_T_MAP ? 2 : 1;
	char *items;

	if ((v->kind == IDL_V_MAP) != (t->kind == TF_T_MAP))
		return;
	list.n = v->items.n / step;
	items = tf_alloc(arena, list.n, entry);
	list.v = items;
	for (i = 0; i < list.n; i++) {
		put_value(arena, t->key, v->items.v[i * step],
		    items + (size_t)i * entry);
		if (step == 2)
			put_value(arena, t->val, v->items.v[i * step + 1],
			    items + (size_t)i * entry + val_off);
	}
	memcpy(to, &list, sizeof(list));
}

static void
put_pointer(struct tf_arena *arena, const struct idl_type *t,
    const struct idl_value *v, char *to)
{
	uint32_t size, align;
	char *object;

	image_measure(t, &size, &align);
	object = tf_alloc(arena, 1, size);
	put_value(arena, t, v, object);
	memcpy(to, &object, sizeof(object));
}

static void
put_field(struct tf_arena *arena, const struct idl_field *f,
    const struct idl_value *v, char *to)
{
	const bool yes = true;

	if (f->has)
		memcpy(to + f->has_off, &yes, sizeof(yes));
	if (f->pointer)
		put_pointer(arena, f->type, v, to + f->off);
	else
		put_value(arena, f->type, v, to + f->off);
}

/* A struct within one may have defaults of its own. */
static void put_struct(struct tf_arena *, const struct idl_def *,
    const struct idl_value *, char *);

/* What has no value: strings are "" all the same. */
static void
put_unset(struct tf_arena *arena, const struct idl_type *t, char *to)
{
	const struct tf_str none = TF_STR_INIT("");

	if (t->kind == TF_T_STRUCT && (t->def->has_init || t->def->has_text))
		put_struct(arena, t->def, NULL, to);
	else if (idl_type_has_text(t))
		memcpy(to, &none, sizeof(none));
}

/* v, or the defaults alone if it is NULL. */
static void
put_struct(struct tf_arena *arena, const struct idl_def *d,
    const struct idl_value *v, char *to)
{
	const struct idl_value *fv;
	const struct idl_field *f;
	const struct idl_type *t;
	uint32_t i;

	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		t = idl_type_real(f->type);
		fv = idl_value_field(v, f);
		if (fv != NULL)
			put_field(arena, f, fv, to);
		else if (!f->pointer)
			put_unset(arena, t, to + f->off);
	}
}

static void
put_union(struct tf_arena *arena, const struct idl_def *d,
    const struct idl_value *v, char *to)
{
	const struct idl_field *f;
	int32_t which;
	uint32_t i;

	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		if (idl_value_field(v, f) == f->value)
			continue;
		which = f->id;
		memcpy(to, &which, sizeof(which));
		put_field(arena, f, idl_value_field(v, f), to);
		return;
	}
}

static void
put_value(struct tf_arena *arena, const struct idl_type *t,
    const struct idl_value *v, char *to)
{
	t = idl_type_real(t);
	v = idl_value_real(v);
	switch (t->kind) {
	case TF_T_DOUBLE:
		put_double(v, to);
		break;
	case TF_T_STRING:
	case TF_T_BINARY:
		memcpy(to, &v->s, sizeof(v->s));
		break;
	case TF_T_UUID:
		put_uuid(v, to);
		break;
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		put_container(arena, t, v, to);
		break;
	case TF_T_STRUCT:
		put_struct(arena, t->def, v, to);
		break;
	case TF_T_UNION:
		put_union(arena, t->def, v, to);
		break;
	default:
		put_integer(t, v, to);
		break;
	}
}

const void *
image_new(struct tf_arena *arena, const struct idl_def *d)
{
	char *image = tf_alloc(arena, 1, d->size);

	put_struct(arena, d, NULL, image);
	return image;
}
