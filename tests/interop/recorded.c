/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of recorded.thrift; the last result is remembered by its id. */
#include "recorded.tf.h"

static int32_t last_id, last_result;

static int
ping(struct tf_call *call)
{
	(void)call;
	return 0;
}

static int
add(struct tf_call *call, int32_t num1, int32_t num2, int32_t *ret)
{
	(void)call;
	*ret = num1 + num2;
	return 0;
}

static int
calculate(struct tf_call *call, int32_t logid, const struct recorded_work *w,
    int32_t *ret)
{
	if (w->op == RECORDED_OPERATION_DIVIDE && w->num2 == 0)
		return recorded_throw_bad_operation(call,
		    &(struct recorded_bad_operation){ .what = w->op,
			.why = TF_STR("Cannot divide by 0") });
	if (w->op != RECORDED_OPERATION_SUBTRACT)
		return tf_fail(call, "this was not recorded");
	*ret = w->num1 - w->num2;
	last_id = logid;
	last_result = *ret;
	return 0;
}

static int
get_struct(struct tf_call *call, int32_t key, struct recorded_logged *ret)
{
	if (key != last_id)
		return tf_fail(call, "nothing has the key %d", key);
	ret->key = key;
	ret->value = tf_strf(call->arena, "%d", last_result);
	return 0;
}

static const struct recorded_recorded_handler handler = {
	.ping = ping,
	.add = add,
	.calculate = calculate,
	.getStruct = get_struct,
};

static int
setup(struct tf_server *srv)
{
	return recorded_recorded_serve(srv, &handler);
}

TF_MODULE(setup);
