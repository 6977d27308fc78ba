/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables built at run time from IDL are those that generated code holds: the C
 * compiler's offsets and sizes, field by field, and the same defaults.
 *
 *	tables_test DIR		the directory of the .thrift files, ok/
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"

#include "consts.tf.h"
#include "containers.tf.h"
#include "defaults.tf.h"
#include "diamond.tf.h"
#include "exceptions.tf.h"
#include "flags.tf.h"
#include "ids.tf.h"
#include "recursion.tf.h"
#include "requiredness.tf.h"
#include "unions.tf.h"
#include "uuid.tf.h"

#define MAX_PAIRS	512

static struct {
	const struct tf_type	*a, *b;
} pairs[MAX_PAIRS];
static size_t npairs;
static const char *what = "";

static void
expect(bool ok, const char *which)
{
	if (!ok)
		errx(1, "%s: %s differs", what, which);
}

static bool
is_compared(const struct tf_type *a, const struct tf_type *b)
{
	for (size_t i = 0; i < npairs; i++)
		if (pairs[i].a == a && pairs[i].b == b)
			return true;
	if (npairs == MAX_PAIRS)
		errx(1, "too many types");
	pairs[npairs].a = a;
	pairs[npairs++].b = b;
	return false;
}

/* Containers and structs hold values, which may be such again. */
static void compare_value(const struct tf_type *, uint8_t, const char *,
    const char *);

static void
compare_items(const struct tf_type *t, const char *a, const char *b)
{
	const struct tf_any_list *x = (const void *)a, *y = (const void *)b;
	const char *p = x->v, *q = y->v;

	expect(x->n == y->n && x->cap == 0 && y->cap == 0, "a list's length");
	for (uint32_t i = 0; i < x->n; i++) {
		compare_value(t->key.type, t->key.kind, p, q);
		if (t->kind == TF_T_MAP)
			compare_value(t->val.type, t->val.kind,
			    p + t->val.off, q + t->val.off);
		p += t->entry;
		q += t->entry;
	}
}

static void
compare_field(const struct tf_field *f, const char *a, const char *b)
{
	const char *p, *q;

	if (f->flags & TF_OPTIONAL)
		expect(a[f->has] == b[f->has], "a flag");
	if (!(f->flags & TF_POINTER)) {
		compare_value(f->type, f->kind, a + f->off, b + f->off);
		return;
	}
	memcpy(&p, a + f->off, sizeof(p));
	memcpy(&q, b + f->off, sizeof(q));
	expect((p == NULL) == (q == NULL), "a pointer");
	if (p != NULL)
		compare_value(f->type, f->kind, p, q);
}

static void
compare_value(const struct tf_type *t, uint8_t kind, const char *a,
    const char *b)
{
	static const uint8_t sizes[] = { [TF_T_BOOL] = 1, [TF_T_I8] = 1,
	    [TF_T_I16] = 2, [TF_T_I32] = 4, [TF_T_I64] = 8, [TF_T_DOUBLE] = 8,
	    [TF_T_UUID] = 16, [TF_T_ENUM] = 4 };
	const struct tf_str *x = (const void *)a, *y = (const void *)b;

	if (kind == TF_T_STRING || kind == TF_T_BINARY)
		expect(x->s != NULL && y->s != NULL && x->len == y->len &&
		    memcmp(x->s, y->s, x->len) == 0, "a string");
	else if (kind == TF_T_LIST || kind == TF_T_SET || kind == TF_T_MAP)
		compare_items(t, a, b);
	else if (kind == TF_T_STRUCT)
		for (uint32_t i = 0; i < t->n; i++)
			compare_field(&t->fields[i], a, b);
	else if (kind == TF_T_UNION)
		expect(memcmp(a, b, 4) == 0, "which");
	else
		expect(memcmp(a, b, sizes[kind]) == 0, "a number");
}

/* Fields have types, which have fields. */
static void compare_type(const struct tf_type *, const struct tf_type *);

static void
compare_elem(const struct tf_elem *a, const struct tf_elem *b)
{
	expect(a->kind == b->kind && a->off == b->off, "an element");
	compare_type(a->type, b->type);
}

static void
compare_fields(const struct tf_type *a, const struct tf_type *b)
{
	const struct tf_field *f, *g;

	for (uint32_t i = 0; i < a->n; i++) {
		f = &a->fields[i];
		g = &b->fields[i];
		what = f->name;
		expect(strcmp(f->name, g->name) == 0, "name");
		expect(f->off == g->off, "offset");
		expect(f->has == g->has, "flag's offset");
		expect(f->id == g->id && f->kind == g->kind, "id or kind");
		expect(f->flags == g->flags, "flags");
		compare_type(f->type, g->type);
	}
}

static void
compare_type(const struct tf_type *a, const struct tf_type *b)
{
	expect((a == NULL) == (b == NULL), "whether there is a table");
	if (a == NULL || is_compared(a, b))
		return;
	expect(a->kind == b->kind && a->n == b->n, "kind or count");
	if (a->name != NULL) {
		what = a->name;
		expect(strcmp(a->name, b->name) == 0, "name");
	}
	expect(a->size == b->size && a->entry == b->entry, "size");
	expect((a->init == NULL) == (b->init == NULL), "having an image");
	if (a->init != NULL)
		compare_value(a, a->kind, a->init, b->init);
	if (a->kind == TF_T_ENUM)
		for (uint32_t i = 0; i < a->n; i++)
			expect(a->values[i].value == b->values[i].value,
			    "an enum value");
	else if (a->kind == TF_T_STRUCT || a->kind == TF_T_UNION)
		compare_fields(a, b);
	else {
		compare_elem(&a->key, &b->key);
		compare_elem(&a->val, &b->val);
	}
}

static const struct {
	const char		*file, *name;
	const struct tf_type	*type;
} cases[] = {
	{ "consts", "Point", &consts_point_type },
	{ "consts", "Either", &consts_either_type },
	{ "containers", "All", &containers_all_type },
	{ "containers", "E", &containers_e_type },
	{ "defaults", "Deeper", &defaults_deeper_type },
	{ "defaults", "Outer", &defaults_outer_type },
	{ "defaults", "Texts", &defaults_texts_type },
	{ "diamond", "All", &diamond_all_type },
	{ "diamond", "extends.Mine", &extends_mine_type },
	{ "exceptions", "Full", &exceptions_full_type },
	{ "exceptions", "Report", &exceptions_report_type },
	{ "ids", "Mixed", &ids_mixed_type },
	{ "recursion", "Tree", &recursion_tree_type },
	{ "recursion", "Node", &recursion_node_type },
	{ "recursion", "Ping", &recursion_ping_type },
	{ "recursion", "Expr", &recursion_expr_type },
	{ "recursion", "Late", &recursion_late_type },
	{ "requiredness", "R", &requiredness_r_type },
	{ "unions", "Holder", &unions_holder_type },
	{ "uuid", "Holder", &uuid_holder_type },
};

static void
run_case(const char *dir, const char *file, const char *name,
    const struct tf_type *type)
{
	struct idl *idl = idl_new();
	struct idl_file *f;
	struct idl_tables *tables;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.thrift", dir, file);
	idl->quiet = true;
	f = idl_load(idl, path);
	if (f == NULL)
		errx(1, "%s: cannot be loaded", path);
	tables = idl_tables_new(f);
	npairs = 0;
	compare_type(type, idl_table_type(tables, name));
	printf("ok - %s %s\n", file, name);
	idl_tables_free(tables);
	idl_free(idl);
}

static void
compare_method(const char *dir)
{
	struct idl *idl = idl_new();
	struct idl_file *f;
	struct idl_tables *tables;
	const struct tf_method *m, *n = &extends_middle_service.methods[0];
	char path[4096];

	snprintf(path, sizeof(path), "%s/extends.thrift", dir);
	idl->quiet = true;
	f = idl_load(idl, path);
	if (f == NULL)
		errx(1, "%s: cannot be loaded", path);
	tables = idl_tables_new(f);
	m = idl_table_method(tables, "Same", "all");
	expect(m != NULL && strcmp(m->name, "all") == 0, "a method");
	expect(m->flags == n->flags, "a method's flags");
	npairs = 0;
	compare_type(n->args, m->args);
	compare_type(n->result, m->result);
	n = &shared_base_base_service.methods[0];
	m = idl_table_method(tables, "Top", "get");
	expect(m != NULL, "an inherited method");
	compare_type(n->args, m->args);
	compare_type(n->result, m->result);
	expect(idl_table_method(tables, "Top", "gut") == NULL &&
	    idl_table_method(tables, "Tip", "get") == NULL,
	    "what does not exist");
	printf("ok - methods\n");
	idl_tables_free(tables);
	idl_free(idl);
}

/* Each as the generator has it, and as flags.thrift says. */
static void
compare_flags(const char *dir)
{
	static const uint32_t want[] = { 0, TF_THREADED,
	    TF_THREADED | TF_IDEMPOTENT, TF_ONEWAY | TF_THREADED };
	const struct tf_service *s = &flags_work_service;
	struct idl *idl = idl_new();
	struct idl_tables *tables;
	const struct tf_method *m;
	char path[4096];

	snprintf(path, sizeof(path), "%s/flags.thrift", dir);
	idl->quiet = true;
	tables = idl_tables_new(idl_load(idl, path));
	for (uint32_t i = 0; i < s->n; i++) {
		what = s->methods[i].name;
		m = idl_table_method(tables, "Work", what);
		expect(m != NULL && m->flags == want[i] &&
		    s->methods[i].flags == want[i], "a flag");
	}
	expect(flags_bare_service.methods[0].flags == 0, "a flag");
	expect(idl_table_method(tables, "Bare", "block")->flags ==
	    TF_THREADED, "an inherited flag");
	printf("ok - flags of methods\n");
	idl_tables_free(tables);
	idl_free(idl);
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: tables_test DIR");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		run_case(argv[1], cases[i].file, cases[i].name, cases[i].type);
	compare_method(argv[1]);
	compare_flags(argv[1]);
	return 0;
}
