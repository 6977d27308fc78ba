/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a constant or default means for its type, once names are resolved.
 */
#include <string.h>

#include "idl.h"

const struct idl_value *
idl_value_real(const struct idl_value *v)
{
	while (v->kind == IDL_V_NAME && v->konst != NULL)
		v = v->konst->value;
	return v;
}

int64_t
idl_value_int(const struct idl_type *t, const struct idl_value *v)
{
	int64_t i;

	v = idl_value_real(v);
	i = v->kind == IDL_V_NAME && v->enumerator != NULL ?
	    v->enumerator->value : v->i;
	switch (idl_type_real(t)->kind) {
	case TF_T_BOOL:
		return i != 0;
	case TF_T_I8:
		return (int8_t)i;
	case TF_T_I16:
		return (int16_t)i;
	case TF_T_I32:
	case TF_T_ENUM:
		return (int32_t)i;
	default:
		return i;
	}
}

double
idl_value_double(const struct idl_value *v)
{
	v = idl_value_real(v);
	if (v->kind == IDL_V_NAME && v->enumerator != NULL)
		return v->enumerator->value;
	return v->kind == IDL_V_DOUBLE ? v->d : (double)v->i;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
idl_value_uuid(const struct idl_value *v, struct tf_uuid *u)
{
	struct tf_str s = idl_value_real(v)->s;
	uint32_t i, n = 0;
	int hi, lo;

	if (s.len == 38 && s.s[0] == '{' && s.s[37] == '}') {
		s.s++;
		s.len = 36;
	}
	if (s.len != 36 && s.len != 32)
		return false;
	for (i = 0; i < s.len && n < 16; i += 2) {
		if (s.len == 36 && (i == 8 || i == 13 || i == 18 || i == 23))
			if (s.s[i++] != '-')
				return false;
		hi = hex_digit(s.s[i]);
		lo = hex_digit(s.s[i + 1]);
		if (hi == -1 || lo == -1)
			return false;
		u->b[n++] = (uint8_t)(hi << 4 | lo);
	}
	return n == 16;
}

const struct idl_value *
idl_value_field(const struct idl_value *v, const struct idl_field *f)
{
	const struct idl_value *key, *found = f->value;
	uint32_t i;

	if (v != NULL)
		v = idl_value_real(v);
	if (v == NULL || v->kind != IDL_V_MAP)
		return found;
	for (i = 0; i < v->items.n; i += 2) {
		key = idl_value_real(v->items.v[i]);
		if (key->kind == IDL_V_STRING &&
		    strcmp(key->s.s, f->name) == 0)
			found = v->items.v[i + 1];
	}
	return found;
}

static bool
double_is_zero(double d)
{
	static const double zero;

	return memcmp(&d, &zero, sizeof(d)) == 0;
}

static bool
struct_is_zero(const struct idl_def *d, const struct idl_value *v)
{
	const struct idl_value *fv;
	const struct idl_field *f;
	uint32_t i;

	for (i = 0; i < d->fields.n; i++) {
		f = d->fields.v[i];
		fv = idl_value_field(v, f);
		if (fv != NULL) {
			if (f->has || f->pointer ||
			    !idl_value_is_zero(f->type, fv))
				return false;
		} else if (!f->pointer && !f->has &&
		    idl_type_is_struct(idl_type_real(f->type)) &&
		    idl_type_real(f->type)->def->has_init)
			return false;
	}
	return true;
}

bool
idl_value_is_zero(const struct idl_type *t, const struct idl_value *v)
{
	struct tf_uuid u = { { 0 } };
	size_t i;

	t = idl_type_real(t);
	v = idl_value_real(v);
	switch (t->kind) {
	case TF_T_DOUBLE:
		return double_is_zero(idl_value_double(v));
	case TF_T_STRING:
	case TF_T_BINARY:
		return v->s.len == 0;
	case TF_T_UUID:
		idl_value_uuid(v, &u);
		for (i = 0; i < sizeof(u.b) && u.b[i] == 0; i++)
			;
		return i == sizeof(u.b);
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return v->items.n == 0;
	case TF_T_STRUCT:
		return struct_is_zero(t->def, v);
	case TF_T_UNION:
		return v->items.n == 0;
	default:
		return idl_value_int(t, v) == 0;
	}
}
