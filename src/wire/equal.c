/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two values say the same.  Sets and maps that are in different order
 * are sorted by a hash of their elements first, so that comparing two large
 * ones costs n log n unless hashes collide.
 */
#include "wire/plan.h"
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

static bool equal_elem(const struct plan_slot *, const void *, const void *);
static uint64_t hash_elem(const struct plan_slot *, const void *);

struct hashed {
	uint64_t	 hash;
	const char	*entry;
};

static uint64_t
mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static uint64_t
hash_bytes(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t h = n, word = 0;

	for (; n >= sizeof(word); n -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = mix(h, word);
	}
	word = 0;
	if (n > 0)
		memcpy(&word, p, n);
	return mix(h, word);
}

static uint64_t
hash_entry(const struct plan *pl, const char *entry)
{
	uint64_t h = hash_elem(&pl->key, entry + pl->key.off);

	if (pl->kind == TF_T_MAP)
		h = mix(h, hash_elem(&pl->val, entry + pl->val.off));
	return h;
}

/* Of a set or a map the sum, which has no order. */
static uint64_t
hash_list(const struct plan *pl, const struct tf_any_list *l)
{
	const char *entry = l->v;
	uint64_t h = l->n;

	for (uint32_t i = 0; i < l->n; i++, entry += pl->entry)
		if (pl->kind == TF_T_LIST)
			h = mix(h, hash_entry(pl, entry));
		else
			h += hash_entry(pl, entry);
	return h;
}

static uint64_t
hash_struct(const struct plan *pl, const void *value)
{
	const struct plan_op *op = pl->ops;
	uint64_t h = 0;

	for (; op->slot.kind != TF_T_NONE; op++)
		if (plan_present(pl, op, value))
			h = mix(mix(h, (uint64_t)op->id),
			    hash_elem(&op->slot, plan_field(op, value)));
	return h;
}

static uint64_t
hash_elem(const struct plan_slot *s, const void *v)
{
	const struct tf_str *str = v;

	switch (s->kind) {
	case TF_T_STRING:
	case TF_T_BINARY:
		return hash_bytes(str->s, str->len);
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return hash_list(s->sub, v);
	case TF_T_STRUCT:
	case TF_T_UNION:
		return hash_struct(s->sub, v);
	default:
		return hash_bytes(v, s->size);
	}
}

static bool
equal_entry(const struct plan *pl, const char *a, const char *b)
{
	return equal_elem(&pl->key, a + pl->key.off, b + pl->key.off) &&
	    (pl->kind != TF_T_MAP ||
	    equal_elem(&pl->val, a + pl->val.off, b + pl->val.off));
}

static int
by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void
sort_entries(const struct plan *pl, const char *entry, struct hashed *h,
    uint32_t n)
{
	for (uint32_t i = 0; i < n; i++, entry += pl->entry)
		h[i] = (struct hashed){ hash_entry(pl, entry), entry };
	qsort(h, n, sizeof(*h), by_hash);
}

/* Finds the partner of a[i] from b[i] on and swaps it there. */
static bool
match(const struct plan *pl, const struct hashed *a, struct hashed *b,
    uint32_t n)
{
	struct hashed t;

	for (uint32_t i = 0; i < n && b[i].hash == a->hash; i++) {
		if (!equal_entry(pl, a->entry, b[i].entry))
			continue;
		t = b[i];
		b[i] = b[0];
		b[0] = t;
		return true;
	}
	return false;
}

static bool
equal_unordered(const struct plan *pl, const char *a, const char *b, uint32_t n)
{
	struct hashed *h = reallocarray(NULL, n, 2 * sizeof(*h));
	uint32_t i;

	if (h == NULL)
		fatal("out of memory: comparing %u elements", n);
	sort_entries(pl, a, h, n);
	sort_entries(pl, b, h + n, n);
	for (i = 0; i < n; i++)
		if (!match(pl, &h[i], &h[n + i], n - i))
			break;
	free(h);
	return i == n;
}

static bool
equal_list(const struct plan *pl, const struct tf_any_list *a,
    const struct tf_any_list *b)
{
	const char *x = a->v, *y = b->v;
	uint32_t left = a->n;

	if (a->n != b->n)
		return false;
	while (left > 0 && equal_entry(pl, x, y)) {
		left--;
		x += pl->entry;
		y += pl->entry;
	}
	if (left == 0)
		return true;
	return pl->kind != TF_T_LIST && equal_unordered(pl, x, y, left);
}

static bool
equal_struct(const struct plan *pl, const void *a, const void *b)
{
	const struct plan_op *op = pl->ops;
	bool has;

	if (pl->kind == TF_T_UNION &&
	    *(const int32_t *)a != *(const int32_t *)b)
		return false;
	for (; op->slot.kind != TF_T_NONE; op++) {
		has = plan_present(pl, op, a);
		if (has != plan_present(pl, op, b))
			return false;
		if (has && !equal_elem(&op->slot, plan_field(op, a),
		    plan_field(op, b)))
			return false;
	}
	return true;
}

static bool
equal_elem(const struct plan_slot *s, const void *a, const void *b)
{
	const struct tf_str *x = a, *y = b;

	switch (s->kind) {
	case TF_T_STRING:
	case TF_T_BINARY:
		return tf_str_eq(*x, *y);
	case TF_T_LIST:
	case TF_T_SET:
	case TF_T_MAP:
		return equal_list(s->sub, a, b);
	case TF_T_STRUCT:
	case TF_T_UNION:
		return equal_struct(s->sub, a, b);
	default:
		return memcmp(a, b, s->size) == 0;
	}
}

bool
tf_equal(const struct tf_type *t, const void *a, const void *b)
{
	const struct plan *pl = plan_get(t);
	struct plan_slot s;

	BUG_ON(pl == NULL);
	s = plan_whole(pl);
	return equal_elem(&s, a, b);
}
