/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services in the .c file: arguments and results as structs, the glue between
 * them and C functions, the tables of methods.
 */
#include <string.h>

#include "gen.h"

/* The names that one method has in the .c file. */
struct method_names {
	const char	*args, *args_type;
	const char	*result, *result_type;
	const char	*call;
};

static const char *
put_struct(struct gen *g, const struct idl_def *d, const char *tag)
{
	struct init in = { .gen = g, .aux = g->out, .is_static = true };
	const char *type = source_name(g, tag, "_type"), *image = NULL;
	struct init_members m;
	uint32_t i;

	fprintf(g->out, "struct %s {\n", tag);
	struct_members(g, d);
	fputs("};\n", g->out);
	if (d->has_init) {
		in.base = source_name(g, tag, "_default");
		image = source_name(g, tag, "_init");
		m = init_members_of(&in, d, NULL);
		fprintf(g->out, "static const struct %s %s = {\n", tag, image);
		for (i = 0; i < m.n; i++)
			fprintf(g->out, "\t%s,\n", m.v[i]);
		fputs("};\n", g->out);
	}
	table_struct(g, d, tag, type, image, true);
	return type;
}

static bool
returns_value(const struct idl_method *m)
{
	return m->result->fields.n > 0 && m->result->fields.v[0]->id == 0;
}

static const char *
call_arguments(struct gen *g, const struct idl_method *m)
{
	const char *text = "call";
	const struct idl_field *f;
	uint32_t i;

	for (i = 0; i < m->args->fields.n; i++) {
		f = m->args->fields.v[i];
		text = tf_strf(g->idl->arena, "%s, %sa->%s", text,
		    type_by_pointer(f->type) ? "&" : "", f->cname).s;
	}
	if (returns_value(m))
		text = tf_strf(g->idl->arena, "%s, &r->%s", text,
		    m->result->fields.v[0]->cname).s;
	return text;
}

static void
put_glue(struct gen *g, const struct idl_def *d, const struct idl_method *m,
    const struct method_names *n)
{
	const struct idl_fields *r = &m->result->fields;

	fprintf(g->out, "static int\n%s(struct tf_call *call, "
	    "const void *handler,\n    const void *args, void *result)\n{\n"
	    "\tconst struct %s *h = handler;\n", n->call,
	    DEF_NAMES(d)->handler);
	if (m->args->fields.n > 0)
		fprintf(g->out, "\tconst struct %s *a = args;\n", n->args);
	if (returns_value(m))
		fprintf(g->out, "\tstruct %s *r = result;\n", n->result);
	fputc('\n', g->out);
	if (m->args->fields.n == 0)
		fputs("\t(void)args;\n", g->out);
	if (returns_value(m))
		fprintf(g->out, "\tr->%s = true;\n", r->v[0]->hname);
	else
		fputs("\t(void)result;\n", g->out);
	fputc('\t', g->out);
	put_wrapped(g->out, 8, "\t    ", tf_strf(g->idl->arena,
	    "return h->%s(%s);", m->hname, call_arguments(g, m)).s);
	fputs("\n}\n\n", g->out);
}

static void
put_reply(struct gen *g, const struct idl_method *m,
    const struct method_names *n, const char *methods, uint32_t index)
{
	const struct idl_field *f;

	fputs("int\n", g->out);
	put_wrapped(g->out, 0, "    ", tf_strf(g->idl->arena, "%s(%s",
	    m->reply, params_reply(g, m, true)).s);
	fprintf(g->out, "\n{\n\tstruct %s r = { ", n->result);
	if (returns_value(m)) {
		f = m->result->fields.v[0];
		fprintf(g->out, ".%s = true,\n\t    .%s = %sret", f->hname,
		    f->cname, type_by_pointer(f->type) ? "*" : "");
	} else
		fputc('0', g->out);
	fprintf(g->out, " };\n\n\treturn tf_later_reply(token, &%s[%u], &r);"
	    "\n}\n\n", methods, index);
}

static void
put_client_args(struct gen *g, const struct idl_method *m,
    const struct method_names *n, const struct params *p)
{
	const struct idl_field *f;
	const char *text = "";
	uint32_t i;

	fprintf(g->out, "\tstruct %s %s = { ", n->args, p->a);
	for (i = 0; i < m->args->fields.n; i++) {
		f = m->args->fields.v[i];
		text = tf_strf(g->idl->arena,
		    "%s%s.%s" HARD "=" HARD "%s%s", text, i == 0 ? "" : ", ",
		    f->cname, type_by_pointer(f->type) ? "*" : "", f->cname).s;
	}
	put_wrapped(g->out, 19 + strlen(n->args) + strlen(p->a), "\t    ",
	    *text == '\0' ? "0 };" : tf_strf(g->idl->arena, "%s" HARD "};",
	    text).s);
	fputc('\n', g->out);
}

static void
put_client_results(struct gen *g, const struct idl_method *m,
    const struct params *p)
{
	const struct idl_fields *r = &m->result->fields;
	uint32_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i]->id != 0)
			fprintf(g->out, "\tif (%s != NULL)\n"
			    "\t\t*%s = %s == NULL ? NULL : %s->%s;\n",
			    p->throws[i], p->throws[i], p->r, p->r,
			    r->v[i]->cname);
	if (returns_value(m))
		fprintf(g->out, "\tif (%s == 0 && %s != NULL)\n"
		    "\t\t*%s = %s->%s;\n", p->rc, p->ret, p->ret, p->r,
		    r->v[0]->cname);
}

/* What a function does after its args: calls one, and says what came of it. */
static void
put_outcome(struct gen *g, const struct idl_method *m,
    const struct method_names *n, const struct params *p, const char *type,
    const char *call)
{
	bool empty = m->result->fields.n == 0;

	if (!empty)
		fprintf(g->out, "\tconst struct %s *%s;\n", n->result, p->r);
	fprintf(g->out, "\t%s *%s = NULL;\n", type, p->result);
	if (!empty)
		fprintf(g->out, "\tint %s;\n", p->rc);
	fputs(empty ? "\n\treturn " : tf_strf(g->idl->arena, "\n\t%s = ",
	    p->rc).s, g->out);
	fprintf(g->out, "%s, &%s);\n", call, p->result);
	if (!empty) {
		fprintf(g->out, "\t%s = %s;\n", p->r, p->result);
		put_client_results(g, m, p);
		fprintf(g->out, "\treturn %s;\n", p->rc);
	}
	fputs("}\n\n", g->out);
}

static void
put_client(struct gen *g, const struct idl_method *m,
    const struct method_names *n, const char *methods, uint32_t index)
{
	struct params p = params_name(g, m);

	fputs("int\n", g->out);
	put_wrapped(g->out, 0, "    ", tf_strf(g->idl->arena, "%s(%s",
	    m->cname, params_client(g, m, true)).s);
	fputs("\n{\n", g->out);
	put_client_args(g, m, n, &p);
	put_outcome(g, m, n, &p, "void", tf_strf(g->idl->arena,
	    "tf_client_call(%s, &%s[%u], &%s", p.client, methods, index,
	    p.a).s);
}

/* The same in two halves, for clients that do not wait. */
static void
put_async(struct gen *g, const struct idl_method *m,
    const struct method_names *n, const char *methods, uint32_t index)
{
	struct params p = params_name(g, m);

	fputs("struct tf_flight *\n", g->out);
	put_wrapped(g->out, 0, "    ", tf_strf(g->idl->arena, "%s(%s",
	    m->start, params_start(g, m, true)).s);
	fputs("\n{\n", g->out);
	put_client_args(g, m, n, &p);
	fprintf(g->out, "\n\treturn tf_async_start(%s, &%s[%u], &%s, %s, %s);"
	    "\n}\n\nint\n", p.client, methods, index, p.a, p.fn, p.arg);
	put_wrapped(g->out, 0, "    ", tf_strf(g->idl->arena, "%s(%s",
	    m->finish, params_finish(g, m, true)).s);
	fputs("\n{\n", g->out);
	put_outcome(g, m, n, &p, "const void", tf_strf(g->idl->arena,
	    "tf_flight_finish(%s, &%s[%u]", p.flight, methods, index).s);
}

/* "TF_ONEWAY | TF_THREADED", or "0". */
static const char *
flags_text(struct gen *g, uint32_t flags)
{
	static const struct {
		uint32_t	 flag;
		const char	*name;
	} names[] = {
		{ TF_ONEWAY, "TF_ONEWAY" }, { TF_THREADED, "TF_THREADED" },
		{ TF_IDEMPOTENT, "TF_IDEMPOTENT" },
	};
	const char *text = "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].flag)
			text = tf_strf(g->idl->arena, "%s%s%s", text,
			    *text == '\0' ? "" : HARD "|" HARD,
			    names[i].name).s;
	return *text == '\0' ? "0" : text;
}

static void
put_methods(struct gen *g, const struct idl_def *d, const char *methods,
    const struct method_names *n)
{
	const struct idl_method *m;
	uint32_t i;

	fprintf(g->out, "static const struct tf_method %s[] = {\n", methods);
	for (i = 0; i < d->methods.n; i++) {
		m = d->methods.v[i];
		fputc('\t', g->out);
		put_wrapped(g->out, 8, "\t    ", tf_strf(g->idl->arena,
		    "{" HARD "\"%s\", &%s, &%s, %s, OFF(%s," HARD "%s), "
		    "%s" HARD "},", m->name,
		    n[i].args_type, n[i].result_type, n[i].call,
		    DEF_NAMES(d)->handler, m->hname,
		    flags_text(g, m->flags)).s);
		fputc('\n', g->out);
	}
	fputs("};\n", g->out);
}

static void
put_service(struct gen *g, const struct idl_def *d, const char *methods)
{
	fprintf(g->out, "const struct tf_service %s = {\n"
	    "\t.magic = TF_MAGIC,\n\t.abi = TF_ABI,\n\t.name = \"%s\",\n",
	    DEF_NAMES(d)->service, d->name);
	if (d->base != NULL)
		fprintf(g->out, "\t.base = &%s,\n",
		    DEF_NAMES(d->base)->service);
	if (d->methods.n > 0)
		fprintf(g->out, "\t.methods = %s,\n", methods);
	fprintf(g->out, "\t.n = %u\n};\n\n", d->methods.n);
}

static bool
has_field(const struct idl_def *d, const char *name)
{
	for (uint32_t i = 0; i < d->fields.n; i++)
		if (strcmp(d->fields.v[i]->cname, name) == 0)
			return true;
	return false;
}

static bool
is_parameter(const struct idl_def *d, const char *name)
{
	for (uint32_t i = 0; i < d->methods.n; i++)
		if (has_field(d->methods.v[i]->args, name) ||
		    has_field(d->methods.v[i]->result, name))
			return true;
	return false;
}

/* Of the table of methods, which no argument or exception may hide. */
static const char *
methods_name(struct gen *g, const struct idl_def *d)
{
	const char *name = source_name(g, d->cname, "_methods");

	while (is_parameter(d, name))
		name = source_name(g, name, "_");
	return name;
}

void
source_service(struct gen *g, const struct idl_def *d)
{
	const char *methods = methods_name(g, d);
	const struct idl_method *m;
	struct method_names *n;
	uint32_t i;

	n = tf_alloc(g->idl->arena, d->methods.n + 1, sizeof(*n));
	for (i = 0; i < d->methods.n; i++) {
		m = d->methods.v[i];
		n[i].args = source_name(g, m->cname, "_args");
		n[i].result = source_name(g, m->cname, "_result");
		n[i].call = source_name(g, m->cname, "_call");
		n[i].args_type = put_struct(g, m->args, n[i].args);
		n[i].result_type = put_struct(g, m->result, n[i].result);
		put_glue(g, d, m, &n[i]);
	}
	if (d->methods.n > 0)
		put_methods(g, d, methods, n);
	put_service(g, d, methods);
	for (i = 0; i < d->methods.n; i++)
		put_reply(g, d->methods.v[i], &n[i], methods, i);
	for (i = 0; i < d->methods.n; i++)
		put_client(g, d->methods.v[i], &n[i], methods, i);
	for (i = 0; i < d->methods.n; i++)
		put_async(g, d->methods.v[i], &n[i], methods, i);
}
