/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A blocking client for one server.  It connects at its first call and again
 * at the next call after a failure; calls go one at a time, and a client
 * belongs to one thread.  A client used in a child of the process that
 * connected it opens a connection of its own.
 *
 *	struct tf_client *c = tf_client_new("tcp://localhost:9090");
 *	if (calc_calculator_ping(c) == -1)
 *		errx(1, "ping: %s", tf_client_error(c));
 *	tf_client_free(c);
 */
#ifndef THRIFTFORK_CLIENT_H
#define THRIFTFORK_CLIENT_H

#include <thriftfork/service.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/*
 * Never NULL; an address that cannot be understood is reported by the first
 * call.  Addresses: tcp://HOST:PORT, HOST:PORT, :PORT (loopback), unix:/path,
 * and http://HOST:PORT/PATH (or https) for HTTP, which has neither framing nor
 * transforms.
 */
struct tf_client *tf_client_new(const char *addr);
void	 tf_client_free(struct tf_client *);	/* NULL is fine */

/*
 * Settings, by the names and units of thriftfork(7); -1 with
 * tf_client_error() if the key or its value is not understood.
 *
 *	timeout		10s	whole call, connecting included; "off"
 *	connect-timeout	off	of that, for one attempt to connect
 *	max-frame	16384000	bytes of a request or a reply
 *	protocol	compact	or binary, or json (TJSONProtocol)
 *	framing		framed	or unframed (Apache's "buffered"), or header
 *				(THeader)
 *	transforms	none	of header: what is done to requests, in order:
 *				zlib, zstd, zlib+zstd
 *	service			the name that calls begin with, for servers
 *				that have several services
 *				(TMultiplexedProtocol); "" for none
 *
 * protocol and framing take effect with the next connection: set them first.
 */
int	 tf_client_set(struct tf_client *, const char *key, const char *value)
	    TF_CHECK;

/*
 * Sets a header that goes with every call from now on, with framing header or
 * over HTTP; both strings are copied, and NULL takes the value away.  With
 * framing header a client that has a timeout says it in "client_timeout",
 * unless that is set here.  -1 with tf_client_error(), and nothing has changed:
 * they are more than 256, or than 64 KiB.
 */
int	 tf_client_header(struct tf_client *, const char *key,
	    const char *value);

/*
 * The calls that follow are part of the one that a handler is in: they carry
 * its W3C trace context, the headers traceparent and tracestate, or none if it
 * has none.  The same as two calls of tf_client_header(); so for a client that
 * serves several calls in turn, say it in each.
 */
int	 tf_client_pass_on(struct tf_client *, const struct tf_call *);

/*
 * A header of the last call's answer, whatever that was; NULL if there is none.
 * Valid until the next call on this client.
 */
const struct tf_str *tf_client_reply_header(const struct tf_client *,
	    const char *key);

/*
 * Where results are put from the next call on: into an arena of yours, which
 * the client never empties; NULL: into its own again, which each call empties.
 */
void	 tf_client_arena(struct tf_client *, struct tf_arena *);

/*
 * What the last failing call or tf_client_set() met: what, where, after how
 * long.  "" before the first failure.  Valid until the next of them.
 */
const char *tf_client_error(const struct tf_client *);

/*
 * The TApplicationException type of the last failing call's answer (1 is
 * UNKNOWN_METHOD, 6 INTERNAL_ERROR, 7 PROTOCOL_ERROR; 5 is the client's own
 * MISSING_RESULT, for a reply that holds none), or -1 if it did not get one.
 */
int	 tf_client_error_type(const struct tf_client *);

/*
 * One call, as generated code makes it.  0 with *result set to a value of
 * method->result that lives until the next call on this client (NULL for a
 * oneway method); or -1, with *result NULL or, if the server answered with a
 * declared exception, set.
 */
int	 tf_client_call(struct tf_client *, const struct tf_method *,
	    const void *args, void **result);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
