/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable bytes with a mandatory maximum.  A request past the maximum, or one
 * that malloc refuses, marks the buffer and returns NULL; the mark stays until
 * buf_reset(), so a writer may check once at its end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t		*p;
	size_t		 len, cap, max;
	bool		 over;
};

void	 buf_init(struct buf *, size_t max);
void	 buf_fini(struct buf *);

/* Empties it; memory beyond keep bytes is given back. */
static inline void
buf_reset(struct buf *b, size_t keep)
{
	if (__builtin_expect(b->cap > keep, 0))
		buf_fini(b);
	b->len = 0;
	b->over = false;
}

uint8_t	*buf_grow(struct buf *, size_t n);
int	 buf_put(struct buf *, const void *, size_t);

/* Room for n more bytes: where to write them (then add to len), or NULL. */
static inline uint8_t *
buf_need(struct buf *b, size_t n)
{
	if (__builtin_expect(b->cap - b->len < n, 0))
		return buf_grow(b, n);
	return b->p + b->len;
}

#endif
