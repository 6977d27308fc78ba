/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Enums, structs, unions, defaults and constants in the header.
 */
#include <string.h>

#include "gen.h"

/* C++ has to be told that an enum takes four bytes; C is asked (source.c). */
static void
put_enum_head(struct gen *g, const char *name)
{
	fprintf(g->out, "enum %s\n#ifdef __cplusplus\n    : int32_t\n#endif\n"
	    "{\n", name);
}

static void
put_enumerator(struct gen *g, const char *name, int32_t value, bool last)
{
	fprintf(g->out, "\t%s = %s%s\n", name, value == INT32_MIN ?
	    "-2147483647 - 1" : tf_strf(g->idl->arena, "%d", value).s,
	    last ? "" : ",");
}

void
header_enum(struct gen *g, const struct idl_def *d)
{
	uint32_t i;

	put_doc(g->out, d->doc, "");
	put_enum_head(g, d->cname);
	for (i = 0; i < d->values.n; i++) {
		put_doc(g->out, d->values.v[i]->doc, "\t");
		put_enumerator(g, d->values.v[i]->cname, d->values.v[i]->value,
		    i + 1 == d->values.n);
	}
	if (d->values.n == 0)
		put_enumerator(g, source_name(g, name_upper(g->idl->arena,
		    d->cname), "_TF_EMPTY"), 0, true);
	fprintf(g->out, "};\nconst char *%s(enum %s);\t/* NULL if unknown */"
	    "\n\n", DEF_NAMES(d)->name, d->cname);
}

static size_t
widest_type(struct gen *g, const struct idl_def *d)
{
	size_t n, widest = 0;
	uint32_t i;

	for (i = 0; i < d->fields.n; i++) {
		n = strlen(ctype(g->idl->arena, d->fields.v[i]->type));
		if (n > widest)
			widest = n;
	}
	return widest;
}

static void
put_flags(struct gen *g, const struct idl_def *d, size_t width)
{
	size_t column = width / 8 * 8 + 16;
	bool first = true;
	const char *name;
	uint32_t i;

	for (i = 0; i < d->fields.n; i++) {
		if (!d->fields.v[i]->has)
			continue;
		name = d->fields.v[i]->hname;
		if (first)
			put_member(g->out, "bool", name, false, width);
		else if (column + strlen(name) + 3 > 80) {
			fprintf(g->out, ",\n\t    %s", name);
			column = 12;
		} else
			fprintf(g->out, ", %s", name);
		column += strlen(name) + 2;
		first = false;
	}
	if (!first)
		fputs(";\n", g->out);
}

static void
put_field(struct gen *g, const struct idl_field *f, size_t width,
    const char *indent)
{
	put_doc(g->out, f->doc, tf_strf(g->idl->arena, "\t%s", indent).s);
	fputs(indent, g->out);
	put_member(g->out, ctype(g->idl->arena, f->type), f->cname, f->pointer,
	    width);
	fprintf(g->out, ";\t/* %d%s */\n", f->id,
	    f->req == IDL_REQUIRED ? ", required" :
	    f->req == IDL_OPTIONAL ? ", optional" : "");
}

void
struct_members(struct gen *g, const struct idl_def *d)
{
	size_t width = widest_type(g, d);
	uint32_t i;

	put_flags(g, d, width);
	for (i = 0; i < d->fields.n; i++)
		put_field(g, d->fields.v[i], width, "");
	if (d->fields.n == 0)
		fputs("\tchar\ttf_empty_;\n", g->out);
}

static void
put_union(struct gen *g, const struct idl_def *d)
{
	const char *which = DEF_NAMES(d)->which;
	size_t width = widest_type(g, d);
	uint32_t i;

	put_enum_head(g, which);
	put_enumerator(g, DEF_NAMES(d)->none, 0, d->fields.n == 0);
	for (i = 0; i < d->fields.n; i++)
		put_enumerator(g, d->fields.v[i]->hname, d->fields.v[i]->id,
		    i + 1 == d->fields.n);
	fputs("};\n", g->out);
	put_doc(g->out, d->doc, "");
	fprintf(g->out, "struct %s {\n\tenum %s\twhich;\n\tunion {\n",
	    d->cname, which);
	for (i = 0; i < d->fields.n; i++)
		put_field(g, d->fields.v[i], width, "\t");
	if (d->fields.n == 0)
		fputs("\t\tchar\ttf_empty_;\n", g->out);
	fputs("\t}\tu;\n};\n\n", g->out);
}

void
header_struct(struct gen *g, const struct idl_def *d)
{
	if (d->kind == IDL_UNION) {
		put_union(g, d);
		return;
	}
	put_doc(g->out, d->doc, "");
	fprintf(g->out, "struct %s {\n", d->cname);
	struct_members(g, d);
	fputs("};\n\n", g->out);
}

void
header_init(struct gen *g, const struct idl_def *d)
{
	struct init in = { .gen = g, .decl = g->out,
	    .base = DEF_NAMES(d)->defaults };
	struct init_members m;
	uint32_t i;

	m = init_members_of(&in, d, NULL);
	fprintf(g->out, "#define %s { \\\n", DEF_NAMES(d)->init);
	for (i = 0; i < m.n; i++)
		fprintf(g->out, "\t%s, \\\n", m.v[i]);
	fputs("}\n\n", g->out);
}

void
header_const(struct gen *g, const struct idl_def *d)
{
	put_doc(g->out, d->doc, "");
	if (const_is_macro(d))
		fprintf(g->out, "#define %s %s\n", d->cname,
		    literal_text(g->idl->arena, d->type, d->value));
	else
		fprintf(g->out, "extern const %s %s;\n",
		    ctype(g->idl->arena, d->type), d->cname);
}
