/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slow halves of write.h.
 */
#include "wire/write.h"

static const char too_big[] = "message exceeds its size limit";

int
write_end_badly(struct writer *w, uint8_t *p, const char **why)
{
	if (p != NULL) {
		w->b->over = true;
		write_fail(w, too_big);
	}
	if (why != NULL)
		*why = w->why;
	return -1;
}

uint8_t *
write_more(struct writer *w, uint8_t *p, size_t n)
{
	struct buf *b = w->b;
	size_t len = b->len, max = b->max;

	if (b->over)
		return write_fail(w, too_big);
	/* The buffer keeps what its len covers when it moves. */
	b->len = p != NULL ? (size_t)(p - b->p) : 0;
	if (b->max <= SIZE_MAX - WRITE_ROOM)
		b->max += WRITE_ROOM;
	p = buf_need(b, n + WRITE_ROOM);
	b->len = len;
	b->max = max;
	if (p == NULL)
		return write_fail(w, too_big);
	w->soft_end = b->p + b->cap - WRITE_ROOM;
	return p;
}
