/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handler sees: the call, and how to fail one.
 *
 * A handler is a C function in the struct that thriftfork-gen writes for its
 * service.  Scalars, enums and strings arrive by value, structs and containers
 * by const pointer; the result goes through *ret, which is preset to its
 * default and must not be made to point to the handler's stack.  The handler
 * returns
 *
 *	 0	the result stands in *ret
 *	-1	after calc_throw_x(call, &x): the client gets the exception
 *	-1	after tf_fail(call, ...): the client gets INTERNAL_ERROR
 *	TF_LATER after tf_later(call): it will be answered by that token
 *
 * Everything a handler is given lives until it returns; call->arena lives
 * until the reply has been encoded.
 */
#ifndef THRIFTFORK_SERVICE_H
#define THRIFTFORK_SERVICE_H

#include <thriftfork/type.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct tf_server;
struct tf_client;

/* The other end of a connection. */
struct tf_peer {
	void		*data;		/* what the connect hook left here */
	const char	*addr;		/* "10.0.0.3:5432", "[::1]:80",
					   "unix:/path" or "unix" */
	int32_t		 pid;		/* unix sockets: who has connected */
	int64_t		 uid, gid;	/* -1 if not known */
	const char	*tls_subject;	/* over TLS: of the certificate that
					   the client has shown, "CN=x,O=y", or
					   "" if none was asked for; NULL: no
					   TLS, or, in connect(), not yet */
};

struct tf_call {
	struct tf_arena	*arena;		/* emptied when the call has ended */
	void		*ctx;		/* what worker_start() left */
	const void	*handler;	/* the instance that serves this call */
	const char	*service;	/* as in the IDL, or the name it was
					   added under */
	const char	*method;	/* as in the IDL */
	int32_t		 seqid;		/* the client's number of this call */
	uint64_t	 deadline_ns;	/* CLOCK_MONOTONIC; 0 = none */
	const struct tf_peer *peer;
	/* private below */
};

/*
 * Both return -1, so that a handler can return their result, and both replace
 * what an earlier one of them said.  tf_throw() copies the exception; one that
 * the method does not declare becomes an INTERNAL_ERROR and a line in the log.
 * Use the typed calc_throw_x() of generated code.
 */
int	 tf_throw(struct tf_call *, const struct tf_type *, const void *);
int	 tf_fail(struct tf_call *, const char *fmt, ...) TF_PRINTF(2, 3);

/*
 * Later replies.  A handler that cannot answer yet takes a token and returns
 * TF_LATER:
 *
 *	struct tf_later t = tf_later(call);
 *	...
 *	return TF_LATER;
 *
 * Whoever has the token, which is a value, answers with it: once, from any
 * thread, before the handler has returned or after.  That is what generated
 * code has calc_calculator_sum_reply() and calc_throw_x_later() for, and there
 * is tf_later_fail(); all copy what they are given.  0: the call was there to
 * be answered (a value that cannot be sent becomes an INTERNAL_ERROR, and a
 * line in the log).  -1: it has been answered, its deadline has passed, its
 * client has left, or its worker has ended; nothing has happened.
 *
 * What the call points to lives until the handler returns.  A handler that
 * returns anything else than TF_LATER answers by that, and its token is void.
 */
#define TF_LATER	1

struct tf_later {
	uint64_t	 generation;
	uint32_t	 slot;
};
struct tf_method;

struct tf_later tf_later(struct tf_call *);
/* What generated code calls: the result struct, or the exception. */
int	 tf_later_reply(struct tf_later, const struct tf_method *,
	    const void *result);
int	 tf_later_throw(struct tf_later, const struct tf_type *, const void *);
int	 tf_later_fail(struct tf_later, const char *fmt, ...) TF_PRINTF(2, 3);

/*
 * Headers: pairs of strings beside a message, in dialects that have them
 * (THeader; HTTP, where the keys of a request are in small letters).
 * tf_call_header() finds one of the request, of the message or said once for
 * its connection, NULL if there is none; tf_call_headers() gives all *n of them
 * in no order, each key once, NULL if there are none.  They are the library's,
 * live until the handler returns, and may hold any byte.
 *
 * tf_call_set_header() sets one of the reply, in place of one of the same key;
 * both are copied.  -1, and nothing has changed: the client's dialect has no
 * headers, or none like this, there are 256 already, all take more than 64 KiB,
 * or tf_later() has been called.
 */
struct tf_header {
	struct tf_str	 key, value;
};

const struct tf_str *tf_call_header(const struct tf_call *, const char *key);
const struct tf_header *tf_call_headers(const struct tf_call *, size_t *n);
int	 tf_call_set_header(struct tf_call *, const char *key,
	    const char *value);

/*
 * What a program wants to be told, in a worker.  Any member may be NULL.  ctx
 * is what worker_start() has put into *ctx, NULL before.
 */
struct tf_hooks {
	/*
	 * Once, before the worker serves: the place to open files and to
	 * connect to databases.  -1: it cannot serve (tf_server_refuse() says
	 * why); the master tries again with growing pauses.
	 */
	int	(*worker_start)(struct tf_server *, void **ctx);
	/* Before the worker leaves, unless it is killed. */
	void	(*worker_stop)(struct tf_server *, void *ctx);
	/*
	 * In each thread of a worker that has threads, one after the other,
	 * before the worker serves.  *ctx is what worker_start() has left
	 * there, and what it is afterwards is call->ctx of the calls that this
	 * thread runs.  -1: as of worker_start().
	 */
	int	(*thread_start)(struct tf_server *, void **ctx);
	/* In that thread before it ends; others may still run. */
	void	(*thread_stop)(struct tf_server *, void *ctx);
	/*
	 * A connection has been accepted; -1 closes it, without a word in the
	 * log.  peer->data may be set; it is peer->data of the connection's
	 * calls and of disconnect(), which is called for each connection that
	 * connect() has let in.
	 */
	int	(*connect)(void *ctx, struct tf_peer *);
	void	(*disconnect)(void *ctx, struct tf_peer *);
	/*
	 * Before the arguments of a call are read, in the event loop.  -1,
	 * after tf_fail() or a throw, refuses it; the handler and after() are
	 * not called then.
	 */
	int	(*before)(struct tf_call *);
	/*
	 * After the handler and in its thread, with what it returned (TF_LATER,
	 * if a token has answered or will); the reply comes later.
	 */
	void	(*after)(struct tf_call *, int rc);
};

/* Tables of services, written by thriftfork-gen. */
enum tf_method_flag {
	TF_ONEWAY = 1,
	TF_THREADED = 2,	/* to be run by a thread, if there are any */
	TF_IDEMPOTENT = 4	/* may be called again by who has no answer */
};

struct tf_method {
	const char		*name;
	const struct tf_type	*args;
	/*
	 * Fields: "success" (id 0, if the method returns something) by value
	 * with a flag, then one pointer per declared exception.  A oneway
	 * method has an empty result.
	 */
	const struct tf_type	*result;
	/* Unpacks args and result and calls the handler's function. */
	int (*call)(struct tf_call *, const void *handler, const void *args,
	    void *result);
	uint32_t		 handler_off;	/* of the function pointer */
	uint32_t		 flags;		/* enum tf_method_flag */
};

struct tf_service {
	uint32_t		 magic, abi;	/* TF_MAGIC, TF_ABI */
	const char		*name;
	const struct tf_service	*base;		/* extends; its handlers are the
						   first member of ours */
	const struct tf_method	*methods;
	uint32_t		 n;
};

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
