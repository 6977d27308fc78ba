/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of TApplicationException, written by hand, as it is the one type
 * that every peer has and no IDL file declares.
 */
#include "wire/app_error.h"

#define OFF(field)	offsetof(struct app_error, field)

static const struct tf_field fields[] = {
	{ "message", NULL, OFF(message), 0, 1, TF_T_STRING, 0 },
	{ "type", NULL, OFF(type), 0, 2, TF_T_I32, 0 },
};

static void *plan;

static const struct tf_type type = {
	.name = "TApplicationException",
	.fields = fields,
	.plan = &plan,
	.size = sizeof(struct app_error),
	.n = 2,
	.kind = TF_T_STRUCT,
};

const struct tf_type *
app_error_type(void)
{
	return &type;
}
