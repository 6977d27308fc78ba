/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiles plans.  A type is compiled together with all it can reach that has
 * no plan yet: first an empty plan for each (so that cycles find a target),
 * then ops and elements, then the images of defaults, innermost first.  Only a
 * batch that is right as a whole is published; until then no other thread can
 * see any of it.
 */
#include "wire/wire.h"
#include "wire/plan.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

#define BUCKETS		256
#define CHAIN_MAX	64	/* containers in containers */

/* How a kind looks on the wire, and what it takes there at least. */
static const struct {
	uint8_t ctype, btype, cmin, bmin;
} wire_kinds[] = {
	[TF_T_BOOL] = { 1, 2, 1, 1 },
	[TF_T_I8] = { 3, 3, 1, 1 },
	[TF_T_I16] = { 4, 6, 1, 2 },
	[TF_T_I32] = { 5, 8, 1, 4 },
	[TF_T_I64] = { 6, 10, 1, 8 },
	[TF_T_DOUBLE] = { 7, 4, 8, 8 },
	[TF_T_STRING] = { 8, 11, 1, 4 },
	[TF_T_BINARY] = { 8, 11, 1, 4 },
	[TF_T_UUID] = { 13, 16, 16, 16 },
	[TF_T_ENUM] = { 5, 8, 1, 4 },
	[TF_T_LIST] = { 9, 15, 1, 5 },
	[TF_T_SET] = { 10, 14, 1, 5 },
	[TF_T_MAP] = { 11, 13, 1, 6 },
	[TF_T_STRUCT] = { 12, 12, 1, 1 },
	[TF_T_UNION] = { 12, 12, 1, 1 },
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct batch {
	struct plan *first, **last;
	struct plan *bucket[BUCKETS];
	bool bad;
};

static void *
zalloc(size_t n, size_t size)
{
	void *p;

	if ((p = calloc(n > 0 ? n : 1, size > 0 ? size : 1)) == NULL)
		fatal("out of memory: a plan");
	return p;
}

static struct plan *
published(const struct tf_type *t)
{
	return __atomic_load_n((struct plan **)(void *)t->plan,
	    __ATOMIC_ACQUIRE);
}

/* The plan of a type, in the batch if it is new. */
static struct plan *
reach(struct batch *b, const struct tf_type *t)
{
	struct plan **bucket = &b->bucket[(uintptr_t)t / 16 % BUCKETS], *p;

	if (t->plan == NULL) {
		b->bad = true;
		return NULL;
	}
	if ((p = published(t)) != NULL)
		return p;
	for (p = *bucket; p != NULL; p = p->bucket)
		if (p->type == t)
			return p;
	p = zalloc(1, sizeof(*p));
	p->type = t;
	p->kind = t->kind;
	p->bucket = *bucket;
	*bucket = p;
	*b->last = p;
	b->last = &p->next;
	return p;
}

static struct plan_slot
slot(struct batch *b, uint8_t kind, const struct tf_type *t, uint32_t off)
{
	struct plan_slot s = { .off = off, .kind = kind,
	    .size = plan_kind_size(kind), .ctype = wire_kinds[kind].ctype,
	    .btype = wire_kinds[kind].btype, .cmin = wire_kinds[kind].cmin,
	    .bmin = wire_kinds[kind].bmin, .type = t };

	if (kind == TF_T_ENUM && !plan_check(t))
		b->bad = true;
	if (kind < TF_T_LIST)
		return s;
	s.sub = reach(b, t);
	if (kind == TF_T_STRUCT || kind == TF_T_UNION)
		s.size = t->size;
	return s;
}

static char *
message(const char *type, const char *field, const char *what)
{
	size_t n = strlen(type) + strlen(field) + strlen(what) + 3;
	char *s = zalloc(n, 1);

	snprintf(s, n, "%s%s%s%s", type, *field != '\0' ? "." : "", field,
	    what);
	return s;
}

/* The header the field has after a field with the id before; see plan.h. */
static void
predict(struct plan_op *op, int before)
{
	int delta = op->id - before;

	op->bhead = (uint32_t)op->slot.btype << 16 | (uint16_t)op->id;
	op->chead = PLAN_NO_HEAD;
	if (delta >= 1 && delta <= 15)
		op->chead = (uint16_t)(delta << 4 | op->slot.ctype);
	op->calt = op->slot.kind == TF_T_BOOL && op->chead != PLAN_NO_HEAD;
	op->bwire = __builtin_bswap32(op->bhead << 8);
	op->odd = op->chead == PLAN_NO_HEAD ||
	    op->flags & (TF_OPTIONAL | TF_POINTER);
}

static void
compile_field(struct batch *b, struct plan *p, struct plan_op *op,
    const struct tf_field *f)
{
	op->slot = slot(b, f->kind, f->type, f->off);
	op->id = f->id;
	op->name = f->name;
	op->has = f->has;
	op->flags = f->flags & (TF_OPTIONAL | TF_REQUIRED | TF_POINTER);
	if (op->flags & TF_POINTER)
		op->flags &= (uint8_t)~TF_OPTIONAL;
	if (p->kind == TF_T_UNION)
		op->flags &= TF_POINTER;
	if (op->flags & TF_REQUIRED)
		op->required = p->nrequired++;
	op->way = op->flags & (TF_OPTIONAL | TF_REQUIRED) ? PLAN_MARKED :
	    op->slot.kind;
	if (op->flags & TF_REQUIRED || op->slot.kind == TF_T_UNION ||
	    p->kind == TF_T_UNION)
		op->unset = message(p->type->name, f->name, ": not set");
}

static void
index_ids(struct plan *p)
{
	int max = p->n > 0 ? p->ops[p->n - 1].id : -1;

	if (max < 0 || (uint32_t)max > 4 * p->n + 64)
		return;
	p->nby_id = (uint32_t)max + 1;
	p->by_id = zalloc(p->nby_id, sizeof(*p->by_id));
	for (uint32_t i = 0; i < p->n; i++)
		if (p->ops[i].id >= 0)
			p->by_id[p->ops[i].id] = (uint16_t)(i + 1);
}

static void
compile_struct(struct batch *b, struct plan *p)
{
	const struct tf_type *t = p->type;
	struct plan_op *op;

	p->n = t->n;
	p->ops = zalloc((size_t)t->n + 1, sizeof(*p->ops));
	for (uint32_t i = 0; i < t->n; i++) {
		op = &p->ops[i];
		compile_field(b, p, op, &t->fields[i]);
		predict(op, i > 0 ? op[-1].id : 0);
	}
	p->ops[p->n].way = PLAN_END;
	if (p->kind == TF_T_UNION)
		p->unset = message(t->name, "", ": no member is set");
	index_ids(p);
}

static bool
is_text(uint8_t kind)
{
	return kind == TF_T_STRING || kind == TF_T_BINARY;
}

static void
compile_type(struct batch *b, struct plan *p)
{
	const struct tf_type *t = p->type;

	if (!plan_check(t)) {
		b->bad = true;
		return;
	}
	if (p->kind == TF_T_STRUCT || p->kind == TF_T_UNION) {
		p->size = t->size;
		compile_struct(b, p);
		return;
	}
	p->size = sizeof(struct tf_any_list);
	p->entry = t->entry;
	p->key = slot(b, t->key.kind, t->key.type, t->key.off);
	if (p->kind != TF_T_MAP)
		return;
	p->val = slot(b, t->val.kind, t->val.type, t->val.off);
	p->texts = is_text(p->key.kind) && is_text(p->val.kind) &&
	    p->key.off == 0 && p->val.off == sizeof(struct tf_str) &&
	    p->entry == 2 * sizeof(struct tf_str);
}

static bool
is_container(uint8_t kind)
{
	return kind >= TF_T_LIST && kind <= TF_T_MAP;
}

/* Gives a value's strings their "", where a table left them NULL. */
static void
fix_strings(const struct plan *p, void *value)
{
	const struct plan_op *op, *end = p->ops + p->n;
	int32_t which = p->kind == TF_T_UNION ? *(int32_t *)value : 0;
	struct tf_str *s;

	for (op = p->ops; op < end; op++) {
		if ((p->kind == TF_T_UNION && op->id != which) ||
		    op->flags & TF_POINTER)
			continue;
		s = (void *)((char *)value + op->slot.off);
		if (is_text(op->slot.kind)) {
			if (s->s == NULL)
				*s = TF_STR("");
		} else if (op->slot.kind == TF_T_STRUCT ||
		    op->slot.kind == TF_T_UNION)
			fix_strings(op->slot.sub, s);
	}
}

static void
fill_image(struct plan *p)
{
	const struct plan_op *op = p->ops;

	p->image = zalloc(p->size, 1);
	if (p->type->init != NULL)
		memcpy(p->image, p->type->init, p->size);
	else if (p->kind == TF_T_STRUCT)
		for (uint32_t i = 0; i < p->n; i++, op++)
			if (op->slot.kind >= TF_T_STRUCT &&
			    !(op->flags & TF_POINTER))
				memcpy((char *)p->image + op->slot.off,
				    op->slot.sub->image, op->slot.size);
	if (p->ops != NULL)
		fix_strings(p, p->image);
}

/*
 * Finishes a plan after those it holds by value; false if it holds itself, or
 * too deep.  level counts what is open above it.
 */
static bool
finish(struct plan *p, unsigned level)
{
	bool ok = true;

	if (p->state == PLAN_DONE)
		return true;
	if (p->state == PLAN_OPEN ||
	    level > (is_container(p->kind) ? CHAIN_MAX : WIRE_MAX_DEPTH))
		return false;
	p->state = PLAN_OPEN;
	for (uint32_t i = 0; i < p->n && ok; i++)
		if (p->ops[i].slot.kind >= TF_T_STRUCT &&
		    !(p->ops[i].flags & TF_POINTER))
			ok = finish(p->ops[i].slot.sub, level + 1);
	if (ok && is_container(p->key.kind))
		ok = finish(p->key.sub, level + 1);
	if (ok && is_container(p->val.kind))
		ok = finish(p->val.sub, level + 1);
	if (ok) {
		fill_image(p);
		p->state = PLAN_DONE;
	}
	return ok;
}

static void
plan_free(struct plan *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		free(p->ops[i].unset);
	free(p->unset);
	free(p->ops);
	free(p->by_id);
	free(p->image);
	free(p);
}

static bool
compile(struct batch *b, const struct tf_type *t)
{
	struct plan *p;

	reach(b, t);
	for (p = b->first; p != NULL && !b->bad; p = p->next)
		compile_type(b, p);
	for (p = b->first; p != NULL && !b->bad; p = p->next)
		b->bad = !finish(p, 0);
	return !b->bad;
}

static void
settle(struct batch *b, bool ok)
{
	struct plan *p, *next;

	for (p = b->first; p != NULL; p = next) {
		next = p->next;
		if (ok)
			__atomic_store_n((struct plan **)(void *)p->type->plan,
			    p, __ATOMIC_RELEASE);
		else
			plan_free(p);
	}
}

/* By itself, so that no call clears a batch that it does not need. */
static const struct plan * __attribute__((noinline))
plan_make(const struct tf_type *t)
{
	struct batch b = { .last = &b.first };

	pthread_mutex_lock(&lock);
	settle(&b, compile(&b, t));
	pthread_mutex_unlock(&lock);
	return published(t);
}

const struct plan *
plan_get(const struct tf_type *t)
{
	const struct plan *p;

	if (t->plan == NULL)
		return NULL;
	p = published(t);
	return p != NULL ? p : plan_make(t);
}

const struct plan_op *
plan_search(const struct plan *p, int32_t id)
{
	uint32_t lo = 0, hi = p->n, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (p->ops[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->n && p->ops[lo].id == id ? &p->ops[lo] : NULL;
}

void
tf_type_forget(const struct tf_type *t)
{
	struct plan *p;

	if (t->plan == NULL || (p = published(t)) == NULL)
		return;
	*t->plan = NULL;
	plan_free(p);
}

void
tf_init(const struct tf_type *t, void *value)
{
	const struct plan *p = plan_get(t);

	if (p == NULL)
		memset(value, 0, t->size);
	else
		memcpy(value, p->image, p->size);
}
