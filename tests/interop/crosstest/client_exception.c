/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler throws, declared and not, and what it must not answer. */
#include "client.h"

#include <time.h>

/* Whether the failed call brought an exception; if not, why. */
static bool
thrown(struct run *r, const void *exception)
{
	return exception != NULL || answer_is_missing(r);
}

bool
test_exception(struct run *r)
{
	const struct thrift_test_xception *x;

	if (CALL(exception)(r->client, TF_STR("Xception"), &x) == 0)
		return answer_is_wrong("no Xception was thrown");
	if (!thrown(r, x))
		return false;
	if (x->errorCode != 1001 || !tf_str_eq(x->message, TF_STR("Xception")))
		return answer_is_wrong("the Xception says %d, '%s'",
		    x->errorCode, x->message.s);
	if (CALL(exception)(r->client, TF_STR("TException"), &x) == 0 ||
	    x != NULL)
		return answer_is_wrong("the undeclared error is no error");
	if (tf_client_error_type(r->client) == -1)
		return answer_is_missing(r);
	return CALL(exception)(r->client, TF_STR("success"), &x) == 0 ||
	    answer_is_missing(r);
}

bool
test_multi_exception(struct run *r)
{
	const struct thrift_test_xception *x;
	const struct thrift_test_xception2 *x2;
	struct thrift_test_xtruct got;

	if (CALL(multi_exception)(r->client, TF_STR("Xception"),
	    TF_STR("test 1"), &got, &x, &x2) == 0)
		return answer_is_wrong("no Xception was thrown");
	if (!thrown(r, x))
		return false;
	if (x->errorCode != 1001 ||
	    !tf_str_eq(x->message, TF_STR("This is an Xception")))
		return answer_is_wrong("the Xception says %d, '%s'",
		    x->errorCode, x->message.s);
	if (CALL(multi_exception)(r->client, TF_STR("Xception2"),
	    TF_STR("test 2"), &got, &x, &x2) == 0)
		return answer_is_wrong("no Xception2 was thrown");
	if (!thrown(r, x2))
		return false;
	if (x2->errorCode != 2002 || !tf_str_eq(x2->struct_thing.string_thing,
	    TF_STR("This is an Xception2")))
		return answer_is_wrong("the Xception2 says %d, '%s'",
		    x2->errorCode, x2->struct_thing.string_thing.s);
	if (CALL(multi_exception)(r->client, TF_STR("success"),
	    TF_STR("test 3"), &got, &x, &x2) == -1)
		return answer_is_missing(r);
	return tf_str_eq(got.string_thing, TF_STR("test 3")) ||
	    answer_is_wrong("'%s' came back", got.string_thing.s);
}

/*
 * The server may sleep for the second that it is told to; the caller must not.
 * That nothing was answered is seen by the test that follows.  Over HTTP there
 * is an answer, which our client waits for and some servers give last.
 */
bool
test_oneway(struct run *r)
{
	struct timespec began, ended;
	double seconds;

	clock_gettime(CLOCK_MONOTONIC, &began);
	if (CALL(oneway)(r->client, r->http ? 0 : 1) == -1)
		return answer_is_missing(r);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	seconds = (double)(ended.tv_sec - began.tv_sec) +
	    (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
	return seconds < 0.2 ||
	    answer_is_wrong("the call took %.3f seconds", seconds);
}
