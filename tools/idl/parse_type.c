/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that occur within definitions: types, constant values, fields,
 * annotations.
 */
#include <string.h>

#include "parse.h"

static void
parse_anno(struct parser *ps, struct idl_annos *annos)
{
	struct idl_anno a = { .loc = ps->tok.loc, .key = ps->tok.text,
	    .value = TF_STR("1") };

	if (ps->tok.kind != TOK_ID && ps->tok.kind != TOK_KEYWORD) {
		parse_unexpected(ps, "an annotation");
		return;
	}
	parse_advance(ps);
	if (parse_take(ps, '=')) {
		if (ps->tok.kind != TOK_LITERAL) {
			parse_unexpected(ps, "a string");
			return;
		}
		a.value = ps->tok.s;
		parse_advance(ps);
	}
	*TF_PUSH(ps->idl->arena, annos) = a;
	parse_separator(ps);
}

void
parse_annos(struct parser *ps, struct idl_annos *annos)
{
	if (ps->panic || !parse_take(ps, '('))
		return;
	while (!ps->panic && !parse_at(ps, ')'))
		parse_anno(ps, annos);
	parse_expect(ps, ')', "after the annotations");
}

static const char *
parse_cpp_type(struct parser *ps)
{
	const char *s;

	if (!parse_take_word(ps, "cpp_type"))
		return NULL;
	if (ps->tok.kind != TOK_LITERAL) {
		parse_unexpected(ps, "a string");
		return NULL;
	}
	s = ps->tok.s.s;
	parse_advance(ps);
	return s;
}

static const struct {
	const char	*word;
	enum tf_kind	 kind;
} type_words[] = {
	{ "bool", TF_T_BOOL }, { "byte", TF_T_I8 }, { "i8", TF_T_I8 },
	{ "i16", TF_T_I16 }, { "i32", TF_T_I32 }, { "i64", TF_T_I64 },
	{ "double", TF_T_DOUBLE }, { "string", TF_T_STRING },
	{ "binary", TF_T_BINARY }, { "uuid", TF_T_UUID },
	{ "list", TF_T_LIST }, { "set", TF_T_SET }, { "map", TF_T_MAP },
};

static enum tf_kind
type_word(const struct parser *ps)
{
	size_t i;

	if (ps->tok.kind != TOK_KEYWORD)
		return TF_T_NONE;
	for (i = 0; i < sizeof(type_words) / sizeof(type_words[0]); i++)
		if (strcmp(ps->tok.text, type_words[i].word) == 0)
			return type_words[i].kind;
	return TF_T_NONE;
}

static void
parse_elements(struct parser *ps, struct idl_type *t)
{
	struct idl_loc loc;

	t->cpp_type = parse_cpp_type(ps);
	parse_expect(ps, '<', "and the type of the elements");
	t->key = parse_type(ps);
	if (t->kind == TF_T_MAP) {
		parse_expect(ps, ',', "and the type of the values");
		t->val = parse_type(ps);
	}
	parse_expect(ps, '>', "after the type of the elements");
	loc = ps->tok.loc;
	if (t->kind == TF_T_LIST && parse_at_word(ps, "cpp_type")) {
		t->cpp_type = parse_cpp_type(ps);
		idl_warn(ps->idl, loc, "write 'list cpp_type \"...\" <...>'",
		    "cpp_type after a list is deprecated");
	}
}

struct idl_type *
parse_type(struct parser *ps)
{
	struct idl_type *t = tf_alloc(ps->idl->arena, 1, sizeof(*t));

	t->loc = ps->tok.loc;
	if (ps->panic)
		return t;
	if (ps->tok.kind == TOK_ID) {
		t->name = ps->tok.text;
		parse_advance(ps);
		return t;
	}
	t->kind = type_word(ps);
	if (t->kind == TF_T_NONE) {
		if (parse_at_word(ps, "void")) {
			ps->panic = true;
			idl_error(ps->idl, t->loc, NULL,
			    "only a method can return void");
		} else
			parse_unexpected(ps, "a type");
		return t;
	}
	parse_advance(ps);
	if (t->kind >= TF_T_LIST && parse_enter(ps))
		parse_elements(ps, t);
	if (t->kind >= TF_T_LIST)
		parse_leave(ps);
	parse_annos(ps, &t->annos);
	return t;
}

static void
parse_items(struct parser *ps, struct idl_value *v, char close)
{
	struct tf_arena *arena = ps->idl->arena;

	parse_advance(ps);
	while (!ps->panic && !parse_at(ps, close)) {
		*TF_PUSH(arena, &v->items) = parse_value(ps);
		if (v->kind == IDL_V_MAP) {
			parse_expect(ps, ':', "and the value of this key");
			*TF_PUSH(arena, &v->items) = parse_value(ps);
		}
		parse_separator(ps);
	}
	v->loc.len = ps->tok.loc.off + 1 - v->loc.off;
	parse_expect(ps, close, "after the last value");
}

struct idl_value *
parse_value(struct parser *ps)
{
	static const enum idl_value_kind kinds[] = {
		[TOK_ID] = IDL_V_NAME, [TOK_INT] = IDL_V_INT,
		[TOK_DOUBLE] = IDL_V_DOUBLE, [TOK_LITERAL] = IDL_V_STRING,
	};
	struct idl_value *v = tf_alloc(ps->idl->arena, 1, sizeof(*v));

	v->loc = ps->tok.loc;
	if (ps->panic)
		return v;
	if (parse_at(ps, '[') || parse_at(ps, '{')) {
		v->kind = parse_at(ps, '[') ? IDL_V_LIST : IDL_V_MAP;
		if (parse_enter(ps))
			parse_items(ps, v, parse_at(ps, '[') ? ']' : '}');
		parse_leave(ps);
		return v;
	}
	if (ps->tok.kind == TOK_EOF || ps->tok.kind == TOK_KEYWORD ||
	    ps->tok.kind == TOK_SYMBOL) {
		parse_unexpected(ps, "a value");
		return v;
	}
	v->kind = kinds[ps->tok.kind];
	v->i = ps->tok.i;
	v->d = ps->tok.d;
	v->s = ps->tok.s;
	if (v->kind == IDL_V_NAME)
		v->s = (struct tf_str){ ps->tok.text, strlen(ps->tok.text) };
	parse_advance(ps);
	return v;
}

/* Ids that are missing or not positive count down from -1. */
static int64_t
parse_id(struct parser *ps, struct idl_loc *loc, bool *written)
{
	int64_t id = 0;

	*written = ps->tok.kind == TOK_INT;
	*loc = ps->tok.loc;
	if (*written) {
		id = ps->tok.i;
		parse_advance(ps);
		parse_expect(ps, ':', "after a field id");
	}
	return id;
}

static void
assign_id(struct parser *ps, struct idl_field *f, struct idl_loc loc,
    int64_t id, bool written, int32_t *next)
{
	if (ps->panic)
		return;
	if (!written)
		idl_lint(ps->idl, f->loc, tf_strf(ps->idl->arena,
		    "it becomes %d; write an id, or each change of the order "
		    "breaks old peers", *next).s, "field '%s' has no id",
		    idl_show(ps->idl, f->name));
	else if (id <= 0)
		idl_lint(ps->idl, loc, "ids are 1 to 32767",
		    "field id %lld is ignored and becomes %d", (long long)id,
		    *next);
	else if (id > INT16_MAX)
		idl_lint(ps->idl, loc, "ids are 1 to 32767",
		    "field id %lld does not fit and becomes %d", (long long)id,
		    (int16_t)id);
	if (id <= 0)
		id = (*next)--;
	if (id < INT16_MIN)
		idl_error(ps->idl, f->loc, NULL, "too many fields without id");
	f->id = (int16_t)id;
}

static void
parse_xsd(struct parser *ps)
{
	struct idl_fields ignored = { NULL, 0, 0 };

	parse_take_word(ps, "xsd_optional");
	parse_take_word(ps, "xsd_nillable");
	if (!parse_take_word(ps, "xsd_attrs"))
		return;
	parse_expect(ps, '{', "and the attributes");
	if (parse_enter(ps))
		parse_fields(ps, '}', IDL_STRUCT, &ignored);
	parse_leave(ps);
	parse_expect(ps, '}', "after the attributes");
}

static void
parse_requiredness(struct parser *ps, struct idl_field *f,
    enum idl_def_kind kind)
{
	struct idl_loc loc = ps->tok.loc;

	if (parse_take_word(ps, "required"))
		f->req = IDL_REQUIRED;
	else if (parse_take_word(ps, "optional"))
		f->req = IDL_OPTIONAL;
	if (f->req == IDL_OPTIONAL && kind == IDL_ARGS) {
		f->req = IDL_DEFAULT;
		idl_warn(ps->idl, loc, NULL,
		    "'optional' has no meaning for arguments");
	}
	if (f->req == IDL_REQUIRED && (kind == IDL_RESULT ||
	    kind == IDL_UNION)) {
		f->req = IDL_DEFAULT;
		idl_warn(ps->idl, loc, NULL, "'required' has no meaning here");
	}
}

static struct idl_field *
parse_field(struct parser *ps, enum idl_def_kind kind, int32_t *next)
{
	struct idl_field *f = tf_alloc(ps->idl->arena, 1, sizeof(*f));
	struct idl_loc id_loc;
	int64_t id;
	bool written;

	f->doc = ps->tok.doc;
	id = parse_id(ps, &id_loc, &written);
	parse_requiredness(ps, f, kind);
	f->type = parse_type(ps);
	if (!ps->panic)
		f->ref = parse_take(ps, '&');
	f->loc = ps->tok.loc;
	f->name = ps->tok.text;
	if (ps->panic)
		return NULL;
	if (f->name == NULL) {
		parse_unexpected(ps, "the name of a field");
		return NULL;
	}
	if (strchr(f->name, '.') != NULL)
		idl_error(ps->idl, f->loc, NULL,
		    "the name of a field cannot have a dot");
	parse_advance(ps);
	assign_id(ps, f, id_loc, id, written, next);
	if (parse_take(ps, '='))
		f->value = parse_value(ps);
	parse_xsd(ps);
	parse_annos(ps, &f->annos);
	parse_separator(ps);
	return ps->panic ? NULL : f;
}

void
parse_fields(struct parser *ps, char close, enum idl_def_kind kind,
    struct idl_fields *fields)
{
	struct idl_field *f;
	int32_t next = -1;
	uint32_t at;

	while (!ps->panic && ps->tok.kind != TOK_EOF && !parse_at(ps, close)) {
		at = ps->tok.loc.off;
		f = parse_field(ps, kind, &next);
		if (f != NULL)
			*TF_PUSH(ps->idl->arena, fields) = f;
		if (ps->panic && ps->depth == 0)
			parse_skip_to_element(ps, close, at);
	}
}
