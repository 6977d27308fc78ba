/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deep copies.  The first walk measures, the second fills one block; whose
 * memory that is makes the difference between tf_dup() and tf_copy().
 *
 * What a value does not say (a field that is absent, a member of a union that
 * is not the one) is not followed: it may be anything.  In the copy it is as
 * empty as after tf_init().
 */
#include "wire/plan.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bug.h"

static size_t elem_extra(const struct plan_slot *, const void *);
static void copy_elem(const struct plan_slot *, void *, char **);

static size_t
round_up(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

/* Whether copies of it are complete without looking inside. */
static bool
is_flat(const struct plan_slot *s)
{
	return s->kind < TF_T_STRING || s->kind == TF_T_UUID ||
	    s->kind == TF_T_ENUM;
}

/* What a value needs beside its own bytes. */
static size_t
struct_extra(const struct plan *pl, const char *value)
{
	const struct plan_op *op = pl->ops;
	size_t n = 0;

	for (; op->slot.kind != TF_T_NONE; op++) {
		if (!plan_present(pl, op, value))
			continue;
		if (op->flags & TF_POINTER)
			n += round_up(op->slot.size);
		n += elem_extra(&op->slot, plan_field(op, value));
	}
	return n;
}

static size_t
list_extra(const struct plan *pl, const struct tf_any_list *l)
{
	const char *v = l->v;
	size_t n = round_up((size_t)l->n * pl->entry);

	if (is_flat(&pl->key) && is_flat(&pl->val))
		return n;
	for (uint32_t i = 0; i < l->n; i++, v += pl->entry) {
		n += elem_extra(&pl->key, v + pl->key.off);
		n += elem_extra(&pl->val, v + pl->val.off);
	}
	return n;
}

static size_t
elem_extra(const struct plan_slot *s, const void *v)
{
	switch (s->kind) {
	case TF_T_STRING:
	case TF_T_BINARY:
		return round_up(((const struct tf_str *)v)->len + 1);
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return list_extra(s->sub, v);
	case TF_T_STRUCT:
	case TF_T_UNION:
		return struct_extra(s->sub, v);
	default:
		return 0;
	}
}

static void *
take(char **mem, size_t n)
{
	char *p = *mem;

	*mem += round_up(n);
	return p;
}

/* From here on dst holds the bytes of the original, to be made its own. */

static void
copy_string(struct tf_str *dst, char **mem)
{
	char *s = take(mem, dst->len + 1);

	if (dst->len > 0)
		memcpy(s, dst->s, dst->len);
	s[dst->len] = '\0';
	dst->s = s;
}

static void
copy_list(const struct plan *pl, struct tf_any_list *dst, char **mem)
{
	char *v;

	dst->cap = dst->n;
	if (dst->n == 0) {
		dst->v = NULL;
		return;
	}
	v = take(mem, (size_t)dst->n * pl->entry);
	memcpy(v, dst->v, (size_t)dst->n * pl->entry);
	dst->v = v;
	if (is_flat(&pl->key) && is_flat(&pl->val))
		return;
	for (uint32_t i = 0; i < dst->n; i++, v += pl->entry) {
		copy_elem(&pl->key, v + pl->key.off, mem);
		if (pl->kind == TF_T_MAP)
			copy_elem(&pl->val, v + pl->val.off, mem);
	}
}

static void
copy_field(const struct plan_op *op, char *value, char **mem)
{
	void *dst = value + op->slot.off, *v;

	if (op->flags & TF_POINTER) {
		v = take(mem, op->slot.size);
		memcpy(v, *(void **)dst, op->slot.size);
		dst = *(void **)dst = v;
	}
	copy_elem(&op->slot, dst, mem);
}

static void
copy_struct(const struct plan *pl, char *dst, char **mem)
{
	const struct plan_op *op = pl->ops;

	for (; op->slot.kind != TF_T_NONE; op++)
		if (plan_present(pl, op, dst))
			copy_field(op, dst, mem);
		else if (op->flags & TF_OPTIONAL)
			memcpy(dst + op->slot.off,
			    (char *)pl->image + op->slot.off, op->slot.size);
}

static void
copy_elem(const struct plan_slot *s, void *dst, char **mem)
{
	switch (s->kind) {
	case TF_T_STRING:
	case TF_T_BINARY:
		copy_string(dst, mem);
		return;
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		copy_list(s->sub, dst, mem);
		return;
	case TF_T_STRUCT:
	case TF_T_UNION:
		copy_struct(s->sub, dst, mem);
		return;
	default:
		return;
	}
}

/* A table that is malformed is a bug of the program that made it. */
static struct plan_slot
whole(const struct tf_type *t)
{
	const struct plan *pl = plan_get(t);

	BUG_ON(pl == NULL);
	return plan_whole(pl);
}

static size_t
measure(const struct plan_slot *s, const void *value)
{
	return round_up(s->size) + elem_extra(s, value);
}

static void *
fill(const struct plan_slot *s, void *block, const void *value)
{
	char *mem = block;
	void *dst = take(&mem, s->size);

	memcpy(dst, value, s->size);
	copy_elem(s, dst, &mem);
	return dst;
}

void *
tf_dup(const struct tf_type *t, const void *value)
{
	struct plan_slot s = whole(t);
	void *block = malloc(measure(&s, value));

	return block == NULL ? NULL : fill(&s, block, value);
}

void *
tf_copy(struct tf_arena *a, const struct tf_type *t, const void *value)
{
	struct plan_slot s = whole(t);

	return fill(&s, arena_take(a, measure(&s, value)), value);
}
