/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every C identifier of the generated files.
 *
 * What stands alone (members, arguments, handler functions) keeps its IDL
 * spelling; what is joined to the prefix is in snake case.  If a name is
 * taken, underscores are added to it.  Names that the IDL spells are handed
 * out before names derived from them, in the order of the file, so adding a
 * definition at the end of a file changes no name before it; and names of
 * included files with the same prefix come before all.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "gen.h"

const char *
name_upper(struct tf_arena *arena, const char *s)
{
	size_t i, n = strlen(s);
	char *p = tf_alloc(arena, 1, n + 1);

	for (i = 0; i < n; i++)
		p[i] = (char)toupper((uint8_t)s[i]);
	return p;
}

/* Whether a word begins at s[i]: fooBar, HTTPServer, but not ID or v2. */
static bool
begins_word(const char *s, size_t i)
{
	if (i == 0 || !isupper((uint8_t)s[i]) || s[i - 1] == '_')
		return false;
	return !isupper((uint8_t)s[i - 1]) || islower((uint8_t)s[i + 1]);
}

const char *
name_snake(struct tf_arena *arena, const char *s)
{
	char *p, *to;
	size_t i;

	p = to = tf_alloc(arena, 2, strlen(s) + 1);
	for (i = 0; s[i] != '\0'; i++) {
		if (begins_word(s, i))
			*to++ = '_';
		*to++ = isalnum((uint8_t)s[i]) ?
		    (char)tolower((uint8_t)s[i]) : '_';
	}
	return p;
}

const char *
name_avoid(struct tf_arena *arena, const char *name, const char *const *others,
    size_t n)
{
	size_t i = 0;

	while (i < n || name_is_reserved(name)) {
		if (name_is_reserved(name) || (others[i] != NULL &&
		    strcmp(name, others[i]) == 0)) {
			name = tf_strf(arena, "%s_", name).s;
			i = 0;
		} else
			i++;
	}
	return name;
}

/* A name that nothing has in this table yet, and takes it. */
static const char *
take(struct tf_arena *arena, struct names *taken, const char *name)
{
	while (name_is_reserved(name) || names_get(taken, name) != NULL)
		name = tf_strf(arena, "%s_", name).s;
	names_add(taken, arena, name, taken);
	return name;
}

static const char *
join(struct idl_file *f, const char *fmt, const char *middle)
{
	struct tf_arena *arena = f->idl->arena;

	return take(arena, &FILE_NAMES(f)->taken,
	    tf_strf(arena, "%s%s%s", FILE_NAMES(f)->prefix, fmt, middle).s);
}

static const char *
derive(struct idl_file *f, const char *name, const char *suffix)
{
	struct tf_arena *arena = f->idl->arena;

	return take(arena, &FILE_NAMES(f)->taken,
	    tf_strf(arena, "%s%s", name, suffix).s);
}

const char *
source_name(struct gen *g, const char *base, const char *suffix)
{
	return derive(g->file, base, suffix);
}

const char *
numbered_name(struct gen *g, const char *base, uint32_t n)
{
	struct names *numbered = &FILE_NAMES(g->file)->numbered;
	const char *key = tf_strf(g->idl->arena, "%s_%u", base, n).s, *name;

	name = names_get(numbered, key);
	if (name != NULL)
		return name;
	name = derive(g->file, key, "");
	names_add(numbered, g->idl->arena, key, (void *)(uintptr_t)name);
	return name;
}

static const char *
derive_upper(struct idl_file *f, const char *name, const char *suffix)
{
	return derive(f, name_upper(f->idl->arena, name), suffix);
}

static const char *
macro(struct idl_file *f, const char *name)
{
	names_add(&FILE_NAMES(f)->macros, f->idl->arena, name, f);
	return name;
}

static void
name_def(struct idl_file *f, struct idl_def *d)
{
	struct tf_arena *arena = f->idl->arena;
	const char *snake = name_snake(arena, d->name);

	d->data = tf_alloc(arena, 1, sizeof(struct def_names));
	if (d->kind == IDL_CONST && const_is_macro(d))
		d->cname = macro(f, take(arena, &FILE_NAMES(f)->taken,
		    name_upper(arena, tf_strf(arena, "%s_%s",
		    FILE_NAMES(f)->prefix, snake).s)));
	else
		d->cname = join(f, "_", snake);
	if (d->kind == IDL_TYPEDEF)
		names_add(&FILE_NAMES(f)->typedefs, arena, d->cname, d);
}

static void
name_members(struct idl_file *f, struct idl_def *d)
{
	struct tf_arena *arena = f->idl->arena;
	const char *middle;
	uint32_t i;

	for (i = 0; i < d->values.n; i++) {
		middle = tf_strf(arena, "_%s", name_snake(arena,
		    d->values.v[i]->name)).s;
		d->values.v[i]->cname = derive_upper(f, d->cname,
		    name_upper(arena, middle));
	}
	for (i = 0; i < d->methods.n; i++) {
		middle = tf_strf(arena, "_%s", name_snake(arena,
		    d->methods.v[i]->name)).s;
		d->methods.v[i]->cname = derive(f, d->cname, middle);
	}
	for (i = 0; d->kind == IDL_UNION && i < d->fields.n; i++) {
		middle = tf_strf(arena, "_%s", name_snake(arena,
		    d->fields.v[i]->name)).s;
		d->fields.v[i]->hname = derive_upper(f, d->cname,
		    name_upper(arena, middle));
	}
}

static void
name_of_method(struct idl_file *f, struct idl_method *m)
{
	m->reply = derive(f, m->cname, "_reply");
	m->start = derive(f, m->cname, "_start");
	m->finish = derive(f, m->cname, "_finish");
}

static void
name_derived(struct idl_file *f, struct idl_def *d)
{
	struct def_names *n = DEF_NAMES(d);

	if (d->kind == IDL_ENUM || idl_is_struct(d))
		n->type = derive(f, d->cname, "_type");
	if (d->kind == IDL_ENUM)
		n->name = derive(f, d->cname, "_name");
	if (idl_is_struct(d)) {
		n->dup = derive(f, d->cname, "_dup");
		n->init = derive_upper(f, d->cname, "_INIT");
	}
	if (d->has_init)
		macro(f, n->init);
	n->defaults = derive(f, d->cname, "_default");
	if (d->kind == IDL_UNION) {
		n->which = derive(f, d->cname, "_which");
		n->none = derive_upper(f, d->cname, "_NONE");
	}
	if (d->kind == IDL_EXCEPTION) {
		n->toss = join(f, "_throw_", name_snake(f->idl->arena,
		    d->name));
		n->toss_later = derive(f, n->toss, "_later");
	}
	if (d->kind == IDL_SERVICE) {
		n->service = derive(f, d->cname, "_service");
		n->handler = derive(f, d->cname, "_handler");
		n->serve = derive(f, d->cname, "_serve");
		n->serve_as = derive(f, d->cname, "_serve_as");
	}
	for (uint32_t i = 0; i < d->methods.n; i++)
		name_of_method(f, d->methods.v[i]);
}

/*
 * What no member or argument can be called: a macro; or a type, which could no
 * longer be called by that name where this is declared.
 */
static bool
is_unfit(const struct idl_file *f, const char *name)
{
	return name_is_reserved(name) ||
	    names_get(&FILE_NAMES(f)->typedefs, name) != NULL ||
	    names_get(&FILE_NAMES(f)->macros, name) != NULL;
}

/* Arguments and exceptions hide what functions of the .c file call as well. */
static bool
is_unfit_field(const struct idl_file *f, const struct idl_def *d,
    const char *name)
{
	return is_unfit(f, name) || ((d->kind == IDL_ARGS ||
	    d->kind == IDL_RESULT) && name_is_library(name));
}

/* A name of a member or an argument, of which others are taken. */
static const char *
take_member(const struct idl_file *f, const struct idl_def *d,
    struct names *taken, const char *name)
{
	struct tf_arena *arena = f->idl->arena;

	while (is_unfit_field(f, d, name) || names_get(taken, name) != NULL)
		name = tf_strf(arena, "%s_", name).s;
	names_add(taken, arena, name, taken);
	return name;
}

/*
 * Members of one struct or handler: those that keep their spelling first, then
 * those that cannot, then the flags.
 */
static void
name_fields(const struct idl_file *file, const struct idl_def *d)
{
	struct tf_arena *arena = file->idl->arena;
	struct names taken = { NULL, 0, 0 };
	struct idl_field *f;
	uint32_t i;

	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		if (!is_unfit_field(file, d, f->name))
			f->cname = take_member(file, d, &taken, f->name);
	}
	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		if (f->cname == NULL)
			f->cname = take_member(file, d, &taken, f->name);
	}
	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		if (f->has)
			f->hname = take_member(file, d, &taken,
			    tf_strf(arena, "has_%s", f->cname).s);
	}
}

/* Of handlers that extend others, and a macro of the .c file. */
static bool
is_kept(const char *name)
{
	return strcmp(name, "base") == 0 || strcmp(name, "OFF") == 0;
}

static void
name_handlers(const struct idl_file *file, const struct idl_def *d)
{
	struct tf_arena *arena = file->idl->arena;
	struct names taken = { NULL, 0, 0 };
	struct idl_method *m;
	uint32_t i, round;

	for (round = 0; round < 2; round++)
		for (i = 0; i < d->methods.n; i++) {
			m = d->methods.v[i];
			if (m->hname != NULL || (round == 0 &&
			    (is_unfit(file, m->name) || is_kept(m->name))))
				continue;
			if (round == 1 && is_kept(m->name))
				names_add(&taken, arena, m->name, &taken);
			m->hname = take_member(file, d, &taken, m->name);
			name_fields(file, m->args);
			name_fields(file, m->result);
		}
}

/*
 * What the defaults of a struct point to is in the header, for those to avoid
 * that include this file.
 */
static void
name_defaults(struct idl_file *f, const struct idl_def *d)
{
	struct gen g = { .idl = f->idl, .file = f };
	struct init in = { .gen = &g, .base = DEF_NAMES(d)->defaults };

	init_members_of(&in, d, NULL);
}

/* "namespace c", else "namespace *", else the name of the file. */
static struct idl_namespace
file_prefix(const struct idl_file *f)
{
	struct idl_namespace ns = { { f, 0, 0 }, "", f->name };
	uint32_t i;

	for (i = 0; i < f->namespaces.n; i++)
		if (strcmp(f->namespaces.v[i].scope, "c") == 0)
			return f->namespaces.v[i];
		else if (strcmp(f->namespaces.v[i].scope, "*") == 0)
			ns = f->namespaces.v[i];
	return ns;
}

/*
 * Below the first -I directory that holds it, a file keeps its path; else its
 * name alone counts.
 */
static const char *
header_path(const struct idl_file *f)
{
	struct tf_arena *arena = f->idl->arena;
	const char *rest = NULL;
	char real[PATH_MAX];
	uint32_t i;
	size_t n;

	for (i = 0; i < f->idl->dirs.n && rest == NULL; i++) {
		if (realpath(f->idl->dirs.v[i], real) == NULL)
			continue;
		n = strlen(real);
		if (strncmp(f->key, real, n) == 0 && f->key[n] == '/')
			rest = f->key + n + 1;
	}
	if (rest == NULL)
		return tf_strf(arena, "%s.tf.h", f->name).s;
	n = strlen(rest);
	if (n > 7 && strcmp(rest + n - 7, ".thrift") == 0)
		n -= 7;
	return tf_strf(arena, "%.*s.tf.h", (int)n, rest).s;
}

static int
name_prefix(struct idl_file *f, struct file_names *n)
{
	struct idl_namespace ns = file_prefix(f);
	const char *p;

	p = name_snake(f->idl->arena, ns.name);
	if (*p == '\0' || isdigit((uint8_t)*p))
		p = tf_strf(f->idl->arena, "idl%s%s", *p ? "_" : "", p).s;
	n->prefix = p;
	n->upper = name_upper(f->idl->arena, p);
	n->header = header_path(f);
	if (strcmp(p, "tf") != 0 && strncmp(p, "tf_", 3) != 0)
		return 0;
	idl_error(f->idl, ns.loc, "add 'namespace c NAME' to the file",
	    "names that begin with 'tf_' belong to the library");
	return -1;
}

static void
add_names(struct idl_file *f, struct names *to, const struct names *from)
{
	uint32_t i;

	for (i = 0; i < from->size; i++)
		if (from->slots[i].key != NULL)
			names_add(to, f->idl->arena, from->slots[i].key,
			    from->slots[i].value);
}

/* What included files with the same prefix have taken, this file cannot. */
static void
inherit_names(struct idl_file *f)
{
	const struct idl_file *inc;
	uint32_t i;

	for (i = 0; i < f->includes.n; i++) {
		inc = f->includes.v[i].file;
		if (inc == NULL)
			continue;
		add_names(f, &FILE_NAMES(f)->taken, &FILE_NAMES(inc)->taken);
		add_names(f, &FILE_NAMES(f)->typedefs,
		    &FILE_NAMES(inc)->typedefs);
		add_names(f, &FILE_NAMES(f)->macros, &FILE_NAMES(inc)->macros);
	}
}

static int
name_file(struct idl_file *f)
{
	struct idl_def *d;
	uint32_t i;

	f->data = tf_alloc(f->idl->arena, 1, sizeof(struct file_names));
	if (name_prefix(f, FILE_NAMES(f)) == -1)
		return -1;
	inherit_names(f);
	for (i = 0; i < f->defs.n; i++)
		name_def(f, f->defs.v[i]);
	for (i = 0; i < f->defs.n; i++)
		name_members(f, f->defs.v[i]);
	for (i = 0; i < f->defs.n; i++)
		name_derived(f, f->defs.v[i]);
	for (i = 0; i < f->defs.n; i++) {
		d = f->defs.v[i];
		if (d->kind == IDL_SERVICE)
			name_handlers(f, d);
		else
			name_fields(f, d);
	}
	for (i = 0; i < f->defs.n; i++)
		if (f->defs.v[i]->has_init)
			name_defaults(f, f->defs.v[i]);
	containers_find(f);
	return 0;
}

int
name_program(struct idl *idl)
{
	uint32_t i;

	for (i = 0; i < idl->files.n; i++)
		if (idl->files.v[i]->data == NULL &&
		    name_file(idl->files.v[i]) == -1)
			return -1;
	return 0;
}
