/* SPDX-License-Identifier: Apache-2.0 */
/* What a server has answered, as people call it. */
#ifndef TOOLS_ANSWER_H
#define TOOLS_ANSWER_H

#include <thriftfork/service.h>

#define ANSWER_ERRORS	11	/* types of TApplicationException that have a
				   name, from 0 */

/* INTERNAL_ERROR; "TApplicationException of type 42". */
const char *answer_error_name(int type);

/* The exception that a result holds, with its value; NULL if none. */
const struct tf_field *answer_thrown(const struct tf_method *,
	    const void *result, const void **exception);

#endif
