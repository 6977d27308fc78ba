/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest service: one method, a module for "thriftfork run". */
#include "hello.tf.h"

static int
greet(struct tf_call *call, struct tf_str name, struct tf_str *ret)
{
	*ret = tf_strf(call->arena, "Hello, %s!", name.s);
	return 0;
}

static const struct hello_greeter_handler greeter = { .greet = greet };

static int
setup(struct tf_server *srv)
{
	return hello_greeter_serve(srv, &greeter);
}

TF_MODULE(setup);
