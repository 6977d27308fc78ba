/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are used together and cannot be: two with one name would be
 * written to one place, and two with one prefix may name the same things.
 */
#include "diag.h"
#include "gen.h"

struct together {
	struct names	 headers, names;
	bool		 failed;
};

static void
check_names(struct together *t, struct idl_file *f)
{
	struct idl *idl = f->idl;
	const struct idl_def *d, *other;
	uint32_t i;

	for (i = 0; i < f->defs.n && !t->failed; i++) {
		d = f->defs.v[i];
		other = names_add(&t->names, idl->arena, d->cname,
		    f->defs.v[i]);
		if (other == NULL || other->file == f)
			continue;
		t->failed = true;
		idl_error(idl, d->loc, tf_strf(idl->arena, "the other one is "
		    "at %s; give one of the files a 'namespace c'",
		    idl_where(idl, other->loc)).s,
		    "two things would be called '%s' in C", d->cname);
	}
}

static void
visit(struct together *t, struct idl_file *f)
{
	const struct idl_file *other;
	struct idl_loc loc = { f, 0, 0 };
	uint32_t i;

	if (f->state)
		return;
	f->state = true;
	for (i = 0; i < f->includes.n; i++)
		if (f->includes.v[i].file != NULL)
			visit(t, f->includes.v[i].file);
	other = names_add(&t->headers, f->idl->arena, FILE_NAMES(f)->header, f);
	if (other != NULL) {
		t->failed = true;
		idl_error(f->idl, loc, "with -I and a directory above both, "
		    "they go to directories of their own",
		    "%s and %s would both be written to %s", f->path,
		    other->path, FILE_NAMES(f)->header);
	}
	if (!t->failed)
		check_names(t, f);
}

int
clash_check(struct idl_file *f)
{
	struct together t = { .failed = false };
	uint32_t i;

	for (i = 0; i < f->idl->files.n; i++)
		f->idl->files.v[i]->state = false;
	visit(&t, f);
	for (i = 0; i < f->idl->files.n; i++)
		f->idl->files.v[i]->state = false;
	return t.failed ? -1 : 0;
}
