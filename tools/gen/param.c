/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a method's arguments, result and exceptions become C parameters.
 */
#include <string.h>

#include "gen.h"

static const char **
argument_names(struct gen *g, const struct idl_method *m, size_t *n)
{
	size_t i;
	const char **names;

	*n = m->args->fields.n;
	names = tf_alloc(g->idl->arena, *n + m->result->fields.n + 10,
	    sizeof(*names));
	for (i = 0; i < *n; i++)
		names[i] = m->args->fields.v[i]->cname;
	return names;
}

static const char *
claim(struct gen *g, const char *name, const char **names, size_t *n)
{
	name = name_avoid(g->idl->arena, name, names, *n);
	names[(*n)++] = name;
	return name;
}

struct params
params_name(struct gen *g, const struct idl_method *m)
{
	const struct idl_fields *r = &m->result->fields;
	struct params p;
	const char **names;
	size_t n;
	uint32_t i;

	names = argument_names(g, m, &n);
	p.throws = tf_alloc(g->idl->arena, r->n + 1, sizeof(*p.throws));
	for (i = 0; i < r->n; i++)
		if (r->v[i]->id != 0)
			p.throws[i] = claim(g, r->v[i]->cname, names, &n);
	p.ret = claim(g, "ret", names, &n);
	p.call = claim(g, "call", names, &n);
	p.client = claim(g, "client", names, &n);
	p.a = claim(g, "a", names, &n);
	p.r = claim(g, "r", names, &n);
	p.result = claim(g, "result", names, &n);
	p.rc = claim(g, "rc", names, &n);
	p.fn = claim(g, "fn", names, &n);
	p.arg = claim(g, "arg", names, &n);
	p.flight = claim(g, "flight", names, &n);
	return p;
}

static const char *
add(struct gen *g, const char *text, const char *type, bool is_const,
    const char *stars, const char *name)
{
	char *p;

	type = tf_strf(g->idl->arena, "%s%s %s%s", is_const ? "const " : "",
	    type, stars, name).s;
	p = tf_alloc(g->idl->arena, 1, strlen(type) + 1);
	for (size_t i = 0; type[i] != '\0'; i++)
		p[i] = type[i] == ' ' ? HARD[0] : type[i];
	return tf_strf(g->idl->arena, "%s, %s", text, p).s;
}

static const char *
add_arguments(struct gen *g, const char *text, const struct idl_method *m)
{
	const struct idl_field *f;
	uint32_t i;
	bool by_pointer;

	for (i = 0; i < m->args->fields.n; i++) {
		f = m->args->fields.v[i];
		by_pointer = type_by_pointer(f->type);
		text = add(g, text, ctype(g->idl->arena, f->type), by_pointer,
		    by_pointer ? "*" : "", f->cname);
	}
	return text;
}

/* Where the result goes, and, for clients, the exceptions. */
static const char *
add_results(struct gen *g, const char *text, const struct idl_method *m,
    const struct params *p, bool throws)
{
	const struct idl_field *f;
	uint32_t i;

	for (i = 0; i < m->result->fields.n; i++) {
		f = m->result->fields.v[i];
		if (f->id == 0)
			text = add(g, text, ctype(g->idl->arena, f->type),
			    false, "*", p->ret);
		else if (throws)
			text = add(g, text, ctype(g->idl->arena, f->type),
			    true, "**", p->throws[i]);
	}
	return text;
}

/* The first one, which prototypes do not name. */
static const char *
first(struct gen *g, const char *tag, const char *name, bool named)
{
	return tf_strf(g->idl->arena, "struct" HARD "%s" HARD "*%s", tag,
	    named ? name : "").s;
}

static const char *
ended(struct gen *g, const char *text, bool named)
{
	return tf_strf(g->idl->arena, "%s)%s", text, named ? "" : ";").s;
}

const char *
params_handler(struct gen *g, const struct idl_method *m, bool named)
{
	struct params p = params_name(g, m);
	const char *text = first(g, "tf_call", p.call, named);

	text = add_arguments(g, text, m);
	return ended(g, add_results(g, text, m, &p, false), named);
}

const char *
params_client(struct gen *g, const struct idl_method *m, bool named)
{
	struct params p = params_name(g, m);
	const char *text = first(g, "tf_client", p.client, named);

	text = add_arguments(g, text, m);
	return ended(g, add_results(g, text, m, &p, true), named);
}

const char *
params_start(struct gen *g, const struct idl_method *m, bool named)
{
	struct params p = params_name(g, m);
	const char *text = first(g, "tf_async", p.client, named);

	text = add_arguments(g, text, m);
	text = add(g, text, "tf_flight_fn", false, "*", p.fn);
	return ended(g, add(g, text, "void", false, "*", p.arg), named);
}

const char *
params_finish(struct gen *g, const struct idl_method *m, bool named)
{
	struct params p = params_name(g, m);
	const char *text = first(g, "tf_flight", p.flight, named);

	return ended(g, add_results(g, text, m, &p, true), named);
}

const char *
params_reply(struct gen *g, const struct idl_method *m, bool named)
{
	const char *text = named ? "struct" HARD "tf_later" HARD "token" :
	    "struct" HARD "tf_later";
	const struct idl_field *f;
	bool by_pointer;

	if (m->result->fields.n > 0 && m->result->fields.v[0]->id == 0) {
		f = m->result->fields.v[0];
		by_pointer = type_by_pointer(f->type);
		text = add(g, text, ctype(g->idl->arena, f->type), by_pointer,
		    by_pointer ? "*" : "", "ret");
	}
	return ended(g, text, named);
}
