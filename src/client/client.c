/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a client, and what is said with its calls and of them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "client/client_body.h"
#include "wire/frame.h"

#define DEFAULT_TIMEOUT_NS	(10 * NS_PER_S)
#define DEFAULT_MAX_FRAME	16384000u
#define MAX_MEMORY		((size_t)256 << 20)	/* of a result */
#define MORE_BYTES		(2 * HTTP_SLACK)	/* around a message */

static void
set_addr(struct tf_client *c, const char *addr)
{
	if ((c->addr = strdup(addr)) == NULL)
		fatal("out of memory: an address");
	client_http_init(&c->http, addr);
}

struct tf_client *
tf_client_new(const char *addr)
{
	struct tf_client *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("out of memory: a client");
	set_addr(c, addr);
	stream_init(&c->stream);
	c->stream.trust = &c->trust;
	arena_init(&c->own, MAX_MEMORY);
	c->arena = &c->own;
	c->proto = wire_compact();
	c->framed = true;
	client_header_init(&c->header);
	buf_init(&c->out, CLIENT_MAX_FRAME + FRAME_HEADER + MORE_BYTES);
	buf_init(&c->in, CLIENT_MAX_FRAME + CLIENT_MAX_FRAME / 2 +
	    MORE_BYTES);
	c->timeout_ns = DEFAULT_TIMEOUT_NS;
	c->max_frame = DEFAULT_MAX_FRAME;
	c->error_type = -1;
	return c;
}

void
tf_client_free(struct tf_client *c)
{
	if (c == NULL)
		return;
	stream_close(&c->stream);
	trust_fini(&c->trust);
	client_http_fini(&c->http);
	arena_fini(&c->own);
	client_header_fini(&c->header);
	buf_fini(&c->out);
	buf_fini(&c->in);
	free(c->addr);
	free(c);
}

void
client_aim(struct tf_client *c, const char *addr)
{
	if (strcmp(c->addr, addr) == 0)
		return;
	client_http_fini(&c->http);
	free(c->addr);
	set_addr(c, addr);
}

int
client_fail(struct tf_client *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->error, sizeof(c->error), fmt, ap);
	va_end(ap);
	return -1;
}

int
tf_client_header(struct tf_client *c, const char *key, const char *value)
{
	if (client_header_set(&c->header, key, value) == 0)
		return 0;
	return client_fail(c,
	    "header '%.80s': more headers than a request carries",
	    key);
}

int
tf_client_pass_on(struct tf_client *c, const struct tf_call *call)
{
	const struct tf_str *parent = tf_call_header(call, "traceparent"),
	    *state = tf_call_header(call, "tracestate");

	/* Without the first the second means nothing. */
	if (parent == NULL)
		state = NULL;
	if (tf_client_header(c, "traceparent", parent == NULL ? NULL :
	    parent->s) == -1)
		return -1;
	return tf_client_header(c, "tracestate", state == NULL ? NULL :
	    state->s);
}

const struct tf_str *
tf_client_reply_header(const struct tf_client *c, const char *key)
{
	return client_header_find(&c->header, key);
}

void
tf_client_arena(struct tf_client *c, struct tf_arena *arena)
{
	c->arena = arena == NULL ? &c->own : arena;
}

const char *
tf_client_error(const struct tf_client *c)
{
	return c->error;
}

int
tf_client_error_type(const struct tf_client *c)
{
	return c->error_type;
}
