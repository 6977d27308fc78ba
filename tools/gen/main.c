/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thriftfork-gen: the command line.
 */
#include <err.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "gen.h"

static const char usage_text[] =
    "usage: thriftfork-gen [-I DIR]... [-o DIR] [--depend FILE] [--strict] "
    "FILE.thrift...\n"
    "       thriftfork-gen [-I DIR]... [-o DIR] --skeleton FILE.thrift\n";

static const char help_text[] =
    "\n"
    "  -I DIR         look for included files in DIR, too\n"
    "  -o DIR         write to DIR instead of the current directory\n"
    "  --depend FILE  write rules for make: what was read\n"
    "  --strict       what is suspicious is an error\n"
    "  --skeleton     write a handler file and a Makefile to start from\n"
    "  --help         this text\n"
    "  --version      the version\n";

struct options {
	const char	*dir, *depend;
	bool		 skeleton;
};

enum {
	OPT_DEPEND = 256,
	OPT_STRICT,
	OPT_SKELETON,
	OPT_HELP,
	OPT_VERSION
};

static void
parse_options(struct idl *idl, struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "depend", required_argument, NULL, OPT_DEPEND },
		{ "strict", no_argument, NULL, OPT_STRICT },
		{ "skeleton", no_argument, NULL, OPT_SKELETON },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "I:o:", longs, NULL)) != -1)
		switch (c) {
		case 'I':
			idl_add_dir(idl, optarg);
			break;
		case 'o':
			o->dir = optarg;
			break;
		case OPT_DEPEND:
			o->depend = optarg;
			break;
		case OPT_STRICT:
			idl->strict = true;
			break;
		case OPT_SKELETON:
			o->skeleton = true;
			break;
		case OPT_HELP:
			printf("%s%s", usage_text, help_text);
			exit(0);
		case OPT_VERSION:
			printf("thriftfork-gen %s\n", tf_version());
			exit(0);
		default:
			fputs(usage_text, stderr);
			exit(2);
		}
	if (optind == argc || (o->skeleton && optind + 1 != argc)) {
		fputs(usage_text, stderr);
		exit(2);
	}
}

/* suffix: "h" or "c". */
static int
write_file(struct gen *g, const char *dir, const char *suffix,
    void (*emit)(struct gen *))
{
	const char *header = FILE_NAMES(g->file)->header;
	char *text = NULL;
	size_t len = 0;
	int rc;

	g->out = open_memstream(&text, &len);
	if (g->out == NULL)
		err(1, NULL);
	emit(g);
	if (fclose(g->out) == EOF)
		err(1, NULL);
	rc = out_write(tf_strf(g->idl->arena, "%s/%.*s%s", dir,
	    (int)strlen(header) - 1, header, suffix).s, text, len);
	free(text);
	return rc;
}

static int
generate(struct idl *idl, struct idl_file *file, const char *dir)
{
	struct gen g = { .idl = idl, .file = file };

	if (write_file(&g, dir, "h", header_write) == -1 ||
	    write_file(&g, dir, "c", source_write) == -1)
		return -1;
	return 0;
}

static int
load_all(struct idl *idl, char **paths, struct idl_files *files)
{
	struct idl_file *f;
	int rc = 0;

	for (; *paths != NULL; paths++) {
		f = idl_load(idl, *paths);
		if (f == NULL)
			rc = -1;
		else
			*TF_PUSH(idl->arena, files) = f;
	}
	return rc;
}

static int
run(struct idl *idl, const struct options *o, char **paths)
{
	struct idl_files files = { NULL, 0, 0 };
	uint32_t i;

	if (load_all(idl, paths, &files) == -1 || name_program(idl) == -1)
		return -1;
	for (i = 0; i < files.n; i++)
		if (clash_check(files.v[i]) == -1)
			return -1;
	if (o->skeleton)
		return skeleton_write(idl, files.v[0], o->dir);
	for (i = 0; i < files.n; i++)
		if (generate(idl, files.v[i], o->dir) == -1)
			return -1;
	if (o->depend != NULL)
		return depend_write(idl, o->depend, o->dir, &files);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o = { .dir = "." };
	struct idl *idl = idl_new();
	int rc;

	parse_options(idl, &o, argc, argv);
	rc = run(idl, &o, argv + optind);
	idl_free(idl);
	return rc == -1 ? 1 : 0;
}
