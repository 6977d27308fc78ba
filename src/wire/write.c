/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slow halves of write.h.
 */
#include "wire/write.h"

uint8_t *
write_begin(struct writer *w, struct buf *b)
{
	uint8_t *p = b->p != NULL ? b->p + b->len : NULL;

	*w = (struct writer){ .b = b, .max = b->max, .depth = WIRE_MAX_DEPTH };
	if (b->over)
		return write_fail(w, "message exceeds its size limit");
	if (b->max <= SIZE_MAX - WRITE_ROOM)
		b->max += WRITE_ROOM;
	return write_more(w, p, 0);
}

int
write_end(struct writer *w, uint8_t *p, const char **why)
{
	struct buf *b = w->b;

	b->max = w->max;
	/* What was lent beyond the maximum is for nobody else. */
	if (b->cap > b->max)
		b->cap = b->max;
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
	b->len = p != NULL ? (size_t)(p - b->p) : 0;
	p = buf_need(b, n + WRITE_ROOM);
	b->len = len;
	if (p == NULL)
		return write_fail(w, "message exceeds its size limit");
	w->soft_end = b->p + b->cap - WRITE_ROOM;
	return p;
}
