/* SPDX-License-Identifier: Apache-2.0 */
/* See http_envelope.h. */
#include "serve/http_envelope.h"

#include "base/buf.h"

void
http_envelope_open(struct call *call)
{
	struct http_envelope *e = tf_alloc(&call->arena, 1, sizeof(*e));

	*e = *call->envelope.http;
	http_headers(e->request, e->p, &call->arena, &e->pairs.asked);
	call->envelope.http = e;
	call->headers = &e->pairs;
}

void
http_envelope_begin(struct http_envelope *e, struct buf *b)
{
	const struct header_info *reply = &e->pairs.reply;

	http_out_response(&e->out, b, 200, e->close);
	for (uint32_t i = 0; !e->plain && i < reply->n; i++)
		(void)http_out_field(&e->out, reply->v[i].key,
		    reply->v[i].value);
	http_out_body(&e->out);
}
