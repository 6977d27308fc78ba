/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writers of compact and binary share, and that of JSON (json_write.c)
 * does without: room in the output, and failing.
 * Writers pass the output position from function to function; NULL means that
 * the writer failed.
 */
#ifndef WIRE_WRITE_H
#define WIRE_WRITE_H

#include <string.h>

#include "base/buf.h"
#include "base/short.h"
#include "wire/plan.h"
#include "wire/wire.h"

/*
 * What is looked for before each field: more than its header and any value of
 * fixed size, or two short strings, take together.
 */
#define WRITE_ROOM	192
#define WRITE_SHORT	COPY_SHORT
#define WRITE_FEW	16	/* numbers of any size, behind headers */
#define WRITE_TEXTS	16	/* short strings: room for them at once */

struct writer {
	struct buf	*b;
	uint8_t		*soft_end;	/* up to here there is WRITE_ROOM */
	unsigned	 depth;		/* levels left */
	const char	*why;
};

/* Remembers a failure, if it is the first; NULL. */
static inline uint8_t *
write_fail(struct writer *w, const char *why)
{
	if (w->why == NULL)
		w->why = why;
	return NULL;
}

/*
 * Whether WRITE_ROOM bytes, or n and WRITE_ROOM, may not be there: if so, ask
 * write_more().  (These take p by value, as a position whose address is taken
 * would live in memory.)
 */
static hot bool
write_lacks(const struct writer *w, const uint8_t *p)
{
	return unlikely(p > w->soft_end);
}

static hot bool
write_lacks_for(const struct writer *w, const uint8_t *p, size_t n)
{
	return unlikely(p > w->soft_end || (size_t)(w->soft_end - p) < n);
}

/* p, or where it has moved to, with room for n bytes and WRITE_ROOM more. */
uint8_t	*write_more(struct writer *, uint8_t *p, size_t n);

/*
 * The position to write at, and the end: b is as before if p is NULL, else
 * everything up to p belongs to it.  Between the two the buffer may exceed its
 * maximum by WRITE_ROOM, so that nobody else has to mind the last bytes.
 */
static hot uint8_t *
write_begin(struct writer *w, struct buf *b)
{
	w->b = b;
	w->depth = WIRE_MAX_DEPTH;
	w->why = NULL;
	if (unlikely(b->cap - b->len < WRITE_ROOM || b->over))
		return write_more(w, b->p == NULL ? NULL : b->p + b->len, 0);
	w->soft_end = b->p + b->cap - WRITE_ROOM;
	return b->p + b->len;
}

int	 write_end_badly(struct writer *, uint8_t *p, const char **why)
	    __attribute__((cold));

static hot int
write_end(struct writer *w, uint8_t *p, const char **why)
{
	struct buf *b = w->b;

	/* What was lent beyond the maximum is for nobody else. */
	if (unlikely(b->cap > b->max))
		b->cap = b->max;
	if (unlikely(p == NULL || (size_t)(p - b->p) > b->max))
		return write_end_badly(w, p, why);
	b->len = (size_t)(p - b->p);
	return 0;
}

/* Copies n bytes to where there is room for them. */
static hot uint8_t *
write_bytes(uint8_t *p, const void *data, size_t n)
{
	if (n > 0)
		memcpy(p, data, n);
	return p + n;
}

/* Most names of methods are short. */
static hot uint8_t *
write_name(uint8_t *p, const struct tf_str *name)
{
	return likely(name->len <= WRITE_SHORT) ?
	    copy_short(p, name->s, name->len) :
	    write_bytes(p, name->s, name->len);
}

/* Whether a field with flags is to be written. */
static inline bool
write_present(const struct plan_op *op, const char *value)
{
	if (op->flags & TF_OPTIONAL)
		return *(const bool *)(value + op->has);
	if (op->flags & TF_POINTER)
		return *(void *const *)(value + op->slot.off) != NULL ||
		    op->flags & TF_REQUIRED;
	return true;
}

#endif
