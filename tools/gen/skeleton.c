/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handler file and a Makefile to start a service from: every method is
 * there and fails with a message until it is written.
 */
#include <err.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen.h"

TF_LIST_OF(function_names, const char *);

/* The functions stand beside what the header declares, and the library's. */
static const char *
function_name(struct gen *g, const struct idl_def *leaf,
    const struct idl_method *m)
{
	const char *name = tf_strf(g->idl->arena, "%s_%s",
	    name_snake(g->idl->arena, leaf->name),
	    name_snake(g->idl->arena, m->name)).s;

	return source_name(g, name, name_is_library(name) ? "_" : "");
}

static void
put_unused(struct gen *g, const struct idl_method *m)
{
	struct params p = params_name(g, m);
	uint32_t i;

	for (i = 0; i < m->args->fields.n; i++)
		fprintf(g->out, "\t(void)%s;\n", m->args->fields.v[i]->cname);
	if (m->result->fields.n > 0 && m->result->fields.v[0]->id == 0)
		fprintf(g->out, "\t(void)%s;\n", p.ret);
}

static void
put_function(struct gen *g, const char *name, const struct idl_method *m)
{
	put_doc(g->out, m->doc, "");
	fputs("static int\n", g->out);
	put_wrapped(g->out, 0, "    ", tf_strf(g->idl->arena, "%s(%s", name,
	    params_handler(g, m, true)).s);
	fputs("\n{\n", g->out);
	put_unused(g, m);
	fprintf(g->out, "\treturn tf_fail(%s, \"%s is not written yet\");\n"
	    "}\n\n", params_name(g, m).call, m->name);
}

/* The methods of a service and, first, of those it extends. */
static void
put_functions(struct gen *g, const struct idl_def *leaf,
    const struct idl_def *d, struct function_names *names)
{
	const struct idl_method *m;
	const char *name;
	uint32_t i;

	if (d->base != NULL)
		put_functions(g, leaf, d->base, names);
	for (i = 0; i < d->methods.n; i++) {
		m = d->methods.v[i];
		name = function_name(g, leaf, m);
		*TF_PUSH(g->idl->arena, names) = name;
		put_function(g, name, m);
	}
}

/* In the same order; the names that are left. */
static const char **
put_members(struct gen *g, const struct idl_def *d, const char *path,
    const char **names)
{
	uint32_t i;

	if (d->base != NULL)
		names = put_members(g, d->base,
		    tf_strf(g->idl->arena, "%s.base", path).s, names);
	for (i = 0; i < d->methods.n; i++)
		fprintf(g->out, "\t%s.%s = %s,\n", path,
		    d->methods.v[i]->hname, *names++);
	return names;
}

/* The name of its handler. */
static const char *
put_service(struct gen *g, const struct idl_def *d)
{
	struct function_names names = { NULL, 0, 0 };
	const char *handler;

	put_functions(g, d, d, &names);
	handler = source_name(g, name_snake(g->idl->arena, d->name),
	    "_handler");
	fprintf(g->out, "static const struct %s %s = {\n",
	    DEF_NAMES(d)->handler, handler);
	put_members(g, d, "", names.v);
	fputs("};\n\n", g->out);
	return handler;
}

/* Whether a method of d or its bases is served already; notes them if not. */
static bool
is_ambiguous(struct gen *g, struct names *seen, const struct idl_def *d)
{
	const struct idl_def *b;
	uint32_t i;

	for (b = d; b != NULL; b = b->base)
		for (i = 0; i < b->methods.n; i++)
			if (names_get(seen, b->methods.v[i]->name) != NULL)
				return true;
	for (b = d; b != NULL; b = b->base)
		for (i = 0; i < b->methods.n; i++)
			names_add(seen, g->idl->arena, b->methods.v[i]->name,
			    seen);
	return false;
}

/*
 * Services from the last to the first, so that one that extends another comes
 * before it; a server answers each method name for one service only.
 */
static void
put_services(struct gen *g)
{
	struct names seen = { NULL, 0, 0 };
	const char *setup = "", *handler;
	const struct idl_def *d;
	uint32_t i;

	for (i = g->file->defs.n; i-- > 0;) {
		d = g->file->defs.v[i];
		if (d->kind != IDL_SERVICE || is_ambiguous(g, &seen, d))
			continue;
		handler = put_service(g, d);
		setup = tf_strf(g->idl->arena,
		    "%s\tif (%s(srv, &%s) == -1)\n\t\treturn -1;\n",
		    setup, DEF_NAMES(d)->serve, handler).s;
	}
	fprintf(g->out, "static int\nsetup(struct tf_server *srv)\n{\n%s"
	    "%s\treturn 0;\n}\n\nTF_MODULE(setup);\n\n#ifdef MAIN\nint\n"
	    "main(int argc, char **argv)\n{\n"
	    "\treturn tf_main(argc, argv, setup);\n}\n#endif\n",
	    *setup == '\0' ? "\t(void)srv;\n" : "", setup);
}

static void
put_handlers(struct gen *g)
{
	fprintf(g->out, "/* What %s.thrift declares: handlers to fill in. */\n"
	    "#include \"%s\"\n\n", g->file->name, FILE_NAMES(g->file)->header);
	put_services(g);
}

static void
put_inputs(struct gen *g, struct idl_file *f, bool full)
{
	uint32_t i;

	if (f->state)
		return;
	f->state = true;
	fprintf(g->out, " \\\n\t%s", make_path(g->idl->arena,
	    full ? f->key : f->path));
	for (i = 0; i < f->includes.n; i++)
		if (f->includes.v[i].file != NULL)
			put_inputs(g, f->includes.v[i].file, full);
}

static void
put_generated(struct gen *g, struct idl_file *f)
{
	const char *header = make_path(g->idl->arena, FILE_NAMES(f)->header);
	uint32_t i;

	if (!f->state)
		return;
	f->state = false;
	fprintf(g->out, " \\\n\t%.*sc", (int)strlen(header) - 1, header);
	for (i = 0; i < f->includes.n; i++)
		if (f->includes.v[i].file != NULL)
			put_generated(g, f->includes.v[i].file);
}

/* Names are escaped for make, and blanks so for the shell as well. */
static void
put_makefile(struct gen *g, bool full)
{
	const char *name = make_path(g->idl->arena, g->file->name);
	char real[PATH_MAX];
	uint32_t i;

	fprintf(g->out, "# make: the module, %s.so\n"
	    "# make run: serve it\n"
	    "# make %s: a program of the same source\n\n"
	    "GEN = thriftfork gen\nGENFLAGS =", name, name);
	for (i = 0; i < g->idl->dirs.n; i++)
		fprintf(g->out, " -I %s", make_path(g->idl->arena, full &&
		    realpath(g->idl->dirs.v[i], real) != NULL ? real :
		    g->idl->dirs.v[i]));
	fputs("\nCFLAGS = -O2 -g -Wall -Wextra\n"
	    "TF_CFLAGS := $(shell pkg-config --cflags thriftfork)\n"
	    "TF_LIBS := $(shell pkg-config --libs thriftfork)\n\nIDL =",
	    g->out);
	put_inputs(g, g->file, full);
	fputs("\nGENERATED =", g->out);
	put_generated(g, g->file);
	fprintf(g->out, "\nBUILD = $(CC) -I. $(TF_CFLAGS) $(CFLAGS)\n\n"
	    "%s.so: %s.c generated.stamp\n"
	    "\t$(BUILD) -fPIC -shared -o '$@' %s.c $(GENERATED) "
	    "$(LDFLAGS) $(TF_LIBS)\n\n"
	    "%s: %s.c generated.stamp\n"
	    "\t$(BUILD) -DMAIN -o '$@' %s.c $(GENERATED) "
	    "$(LDFLAGS) $(TF_LIBS)\n\n", name, name, name, name, name, name);
	fprintf(g->out,
	    "generated.stamp: $(IDL)\n\t$(GEN) $(GENFLAGS) $(IDL)\n"
	    "\ttouch $@\n\n"
	    "run: %s.so\n\tthriftfork run ./%s.so\n\n"
	    "clean:\n\trm -f %s %s.so generated.stamp $(GENERATED) "
	    "$(GENERATED:.c=.h)\n\n.PHONY: run clean\n", name, name, name,
	    name);
}

static int
create(struct gen *g, const char *dir, const char *name,
    void (*put)(struct gen *, bool), bool full)
{
	char *text = NULL;
	size_t len = 0;
	int rc;

	g->out = open_memstream(&text, &len);
	if (g->out == NULL)
		return -1;
	put(g, full);
	fclose(g->out);
	rc = out_create(tf_strf(g->idl->arena, "%s/%s", dir, name).s, text,
	    len);
	free(text);
	return rc;
}

static void
put_source(struct gen *g, bool full)
{
	(void)full;
	put_handlers(g);
}

/* Nothing is written if there is something in the way of a part of it. */
static bool
is_taken(const char *dir, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (access(path, F_OK) == -1)
		return false;
	warnx("%s is there already: say where else with -o", path);
	return true;
}

int
skeleton_write(struct idl *idl, struct idl_file *f, const char *dir)
{
	const char *source = tf_strf(idl->arena, "%s.c", f->name).s;
	struct gen g = { .idl = idl, .file = f };

	if (is_taken(dir, source) || is_taken(dir, "Makefile"))
		return -1;
	if (create(&g, dir, source, put_source, false) == -1)
		return -1;
	return create(&g, dir, "Makefile", put_makefile,
	    strcmp(dir, ".") != 0);
}
