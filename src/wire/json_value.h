/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reading values is in both JSON forms, the one by field names and
 * TJSONProtocol.
 */
#ifndef WIRE_JSON_VALUE_H
#define WIRE_JSON_VALUE_H

#include "wire/json_lex.h"
#include "wire/plan.h"

/* name() reads an integer of that type and range, by read(). */
#define JSON_INT(name, read, type, min, max)				\
static bool								\
name(struct json *j, type *v)						\
{									\
	int64_t x;							\
									\
	if (!read(j, min, max, &x))					\
		return false;						\
	*v = (type)x;							\
	return true;							\
}

/* The members of a struct or union, up to its closing brace. */
typedef bool json_members_fn(struct json *, const struct plan *, char *value);

/* A struct, or, by the other function, a union. */
bool	json_struct(struct json *, const struct plan *, void *value,
	    json_members_fn *of_struct, json_members_fn *of_union);

#endif
