/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists, sets and maps as C structs: which a file uses, which header defines
 * them, and in what order.
 *
 * type.h has the lists of base types.  A container that mentions a type of
 * this file belongs to its header.  One that mentions only types of included
 * files is left to the file of those types if it uses it too, and otherwise
 * stands between guards, because another header may have the same need.
 *
 * A list is complete without its element and may stand before it; a map is,
 * too, but not its entry.
 */
#include <string.h>

#include "gen.h"

static bool
mentions(const struct idl_type *t, const struct idl_file *f)
{
	t = idl_type_real(t);
	return (t->def != NULL && t->def->file == f) ||
	    (t->key != NULL && mentions(t->key, f)) ||
	    (t->val != NULL && mentions(t->val, f));
}

/* Whether the header of a file whose type t mentions has the container. */
static bool
is_elsewhere(const struct idl_type *t, const char *name)
{
	t = idl_type_real(t);
	if (t->def != NULL)
		return names_get(&FILE_NAMES(t->def->file)->by_name, name) !=
		    NULL;
	return (t->key != NULL && is_elsewhere(t->key, name)) ||
	    (t->val != NULL && is_elsewhere(t->val, name));
}

static bool
is_predefined(const struct idl_type *t)
{
	return t->kind != TF_T_MAP && idl_type_real(t->key)->kind < TF_T_ENUM;
}

static void
find_in_type(struct idl_file *f, const struct idl_type *t)
{
	struct file_names *n = FILE_NAMES(f);
	struct tf_arena *arena = f->idl->arena;
	struct container *c;

	t = idl_type_real(t);
	if (t->key == NULL)
		return;
	find_in_type(f, t->key);
	if (t->val != NULL)
		find_in_type(f, t->val);
	if (is_predefined(t))
		return;
	c = tf_alloc(arena, 1, sizeof(*c));
	c->cname = container_name(arena, t);
	c->type = t;
	if (names_get(&n->by_name, c->cname) != NULL)
		return;
	if (!mentions(t, f)) {
		c->guard = name_upper(arena, c->cname);
		c->elsewhere = is_elsewhere(t, c->cname);
	}
	names_add(&n->by_name, arena, c->cname, c);
	*TF_PUSH(arena, &n->containers) = c;
}

static void
find_in_fields(struct idl_file *f, const struct idl_def *d)
{
	uint32_t i;

	for (i = 0; i < d->fields.n; i++)
		find_in_type(f, d->fields.v[i]->type);
}

void
containers_find(struct idl_file *f)
{
	const struct idl_def *d;
	uint32_t i, j;

	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		if (d->type != NULL)
			find_in_type(f, d->type);
		find_in_fields(f, d);
		for (j = 0; j < d->methods.n; j++) {
			find_in_fields(f, d->methods.v[j]->args);
			find_in_fields(f, d->methods.v[j]->result);
			find_in_type(f, d->methods.v[j]->ret);
		}
	}
}

static struct container *
find_container(const struct gen *g, const struct idl_type *t)
{
	return names_get(&FILE_NAMES(g->file)->by_name,
	    container_name(g->idl->arena, t));
}

/* Whether a value of the type can be declared already. */
static bool
is_complete(const struct gen *g, const struct idl_type *t)
{
	const struct container *c;

	t = idl_type_real(t);
	if (idl_type_is_struct(t))
		return t->def->file != g->file || t->def->state != 0;
	if (t->key == NULL)
		return true;
	c = find_container(g, t);
	return c == NULL || c->elsewhere || c->head_done;
}

static void
put_open_guard(struct gen *g, const struct container *c)
{
	if (c->guard != NULL)
		fprintf(g->out, "#ifndef %s\n#define %s\n", c->guard,
		    c->guard);
}

static void
put_close_guard(struct gen *g, const struct container *c)
{
	fprintf(g->out, c->guard != NULL ? "#endif\n\n" : "\n");
}

static void
put_members(struct gen *g, const char *type)
{
	size_t width = strlen(type) > 8 ? strlen(type) : 8;

	put_member(g->out, type, "v", true, width);
	fputs(";\n", g->out);
	put_member(g->out, "uint32_t", " n, cap;\n};\n", false, width);
}

static void
put_entry(struct gen *g, const struct container *c)
{
	const char *key = ctype(g->idl->arena, c->type->key);
	const char *val = ctype(g->idl->arena, c->type->val);
	size_t width = strlen(key) > strlen(val) ? strlen(key) : strlen(val);

	fprintf(g->out, "struct %s_entry {\n", c->cname);
	put_member(g->out, key, "key", false, width);
	fputs(";\n", g->out);
	put_member(g->out, val, "val", false, width);
	fputs(";\n};\n", g->out);
}

static void
put_list(struct gen *g, struct container *c)
{
	if (c->head_done || c->elsewhere)
		return;
	c->head_done = true;
	put_open_guard(g, c);
	fprintf(g->out, "struct %s {\n", c->cname);
	put_members(g, ctype(g->idl->arena, c->type->key));
	put_close_guard(g, c);
}

static void
put_map_head(struct gen *g, struct container *c)
{
	c->head_done = true;
	fprintf(g->out, "struct %s {\n", c->cname);
	put_members(g, tf_strf(g->idl->arena, "struct %s_entry", c->cname).s);
}

static void
put_map(struct gen *g, struct container *c)
{
	if (c->entry_done || c->elsewhere)
		return;
	if (is_complete(g, c->type->key) && is_complete(g, c->type->val)) {
		c->entry_done = true;
		put_open_guard(g, c);
		put_entry(g, c);
		if (!c->head_done)
			put_map_head(g, c);
		put_close_guard(g, c);
	} else if (!c->head_done) {
		put_map_head(g, c);
		putc('\n', g->out);
	}
}

/* What can be defined of a type and its parts by now, inner parts first. */
static void
put_type(struct gen *g, const struct idl_type *t)
{
	struct container *c;

	t = idl_type_real(t);
	if (t->key == NULL)
		return;
	put_type(g, t->key);
	if (t->val != NULL)
		put_type(g, t->val);
	c = find_container(g, t);
	if (c == NULL)
		return;
	if (t->kind == TF_T_MAP)
		put_map(g, c);
	else
		put_list(g, c);
}

void
containers_before_struct(struct gen *g, const struct idl_def *d)
{
	uint32_t i;

	for (i = 0; i < d->fields.n; i++)
		put_type(g, d->fields.v[i]->type);
}

void
containers_rest(struct gen *g)
{
	const struct containers *all = &FILE_NAMES(g->file)->containers;
	uint32_t i;

	for (i = 0; i < all->n; i++)
		put_type(g, all->v[i]->type);
}
