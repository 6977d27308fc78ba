/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of types: plain data, from which the library encodes and decodes.
 */
#include <stdlib.h>
#include <string.h>

#include "gen.h"

/* A key for a container that tells sets from lists and binary from string. */
static const char *
table_key(struct tf_arena *arena, const struct idl_type *t)
{
	t = idl_type_real(t);
	if (t->key == NULL)
		return t->def == NULL ? tf_strf(arena, "%d", t->kind).s :
		    tf_strf(arena, "%p", (void *)t->def).s;
	return tf_strf(arena, "%d<%s,%s>", t->kind, table_key(arena, t->key),
	    t->val == NULL ? "" : table_key(arena, t->val)).s;
}

/* The name of the table of a type, "&calc_work_type"; "NULL" if it has none. */
static const char *
type_ref(struct gen *g, const struct idl_type *t)
{
	t = idl_type_real(t);
	if (t->def != NULL)
		return tf_strf(g->idl->arena, "&%s", DEF_NAMES(t->def)->type).s;
	if (t->key == NULL)
		return "NULL";
	return tf_strf(g->idl->arena, "&%s", (const char *)names_get(&g->tables,
	    table_key(g->idl->arena, t))).s;
}

static const char *
element_type(struct gen *g, const struct idl_type *t)
{
	if (t->kind == TF_T_MAP)
		return tf_strf(g->idl->arena, "struct %s_entry",
		    container_name(g->idl->arena, t)).s;
	return ctype(g->idl->arena, t->key);
}

static const char *
table_name(struct gen *g, const struct idl_type *t)
{
	const char *cname = container_name(g->idl->arena, t);

	if (t->kind == TF_T_SET)
		cname = tf_strf(g->idl->arena, "set_%s",
		    cname + strlen("tf_list_")).s;
	else
		cname += strlen("tf_");
	return source_name(g, cname, "_type");
}

static void
put_container(struct gen *g, const struct idl_type *t, const char *name)
{
	const char *cname = container_name(g->idl->arena, t);

	fprintf(g->out, "static const struct tf_type %s = {\n"
	    "\t.kind = %s,\n\t.size = sizeof(struct %s),\n"
	    "\t.entry = sizeof(%s),\n\t.key = { %s, 0, %s },\n", name,
	    kind_macro(t), cname, element_type(g, t), type_ref(g, t->key),
	    kind_macro(t->key));
	if (t->kind == TF_T_MAP)
		fprintf(g->out, "\t.val = { %s, OFF(%s_entry, val), %s },\n",
		    type_ref(g, t->val), cname, kind_macro(t->val));
	fprintf(g->out, "\t.plan = &plans[%u]\n};\n", g->nplans++);
}

static void
find_container(struct gen *g, const struct idl_type *t)
{
	const char *key, *name;

	t = idl_type_real(t);
	if (t->key == NULL)
		return;
	find_container(g, t->key);
	if (t->val != NULL)
		find_container(g, t->val);
	key = table_key(g->idl->arena, t);
	if (names_get(&g->tables, key) != NULL)
		return;
	name = table_name(g, t);
	names_add(&g->tables, g->idl->arena, key, (void *)(uintptr_t)name);
	put_container(g, t, name);
}

static void
find_in_struct(struct gen *g, const struct idl_def *d)
{
	uint32_t i;

	for (i = 0; i < d->fields.n; i++)
		find_container(g, d->fields.v[i]->type);
}

void
table_containers(struct gen *g)
{
	const struct idl_def *d;
	uint32_t i, j, before = g->nplans;

	for (i = 0; i < g->file->defs.n; i++) {
		d = g->file->defs.v[i];
		find_in_struct(g, d);
		for (j = 0; j < d->methods.n; j++) {
			find_in_struct(g, d->methods.v[j]->args);
			find_in_struct(g, d->methods.v[j]->result);
		}
	}
	if (g->nplans > before)
		fputc('\n', g->out);
}

void
table_enum(struct gen *g, const struct idl_def *d)
{
	const char *values = source_name(g, d->cname, "_values");
	uint32_t i;

	fprintf(g->out, "static const struct tf_enum_value %s[] = {\n", values);
	for (i = 0; i < d->values.n; i++)
		fprintf(g->out, "\t{ \"%s\", %s },\n", d->values.v[i]->name,
		    d->values.v[i]->cname);
	if (d->values.n == 0)
		fputs("\t{ NULL, 0 }\n", g->out);
	fprintf(g->out, "};\nconst struct tf_type %s = {\n"
	    "\t.name = \"%s\",\n\t.kind = TF_T_ENUM,\n"
	    "\t.size = sizeof(enum %s),\n\t.values = %s,\n\t.n = %u,\n"
	    "\t.plan = &plans[%u]\n};\n", DEF_NAMES(d)->type, d->name,
	    d->cname, values, d->values.n, g->nplans++);
	fprintf(g->out, "_Static_assert(sizeof(enum %s) == 4, \"%s\");\n\n",
	    d->cname, "an enum takes 4 bytes");
}

static int
compare_ids(const void *a, const void *b)
{
	return (*(struct idl_field *const *)a)->id -
	    (*(struct idl_field *const *)b)->id;
}

static const char *
field_flags(const struct idl_field *f)
{
	if (f->has)
		return "TF_OPTIONAL";
	if (f->pointer)
		return f->req == IDL_REQUIRED ? "TF_REQUIRED | TF_POINTER" :
		    "TF_POINTER";
	return f->req == IDL_REQUIRED ? "TF_REQUIRED" : "0";
}

static void
put_field(struct gen *g, const struct idl_def *d, const struct idl_field *f,
    const char *tag)
{
	struct tf_arena *arena = g->idl->arena;
	const char *has = "0";

	if (f->has)
		has = tf_strf(arena, "OFF(%s," HARD "%s)", tag, f->hname).s;
	fputc('\t', g->out);
	put_wrapped(g->out, 8, "\t    ", tf_strf(arena,
	    "{" HARD "\"%s\", %s, OFF(%s," HARD "%s%s), %s, %d, %s, "
	    "%s" HARD "},", f->name,
	    type_ref(g, f->type), tag, d->kind == IDL_UNION ? "u." : "",
	    f->cname, has, f->id, kind_macro(f->type), field_flags(f)).s);
	fputc('\n', g->out);
}

static void
put_fields(struct gen *g, const struct idl_def *d, const char *tag,
    const char *name)
{
	struct idl_field **sorted;
	uint32_t i, n = d->fields.n;

	sorted = tf_alloc(g->idl->arena, n, sizeof(struct idl_field *));
	memcpy(sorted, d->fields.v, n * sizeof(struct idl_field *));
	qsort(sorted, n, sizeof(struct idl_field *), compare_ids);
	fprintf(g->out, "static const struct tf_field %s[] = {\n", name);
	for (i = 0; i < n; i++)
		put_field(g, d, sorted[i], tag);
	fputs("};\n", g->out);
}

void
table_struct(struct gen *g, const struct idl_def *d, const char *tag,
    const char *type, const char *image, bool is_static)
{
	const char *fields = source_name(g, tag, "_fields");

	if (d->fields.n > 0)
		put_fields(g, d, tag, fields);
	fprintf(g->out, "%sconst struct tf_type %s = {\n\t.name = \"%s\",\n"
	    "\t.kind = %s,\n\t.size = sizeof(struct %s),\n",
	    is_static ? "static " : "", type, d->name,
	    d->kind == IDL_UNION ? "TF_T_UNION" : "TF_T_STRUCT", tag);
	if (d->fields.n > 0)
		fprintf(g->out, "\t.fields = %s,\n\t.n = %u,\n", fields,
		    d->fields.n);
	if (image != NULL)
		fprintf(g->out, "\t.init = &%s,\n", image);
	fprintf(g->out, "\t.plan = &plans[%u]\n};\n\n", g->nplans++);
}
