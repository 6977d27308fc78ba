/* SPDX-License-Identifier: Apache-2.0 */
/* See answer.h. */
#include "answer.h"

#include <string.h>

const char *
answer_error_name(int type)
{
	/* As Apache calls them. */
	static const char *const names[ANSWER_ERRORS] = {
		"UNKNOWN", "UNKNOWN_METHOD", "INVALID_MESSAGE_TYPE",
		"WRONG_METHOD_NAME", "BAD_SEQUENCE_ID", "MISSING_RESULT",
		"INTERNAL_ERROR", "PROTOCOL_ERROR", "INVALID_TRANSFORM",
		"INVALID_PROTOCOL", "UNSUPPORTED_CLIENT_TYPE"
	};
	static char other[40];

	if (type >= 0 && type < ANSWER_ERRORS)
		return names[type];
	snprintf(other, sizeof(other), "TApplicationException of type %d",
	    type);
	return other;
}

const struct tf_field *
answer_thrown(const struct tf_method *m, const void *result,
    const void **exception)
{
	const struct tf_field *f;

	for (uint32_t i = 0; result != NULL && i < m->result->n; i++) {
		f = &m->result->fields[i];
		if (f->id == 0)
			continue;
		memcpy(exception, (const char *)result + f->off,
		    sizeof(*exception));
		if (*exception != NULL)
			return f;
	}
	return NULL;
}
