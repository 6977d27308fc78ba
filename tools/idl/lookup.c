/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where names are looked up: in the file itself and, if they are qualified, in
 * the files it includes itself.  Of two included files with one name the later
 * one is meant, as in Apache's compiler.
 */
#include <string.h>

#include "load.h"

const struct names *
names_types(const struct idl_file *f)
{
	return &f->types;
}

const struct names *
names_consts(const struct idl_file *f)
{
	return &f->consts;
}

const struct names *
names_services(const struct idl_file *f)
{
	return &f->services;
}

/* The rest of name if it begins with the include's name and a dot. */
static const char *
strip_include(const struct idl_include *inc, const char *name)
{
	size_t n = strlen(inc->name);

	if (inc->file == NULL || strncmp(name, inc->name, n) != 0 ||
	    name[n] != '.')
		return NULL;
	return name + n + 1;
}

void *
lookup_name(struct idl_file *f, const char *name, struct idl_loc loc,
    const struct names *(*pick)(const struct idl_file *))
{
	void *found = names_get(pick(f), name), *other;
	struct idl_include *inc;
	const char *rest;
	uint32_t i;

	if (found != NULL)
		return found;
	for (i = f->includes.n; i-- > 0;) {
		inc = &f->includes.v[i];
		rest = strip_include(inc, name);
		if (rest == NULL)
			continue;
		other = names_get(pick(inc->file), rest);
		if (found != NULL && other != NULL && other != found &&
		    loc.file != NULL)
			idl_lint(f->idl, loc, NULL,
			    "two included files are called '%s'; the later "
			    "one is meant", inc->name);
		if (other != NULL)
			inc->used = true;
		if (found == NULL)
			found = other;
	}
	return found;
}

/* Whether the name is qualified by an include that could not be loaded. */
bool
lookup_is_missing(const struct idl_file *f, const char *name)
{
	size_t n;
	uint32_t i;

	for (i = 0; i < f->includes.n; i++) {
		n = strlen(f->includes.v[i].name);
		if (f->includes.v[i].file == NULL && name[n > strlen(name) ?
		    0 : n] == '.' && strncmp(name, f->includes.v[i].name,
		    n) == 0)
			return true;
	}
	return false;
}

static struct idl_def *
find_def(const struct idl_file *f, const char *name,
    const struct names *(*pick)(const struct idl_file *))
{
	struct idl_def *d = names_get(pick(f), name);
	const char *rest;
	uint32_t i;

	for (i = f->includes.n; d == NULL && i-- > 0;) {
		rest = strip_include(&f->includes.v[i], name);
		if (rest != NULL)
			d = names_get(pick(f->includes.v[i].file), rest);
	}
	return d;
}

struct idl_def *
idl_find_type(const struct idl_file *f, const char *name)
{
	struct idl_def *d = find_def(f, name, names_types);

	return d == NULL || d->kind == IDL_SERVICE ? NULL : d;
}

struct idl_def *
idl_find_service(const struct idl_file *f, const char *name)
{
	return find_def(f, name, names_services);
}
