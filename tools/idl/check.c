/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is well-formed and still wrong, or looks like a mistake: the first are
 * errors, the others warnings, which --strict makes errors.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

/* Words that the IDL specification reserves, in the order of strcmp(). */
static const char *const reserved[] = {
	"BEGIN", "END", "__CLASS__", "__DIR__", "__FILE__", "__FUNCTION__",
	"__LINE__", "__METHOD__", "__NAMESPACE__", "abstract", "alias", "and",
	"args", "as", "assert", "begin", "break", "case", "catch", "class",
	"clone", "continue", "declare", "def", "default", "del", "delete", "do",
	"dynamic", "elif", "else", "elseif", "elsif", "end", "enddeclare",
	"endfor", "endforeach", "endif", "endswitch", "endwhile", "ensure",
	"except", "exec", "finally", "float", "for", "foreach", "from",
	"function", "global", "goto", "if", "implements", "import", "in",
	"inline", "instanceof", "interface", "is", "lambda", "module",
	"native", "new", "next", "nil", "not", "or", "package", "pass",
	"print", "private", "protected", "public", "raise", "redo", "register",
	"rescue", "retry", "return", "self", "sizeof", "static", "super",
	"switch", "synchronized", "then", "this", "throw", "transient", "try",
	"undef", "unless", "unsigned", "until", "use", "var", "virtual",
	"volatile", "when", "while", "with", "xor", "yield",
};

static int
compare_word(const void *key, const void *word)
{
	return strcmp(key, *(const char *const *)word);
}

static void
check_word(struct idl_file *f, const char *name, struct idl_loc loc,
    struct names *seen)
{
	if (bsearch(name, reserved, sizeof(reserved) / sizeof(reserved[0]),
	    sizeof(reserved[0]), compare_word) == NULL ||
	    names_add(seen, f->idl->arena, name, seen) != NULL)
		return;
	idl_lint(f->idl, loc, NULL, "'%s' is a reserved word of the IDL; "
	    "bindings may change it", name);
}

static const char *
other_at(struct idl *idl, struct idl_loc loc)
{
	return tf_strf(idl->arena, "the other one is at %s",
	    idl_where(idl, loc)).s;
}

static void
check_exception_use(struct idl_file *f, const struct idl_type *t)
{
	const struct idl_type *real = idl_type_real(t);

	if (t->key != NULL)
		check_exception_use(f, t->key);
	if (t->val != NULL)
		check_exception_use(f, t->val);
	if (real->def != NULL && real->def->kind == IDL_EXCEPTION)
		idl_lint(f->idl, t->loc, NULL,
		    "exception '%s' is used as an ordinary type",
		    idl_show(f->idl, real->def->name));
}

static int
compare_fields(const void *a, const void *b)
{
	const struct idl_field *x = *(struct idl_field *const *)a;
	const struct idl_field *y = *(struct idl_field *const *)b;

	if (x->id != y->id)
		return x->id - y->id;
	return x->loc.off < y->loc.off ? -1 : x->loc.off > y->loc.off;
}

static void
check_ids(struct idl_file *f, const struct idl_def *d)
{
	struct idl_field **v;
	uint32_t i, n = d->fields.n;

	v = tf_alloc(f->idl->arena, n + 1, sizeof(struct idl_field *));
	if (n > 0)
		memcpy(v, d->fields.v, n * sizeof(struct idl_field *));
	qsort(v, n, sizeof(struct idl_field *), compare_fields);
	for (i = 1; i < n; i++)
		if (v[i]->id == v[i - 1]->id)
			idl_error(f->idl, v[i]->loc, other_at(f->idl,
			    v[i - 1]->loc), "two fields have the id %d",
			    v[i]->id);
}

static void
check_fields(struct idl_file *f, const struct idl_def *d, struct names *words)
{
	struct names seen = { NULL, 0, 0 };
	const struct idl_field *fi, *other;
	uint32_t i;

	for (i = 0; i < d->fields.n; i++) {
		fi = d->fields.v[i];
		other = names_add(&seen, f->idl->arena, fi->name,
		    d->fields.v[i]);
		if (other != NULL && d->kind != IDL_RESULT)
			idl_error(f->idl, fi->loc, other_at(f->idl,
			    other->loc), "two fields are called '%s'",
			    idl_show(f->idl, fi->name));
		check_word(f, fi->name, fi->loc, words);
		if (d->kind != IDL_RESULT)
			check_exception_use(f, fi->type);
	}
	check_ids(f, d);
}

static void
check_union(struct idl_file *f, const struct idl_def *d)
{
	uint32_t i;
	bool any = false;

	for (i = 0; i < d->fields.n; i++) {
		if (d->fields.v[i]->value == NULL)
			continue;
		if (any)
			idl_error(f->idl, d->fields.v[i]->loc, NULL,
			    "only one member of a union can have a default");
		any = true;
	}
}

static int
compare_enumerators(const void *a, const void *b)
{
	const struct idl_enumerator *x = *(struct idl_enumerator *const *)a;
	const struct idl_enumerator *y = *(struct idl_enumerator *const *)b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->loc.off < y->loc.off ? -1 : x->loc.off > y->loc.off;
}

static void
check_enum_numbers(struct idl_file *f, const struct idl_def *d)
{
	struct idl_enumerator **v;
	uint32_t i, n = d->values.n;

	v = tf_alloc(f->idl->arena, n + 1, sizeof(struct idl_enumerator *));
	if (n > 0)
		memcpy(v, d->values.v, n * sizeof(struct idl_enumerator *));
	qsort(v, n, sizeof(struct idl_enumerator *), compare_enumerators);
	for (i = 1; i < n; i++)
		if (v[i]->value == v[i - 1]->value)
			idl_lint(f->idl, v[i]->loc, NULL,
			    "'%s' has the value of '%s', %d", v[i]->name,
			    v[i - 1]->name, v[i]->value);
}

static void
check_enum(struct idl_file *f, const struct idl_def *d, struct names *words)
{
	struct names seen = { NULL, 0, 0 };
	const struct idl_enumerator *e, *other;
	uint32_t i;

	for (i = 0; i < d->values.n; i++) {
		e = d->values.v[i];
		other = names_add(&seen, f->idl->arena, e->name,
		    d->values.v[i]);
		if (other != NULL)
			idl_error(f->idl, e->loc, other_at(f->idl, other->loc),
			    "two enum values are called '%s'",
			    idl_show(f->idl, e->name));
		check_word(f, e->name, e->loc, words);
	}
	check_enum_numbers(f, d);
}

static void
check_throws(struct idl_file *f, const struct idl_method *m)
{
	const struct idl_type *t;
	const struct idl_field *fi;
	uint32_t i;

	for (i = 0; i < m->result->fields.n; i++) {
		fi = m->result->fields.v[i];
		t = idl_type_real(fi->type);
		if (fi->id == 0 || (fi->type->name != NULL && t->def == NULL))
			continue;
		if (t->def == NULL || t->def->kind != IDL_EXCEPTION)
			idl_error(f->idl, fi->type->loc, NULL,
			    "a method can throw exceptions only");
		else if (m->oneway)
			idl_error(f->idl, fi->loc,
			    "nobody waits for the answer of a oneway method",
			    "a oneway method cannot throw");
	}
}

static void
check_method(struct idl_file *f, struct idl_method *m, struct names *words)
{
	check_word(f, m->name, m->loc, words);
	check_fields(f, m->args, words);
	check_fields(f, m->result, words);
	check_throws(f, m);
	check_exception_use(f, m->ret);
	flags_check(f->idl, &m->annos);
	if (m->oneway && (m->ret->kind != TF_T_NONE || m->ret->name != NULL))
		idl_lint(f->idl, m->ret->loc, "write 'void'",
		    "the result of a oneway method is never sent");
}

static const struct idl_method *
find_method(const struct idl_def *d, const char *name)
{
	const struct idl_method *m = NULL;

	for (; d != NULL && m == NULL; d = d->base)
		m = names_get(&d->by_name, name);
	return m;
}

static void
check_service(struct idl_file *f, struct idl_def *d, struct names *words)
{
	const struct idl_method *other;
	struct idl_method *m;
	uint32_t i;

	flags_check(f->idl, &d->annos);
	for (i = 0; i < d->methods.n; i++) {
		m = d->methods.v[i];
		flags_set(d, m);
		other = find_method(d, m->name);
		names_add(&d->by_name, f->idl->arena, m->name, m);
		if (other != NULL)
			idl_error(f->idl, m->loc, other_at(f->idl, other->loc),
			    "two methods are called '%s'",
			    idl_show(f->idl, m->name));
		check_method(f, m, words);
	}
}

static void
check_includes(struct idl_file *f)
{
	const struct idl_include *inc;
	uint32_t i;

	for (i = 0; i < f->includes.n; i++) {
		inc = &f->includes.v[i];
		if (inc->file != NULL && !inc->used)
			idl_lint(f->idl, inc->loc, NULL,
			    "nothing of '%s' is used",
			    idl_show(f->idl, inc->path));
	}
}

void
check_file(struct idl_file *f)
{
	struct names words = { NULL, 0, 0 };
	struct idl_def *d;
	uint32_t i;

	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		check_word(f, d->name, d->loc, &words);
		if (d->type != NULL && d->kind == IDL_CONST)
			check_exception_use(f, d->type);
		if (d->kind == IDL_ENUM)
			check_enum(f, d, &words);
		else if (d->kind == IDL_SERVICE)
			check_service(f, d, &words);
		else if (idl_is_struct(d))
			check_fields(f, d, &words);
		if (d->kind == IDL_UNION)
			check_union(f, d);
	}
	if (!f->bad)
		check_includes(f);
}
