/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function per kind of definition.
 */
#include "parse.h"

static struct idl_def *
new_def(struct parser *ps, enum idl_def_kind kind)
{
	struct idl_def *d = tf_alloc(ps->idl->arena, 1, sizeof(*d));

	d->kind = kind;
	d->file = ps->file;
	d->doc = ps->tok.doc;
	return d;
}

static void
parse_const(struct parser *ps, struct idl_def *d)
{
	d->type = parse_type(ps);
	d->name = parse_name(ps, "a constant", &d->loc);
	parse_expect(ps, '=', "and the value of the constant");
	d->value = parse_value(ps);
	parse_separator(ps);
}

static void
parse_typedef(struct parser *ps, struct idl_def *d)
{
	d->type = parse_type(ps);
	d->name = parse_name(ps, "a typedef", &d->loc);
	parse_annos(ps, &d->annos);
	parse_separator(ps);
}

static void
parse_enumerator(struct parser *ps, struct idl_def *d, int64_t *next)
{
	struct idl_enumerator *e = tf_alloc(ps->idl->arena, 1, sizeof(*e));
	struct idl_loc at;

	e->doc = ps->tok.doc;
	e->name = parse_name(ps, "an enum value", &e->loc);
	at = e->loc;
	if (!ps->panic && parse_take(ps, '=')) {
		at = ps->tok.loc;
		if (ps->tok.kind == TOK_INT) {
			*next = ps->tok.i;
			parse_advance(ps);
		} else
			parse_unexpected(ps, "an integer");
	}
	parse_annos(ps, &e->annos);
	parse_separator(ps);
	if (ps->panic)
		return;
	if (*next < INT32_MIN || *next > INT32_MAX)
		idl_error(ps->idl, at, "enum values have 32 bits",
		    "the value of '%s' is out of range",
		    idl_show(ps->idl, e->name));
	e->value = (int32_t)*next;
	*next = (int64_t)e->value + 1;
	*TF_PUSH(ps->idl->arena, &d->values) = e;
}

static void
parse_enum(struct parser *ps, struct idl_def *d)
{
	int64_t next = 0;
	uint32_t at;

	d->name = parse_name(ps, "an enum", &d->loc);
	parse_expect(ps, '{', "and the values of the enum");
	while (!ps->panic && ps->tok.kind != TOK_EOF && !parse_at(ps, '}')) {
		at = ps->tok.loc.off;
		parse_enumerator(ps, d, &next);
		if (ps->panic)
			parse_skip_to_element(ps, '}', at);
		if (ps->tok.kind == TOK_KEYWORD && ps->tok.first)
			break;
	}
	parse_expect(ps, '}', "after the last enum value");
	parse_annos(ps, &d->annos);
}

static void
parse_struct(struct parser *ps, struct idl_def *d)
{
	static const char *const what[] = { [IDL_STRUCT] = "a struct",
	    [IDL_UNION] = "a union", [IDL_EXCEPTION] = "an exception" };

	d->name = parse_name(ps, what[d->kind], &d->loc);
	if (d->kind != IDL_EXCEPTION && !ps->panic)
		parse_take_word(ps, "xsd_all");
	parse_expect(ps, '{', "and the fields");
	parse_fields(ps, '}', d->kind, &d->fields);
	parse_expect(ps, '}', "after the last field");
	parse_annos(ps, &d->annos);
}

/* Arguments and results are structs that only tables and the wire know. */
static struct idl_def *
method_struct(struct parser *ps, enum idl_def_kind kind,
    const struct idl_method *m, const char *suffix)
{
	struct idl_def *d = new_def(ps, kind);

	d->loc = m->loc;
	d->doc = NULL;
	d->name = tf_strf(ps->idl->arena, "%s_%s", m->name, suffix).s;
	return d;
}

static struct idl_field *
success_field(struct parser *ps, const struct idl_method *m)
{
	struct idl_field *f = tf_alloc(ps->idl->arena, 1, sizeof(*f));

	f->loc = m->loc;
	f->name = "success";
	f->req = IDL_OPTIONAL;
	f->type = m->ret;
	return f;
}

static void
parse_signature(struct parser *ps, struct idl_method *m)
{
	struct idl_type *t;

	m->args = method_struct(ps, IDL_ARGS, m, "args");
	m->result = method_struct(ps, IDL_RESULT, m, "result");
	t = m->ret;
	if ((t->kind != TF_T_NONE || t->name != NULL) && !m->oneway)
		*TF_PUSH(ps->idl->arena, &m->result->fields) =
		    success_field(ps, m);
	parse_expect(ps, '(', "and the arguments");
	ps->depth++;
	parse_fields(ps, ')', IDL_ARGS, &m->args->fields);
	parse_expect(ps, ')', "after the arguments");
	if (!ps->panic && parse_take_word(ps, "throws")) {
		parse_expect(ps, '(', "and the exceptions");
		parse_fields(ps, ')', IDL_RESULT, &m->result->fields);
		parse_expect(ps, ')', "after the exceptions");
	}
	ps->depth--;
}

static void
parse_oneway(struct parser *ps, struct idl_method *m)
{
	struct idl_loc loc = ps->tok.loc;

	if (parse_take_word(ps, "oneway"))
		m->oneway = true;
	else if (parse_take_word(ps, "async")) {
		m->oneway = true;
		idl_warn(ps->idl, loc, "write 'oneway'",
		    "'async' is deprecated");
	}
}

static void
parse_method(struct parser *ps, struct idl_def *d)
{
	struct idl_method *m = tf_alloc(ps->idl->arena, 1, sizeof(*m));

	m->doc = ps->tok.doc;
	parse_oneway(ps, m);
	if (parse_at_word(ps, "void")) {
		m->ret = tf_alloc(ps->idl->arena, 1, sizeof(*m->ret));
		m->ret->loc = ps->tok.loc;
		parse_advance(ps);
	} else
		m->ret = parse_type(ps);
	m->name = parse_name(ps, "a method", &m->loc);
	if (ps->panic)
		return;
	parse_signature(ps, m);
	parse_annos(ps, &m->annos);
	parse_separator(ps);
	if (!ps->panic)
		*TF_PUSH(ps->idl->arena, &d->methods) = m;
}

static void
parse_extends(struct parser *ps, struct idl_def *d)
{
	if (ps->panic || !parse_take_word(ps, "extends"))
		return;
	d->base_name = ps->tok.text;
	d->base_loc = ps->tok.loc;
	if (ps->tok.kind == TOK_ID)
		parse_advance(ps);
	else
		parse_unexpected(ps, "the name of a service");
}

static void
parse_service(struct parser *ps, struct idl_def *d)
{
	uint32_t at;

	d->name = parse_name(ps, "a service", &d->loc);
	parse_extends(ps, d);
	parse_expect(ps, '{', "and the methods");
	while (!ps->panic && ps->tok.kind != TOK_EOF && !parse_at(ps, '}')) {
		at = ps->tok.loc.off;
		parse_method(ps, d);
		if (ps->panic)
			parse_skip_to_element(ps, '}', at);
		if (parse_at_word(ps, "service") || parse_at_word(ps, "struct"))
			break;
	}
	parse_expect(ps, '}', "after the last method");
	parse_annos(ps, &d->annos);
}

static const struct {
	const char		*word;
	enum idl_def_kind	 kind;
	void			(*parse)(struct parser *, struct idl_def *);
} rules[] = {
	{ "const", IDL_CONST, parse_const },
	{ "typedef", IDL_TYPEDEF, parse_typedef },
	{ "enum", IDL_ENUM, parse_enum },
	{ "struct", IDL_STRUCT, parse_struct },
	{ "union", IDL_UNION, parse_struct },
	{ "exception", IDL_EXCEPTION, parse_struct },
	{ "service", IDL_SERVICE, parse_service },
};

bool
parse_def(struct parser *ps)
{
	struct idl_def *d;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!parse_at_word(ps, rules[i].word))
			continue;
		d = new_def(ps, rules[i].kind);
		parse_advance(ps);
		rules[i].parse(ps, d);
		if (d->name != NULL) {
			d->index = ps->file->defs.n;
			*TF_PUSH(ps->idl->arena, &ps->file->defs) = d;
		}
		return true;
	}
	return false;
}
