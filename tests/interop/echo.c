/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers of echo.thrift: most of them return what they are given.  Served
 * as the default service, as "first", and as "second", where echo_i32() counts
 * one up.  The header "echo" of nothing() comes back as "echoed", in the reply.
 * With TF_ECHO=later in the environment every call is answered later.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "echo.tf.h"
#include "later.h"

static _Atomic int32_t sum;		/* handlers may run side by side */

static int
inherited(struct tf_call *call, struct tf_str text, struct tf_str *ret)
{
	*ret = tf_strf(call->arena, "%s %s",
	    strcmp(call->service, "Echo") == 0 ? "base" : call->service,
	    text.s);
	return 0;
}

static int
nothing(struct tf_call *call)
{
	const struct tf_str *text = tf_call_header(call, "echo");

	if (text != NULL && tf_call_set_header(call, "echoed", text->s) == -1)
		return tf_fail(call, "the header is too large");
	return 0;
}

#define ECHO_VALUE(name, T)						\
static int								\
name(struct tf_call *call, T v, T *ret)					\
{									\
	(void)call;							\
	*ret = v;							\
	return 0;							\
}
#define ECHO_POINTER(name, T)						\
static int								\
name(struct tf_call *call, const T *v, T *ret)				\
{									\
	(void)call;							\
	*ret = *v;							\
	return 0;							\
}
ECHO_VALUE(echo_bool, bool)
ECHO_VALUE(echo_i8, int8_t)
ECHO_VALUE(echo_i16, int16_t)
ECHO_VALUE(echo_i32, int32_t)
ECHO_VALUE(echo_i64, int64_t)
ECHO_VALUE(echo_double, double)
ECHO_VALUE(echo_string, struct tf_str)
ECHO_VALUE(echo_binary, struct tf_str)
ECHO_VALUE(echo_enum, enum echo_colour)
ECHO_POINTER(echo_struct, struct echo_outer)
ECHO_POINTER(echo_list, struct tf_list_echo_inner)
ECHO_POINTER(echo_set, struct tf_list_str)
ECHO_POINTER(echo_map, struct tf_map_i32_str)
ECHO_POINTER(echo_map_of_lists, struct tf_map_str_list_i32)
ECHO_POINTER(echo_union, struct echo_choice)

static int
refuse(struct tf_call *call, int32_t code, struct tf_str why, int32_t *ret)
{
	if (code != 0)
		return echo_throw_refused(call,
		    &(struct echo_refused){ .code = code, .why = why });
	*ret = 0;
	return 0;
}

static int
fail(struct tf_call *call, struct tf_str why, int32_t *ret)
{
	(void)ret;
	return tf_fail(call, "%s", why.s);
}

static int
note(struct tf_call *call, int32_t number)
{
	(void)call;
	sum += number;
	return 0;
}

static int
noted(struct tf_call *call, int32_t *ret)
{
	(void)call;
	*ret = sum;
	return 0;
}

static const struct echo_echo_handler handler = {
	.base = { .inherited = inherited },
	.nothing = nothing,
	.echo_bool = echo_bool,
	.echo_i8 = echo_i8,
	.echo_i16 = echo_i16,
	.echo_i32 = echo_i32,
	.echo_i64 = echo_i64,
	.echo_double = echo_double,
	.echo_string = echo_string,
	.echo_binary = echo_binary,
	.echo_struct = echo_struct,
	.echo_list = echo_list,
	.echo_set = echo_set,
	.echo_map = echo_map,
	.echo_map_of_lists = echo_map_of_lists,
	.echo_union = echo_union,
	.echo_enum = echo_enum,
	.refuse = refuse,
	.fail = fail,
	.note = note,
	.noted = noted,
};

/* Of the second instance. */
static int
next_i32(struct tf_call *call, int32_t v, int32_t *ret)
{
	(void)call;
	*ret = v + 1;
	return 0;
}

static int
setup(struct tf_server *srv)
{
	const struct tf_service *service = &echo_echo_service;
	static struct echo_echo_handler second;
	const char *how = getenv("TF_ECHO");

	if (how != NULL && strcmp(how, "later") == 0) {
		fprintf(stderr, "every call will be answered later\n");
		service = later_service(service);
	}
	second = handler;
	second.echo_i32 = next_i32;
	if (tf_server_add(srv, service, &handler) == -1 ||
	    tf_server_add_as(srv, "first", service, &handler) == -1)
		return -1;
	return tf_server_add_as(srv, "second", service, &second);
}

TF_MODULE(setup);
