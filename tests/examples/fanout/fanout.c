/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handler that asks other servers, all at once, and answers when they have or
 * when the time is up.  Meanwhile the worker serves: nothing waits but the
 * call.
 *
 *	thriftfork run -l :9091 ./hello.so &
 *	thriftfork run -l :9092 ./hello.so &
 *	thriftfork run ./fanout.so :9091 :9092
 */
#include <stdlib.h>

#include "fanout.tf.h"
#include "hello.tf.h"

#define MAX_TIMES	1000

struct context {
	struct tf_loop	*loop;
	struct tf_async	**servers;
	char		**names;
	int		 n;
};

/* What has come, and what has not, goes to whoever has asked. */
static void
gathered(struct tf_gather *gather, void *arg)
{
	struct tf_list_fanout_answer list = { NULL, 0, 0 };
	struct tf_arena *arena = tf_arena_new(0);
	struct tf_later *token = arg;
	struct tf_flight *flight = NULL;
	struct fanout_answer *answer;

	while ((flight = tf_gather_next(gather, flight)) != NULL) {
		answer = TF_PUSH(arena, &list);
		answer->server = tf_strf(arena, "%s",
		    (char *)tf_flight_arg(flight));
		if (hello_greeter_greet_finish(flight, &answer->text) == 0)
			answer->has_text = true;
		else {
			answer->has_error = true;
			answer->error = tf_strf(arena, "%s",
			    tf_flight_error(flight));
		}
	}
	/* -1 if the client has gone meanwhile, which is no matter. */
	(void)fanout_fanout_ask_reply(*token, &list);
	tf_arena_free(arena);
	tf_gather_free(gather);
	free(token);
}

static int
ask(struct tf_call *call, struct tf_str name, int32_t times, int32_t within_ms,
    struct tf_list_fanout_answer *ret)
{
	const struct context *c = call->ctx;
	struct tf_later *token;
	struct tf_gather *gather;

	(void)ret;
	if (times < 0 || times > MAX_TIMES || within_ms < 0)
		return tf_fail(call, "too often, or too soon");
	if ((token = malloc(sizeof(*token))) == NULL)
		return tf_fail(call, "out of memory");
	*token = tf_later(call);
	gather = tf_gather_new(c->loop, (uint64_t)within_ms, gathered, token);
	for (int32_t i = 0; i < times; i++)
		for (int k = 0; k < c->n; k++)
			tf_gather_add(gather, hello_greeter_greet_start(
			    c->servers[k], name, NULL, c->names[k]));
	return TF_LATER;
}

static int
ping(struct tf_call *call)
{
	(void)call;
	return 0;
}

static const struct fanout_fanout_handler handler = { .ask = ask,
    .ping = ping };

static int
worker_start(struct tf_server *srv, void **ctx)
{
	struct context *c = calloc(1, sizeof(*c));
	char **argv;
	int argc;

	tf_server_args(srv, &argc, &argv);
	if (c == NULL || (c->servers = calloc((size_t)argc,
	    sizeof(*c->servers))) == NULL)
		return tf_server_refuse(srv, "out of memory");
	c->loop = tf_server_loop(srv);
	c->names = argv + 1;
	c->n = argc - 1;
	for (int i = 0; i < c->n; i++)
		c->servers[i] = tf_async_new(c->loop, c->names[i]);
	*ctx = c;
	return 0;
}

/* What is still under way ends here, as not answered. */
static void
worker_stop(struct tf_server *srv, void *ctx)
{
	struct context *c = ctx;

	(void)srv;
	for (int i = 0; i < c->n; i++)
		tf_async_free(c->servers[i]);
	free(c->servers);
	free(c);
}

static const struct tf_hooks hooks = { .worker_start = worker_start,
    .worker_stop = worker_stop };

static int
setup(struct tf_server *srv)
{
	tf_server_hooks(srv, &hooks);
	return fanout_fanout_serve(srv, &handler);
}

TF_MODULE(setup);
