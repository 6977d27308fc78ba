/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files and what they include: each file once, however many ways lead
 * to it, and never in a circle.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "parse.h"

#define MAX_INCLUDE_DEPTH	100
#define MAX_FILE_BYTES		(64u << 20)

struct idl *
idl_new(void)
{
	struct tf_arena *arena = tf_arena_new(0);
	struct idl *idl = tf_alloc(arena, 1, sizeof(*idl));

	idl->arena = arena;
	idl->out = stderr;
	return idl;
}

void
idl_free(struct idl *idl)
{
	if (idl != NULL)
		tf_arena_free(idl->arena);
}

void
idl_add_dir(struct idl *idl, const char *dir)
{
	*TF_PUSH(idl->arena, &idl->dirs) =
	    tf_strn(idl->arena, dir, strlen(dir)).s;
}

static const char *
read_all(struct idl *idl, int fd, size_t *len)
{
	size_t cap = 65536;
	char *buf = NULL, *bigger;
	const char *text;
	ssize_t n;

	*len = 0;
	do {
		bigger = realloc(buf, cap);
		if (bigger == NULL) {
			free(buf);
			return NULL;
		}
		buf = bigger;
		n = read(fd, buf + *len, cap - *len);
		if (n > 0)
			*len += (size_t)n;
		if (*len == cap)
			cap *= 2;
	} while ((n > 0 || (n == -1 && errno == EINTR)) &&
	    *len <= MAX_FILE_BYTES);
	if (*len > MAX_FILE_BYTES)
		errno = EFBIG;
	text = n == 0 ? tf_strn(idl->arena, buf, *len).s : NULL;
	free(buf);
	return text;
}

static const char *
read_file(struct idl *idl, const char *path, size_t *len)
{
	const char *text;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	text = read_all(idl, fd, len);
	close(fd);
	return text;
}

static const char *
file_name(struct tf_arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/'), *dot;

	path = slash == NULL ? path : slash + 1;
	dot = strrchr(path, '.');
	return tf_strn(arena, path, dot == NULL || dot == path ?
	    strlen(path) : (size_t)(dot - path)).s;
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* Beside the including file, then in the -I directories; NULL if nowhere. */
static const char *
find_include(struct idl_file *from, const char *path)
{
	struct tf_arena *arena = from->idl->arena;
	const char *slash = strrchr(from->path, '/'), *found;
	uint32_t i;

	if (path[0] == '/')
		return is_file(path) ? path : NULL;
	found = slash == NULL ? path : tf_strf(arena, "%.*s/%s",
	    (int)(slash - from->path), from->path, path).s;
	if (is_file(found))
		return found;
	for (i = 0; i < from->idl->dirs.n; i++) {
		found = tf_strf(arena, "%s/%s", from->idl->dirs.v[i], path).s;
		if (is_file(found))
			return found;
	}
	return NULL;
}

static struct idl_file *
find_loaded(const struct idl_files *files, const char *key)
{
	uint32_t i;

	for (i = 0; i < files->n; i++)
		if (strcmp(files->v[i]->key, key) == 0)
			return files->v[i];
	return NULL;
}

/* Files include files. */
static struct idl_file *load_path(struct idl *, const char *path,
    struct idl_loc from);

static void
load_include(struct idl_file *file, struct idl_include *inc)
{
	struct idl *idl = file->idl;
	const char *path = find_include(file, inc->path);

	if (path == NULL)
		idl_lint(idl, inc->loc, "name its directory with -I",
		    "cannot find '%s'", idl_show(idl, inc->path));
	else
		inc->file = load_path(idl, path, inc->loc);
	file->bad |= inc->file != NULL && inc->file->bad;
}

static uint32_t
hard_errors(const struct idl *idl)
{
	return idl->nerrors - idl->nstrict;
}

static void
run_passes(struct idl_file *f)
{
	static void (*const passes[])(struct idl_file *) = { values_file,
	    shape_file, weigh_file };
	uint32_t errors = hard_errors(f->idl);
	size_t i;

	check_file(f);
	f->bad |= hard_errors(f->idl) > errors;
	for (i = 0; i < sizeof(passes) / sizeof(passes[0]) && !f->bad; i++) {
		passes[i](f);
		f->bad = hard_errors(f->idl) > errors;
	}
}

static struct idl_file *
load_text(struct idl *idl, const char *path, const char *key, const char *text,
    size_t len)
{
	struct idl_file *f = tf_alloc(idl->arena, 1, sizeof(*f));
	uint32_t i, errors = hard_errors(idl);

	f->idl = idl;
	f->path = path;
	f->key = key;
	f->name = file_name(idl->arena, path);
	f->text = text;
	f->len = len;
	*TF_PUSH(idl->arena, &idl->stack) = f;
	parse_file(f);
	for (i = 0; i < f->includes.n; i++)
		load_include(f, &f->includes.v[i]);
	declare_file(f);
	resolve_file(f);
	f->bad |= hard_errors(idl) > errors;
	run_passes(f);
	idl->stack.n--;
	*TF_PUSH(idl->arena, &idl->files) = f;
	return f;
}

/* A file and all it includes; from: the include, or nowhere. */
static struct idl_file *
load_path(struct idl *idl, const char *path, struct idl_loc from)
{
	char real[PATH_MAX];
	struct idl_file *f;
	const char *key, *text;
	size_t len;

	key = realpath(path, real) == NULL ? path : real;
	f = find_loaded(&idl->files, key);
	if (f != NULL)
		return f;
	if (find_loaded(&idl->stack, key) != NULL) {
		idl_error(idl, from, NULL, "'%s' includes itself", path);
		return NULL;
	}
	if (idl->stack.n >= MAX_INCLUDE_DEPTH) {
		idl_error(idl, from, NULL, "includes are nested too deep");
		return NULL;
	}
	text = read_file(idl, path, &len);
	if (text == NULL) {
		idl_error(idl, from, NULL, "%s: %s", path, strerror(errno));
		return NULL;
	}
	return load_text(idl, tf_strn(idl->arena, path, strlen(path)).s,
	    tf_strn(idl->arena, key, strlen(key)).s, text, len);
}

struct idl_file *
idl_load(struct idl *idl, const char *path)
{
	struct idl_loc nowhere = { NULL, 0, 0 };
	struct idl_file *f = load_path(idl, path, nowhere);

	return idl->nerrors > 0 ? NULL : f;
}

struct idl_file *
idl_load_text(struct idl *idl, const char *path, const void *text, size_t len)
{
	struct idl_file *f;

	path = tf_strn(idl->arena, path, strlen(path)).s;
	f = load_text(idl, path, path, tf_strn(idl->arena, text, len).s, len);
	return idl->nerrors > 0 ? NULL : f;
}
