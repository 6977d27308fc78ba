/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: what a worker keeps for itself, who may connect, who may call, and
 * what is counted.  Calls are let through for the user who runs the server,
 * over a unix socket; everybody else may connect, and is refused.
 *
 *	thriftfork run -l unix:/tmp/hooks ./hooks.so
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hello.tf.h"

/* One per worker; a database connection would be in here. */
struct context {
	unsigned	 greeted;
};

static int
greet(struct tf_call *call, struct tf_str name, struct tf_str *ret)
{
	struct context *ctx = call->ctx;

	*ret = tf_strf(call->arena, "Hello, %s, uid %lld, number %u!", name.s,
	    (long long)call->peer->uid, ++ctx->greeted);
	return 0;
}

static int
worker_start(struct tf_server *srv, void **ctx)
{
	if ((*ctx = calloc(1, sizeof(struct context))) == NULL)
		return tf_server_refuse(srv, "out of memory");
	return 0;
}

static void
worker_stop(struct tf_server *srv, void *ctx)
{
	(void)srv;
	free(ctx);
}

/* What is found out once per connection stays with it. */
static int
connected(void *ctx, struct tf_peer *peer)
{
	(void)ctx;
	peer->data = strdup(peer->uid == (int64_t)getuid() ? "friend" :
	    "stranger");
	return peer->data == NULL ? -1 : 0;
}

static void
disconnected(void *ctx, struct tf_peer *peer)
{
	(void)ctx;
	free(peer->data);
}

static int
before(struct tf_call *call)
{
	if (strcmp(call->peer->data, "friend") == 0)
		return 0;
	return tf_fail(call, "%s: %s may not call %s", call->peer->addr,
	    (const char *)call->peer->data, call->method);
}

static const struct hello_greeter_handler greeter = { .greet = greet };

static const struct tf_hooks hooks = {
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.connect = connected,
	.disconnect = disconnected,
	.before = before,
};

static int
setup(struct tf_server *srv)
{
	tf_server_hooks(srv, &hooks);
	return hello_greeter_serve(srv, &greeter);
}

TF_MODULE(setup);
