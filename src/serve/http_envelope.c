/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of fields are the same in capitals and small letters, keys of headers
 * are not: handlers are given names in small letters.
 */
#include "serve/http_envelope.h"

#include <strings.h>

#include "base/buf.h"

static struct tf_str
small_letters(struct tf_arena *a, struct tf_str s)
{
	struct tf_str t = tf_strn(a, s.s, s.len);
	char *p = (char *)(uintptr_t)t.s;

	for (size_t i = 0; i < t.len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] += 'a' - 'A';
	return t;
}

static void
take_fields(struct http_envelope *e, struct tf_arena *a)
{
	struct header_info *asked = &e->pairs.asked;
	struct tf_str name, value;
	uint32_t at = 0;

	header_reserve(asked, a, e->request->n_fields);
	while (http_next_field(e->request, e->p, &at, &name, &value))
		asked->v[asked->n++] = (struct header_pair){
		    small_letters(a, name), tf_strn(a, value.s, value.len) };
}

void
http_envelope_open(struct call *call)
{
	struct http_envelope *e = tf_alloc(&call->arena, 1, sizeof(*e));

	*e = *call->envelope.http;
	take_fields(e, &call->arena);
	call->envelope.http = e;
	call->headers = &e->pairs;
}

bool
http_envelope_takes(struct tf_str key, struct tf_str value)
{
	static const char *const ours[] = { "connection", "content-length",
	    "content-type", "keep-alive", "te", "trailer", "transfer-encoding",
	    "upgrade" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcasecmp(key.s, ours[i]) == 0)
			return false;
	return http_out_takes(key, value);
}

void
http_envelope_begin(struct http_envelope *e, struct buf *b)
{
	const struct header_info *reply = &e->pairs.reply;

	http_out_response(&e->out, b, 200, e->close);
	for (uint32_t i = 0; i < reply->n; i++)
		(void)http_out_field(&e->out, reply->v[i].key,
		    reply->v[i].value);
	http_out_body(&e->out);
}
