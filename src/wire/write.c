/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slow halves of write.h.
 */
#include "wire/write.h"

uint8_t *
write_begin(struct writer *w, struct buf *b)
{
	*w = (struct writer){ .b = b, .max = b->max, .depth = WIRE_MAX_DEPTH };
	if (b->over)
		return write_fail(w, "message exceeds its size limit");
	if (b->max <= SIZE_MAX - WRITE_ROOM)
		b->max += WRITE_ROOM;
	return write_more(w, b->p != NULL ? b->p + b->len : NULL, WRITE_ROOM);
}

int
write_end(struct writer *w, uint8_t *p, const char **why)
{
	struct buf *b = w->b;

	b->max = w->max;
	if (p != NULL && (size_t)(p - b->p) > w->max) {
		b->over = true;
		p = write_fail(w, "message exceeds its size limit");
	}
	if (why != NULL)
		*why = w->why;
	if (p == NULL)
		return -1;
	b->len = (size_t)(p - b->p);
	return 0;
}

uint8_t *
write_more(struct writer *w, uint8_t *p, size_t n)
{
	struct buf *b = w->b;
	size_t len = b->len;

	/* The buffer keeps what its len covers when it moves. */
	b->len = b->p != NULL ? (size_t)(p - b->p) : 0;
	p = buf_need(b, n);
	b->len = len;
	if (p == NULL)
		return write_fail(w, "message exceeds its size limit");
	w->end = b->p + b->cap;
	return p;
}
