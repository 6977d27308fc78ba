/* SPDX-License-Identifier: Apache-2.0 */
/* See envelope.h. */
#include "serve/envelope.h"

#include "base/buf.h"
#include "serve/header_envelope.h"
#include "serve/http_envelope.h"
#include "wire/frame.h"

int
envelope_begin(const struct envelope *e, struct buf *b)
{
	const char *why;

	switch (e->kind) {
	case ENVELOPE_FRAME:
		if (buf_need(b, FRAME_HEADER) == NULL)
			return -1;
		b->len += FRAME_HEADER;
		return 0;
	case ENVELOPE_HEADER:
		return header_begin(b, &e->header->reply, &why);
	case ENVELOPE_HTTP:
		http_envelope_begin(e->http, b);
		return 0;
	default:
		return 0;
	}
}

int
envelope_end(const struct envelope *e, struct buf *b, size_t start)
{
	const struct header_envelope *h = e->header;
	const char *why;

	switch (e->kind) {
	case ENVELOPE_FRAME:
		frame_put(b->p + start, (uint32_t)(b->len - start -
		    FRAME_HEADER));
		return 0;
	case ENVELOPE_HEADER:
		return header_end(b, start, &h->reply, h->transform, h->max,
		    &why);
	case ENVELOPE_HTTP:
		return http_out_end(&e->http->out);
	default:
		return 0;
	}
}

bool
envelope_simplify(struct envelope *e)
{
	struct header *reply;
	bool any;

	if (e->kind == ENVELOPE_HTTP) {
		any = e->http->pairs.reply.n > 0;
		e->http->pairs.reply.n = 0;
		return any;
	}
	if (e->kind != ENVELOPE_HEADER)
		return false;
	reply = &e->header->reply;
	if (reply->n_transforms == 0 && reply->info.n == 0)
		return false;
	reply->n_transforms = 0;
	reply->info.n = 0;
	return true;
}

void
envelope_answer(const struct envelope *e, struct buf *b)
{
	if (e->kind != ENVELOPE_HTTP)
		return;
	(void)envelope_begin(e, b);
	(void)envelope_end(e, b, b->len);
}
