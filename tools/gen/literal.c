/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IDL values as C literals, each exact: doubles are hexadecimal, the smallest
 * integers are sums because C has no negative literals, and a string holds
 * nothing but printable ASCII and escapes.
 */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "gen.h"

static const char *
integer_text(struct tf_arena *arena, const struct idl_type *t, int64_t i)
{
	if (t->kind == TF_T_I64 && i == INT64_MIN)
		return "(-INT64_C(9223372036854775807) - 1)";
	if (t->kind == TF_T_I64)
		return tf_strf(arena, i < 0 ? "(-INT64_C(%" PRIu64 "))" :
		    "INT64_C(%" PRIu64 ")", i < 0 ? -(uint64_t)i :
		    (uint64_t)i).s;
	if (i == INT32_MIN)
		return "(-2147483647 - 1)";
	return tf_strf(arena, i < 0 ? "(%" PRId64 ")" : "%" PRId64, i).s;
}

static const char *
double_text(struct tf_arena *arena, double d)
{
	if (isinf(d))
		return d < 0 ? "(-__builtin_inf())" : "__builtin_inf()";
	if (isnan(d))
		return "__builtin_nan(\"\")";
	return tf_strf(arena, signbit(d) ? "(%a)" : "%a", d).s;
}

static const char *
enum_text(struct tf_arena *arena, const struct idl_type *t,
    const struct idl_value *v)
{
	int64_t i = idl_value_int(t, v);
	const struct idl_def *d = t->def;
	uint32_t n;

	v = idl_value_real(v);
	for (n = 0; n < d->values.n; n++)
		if (d->values.v[n] == v->enumerator)
			return v->enumerator->cname;
	for (n = 0; n < d->values.n; n++)
		if (d->values.v[n]->value == i)
			return d->values.v[n]->cname;
	return tf_strf(arena, "(enum %s)%" PRId64, d->cname, i).s;
}

static const char *
uuid_text(struct tf_arena *arena, const struct idl_value *v)
{
	struct tf_uuid u = { { 0 } };
	char text[16 * 6 + 1];
	size_t i;

	idl_value_uuid(v, &u);
	for (i = 0; i < 16; i++)
		snprintf(text + 6 * i, 7, "0x%02x%s", u.b[i],
		    i < 15 ? ", " : "");
	return tf_strf(arena, "{ { %s } }", text).s;
}

static size_t
put_char(char *to, char c, char before)
{
	switch (c) {
	case '\n':
		memcpy(to, "\\n", 2);
		return 2;
	case '\t':
		memcpy(to, "\\t", 2);
		return 2;
	case '"':
	case '\\':
		to[0] = '\\';
		to[1] = c;
		return 2;
	default:
		break;
	}
	if (isprint((uint8_t)c) && !(c == '?' && before == '?')) {
		*to = c;
		return 1;
	}
	snprintf(to, 5, "\\%03o", (uint8_t)c);
	return 4;
}

const char *
literal_string(struct tf_arena *arena, struct tf_str s)
{
	char *text = tf_alloc(arena, 4, s.len + 2), *to = text;
	size_t i;

	*to++ = '"';
	for (i = 0; i < s.len; i++)
		to += put_char(to, s.s[i], i == 0 ? '\0' : s.s[i - 1]);
	*to++ = '"';
	*to = '\0';
	return text;
}

const char *
literal_text(struct tf_arena *arena, const struct idl_type *t,
    const struct idl_value *v)
{
	t = idl_type_real(t);
	switch (t->kind) {
	case TF_T_BOOL:
		return idl_value_int(t, v) ? "true" : "false";
	case TF_T_DOUBLE:
		return double_text(arena, idl_value_double(v));
	case TF_T_ENUM:
		return enum_text(arena, t, v);
	case TF_T_UUID:
		return uuid_text(arena, v);
	case TF_T_STRING:
	case TF_T_BINARY:
		return literal_string(arena, idl_value_real(v)->s);
	default:
		return integer_text(arena, t, idl_value_int(t, v));
	}
}
