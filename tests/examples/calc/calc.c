/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calculator service, a complete example: build it as a module for
 * "thriftfork run", or as a program of its own; the source is the same.
 *
 * A prefork server has no shared heap: the history kept here is that of one
 * worker, and two workers have two.  A worker that has threads may run several
 * handlers at once, so a mutex guards it.
 */
#include <pthread.h>
#include <stdlib.h>

#include "calc.tf.h"

#define KEPT	1024

static struct done {
	int32_t			 logid, result;
	struct calc_work	*work;		/* NULL: forgotten */
} done[KEPT];
static uint32_t ndone;
static pthread_mutex_t history = PTHREAD_MUTEX_INITIALIZER;

static int
ping(struct tf_call *call)
{
	(void)call;
	return 0;
}

static int
refuse(struct tf_call *call, enum calc_op op, const char *why)
{
	return calc_throw_invalid_operation(call,
	    &(struct calc_invalid_operation){ .what = op,
		.why = tf_strf(call->arena, "%s", why) });
}

static void
remember(int32_t logid, const struct calc_work *w, int32_t result)
{
	struct done *d;

	pthread_mutex_lock(&history);
	d = &done[ndone++ % KEPT];
	free(d->work);
	*d = (struct done){ logid, result, calc_work_dup(w) };
	pthread_mutex_unlock(&history);
}

static int
calculate(struct tf_call *call, int32_t logid, const struct calc_work *w,
    const struct tf_list_str *tags, int32_t *ret)
{
	bool overflow = false;

	(void)tags;
	switch (w->op) {
	case CALC_OP_ADD:
		overflow = __builtin_add_overflow(w->num1, w->num2, ret);
		break;
	case CALC_OP_SUB:
		overflow = __builtin_sub_overflow(w->num1, w->num2, ret);
		break;
	case CALC_OP_MUL:
		overflow = __builtin_mul_overflow(w->num1, w->num2, ret);
		break;
	case CALC_OP_DIV:
		if (w->num2 == 0)
			return refuse(call, w->op, "division by zero");
		if (w->num1 == INT32_MIN && w->num2 == -1)
			overflow = true;
		else
			*ret = w->num1 / w->num2;
		break;
	default:
		return refuse(call, w->op, "unknown operation");
	}
	if (overflow)
		return refuse(call, w->op, "overflow");
	remember(logid, w, *ret);
	return 0;
}

static int
list_history(struct tf_call *call, int32_t since,
    struct tf_list_calc_entry *ret)
{
	struct calc_entry *e;

	pthread_mutex_lock(&history);
	for (uint32_t i = 0; i < ndone && i < KEPT; i++) {
		if (done[i].work == NULL || done[i].logid < since)
			continue;
		e = TF_PUSH(call->arena, ret);
		e->logid = done[i].logid;
		/* Others may forget it before the reply has been written. */
		e->work = *(const struct calc_work *)tf_copy(call->arena,
		    &calc_work_type, done[i].work);
		e->result = done[i].result;
	}
	pthread_mutex_unlock(&history);
	return 0;
}

static int
totals(struct tf_call *call, struct tf_map_str_i32 *ret)
{
	uint32_t kept = 0;

	pthread_mutex_lock(&history);
	for (uint32_t i = 0; i < ndone && i < KEPT; i++)
		kept += done[i].work != NULL;
	*TF_PUSH(call->arena, ret) = (struct tf_map_str_i32_entry){
	    TF_STR("done"), (int32_t)ndone };
	pthread_mutex_unlock(&history);
	*TF_PUSH(call->arena, ret) = (struct tf_map_str_i32_entry){
	    TF_STR("kept"), (int32_t)kept };
	return 0;
}

static int
forget(struct tf_call *call, int32_t logid)
{
	(void)call;
	pthread_mutex_lock(&history);
	for (uint32_t i = 0; i < ndone && i < KEPT; i++)
		if (done[i].logid == logid) {
			free(done[i].work);
			done[i].work = NULL;
		}
	pthread_mutex_unlock(&history);
	return 0;
}

static const struct calc_calculator_handler calculator = {
	.ping = ping,
	.calculate = calculate,
	.history = list_history,
	.totals = totals,
	.forget = forget,
};

static int
setup(struct tf_server *srv)
{
	return calc_calculator_serve(srv, &calculator);
}

TF_MODULE(setup);

int
main(int argc, char **argv)
{
	return tf_main(argc, argv, setup);
}
