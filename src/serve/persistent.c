/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs that stay with a connection.  They change rarely, so they are made
 * anew when they do, and nothing is left over of what they were.
 *
 * As bytes: of each pair the lengths of key and value, four bytes each, then
 * key and value.
 */
#include "serve/persistent.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

#define PAIR_HEAD	8

static struct persistent *
persistent_new(void)
{
	struct persistent *p = calloc(1, sizeof(*p));

	if (p == NULL)
		fatal("out of memory: headers of a connection");
	arena_init(&p->arena, 0);
	return p;
}

void
persistent_free(struct persistent *p)
{
	if (p == NULL)
		return;
	arena_fini(&p->arena);
	free(p);
}

static uint8_t *
put(uint8_t *to, struct tf_str s)
{
	memcpy(to, s.s, s.len);
	return to + s.len;
}

static void
make_bytes(struct persistent *p)
{
	const struct header_pair *pair, *end = p->info.v + p->info.n;
	uint8_t *to;

	for (pair = p->info.v; pair < end; pair++)
		p->len += PAIR_HEAD + pair->key.len + pair->value.len;
	to = p->bytes = arena_take(&p->arena, p->len);
	for (pair = p->info.v; pair < end; pair++) {
		uint32_t head[2] = { (uint32_t)pair->key.len,
		    (uint32_t)pair->value.len };

		memcpy(to, head, PAIR_HEAD);
		to = put(put(to + PAIR_HEAD, pair->key), pair->value);
	}
}

/* Some clients say them again with each message. */
static bool
has_all(const struct persistent *p, const struct header_info *newer)
{
	const struct tf_str *value;

	for (uint32_t i = 0; i < newer->n; i++) {
		value = header_find(&p->info, newer->v[i].key);
		if (value == NULL || !tf_str_eq(*value, newer->v[i].value))
			return false;
	}
	return true;
}

int
persistent_add(struct persistent **p, const struct header_info *newer)
{
	static const struct header_info nothing;
	struct persistent *made;

	if (*p != NULL && has_all(*p, newer))
		return 0;
	made = persistent_new();
	if (header_merge(&made->info, &made->arena,
	    *p == NULL ? &nothing : &(*p)->info, newer) == -1) {
		persistent_free(made);
		return -1;
	}
	make_bytes(made);
	persistent_free(*p);
	*p = made;
	return 0;
}

/* The bytes of the pair at from, which has left bytes; 0: it is none. */
static size_t
get_pair(struct persistent *p, const uint8_t *from, size_t left)
{
	struct tf_str key, value;
	uint32_t head[2];

	if (left < PAIR_HEAD)
		return 0;
	memcpy(head, from, PAIR_HEAD);
	left -= PAIR_HEAD;
	if (head[0] > left || head[1] > left - head[0])
		return 0;
	key = (struct tf_str){ (const char *)from + PAIR_HEAD, head[0] };
	value = (struct tf_str){ key.s + key.len, head[1] };
	if (header_set(&p->info, &p->arena, key, value) == -1)
		return 0;
	return PAIR_HEAD + key.len + value.len;
}

int
persistent_get(struct persistent **p, const uint8_t *from, size_t len)
{
	size_t n;

	*p = NULL;
	if (len == 0)
		return 0;
	*p = persistent_new();
	for (size_t at = 0; at < len; at += n)
		if ((n = get_pair(*p, from + at, len - at)) == 0) {
			persistent_free(*p);
			*p = NULL;
			return -1;
		}
	make_bytes(*p);
	return 0;
}
