/* SPDX-License-Identifier: Apache-2.0 */
/* See envelope.h. */
#include "serve/envelope.h"

#include "base/buf.h"
#include "wire/frame.h"

int
envelope_begin(const struct envelope *e, struct buf *b)
{
	switch (e->kind) {
	case ENVELOPE_FRAME:
		if (buf_need(b, FRAME_HEADER) == NULL)
			return -1;
		b->len += FRAME_HEADER;
		return 0;
	default:
		return 0;
	}
}

int
envelope_end(const struct envelope *e, struct buf *b, size_t start)
{
	switch (e->kind) {
	case ENVELOPE_FRAME:
		frame_put(b->p + start, (uint32_t)(b->len - start -
		    FRAME_HEADER));
		return 0;
	default:
		return 0;
	}
}
