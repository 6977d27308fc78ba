/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TApplicationException: what an EXCEPTION message carries, when a call failed
 * in a way that its method does not declare.
 */
#ifndef WIRE_APP_ERROR_H
#define WIRE_APP_ERROR_H

#include <thriftfork/type.h>

enum {
	APP_UNKNOWN,
	APP_UNKNOWN_METHOD,
	APP_INVALID_MESSAGE_TYPE,
	APP_WRONG_METHOD_NAME,
	APP_BAD_SEQUENCE_ID,
	APP_MISSING_RESULT,
	APP_INTERNAL_ERROR,
	APP_PROTOCOL_ERROR,
	APP_INVALID_TRANSFORM,
	APP_INVALID_PROTOCOL,
	APP_UNSUPPORTED_CLIENT_TYPE
};

struct app_error {
	struct tf_str	message;	/* 1 */
	int32_t		type;		/* 2 */
};

const struct tf_type *app_error_type(void);

#endif
