/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values for people: one field per line, indented by nesting; containers of
 * short things on one line.
 *
 *	Work {
 *		num1 = 15
 *		op = SUB (2)
 *		tags = ["a", "b"]
 *	}
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/bug.h"
#include "wire/plan.h"
#include "wire/text.h"
#include "wire/wire.h"

static void dump_elem(FILE *, const struct plan_slot *, const void *, int);

static void
indent(FILE *f, int level)
{
	while (level-- > 0)
		putc('\t', f);
}

static size_t
dump_byte(FILE *f, uint8_t c)
{
	fprintf(f, "\\x%02x", c);
	return 1;
}

/*
 * Text in quotes.  What is neither printable ASCII nor, in a string, UTF-8
 * that leaves a terminal alone becomes \xNN.
 */
static void
dump_string(FILE *f, const struct tf_str *str, bool text)
{
	const uint8_t *s = (const uint8_t *)str->s;
	size_t n = str->len, len;

	putc('"', f);
	for (; n > 0; s += len, n -= len) {
		len = text ? utf8_len(s, n) : 1;
		if (*s == '\n')
			fputs("\\n", f);
		else if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if ((*s >= ' ' && *s < 0x7f) ||
		    (len > 1 && (*s != 0xc2 || s[1] >= 0xa0)))
			fwrite(s, 1, len, f);
		else
			len = dump_byte(f, *s);
	}
	putc('"', f);
}

static void
dump_double(FILE *f, double v)
{
	char text[DOUBLE_TEXT];

	if (isnan(v)) {
		fputs("NaN", f);
	} else if (isinf(v)) {
		fputs(v > 0 ? "Infinity" : "-Infinity", f);
	} else {
		double_text(text, v);
		fputs(text, f);
	}
}

static void
dump_enum(FILE *f, const struct tf_type *t, int32_t v)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (t->values[i].value == v) {
			fprintf(f, "%s (%" PRId32 ")", t->values[i].name, v);
			return;
		}
	fprintf(f, "%" PRId32, v);
}

static void
dump_scalar(FILE *f, const struct plan_slot *s, const void *v)
{
	char uuid[UUID_TEXT];

	switch (s->kind) {
	case TF_T_BOOL:
		fputs(*(const bool *)v ? "true" : "false", f);
		return;
	case TF_T_I8:
		fprintf(f, "%d", *(const int8_t *)v);
		return;
	case TF_T_I16:
		fprintf(f, "%d", *(const int16_t *)v);
		return;
	case TF_T_I32:
		fprintf(f, "%" PRId32, *(const int32_t *)v);
		return;
	case TF_T_I64:
		fprintf(f, "%" PRId64, *(const int64_t *)v);
		return;
	case TF_T_DOUBLE:
		dump_double(f, *(const double *)v);
		return;
	case TF_T_STRING:
	case TF_T_BINARY:
		dump_string(f, v, s->kind == TF_T_STRING);
		return;
	case TF_T_UUID:
		uuid_text(uuid, v);
		fputs(uuid, f);
		return;
	default:
		dump_enum(f, s->type, *(const int32_t *)v);
		return;
	}
}

static bool
is_short(const struct plan_slot *s)
{
	return s->kind < TF_T_LIST;
}

static void
dump_list(FILE *f, const struct plan *pl, const struct tf_any_list *l,
    int level)
{
	bool map = pl->kind == TF_T_MAP;
	bool line = is_short(&pl->key) && is_short(&pl->val);
	const char *v = l->v;

	putc(map ? '{' : '[', f);
	for (uint32_t i = 0; i < l->n; i++, v += pl->entry) {
		if (i > 0)
			fputs(line ? ", " : ",", f);
		if (!line) {
			putc('\n', f);
			indent(f, level + 1);
		}
		dump_elem(f, &pl->key, v + pl->key.off, level + 1);
		if (map) {
			fputs(": ", f);
			dump_elem(f, &pl->val, v + pl->val.off, level + 1);
		}
	}
	if (!line && l->n > 0) {
		putc('\n', f);
		indent(f, level);
	}
	putc(map ? '}' : ']', f);
}

static void
dump_struct(FILE *f, const struct plan *pl, const void *value, int level)
{
	const struct plan_op *op = pl->ops;

	fprintf(f, "%s {\n", pl->type->name);
	for (; op->slot.kind != TF_T_NONE; op++) {
		if (!plan_present(pl, op, value))
			continue;
		indent(f, level + 1);
		fprintf(f, "%s = ", op->name);
		dump_elem(f, &op->slot, plan_field(op, value), level + 1);
		putc('\n', f);
	}
	indent(f, level);
	putc('}', f);
}

static void
dump_elem(FILE *f, const struct plan_slot *s, const void *v, int level)
{
	switch (s->kind) {
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		dump_list(f, s->sub, v, level);
		return;
	case TF_T_STRUCT:
	case TF_T_UNION:
		dump_struct(f, s->sub, v, level);
		return;
	default:
		dump_scalar(f, s, v);
		return;
	}
}

void
tf_dump(const struct tf_type *t, const void *value, FILE *f)
{
	const struct plan *pl = plan_get(t);
	struct plan_slot s;

	BUG_ON(pl == NULL);
	s = plan_whole(pl);
	dump_elem(f, &s, value, 0);
	putc('\n', f);
}
