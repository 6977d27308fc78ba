/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of ThriftTest.thrift: most of them return what they are given. */
#include "handlers.h"

#include <string.h>

static int
test_void(struct tf_call *call)
{
	(void)call;
	return 0;
}

#define RETURN_VALUE(name, T)						\
static int								\
name(struct tf_call *call, T thing, T *ret)				\
{									\
	(void)call;							\
	*ret = thing;							\
	return 0;							\
}
#define RETURN_POINTED(name, T)						\
static int								\
name(struct tf_call *call, const T *thing, T *ret)			\
{									\
	(void)call;							\
	*ret = *thing;							\
	return 0;							\
}
RETURN_VALUE(test_string, struct tf_str)
RETURN_VALUE(test_bool, bool)
RETURN_VALUE(test_byte, int8_t)
RETURN_VALUE(test_i32, int32_t)
RETURN_VALUE(test_i64, int64_t)
RETURN_VALUE(test_double, double)
RETURN_VALUE(test_uuid, struct tf_uuid)
RETURN_VALUE(test_enum, enum thrift_test_numberz)
RETURN_VALUE(test_typedef, thrift_test_user_id)
RETURN_POINTED(test_struct, struct thrift_test_xtruct)
RETURN_POINTED(test_nest, struct thrift_test_xtruct2)
RETURN_POINTED(test_map, struct tf_map_i32_i32)
RETURN_POINTED(test_string_map, struct tf_map_str_str)
RETURN_POINTED(test_list, struct tf_list_i32)	/* and a set */

static int
test_map_map(struct tf_call *call, int32_t hello,
    struct tf_map_i32_map_i32_i32 *ret)
{
	struct tf_map_i32_map_i32_i32_entry *side;
	struct tf_map_i32_i32_entry *e;

	(void)hello;
	for (int32_t sign = -1; sign <= 1; sign += 2) {
		side = TF_PUSH(call->arena, ret);
		side->key = 4 * sign;
		for (int32_t i = 1; i <= 4; i++) {
			e = TF_PUSH(call->arena, &side->val);
			e->key = e->val = i * sign;
		}
	}
	return 0;
}

static int
test_insanity(struct tf_call *call, const struct thrift_test_insanity *mad,
    struct tf_map_i64_map_thrift_test_numberz_thrift_test_insanity *ret)
{
	static const struct thrift_test_insanity sane;
	const struct {
		thrift_test_user_id			 user;
		enum thrift_test_numberz		 number;
		const struct thrift_test_insanity	*value;
	} wanted[] = {
		{ 1, THRIFT_TEST_NUMBERZ_TWO, mad },
		{ 1, THRIFT_TEST_NUMBERZ_THREE, mad },
		{ 2, THRIFT_TEST_NUMBERZ_SIX, &sane },
	};
	struct tf_map_i64_map_thrift_test_numberz_thrift_test_insanity_entry
	    *user = NULL;
	struct tf_map_thrift_test_numberz_thrift_test_insanity_entry *e;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (user == NULL || user->key != wanted[i].user) {
			user = TF_PUSH(call->arena, ret);
			user->key = wanted[i].user;
		}
		e = TF_PUSH(call->arena, &user->val);
		e->key = wanted[i].number;
		e->val = *wanted[i].value;
	}
	return 0;
}

static int
test_multi(struct tf_call *call, int8_t arg0, int32_t arg1, int64_t arg2,
    const struct tf_map_i16_str *arg3, enum thrift_test_numberz arg4,
    thrift_test_user_id arg5, struct thrift_test_xtruct *ret)
{
	(void)call;
	(void)arg3;
	(void)arg4;
	(void)arg5;
	*ret = (struct thrift_test_xtruct){ .string_thing = TF_STR("Hello2"),
	    .byte_thing = arg0, .i32_thing = arg1, .i64_thing = arg2 };
	return 0;
}

static int
test_exception(struct tf_call *call, struct tf_str arg)
{
	if (tf_str_eq(arg, TF_STR("Xception")))
		return thrift_test_throw_xception(call,
		    &(struct thrift_test_xception){ .errorCode = 1001,
		    .message = arg });
	if (tf_str_eq(arg, TF_STR("TException")))
		return tf_fail(call, "the error that nobody declared");
	return 0;
}

static int
test_multi_exception(struct tf_call *call, struct tf_str arg0,
    struct tf_str arg1, struct thrift_test_xtruct *ret)
{
	if (tf_str_eq(arg0, TF_STR("Xception")))
		return thrift_test_throw_xception(call,
		    &(struct thrift_test_xception){ .errorCode = 1001,
		    .message = TF_STR("This is an Xception") });
	if (tf_str_eq(arg0, TF_STR("Xception2")))
		return thrift_test_throw_xception2(call,
		    &(struct thrift_test_xception2){ .errorCode = 2002,
		    .struct_thing.string_thing =
		    TF_STR("This is an Xception2") });
	ret->string_thing = arg1;
	return 0;
}

/* Does not sleep: what counts is that nothing is answered. */
static int
test_oneway(struct tf_call *call, int32_t seconds)
{
	(void)call;
	(void)seconds;
	return 0;
}

static int
second_test_string(struct tf_call *call, struct tf_str thing,
    struct tf_str *ret)
{
	*ret = tf_strf(call->arena, "testString(\"%s\")", thing.s);
	return 0;
}

const struct thrift_test_thrift_test_handler thrift_test_handler = {
	.testVoid = test_void,
	.testString = test_string,
	.testBool = test_bool,
	.testByte = test_byte,
	.testI32 = test_i32,
	.testI64 = test_i64,
	.testDouble = test_double,
	.testBinary = test_string,
	.testUuid = test_uuid,
	.testStruct = test_struct,
	.testNest = test_nest,
	.testMap = test_map,
	.testStringMap = test_string_map,
	.testSet = test_list,
	.testList = test_list,
	.testEnum = test_enum,
	.testTypedef = test_typedef,
	.testMapMap = test_map_map,
	.testInsanity = test_insanity,
	.testMulti = test_multi,
	.testException = test_exception,
	.testMultiException = test_multi_exception,
	.testOneway = test_oneway,
};

const struct thrift_test_second_service_handler second_service_handler = {
	.secondtestString = second_test_string,
};
