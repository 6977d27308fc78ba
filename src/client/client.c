/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a client, and what is said with its calls and of them. */
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "client/client_body.h"

struct tf_client *
tf_client_new(const char *addr)
{
	struct tf_client *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		fatal("out of memory: a client");
	client_settings_init(&c->set, addr);
	stream_init(&c->stream);
	arena_init(&c->own, CLIENT_MAX_MEMORY);
	c->arena = &c->own;
	buf_init(&c->out, CLIENT_REQUEST_BYTES);
	buf_init(&c->in, CLIENT_MAX_FRAME + CLIENT_MAX_FRAME / 2 +
	    CLIENT_MORE_BYTES);
	c->outcome.type = -1;
	return c;
}

void
tf_client_free(struct tf_client *c)
{
	if (c == NULL)
		return;
	stream_close(&c->stream);
	client_settings_fini(&c->set);
	arena_fini(&c->own);
	buf_fini(&c->out);
	buf_fini(&c->in);
	free(c);
}

int
tf_client_set(struct tf_client *c, const char *key, const char *value)
{
	int rc = client_settings_set(&c->set, key, value, &c->outcome);

	c->touched = true;
	if (rc == 1)
		stream_close(&c->stream);
	return rc == -1 ? -1 : 0;
}

int
tf_client_header(struct tf_client *c, const char *key, const char *value)
{
	return client_settings_header(&c->set, key, value, &c->outcome);
}

int
tf_client_pass_on(struct tf_client *c, const struct tf_call *call)
{
	return client_settings_pass_on(&c->set, call, &c->outcome);
}

const struct tf_str *
tf_client_reply_header(const struct tf_client *c, const char *key)
{
	return client_header_find(&c->set.header, key);
}

void
tf_client_arena(struct tf_client *c, struct tf_arena *arena)
{
	c->arena = arena == NULL ? &c->own : arena;
}

const char *
tf_client_error(const struct tf_client *c)
{
	return c->outcome.error;
}

int
tf_client_error_type(const struct tf_client *c)
{
	return c->outcome.type;
}
