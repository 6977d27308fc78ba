/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pairs beside a message, as handlers see them: what the request brought,
 * before what its connection remembers, and what the reply shall carry.
 */
#include <string.h>

#include "serve/call.h"
#include "wire/header.h"
#include "wire/http.h"

static struct tf_str
text(const char *s)
{
	return (struct tf_str){ s, strlen(s) };
}

const struct tf_str *
call_header(const struct call_headers *h, struct tf_str key)
{
	const struct tf_str *value = header_find(&h->asked, key);

	if (value == NULL && h->persistent != NULL)
		value = header_find(h->persistent, key);
	return value;
}

static const struct call_headers *
headers_of(const struct tf_call *pub)
{
	return ((const struct call *)(const void *)pub)->headers;
}

const struct tf_str *
tf_call_header(const struct tf_call *call, const char *key)
{
	const struct call_headers *h = headers_of(call);

	return h == NULL ? NULL : call_header(h, text(key));
}

/* Adds the pairs that count: of one key, the one that is found. */
static size_t
collect(const struct call_headers *h, const struct header_info *info,
    struct tf_header *to)
{
	size_t n = 0;

	for (uint32_t i = 0; i < info->n; i++) {
		const struct header_pair *pair = &info->v[i];

		if (call_header(h, pair->key) == &pair->value)
			to[n++] = (struct tf_header){ pair->key, pair->value };
	}
	return n;
}

const struct tf_header *
tf_call_headers(const struct tf_call *call, size_t *n)
{
	const struct call_headers *h = headers_of(call);
	struct tf_header *all;
	size_t more;

	*n = 0;
	if (h == NULL)
		return NULL;
	more = h->persistent == NULL ? 0 : h->persistent->n;
	if (h->asked.n + more == 0)
		return NULL;
	all = tf_alloc(call->arena, h->asked.n + more, sizeof(*all));
	*n = collect(h, &h->asked, all);
	if (more > 0)
		*n += collect(h, h->persistent, all + *n);
	return all;
}

int
tf_call_set_header(struct tf_call *pub, const char *key, const char *value)
{
	struct call *call = (struct call *)(void *)pub;

	if (call->headers == NULL || call->later.taken ||
	    (call->envelope.kind == ENVELOPE_HTTP &&
	    !http_out_takes(text(key), text(value))))
		return -1;
	return header_set(&call->headers->reply, &call->arena, text(key),
	    text(value));
}
