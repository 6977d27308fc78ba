/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IDL types as C and the tables spell them.
 */
#include "gen.h"

static const char *const scalars[] = {
	[TF_T_BOOL] = "bool", [TF_T_I8] = "int8_t", [TF_T_I16] = "int16_t",
	[TF_T_I32] = "int32_t", [TF_T_I64] = "int64_t",
	[TF_T_DOUBLE] = "double", [TF_T_STRING] = "struct tf_str",
	[TF_T_BINARY] = "struct tf_str", [TF_T_UUID] = "struct tf_uuid",
};

static const char *const kinds[] = {
	[TF_T_NONE] = "TF_T_NONE", [TF_T_BOOL] = "TF_T_BOOL",
	[TF_T_I8] = "TF_T_I8", [TF_T_I16] = "TF_T_I16",
	[TF_T_I32] = "TF_T_I32", [TF_T_I64] = "TF_T_I64",
	[TF_T_DOUBLE] = "TF_T_DOUBLE", [TF_T_STRING] = "TF_T_STRING",
	[TF_T_BINARY] = "TF_T_BINARY", [TF_T_UUID] = "TF_T_UUID",
	[TF_T_ENUM] = "TF_T_ENUM", [TF_T_LIST] = "TF_T_LIST",
	[TF_T_SET] = "TF_T_SET", [TF_T_MAP] = "TF_T_MAP",
	[TF_T_STRUCT] = "TF_T_STRUCT", [TF_T_UNION] = "TF_T_UNION",
};

const char *
ctype(struct tf_arena *arena, const struct idl_type *t)
{
	if (t->def != NULL && t->def->kind == IDL_TYPEDEF)
		return t->def->cname;
	switch (t->kind) {
	case TF_T_ENUM:
		return tf_strf(arena, "enum %s", t->def->cname).s;
	case TF_T_STRUCT:
	case TF_T_UNION:
		return tf_strf(arena, "struct %s", t->def->cname).s;
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return tf_strf(arena, "struct %s", container_name(arena, t)).s;
	default:
		return scalars[t->kind];
	}
}

const char *
kind_macro(const struct idl_type *t)
{
	return kinds[idl_type_real(t)->kind];
}

bool
type_by_pointer(const struct idl_type *t)
{
	return idl_type_real(t)->kind >= TF_T_LIST;
}
