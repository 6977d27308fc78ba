/* SPDX-License-Identifier: Apache-2.0 */
/* See envelope.h. */
#include "serve/envelope.h"

#include "serve/header_envelope.h"
#include "serve/http_envelope.h"

static const struct envelope frame = { .kind = ENVELOPE_FRAME };

static int
begin_header(const struct header_envelope *h, struct buf *b)
{
	size_t start = b->len;
	const char *why;

	if (h->framed && envelope_begin(&frame, b) == -1)
		return -1;
	if (header_begin(b, &h->reply, &why) == 0)
		return 0;
	b->len = start;
	return -1;
}

static int
end_header(const struct header_envelope *h, struct buf *b, size_t start)
{
	size_t skip = h->framed ? FRAME_HEADER : 0;
	const char *why;

	if (header_end(b, start + skip, &h->reply, h->transform, h->max,
	    &why) == -1) {
		b->len = start;
		return -1;
	}
	return h->framed ? envelope_end(&frame, b, start) : 0;
}

int
envelope_begin_other(const struct envelope *e, struct buf *b)
{
	switch (e->kind) {
	case ENVELOPE_HEADER:
		return begin_header(e->header, b);
	case ENVELOPE_HTTP:
		http_envelope_begin(e->http, b);
		return 0;
	default:
		return 0;
	}
}

int
envelope_end_other(const struct envelope *e, struct buf *b, size_t start)
{
	switch (e->kind) {
	case ENVELOPE_HEADER:
		return end_header(e->header, b, start);
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

	if (e->kind == ENVELOPE_HTTP && e->http->plain)
		return false;
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
