/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server implements and a client calls, in the header.
 */
#include <string.h>

#include "gen.h"

static void
put_throws(struct gen *g, const struct idl_method *m)
{
	const struct idl_fields *r = &m->result->fields;
	const char *text = "";
	uint32_t i;

	for (i = 0; i < r->n; i++)
		if (r->v[i]->id != 0)
			text = tf_strf(g->idl->arena, "%s%s %s", text,
			    *text == '\0' ? "throws" : ",",
			    r->v[i]->type->name).s;
	if (m->oneway)
		text = "oneway";
	if (*text != '\0')
		fprintf(g->out, "\t/* %s */", text);
}

static void
put_handler(struct gen *g, const struct idl_method *m)
{
	const char *head = tf_strf(g->idl->arena, "int" HARD "(*%s)(",
	    m->hname).s;

	put_doc(g->out, m->doc, "\t");
	fputc('\t', g->out);
	put_wrapped(g->out, 8, "\t    ", tf_strf(g->idl->arena, "%s%s", head,
	    params_handler(g, m, false)).s);
	put_throws(g, m);
	fputc('\n', g->out);
}

static void
put_handlers(struct gen *g, const struct idl_def *d)
{
	uint32_t i;

	put_doc(g->out, d->doc, "");
	put_comment(g->out, tf_strf(g->idl->arena,
	    "What a server of %s implements.  A handler returns 0 when *ret "
	    "holds the result, -1 after a throw or tf_fail(), or TF_LATER "
	    "after tf_later().  A NULL member answers \"unknown method\".",
	    d->name).s);
	fprintf(g->out, "struct %s {\n", DEF_NAMES(d)->handler);
	if (d->base != NULL)
		fprintf(g->out, "\tstruct %s base;\n",
		    DEF_NAMES(d->base)->handler);
	for (i = 0; i < d->methods.n; i++)
		put_handler(g, d->methods.v[i]);
	if (d->base == NULL && d->methods.n == 0)
		fputs("\tchar tf_empty_;\n", g->out);
	fputs("};\n\n", g->out);
}

/* A declaration: result is the type and what binds it to the name. */
static void
put_prototype(struct gen *g, const char *result, const char *name,
    const char *params)
{
	put_wrapped(g->out, 0, "    ", tf_strf(g->idl->arena, "%s%s(%s",
	    result, name, params).s);
	fputc('\n', g->out);
}

static void
put_replies(struct gen *g, const struct idl_def *d)
{
	const struct idl_method *m;
	uint32_t i;

	put_comment(g->out, tf_strf(g->idl->arena,
	    "Of handlers of %s that have returned TF_LATER: answers the call "
	    "that the token is of.  -1: it has ended by now.", d->name).s);
	for (i = 0; i < d->methods.n; i++) {
		m = d->methods.v[i];
		put_prototype(g, "int" HARD, m->reply,
		    params_reply(g, m, false));
	}
	fputc('\n', g->out);
}

static void
put_clients(struct gen *g, const struct idl_def *d)
{
	const struct idl_method *m;
	uint32_t i;

	put_comment(g->out, tf_strf(g->idl->arena,
	    "What a client of %s calls.  0, or -1 with tf_client_error() set; "
	    "a declared exception is also stored through its pointer, which "
	    "is otherwise set to NULL.  Results live until the next call on "
	    "the same client.  Any pointer to a result or exception may be "
	    "NULL.", d->name).s);
	for (i = 0; i < d->methods.n; i++) {
		m = d->methods.v[i];
		put_prototype(g, "int" HARD, m->cname,
		    params_client(g, m, false));
	}
	fputc('\n', g->out);
}

static void
put_asyncs(struct gen *g, const struct idl_def *d)
{
	const struct idl_method *m;
	uint32_t i;

	put_comment(g->out, "The same without waiting, in two halves: one "
	    "begins a call, and fn is called when it has ended; there the "
	    "other one says how, as above, but with tf_flight_error().  "
	    "Results live as long as the flight.");
	for (i = 0; i < d->methods.n; i++) {
		m = d->methods.v[i];
		put_prototype(g, "struct" HARD "tf_flight" HARD "*", m->start,
		    params_start(g, m, false));
		put_prototype(g, "int" HARD, m->finish,
		    params_finish(g, m, false));
	}
	fputc('\n', g->out);
}

void
header_service(struct gen *g, const struct idl_def *d)
{
	const struct def_names *n = DEF_NAMES(d);

	fprintf(g->out, "extern const struct tf_service %s;\n\n", n->service);
	put_handlers(g, d);
	fprintf(g->out, "static inline int\n%s(struct tf_server *srv,\n"
	    "    const struct %s *h)\n{\n"
	    "\treturn tf_server_add(srv, &%s, h);\n}\n\n", n->serve,
	    n->handler, n->service);
	put_comment(g->out, "The same for calls that are named \"name:method\" "
	    "(TMultiplexedProtocol).");
	fprintf(g->out, "static inline int\n%s(struct tf_server *srv,\n"
	    "    const char *name, const struct %s *h)\n{\n"
	    "\treturn tf_server_add_as(srv, name, &%s, h);\n}\n\n",
	    n->serve_as, n->handler, n->service);
	if (d->methods.n == 0)
		return;
	put_replies(g, d);
	put_clients(g, d);
	put_asyncs(g, d);
}
