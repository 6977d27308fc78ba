/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slow halves of read.h: what happens once per message, once per long
 * string, or never.
 */
#include "wire/read.h"

void
wire_reader_init(struct wire_reader *r, const void *bytes, size_t len,
    struct tf_arena *arena, unsigned max_depth)
{
	r->p = bytes;
	r->end = len > 0 ? r->p + len : r->p;
	r->arena = arena;
	r->depth = max_depth < WIRE_MAX_DEPTH ? max_depth : WIRE_MAX_DEPTH;
	r->err = WIRE_OK;
	r->why = NULL;
}

void
read_set_error(struct wire_reader *r, enum wire_err err, const char *why)
{
	if (r->err == WIRE_OK) {
		r->err = err;
		r->why = why;
	}
}

static bool
fits(struct wire_reader *r, size_t n)
{
	if (arena_fits(r->arena, n) && !r->arena->over)
		return true;
	read_fail(r, WIRE_TOO_BIG, "value exceeds the memory limit");
	return false;
}

void *
read_alloc(struct wire_reader *r, size_t n)
{
	return fits(r, n) ? arena_take(r->arena, n) : NULL;
}

const uint8_t *
read_long_str(struct wire_reader *r, const uint8_t *p, uint64_t len,
    struct tf_str *dst)
{
	struct tf_arena *a = r->arena;
	uint8_t *s = a->p;

	if (unlikely(len > read_left(r, p)))
		return read_short(r);
	if (likely((size_t)(a->end - s) > len))
		a->p = s + len + 1;
	else if (fits(r, len + 1))
		s = arena_take_text(a, len + 1);
	else
		return NULL;
	memcpy(s, p, len);
	s[len] = '\0';
	dst->s = (char *)s;
	dst->len = len;
	return p + len;
}

const uint8_t *
read_bytes(struct wire_reader *r, const uint8_t *p, void *dst, size_t n)
{
	return read_raw(r, p, dst, n);
}

bool
read_grow(struct wire_reader *r, struct tf_any_list *l, uint32_t n,
    uint32_t entry, size_t rest)
{
	uint64_t cap = l->cap * 2ull;
	uint64_t trust = (READ_GROW_MIN + 2 * rest) / entry;
	void *v;

	if (cap < trust)
		cap = trust;
	if (cap > n)
		cap = n;
	if (cap <= l->cap)
		cap = l->cap + 1ull;
	if ((v = read_alloc(r, cap * entry)) == NULL)
		return false;
	if (l->cap > 0)
		memcpy(v, l->v, (size_t)l->cap * entry);
	l->v = v;
	l->cap = (uint32_t)cap;
	return true;
}

void *
read_pointee(struct wire_reader *r, const struct plan_op *op, void *dst)
{
	void *v = read_alloc(r, op->slot.size);

	if (v != NULL)
		*(void **)dst = v;
	return v;
}

uint64_t *
read_marks(struct wire_reader *r, const struct plan *p)
{
	size_t n = (p->nrequired + 63) / 64 * sizeof(uint64_t);
	uint64_t *marks = read_alloc(r, n);

	if (marks != NULL)
		memset(marks, 0, n);
	return marks;
}

const uint8_t *
read_missing(struct wire_reader *r, const uint8_t *p, const struct plan *pl,
    const uint64_t *marks)
{
	const struct plan_op *op = pl->ops;

	for (; op < pl->ops + pl->n; op++)
		if (op->flags & TF_REQUIRED && !(marks[op->required / 64] >>
		    op->required % 64 & 1))
			return read_fail(r, WIRE_MISSING, op->unset);
	return p;
}
