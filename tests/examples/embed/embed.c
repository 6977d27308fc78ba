/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program with a command line of its own that happens to serve Thrift:
 * embed [ADDR [WORKERS]].  tf_server_run() returns when it has been told to
 * stop, and the program goes on.
 */
#include <err.h>
#include <stdio.h>

#include "hello.tf.h"

static int
greet(struct tf_call *call, struct tf_str name, struct tf_str *ret)
{
	*ret = tf_strf(call->arena, "Hello %s, from a host", name.s);
	return 0;
}

static const struct hello_greeter_handler greeter = { .greet = greet };

static int
setup(struct tf_server *srv)
{
	return hello_greeter_serve(srv, &greeter);
}

int
main(int argc, char **argv)
{
	struct tf_server *srv;

	if ((srv = tf_server_new()) == NULL)
		errx(1, "out of memory");
	tf_server_setup(srv, setup);
	if (tf_server_set(srv, "workers", argc > 2 ? argv[2] : "2") == -1 ||
	    tf_server_listen(srv, argc > 1 ? argv[1] : ":9090") == -1 ||
	    tf_server_run(srv) == -1)
		errx(1, "%s", tf_server_error(srv));
	tf_server_free(srv);
	printf("served; now for something else\n");
	return 0;
}
