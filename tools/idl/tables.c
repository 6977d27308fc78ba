/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds tables on demand.  Types refer to each other in circles, so a table
 * is entered before it is filled, and filled from a list rather than by
 * recursion, because a file may chain very many structs.
 */
#include <stdlib.h>

#include "image.h"
#include "tables.h"

struct table {
	struct tf_type	 type;
	void		*plan;
	struct idl_def	*def;		/* NULL: a container */
};
TF_LIST_OF(table_list, struct table *);

struct idl_tables {
	struct idl_file		*file;
	struct tf_arena		*arena;
	struct table_list	 all;
	uint32_t		 filled;	/* of all, so far */
	struct names		 containers;
};

struct idl_tables *
idl_tables_new(struct idl_file *file)
{
	struct tf_arena *arena = tf_arena_new(0);
	struct idl_tables *ts = tf_alloc(arena, 1, sizeof(*ts));

	ts->arena = arena;
	ts->file = file;
	return ts;
}

void
idl_tables_free(struct idl_tables *ts)
{
	uint32_t i;

	if (ts == NULL)
		return;
	for (i = 0; i < ts->all.n; i++) {
		if (ts->all.v[i]->def != NULL)
			ts->all.v[i]->def->data = NULL;
		tf_type_forget(&ts->all.v[i]->type);
	}
	tf_arena_free(ts->arena);
}

static struct table *
new_table(struct idl_tables *ts)
{
	struct table *t = tf_alloc(ts->arena, 1, sizeof(*t));

	t->type.plan = &t->plan;
	*TF_PUSH(ts->arena, &ts->all) = t;
	return t;
}

static const struct tf_type *
enter_def(struct idl_tables *ts, struct idl_def *d)
{
	struct table *t = d->data;

	if (t == NULL) {
		d->data = t = new_table(ts);
		t->def = d;
	}
	return &t->type;
}

/* What tells one container type from another. */
static const char *
container_key(struct tf_arena *arena, const struct idl_type *t)
{
	t = idl_type_real(t);
	if (t->key == NULL)
		return tf_strf(arena, "%d %p", t->kind, (void *)t->def).s;
	return tf_strf(arena, "%d<%s,%s>", t->kind,
	    container_key(arena, t->key),
	    t->val == NULL ? "" : container_key(arena, t->val)).s;
}

/* Containers hold types, which may be containers again. */
static const struct tf_type *enter_type(struct idl_tables *,
    const struct idl_type *);

static struct tf_elem
make_elem(struct idl_tables *ts, const struct idl_type *t, uint32_t off)
{
	return (struct tf_elem){ .type = enter_type(ts, t), .off = off,
	    .kind = (uint8_t)idl_type_real(t)->kind };
}

static const struct tf_type *
enter_container(struct idl_tables *ts, const struct idl_type *t)
{
	const char *key = container_key(ts->arena, t);
	struct table *table = names_get(&ts->containers, key);
	uint32_t val_off;

	if (table != NULL)
		return &table->type;
	table = new_table(ts);
	names_add(&ts->containers, ts->arena, key, table);
	table->type.kind = (uint8_t)t->kind;
	table->type.size = sizeof(struct tf_any_list);
	table->type.entry = image_entry(t, &val_off);
	table->type.key = make_elem(ts, t->key, 0);
	if (t->val != NULL)
		table->type.val = make_elem(ts, t->val, val_off);
	return &table->type;
}

static const struct tf_type *
enter_type(struct idl_tables *ts, const struct idl_type *t)
{
	t = idl_type_real(t);
	if (t->def != NULL)
		return enter_def(ts, t->def);
	return t->key == NULL ? NULL : enter_container(ts, t);
}

static int
compare_ids(const void *a, const void *b)
{
	return ((const struct tf_field *)a)->id -
	    ((const struct tf_field *)b)->id;
}

static struct tf_field
make_field(struct idl_tables *ts, const struct idl_field *f)
{
	uint8_t flags = f->req == IDL_REQUIRED ? TF_REQUIRED : 0;

	if (f->pointer)
		flags |= TF_POINTER;
	if (f->has)
		flags |= TF_OPTIONAL;
	return (struct tf_field){ .name = f->name,
	    .type = enter_type(ts, f->type), .off = f->off, .has = f->has_off,
	    .id = f->id, .kind = (uint8_t)idl_type_real(f->type)->kind,
	    .flags = flags };
}

static void
fill_struct(struct idl_tables *ts, const struct idl_def *d, struct tf_type *t)
{
	struct tf_field *fields;
	uint32_t i;

	t->kind = d->kind == IDL_UNION ? TF_T_UNION : TF_T_STRUCT;
	t->size = d->size;
	t->n = d->fields.n;
	if (d->has_init)
		t->init = image_new(ts->arena, d);
	if (t->n == 0)
		return;
	fields = tf_alloc(ts->arena, t->n, sizeof(*fields));
	for (i = 0; i < t->n; i++)
		fields[i] = make_field(ts, d->fields.v[i]);
	qsort(fields, t->n, sizeof(*fields), compare_ids);
	t->fields = fields;
}

static void
fill_enum(struct idl_tables *ts, const struct idl_def *d, struct tf_type *t)
{
	struct tf_enum_value *values;
	uint32_t i;

	t->kind = TF_T_ENUM;
	t->size = sizeof(int32_t);
	t->n = d->values.n;
	values = tf_alloc(ts->arena, t->n + 1, sizeof(*values));
	for (i = 0; i < t->n; i++)
		values[i] = (struct tf_enum_value){ d->values.v[i]->name,
		    d->values.v[i]->value };
	t->values = values;
}

const struct tf_type *
idl_table_def(struct idl_tables *ts, struct idl_def *d)
{
	const struct tf_type *t = enter_def(ts, d);
	struct table *next;

	for (; ts->filled < ts->all.n; ts->filled++) {
		next = ts->all.v[ts->filled];
		if (next->def == NULL)
			continue;
		next->type.name = next->def->name;
		if (next->def->kind == IDL_ENUM)
			fill_enum(ts, next->def, &next->type);
		else
			fill_struct(ts, next->def, &next->type);
	}
	return t;
}

const struct tf_type *
idl_table_type(struct idl_tables *ts, const char *name)
{
	struct idl_def *d = idl_find_type(ts->file, name);

	if (d != NULL && d->kind == IDL_TYPEDEF)
		d = idl_type_real(d->type)->def;
	return d == NULL ? NULL : idl_table_def(ts, d);
}

static struct tf_method *
make_method(struct idl_tables *ts, const struct idl_method *m)
{
	struct tf_method *t = tf_alloc(ts->arena, 1, sizeof(*t));

	t->name = m->name;
	t->args = idl_table_def(ts, m->args);
	t->result = idl_table_def(ts, m->result);
	t->flags = m->flags;
	return t;
}

const struct tf_method *
idl_table_method(struct idl_tables *ts, const char *service,
    const char *method)
{
	const struct idl_def *d = idl_find_service(ts->file, service);
	const struct idl_method *m = NULL;

	for (; d != NULL && m == NULL; d = d->base)
		m = names_get(&d->by_name, method);
	return m == NULL ? NULL : make_method(ts, m);
}
