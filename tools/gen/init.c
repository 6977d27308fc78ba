/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants and defaults as C initialisers.
 *
 * Lists point to arrays of their own.  Those are const while the pointer in a
 * list is not; the detour over uintptr_t says so to compilers that warn about
 * lost qualifiers.  Nobody writes there: a list with cap 0 is borrowed.
 *
 * Strings are written even where they are empty: their address is never NULL,
 * and where an initialiser stands behind a pointer or in a list, nobody could
 * give them one later.
 */
#include <stdarg.h>
#include <string.h>

#include "gen.h"

static const char *
aux_name(struct init *in)
{
	return numbered_name(in->gen, in->base, ++in->n);
}

/* dim: "[3]" or "". */
static void
put_aux(struct init *in, const char *type, const char *name, const char *dim,
    const char *text)
{
	if (in->decl != NULL)
		fprintf(in->decl, "extern const %s %s%s;\n", type, name, dim);
	if (in->aux != NULL)
		fprintf(in->aux, "%sconst %s %s%s = %s;\n",
		    in->is_static ? "static " : "", type, name, dim, text);
}

static const char *
chars_text(struct tf_arena *arena, struct tf_str s)
{
	size_t size = 10 * (s.len + 2), n = 0, i;
	char *text = tf_alloc(arena, 1, size);

	n += (size_t)snprintf(text, size, "{");
	for (i = 0; i < s.len; i++)
		n += (size_t)snprintf(text + n, size - n, "%s'\\%03o',",
		    i % 8 == 0 ? "\n\t" : " ", (uint8_t)s.s[i]);
	snprintf(text + n, size - n, "\n\t'\\000'\n}");
	return text;
}

static const char *
string_value(struct init *in, struct tf_str s)
{
	struct tf_arena *arena = in->gen->idl->arena;
	const char *name;

	if (s.len <= LONG_STRING)
		return tf_strf(arena, "TF_STR_INIT(%s)",
		    literal_string(arena, s)).s;
	name = aux_name(in);
	put_aux(in, "char", name, tf_strf(arena, "[%zu]", s.len + 1).s,
	    in->aux == NULL ? "" : chars_text(arena, s));
	return tf_strf(arena, "{ %s, %zu }", name, s.len).s;
}

struct text {
	char	*s;
	size_t	 n, cap;
};

static void
append(struct tf_arena *arena, struct text *t, const char *s)
{
	size_t n = strlen(s);
	char *p;

	if (t->n + n + 1 > t->cap) {
		t->cap = 2 * (t->n + n + 1);
		p = tf_alloc(arena, 1, t->cap);
		if (t->n > 0)
			memcpy(p, t->s, t->n);
		t->s = p;
	}
	memcpy(t->s + t->n, s, n + 1);
	t->n += n;
}

/* Both of a map's types, or the one of a list. */
static const char *
items_text(struct init *in, const struct idl_type *t,
    const struct idl_value *v, uint32_t per_line)
{
	struct tf_arena *arena = in->gen->idl->arena;
	struct text text = { NULL, 0, 0 };
	uint32_t i, step = t->kind == TF_T_MAP ? 2 : 1;

	append(arena, &text, "{");
	for (i = 0; i < v->items.n; i += step) {
		append(arena, &text, i / step % per_line == 0 ? "\n\t" : " ");
		if (step == 2) {
			append(arena, &text, "{ ");
			append(arena, &text, init_value(in, t->key,
			    v->items.v[i]));
			append(arena, &text, ", ");
			append(arena, &text, init_value(in, t->val,
			    v->items.v[i + 1]));
			append(arena, &text, " },");
		} else {
			append(arena, &text, init_value(in, t->key,
			    v->items.v[i]));
			append(arena, &text, ",");
		}
	}
	append(arena, &text, "\n}");
	return text.s;
}

static const char *
container_value(struct init *in, const struct idl_type *t,
    const struct idl_value *v)
{
	struct tf_arena *arena = in->gen->idl->arena;
	const char *type, *name, *text;
	uint32_t n = t->kind == TF_T_MAP ? v->items.n / 2 : v->items.n;

	if (n == 0 || (t->kind == TF_T_MAP) != (v->kind == IDL_V_MAP))
		return "{ NULL, 0, 0 }";
	type = t->kind == TF_T_MAP ? tf_strf(arena, "struct %s_entry",
	    container_name(arena, t)).s : ctype(arena, t->key);
	text = items_text(in, t, v,
	    idl_type_real(t->key)->kind < TF_T_DOUBLE &&
	    t->kind != TF_T_MAP ? 8 : 1);
	name = aux_name(in);
	put_aux(in, type, name, tf_strf(arena, "[%u]", n).s, text);
	return tf_strf(arena, "{ (%s *)(uintptr_t)%s, %u, 0 }", type, name,
	    n).s;
}

static const char *
braces(struct tf_arena *arena, const struct init_members *m, const char *sep)
{
	struct text text = { NULL, 0, 0 };
	uint32_t i;

	append(arena, &text, "{");
	for (i = 0; i < m->n; i++) {
		append(arena, &text, i == 0 ? " " : sep);
		append(arena, &text, m->v[i]);
	}
	append(arena, &text, " }");
	return text.s;
}

/* The first field of a struct may be a struct again. */
static const char *zero_struct(struct tf_arena *, const struct idl_def *);

/* What to write for a zero in braces: "{ 0 }" may lack inner braces. */
static const char *
zero_text(struct tf_arena *arena, const struct idl_type *t)
{
	t = idl_type_real(t);
	switch (t->kind) {
	case TF_T_BOOL:
		return "false";
	case TF_T_STRING:
	case TF_T_BINARY:
		return "TF_STR_INIT(\"\")";
	case TF_T_UUID:
		return "{ { 0 } }";
	case TF_T_ENUM:
		return tf_strf(arena, "(enum %s)0", t->def->cname).s;
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return "{ NULL, 0, 0 }";
	case TF_T_STRUCT:
	case TF_T_UNION:
		return zero_struct(arena, t->def);
	default:
		return "0";
	}
}

static const char *
zero_struct(struct tf_arena *arena, const struct idl_def *d)
{
	const struct idl_field *f;

	if (d->kind == IDL_UNION)
		return tf_strf(arena, "{ .which = %s }", DEF_NAMES(d)->none).s;
	if (d->fields.n == 0)
		return "{ .tf_empty_ = 0 }";
	f = d->fields.v[0];
	return tf_strf(arena, "{ .%s = %s }", f->cname, f->pointer ? "NULL" :
	    zero_text(arena, f->type)).s;
}

static const char *
struct_text(struct init *in, const struct idl_def *d,
    const struct idl_value *v)
{
	struct init_members m = init_members_of(in, d, v);

	if (m.n == 0)
		return zero_struct(in->gen->idl->arena, d);
	return braces(in->gen->idl->arena, &m, ", ");
}

static const char *
pointer_value(struct init *in, const struct idl_type *t,
    const struct idl_value *v)
{
	struct tf_arena *arena = in->gen->idl->arena;
	const char *type = ctype(arena, t), *name, *text;

	text = init_value(in, t, v);
	name = aux_name(in);
	put_aux(in, type, name, "", text);
	return tf_strf(arena, "(%s *)(uintptr_t)&%s", type, name).s;
}

static void
add_member(struct init *in, struct init_members *m, const struct idl_field *f,
    const char *text)
{
	*TF_PUSH(in->gen->idl->arena, m) = tf_strf(in->gen->idl->arena,
	    ".%s = %s", f->cname, text).s;
}

static struct init_members
union_members(struct init *in, const struct idl_def *d,
    const struct idl_value *v)
{
	struct tf_arena *arena = in->gen->idl->arena;
	struct init_members m = { NULL, 0, 0 };
	const struct idl_field *f;
	uint32_t i;

	for (i = 0; v != NULL && i < d->fields.n; i++) {
		f = d->fields.v[i];
		if (idl_value_field(v, f) == f->value)
			continue;
		*TF_PUSH(arena, &m) = tf_strf(arena, ".which = %s",
		    f->hname).s;
		*TF_PUSH(arena, &m) = tf_strf(arena, ".u = { .%s = %s }",
		    f->cname, f->pointer ?
		    pointer_value(in, f->type, idl_value_field(v, f)) :
		    init_value(in, f->type, idl_value_field(v, f))).s;
		break;
	}
	return m;
}

/* A field without a value: what is not all zeros. */
static void
unset_member(struct init *in, struct init_members *m,
    const struct idl_field *f)
{
	const struct idl_type *t = idl_type_real(f->type);

	if (idl_type_is_struct(t) && t->def->has_init)
		add_member(in, m, f, DEF_NAMES(t->def)->init);
	else if (t->kind == TF_T_STRUCT && t->def->has_text)
		add_member(in, m, f, struct_text(in, t->def, NULL));
	else if (idl_type_has_text(t))
		add_member(in, m, f, zero_text(in->gen->idl->arena, t));
}

static void
field_member(struct init *in, struct init_members *m,
    const struct idl_field *f, const struct idl_value *v)
{
	const struct idl_type *t = idl_type_real(f->type);

	if (v != NULL && f->pointer)
		add_member(in, m, f, pointer_value(in, f->type, v));
	else if (v != NULL && (idl_type_has_text(t) ||
	    !idl_value_is_zero(t, v)))
		add_member(in, m, f, init_value(in, f->type, v));
	else if (v == NULL && !f->pointer)
		unset_member(in, m, f);
}

struct init_members
init_members_of(struct init *in, const struct idl_def *d,
    const struct idl_value *v)
{
	struct tf_arena *arena = in->gen->idl->arena;
	struct init_members m = { NULL, 0, 0 };
	const struct idl_field *f;
	uint32_t i;

	if (d->kind == IDL_UNION)
		return union_members(in, d, v);
	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		if (f->has && idl_value_field(v, f) != NULL)
			*TF_PUSH(arena, &m) = tf_strf(arena, ".%s = true",
			    f->hname).s;
	}
	for (i = 0; i < d->fields.n; i++)
		field_member(in, &m, d->fields.v[i],
		    idl_value_field(v, d->fields.v[i]));
	return m;
}

const char *
init_value(struct init *in, const struct idl_type *t,
    const struct idl_value *v)
{
	t = idl_type_real(t);
	v = idl_value_real(v);
	switch (t->kind) {
	case TF_T_STRING:
	case TF_T_BINARY:
		return string_value(in, v->s);
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return container_value(in, t, v);
	case TF_T_STRUCT:
	case TF_T_UNION:
		return struct_text(in, t->def, v);
	default:
		return literal_text(in->gen->idl->arena, t, v);
	}
}

bool
const_is_macro(const struct idl_def *d)
{
	const struct idl_type *t = idl_type_real(d->type);

	if (t->kind == TF_T_STRING || t->kind == TF_T_BINARY)
		return idl_value_real(d->value)->s.len <= LONG_STRING;
	return t->kind <= TF_T_DOUBLE || t->kind == TF_T_ENUM;
}
