/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What readers share: failing, copying strings into the arena, growing arrays.
 * Those of compact and binary pass the input position from function to
 * function, so that it stays in a register, and NULL means that the reader
 * failed; those of JSON (json_read.c, tjson_read.c) take the rest of it.
 */
#ifndef WIRE_READ_H
#define WIRE_READ_H

#include <string.h>

#include "base/arena.h"
#include "base/short.h"
#include "wire/plan.h"
#include "wire/wire.h"

void	read_set_error(struct wire_reader *, enum wire_err, const char *why)
	    __attribute__((cold));

/* Remembers a failure, if it is the first; NULL. */
static inline const uint8_t *
read_fail(struct wire_reader *r, enum wire_err err, const char *why)
{
	read_set_error(r, err, why);
	return NULL;
}

static inline const uint8_t *
read_short(struct wire_reader *r)
{
	return read_fail(r, WIRE_SHORT, "input ends too early");
}

/* Memory within the arena's limit, or NULL with the reader failed. */
void	*read_alloc(struct wire_reader *, size_t n);

const uint8_t *read_long_str(struct wire_reader *, const uint8_t *p,
	    uint64_t len, struct tf_str *);

/*
 * Makes room for more elements of a list that will have n of them, in steps
 * that the bytes left can justify: a claim alone does not get memory.  rest is
 * the number of bytes left.  False: the reader failed.
 */
bool	read_grow(struct wire_reader *, struct tf_any_list *, uint32_t n,
	    uint32_t entry, size_t rest);

#define READ_GROW_MIN	4096	/* bytes that any array may take at once */

/* Where a struct behind a pointer is to be read to; NULL: failed. */
void	*read_pointee(struct wire_reader *, const struct plan_op *, void *dst);

/* Marks of required fields, when there are more than one word holds. */
uint64_t *read_marks(struct wire_reader *, const struct plan *);

/* p, or a failure that names the first required field without a mark. */
const uint8_t *read_missing(struct wire_reader *, const uint8_t *p,
	    const struct plan *, const uint64_t *marks);

#define READ_WIDE	32	/* shorter strings are copied so wide */

static hot size_t
read_left(const struct wire_reader *r, const uint8_t *p)
{
	return (size_t)(r->end - p);
}

/* Before it, n bytes can be loaded at once. */
static hot const uint8_t *
read_wide(const struct wire_reader *r, const uint8_t *p, size_t n)
{
	return likely(read_left(r, p) >= n) ? r->end - (n - 1) : p;
}

static inline const uint8_t *
read_required(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    const uint64_t *marks)
{
	if (pl->nrequired == 0 || (pl->nrequired <= 64 &&
	    *marks == UINT64_MAX >> (64 - pl->nrequired)))
		return p;
	return read_missing(r, p, pl, marks);
}

/* Whether the arena's block has room for so many bytes of one array. */
static hot bool
read_fits(const struct wire_reader *r, uint64_t size)
{
	const struct tf_arena *a = r->arena;

	return size <= READ_GROW_MIN && (size_t)(a->end - a->p) >= size + 16;
}

/* n bytes that look in memory as they do on the wire; read_raw(): few. */
const uint8_t *read_bytes(struct wire_reader *, const uint8_t *p, void *dst,
	    size_t n);

static inline const uint8_t *
read_raw(struct wire_reader *r, const uint8_t *p, void *dst, size_t n)
{
	if (unlikely(read_left(r, p) < n))
		return read_short(r);
	memcpy(dst, p, n);
	return p + n;
}

/* Copies the len bytes at p as a string. */
static hot const uint8_t *
read_str(struct wire_reader *r, const uint8_t *p, uint64_t len,
    struct tf_str *dst)
{
	struct tf_arena *a = r->arena;
	uint8_t *s = a->p;

	if (unlikely(len > COPY_SHORT || len > read_left(r, p) ||
	    len >= (size_t)(a->end - s)))
		return read_long_str(r, p, len, dst);
	if (likely(ARENA_SLOP >= READ_WIDE && len <= READ_WIDE &&
	    read_left(r, p) >= READ_WIDE))
		memcpy(s, p, READ_WIDE);
	else
		copy_short(s, p, len);
	s[len] = '\0';
	a->p = s + len + 1;
	dst->s = (char *)s;
	dst->len = len;
	return p + len;
}

#endif
