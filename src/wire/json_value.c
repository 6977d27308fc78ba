/* SPDX-License-Identifier: Apache-2.0 */
/* See json_value.h. */
#include "wire/json_value.h"

#include <string.h>

bool
json_struct(struct json *j, const struct plan *pl, void *value,
    json_members_fn *of_struct, json_members_fn *of_union)
{
	bool ok;

	if (!json_take(j, '{'))
		return false;
	if (j->r->depth == 0)
		return json_fail(j, WIRE_TOO_DEEP, "nested too deep", NULL);
	j->r->depth--;
	memcpy(value, pl->image, pl->size);
	ok = (pl->kind == TF_T_UNION ? of_union : of_struct)(j, pl, value);
	j->r->depth++;
	return ok;
}
