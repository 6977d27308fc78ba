/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules for make: the generated files depend on all that was read.
 */
#include <stdlib.h>
#include <string.h>

#include "gen.h"

const char *
make_path(struct tf_arena *arena, const char *path)
{
	char *to, *p;

	p = to = tf_alloc(arena, 2, strlen(path) + 1);
	for (; *path != '\0'; path++) {
		if (*path == ' ' || *path == '#' || *path == '\\')
			*to++ = '\\';
		else if (*path == '$')
			*to++ = '$';
		*to++ = *path;
	}
	*to = '\0';
	return p;
}

static void
put_path(FILE *out, const struct idl_file *f, const char *path)
{
	fputs(make_path(f->idl->arena, path), out);
}

static void
put_target(FILE *out, const struct idl_file *f, const char *dir,
    const char *suffix)
{
	const char *header = make_path(f->idl->arena, FILE_NAMES(f)->header);

	if (strcmp(dir, ".") != 0) {
		put_path(out, f, dir);
		putc('/', out);
	}
	fprintf(out, "%.*s%s", (int)strlen(header) - 1, header, suffix);
}

static void
put_inputs(FILE *out, struct idl_file *f)
{
	uint32_t i;

	if (f->state)
		return;
	f->state = true;
	fputs(" \\\n  ", out);
	put_path(out, f, f->path);
	for (i = 0; i < f->includes.n; i++)
		if (f->includes.v[i].file != NULL)
			put_inputs(out, f->includes.v[i].file);
}

static void
put_rule(struct idl *idl, FILE *out, struct idl_file *f, const char *dir)
{
	uint32_t i;

	for (i = 0; i < idl->files.n; i++)
		idl->files.v[i]->state = false;
	put_target(out, f, dir, "h");
	putc(' ', out);
	put_target(out, f, dir, "c");
	putc(':', out);
	put_inputs(out, f);
	putc('\n', out);
}

int
depend_write(struct idl *idl, const char *path, const char *dir,
    const struct idl_files *files)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	uint32_t i;
	int rc;

	if (out == NULL)
		return -1;
	for (i = 0; i < files->n; i++)
		put_rule(idl, out, files->v[i], dir);
	for (i = 0; i < idl->files.n; i++) {
		putc('\n', out);
		put_path(out, idl->files.v[i], idl->files.v[i]->path);
		fputs(":\n", out);
	}
	fclose(out);
	rc = out_write(path, text, len);
	free(text);
	return rc;
}
