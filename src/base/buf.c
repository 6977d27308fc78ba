/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable bytes: capacity doubles, so appending is linear, and never passes
 * the maximum given at the start, so no peer can make a buffer grow for ever.
 */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES	256

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_fini(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->len = b->cap = 0;
}

uint8_t *
buf_grow(struct buf *b, size_t n)
{
	size_t cap = b->cap < FIRST_BYTES ? FIRST_BYTES : b->cap;
	uint8_t *p;

	if (b->over || n > b->max || b->len > b->max - n) {
		b->over = true;
		return NULL;
	}
	if (cap > b->max)
		cap = b->max;
	while (cap - b->len < n)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if ((p = realloc(b->p, cap)) == NULL) {
		b->over = true;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return p + b->len;
}

int
buf_put(struct buf *b, const void *data, size_t n)
{
	uint8_t *p;

	if (n == 0)
		return 0;
	if ((p = buf_need(b, n)) == NULL)
		return -1;
	memcpy(p, data, n);
	b->len += n;
	return 0;
}
