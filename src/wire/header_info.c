/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pairs of a THeader.  There are few, so they are looked for one by one.
 */
#include <string.h>

#include "base/arena.h"
#include "wire/header.h"

static bool
same(struct tf_str a, struct tf_str b)
{
	return a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
}

static struct header_pair *
find(const struct header_info *info, struct tf_str key)
{
	for (uint32_t i = info->n; i > 0; i--)
		if (same(info->v[i - 1].key, key))
			return &info->v[i - 1];
	return NULL;
}

const struct tf_str *
header_find(const struct header_info *info, struct tf_str key)
{
	const struct header_pair *pair = find(info, key);

	return pair != NULL ? &pair->value : NULL;
}

/* What a pair takes on the wire, at most. */
static size_t
weight(struct tf_str key, struct tf_str value)
{
	return 6 + key.len + value.len;
}

/* Whether the pair would go into a frame with the others, and all lengths. */
static bool
fits(const struct header_info *info, const struct header_pair *old,
    struct tf_str key, struct tf_str value)
{
	/* What else stands in a header: varints and padding. */
	size_t sum = 64;

	if (key.len > HEADER_MAX_BYTES || value.len > HEADER_MAX_BYTES ||
	    (old == NULL && info->n == HEADER_MAX_PAIRS))
		return false;
	for (uint32_t i = 0; i < info->n; i++)
		if (&info->v[i] != old)
			sum += weight(info->v[i].key, info->v[i].value);
	return sum + weight(key, value) <= HEADER_MAX_BYTES;
}

void
header_reserve(struct header_info *info, struct tf_arena *a, uint32_t n)
{
	struct header_pair *v = info->v;

	if (n <= info->cap - info->n)
		return;
	info->cap = info->n + n > 2 * info->cap ? info->n + n : 2 * info->cap;
	info->v = arena_take(a, info->cap * sizeof(*v));
	if (info->n > 0)
		memcpy(info->v, v, info->n * sizeof(*v));
}

int
header_set(struct header_info *info, struct tf_arena *a, struct tf_str key,
    struct tf_str value)
{
	struct header_pair *pair = find(info, key);

	if (!fits(info, pair, key, value))
		return -1;
	if (pair == NULL) {
		header_reserve(info, a, 1);
		pair = &info->v[info->n++];
		pair->key = tf_strn(a, key.s, key.len);
	}
	pair->value = tf_strn(a, value.s, value.len);
	return 0;
}

int
header_merge(struct header_info *out, struct tf_arena *a,
    const struct header_info *old, const struct header_info *newer)
{
	*out = (struct header_info){ 0 };
	for (uint32_t i = 0; i < old->n; i++)
		if (find(newer, old->v[i].key) == NULL &&
		    header_set(out, a, old->v[i].key, old->v[i].value) == -1)
			return -1;
	for (uint32_t i = 0; i < newer->n; i++)
		if (header_set(out, a, newer->v[i].key,
		    newer->v[i].value) == -1)
			return -1;
	return 0;
}
