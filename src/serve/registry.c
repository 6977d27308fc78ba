/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of methods with open addressing, at most half full, so that
 * nearly every call finds its method with one comparison.
 */
#include "serve/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/short.h"
#include "wire/wire.h"

#define NAME_BYTES	64	/* of a name, with its NUL */

static inline uint64_t
mix(uint64_t h, uint64_t word)
{
	return (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Eight bytes at a time, or two halves, which may overlap. */
static inline size_t
hash(const char *s, size_t len)
{
	uint64_t h = len, word;
	uint32_t low, high;

	for (; len > 8; s += 8, len -= 8) {
		memcpy(&word, s, 8);
		h = mix(h, word);
	}
	if (len >= 4) {
		memcpy(&low, s, 4);
		memcpy(&high, s + len - 4, 4);
		h = mix(h, (uint64_t)high << 32 | low);
	} else {
		for (; len > 0; len--)
			h = mix(h, (unsigned char)*s++);
	}
	return (size_t)(h ^ (h >> 32));
}

static bool
matches(const struct entry *e, const char *key, size_t len)
{
	return e->key_len == len && equal_short(e->key, key, len);
}

void
registry_init(struct registry *r)
{
	memset(r, 0, sizeof(*r));
}

void
registry_fini(struct registry *r)
{
	free(r->entries);
	free(r->buckets);
	tf_arena_free(r->texts);
	registry_init(r);
}

/* From bucket i on. */
static __attribute__((noinline)) const struct entry *
search(const struct registry *r, const char *key, size_t len, size_t i)
{
	for (; r->buckets[i] != 0; i = (i + 1) & r->mask) {
		const struct entry *e = &r->entries[r->buckets[i] - 1];

		if (matches(e, key, len))
			return e;
	}
	return NULL;
}

const struct entry *
registry_find(const struct registry *r, const char *key, size_t len)
{
	const struct entry *e;
	size_t i;

	if (r->buckets == NULL)
		return NULL;
	i = hash(key, len) & r->mask;
	if (r->buckets[i] == 0)
		return NULL;
	e = &r->entries[r->buckets[i] - 1];
	return matches(e, key, len) ? e : search(r, key, len, i);
}

bool
registry_serves(const struct registry *r, const char *name, size_t len)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->entries[i].prefix == len + 1 &&
		    memcmp(r->entries[i].key, name, len) == 0)
			return true;
	return false;
}

static void
link_entry(struct registry *r, size_t index)
{
	const struct entry *e = &r->entries[index];
	size_t i = hash(e->key, e->key_len) & r->mask;

	while (r->buckets[i] != 0)
		i = (i + 1) & r->mask;
	r->buckets[i] = (uint32_t)index + 1;
}

static void
make_room(struct registry *r)
{
	if (r->n < r->cap)
		return;
	r->cap = r->cap == 0 ? 16 : r->cap * 2;
	r->mask = r->cap * 2 - 1;
	free(r->buckets);
	r->entries = reallocarray(r->entries, r->cap, sizeof(*r->entries));
	r->buckets = calloc(r->mask + 1, sizeof(*r->buckets));
	if (r->entries == NULL || r->buckets == NULL)
		fatal("out of memory: %zu methods", r->cap);
	for (size_t i = 0; i < r->n; i++)
		link_entry(r, i);
}

/* A handler that is NULL leaves its method unknown. */
static bool
implemented(const struct tf_method *m, const void *handler)
{
	void (*fn)(void);

	memcpy(&fn, (const char *)handler + m->handler_off, sizeof(fn));
	return fn != NULL;
}

static void
refuse(char *why, size_t size, const struct entry *e, const char *text,
    const char *more)
{
	snprintf(why, size, "%s.%s: %s%s", e->title, e->method->name, text,
	    more);
}

/* e has all but what is known of the method. */
static int
add_method(struct registry *r, struct entry e, const struct tf_method *m,
    char *why, size_t size)
{
	const struct entry *other;

	if (!implemented(m, e.handler))
		return 0;
	e.method = m;
	e.key = m->name;
	if (e.prefix > 0)
		e.key = tf_strf(r->texts, "%s:%s", e.service, m->name).s;
	e.key_len = (uint32_t)strlen(e.key);
	if ((other = registry_find(r, e.key, e.key_len)) != NULL) {
		refuse(why, size, &e, other->title,
		    " has a method of this name");
		return -1;
	}
	if ((e.args = plan_get(m->args)) == NULL ||
	    (e.result = plan_get(m->result)) == NULL) {
		refuse(why, size, &e, "its tables are malformed", "");
		return -1;
	}
	make_room(r);
	r->entries[r->n] = e;
	link_entry(r, r->n++);
	return 0;
}

/* Before anything else of the tables is looked at. */
static int
check_abi(const struct tf_service *s, char *why, size_t size)
{
	for (; s != NULL; s = s->base)
		if (s->magic != TF_MAGIC || s->abi != TF_ABI) {
			snprintf(why, size, "service tables of ABI %u, this "
			    "library has %u: generate them anew", s->abi,
			    TF_ABI);
			return -1;
		}
	return 0;
}

/* Letters, digits and - . / _: nothing that settings or people stumble over. */
static bool
is_name(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-./_");

	return n > 0 && n < NAME_BYTES && name[n] == '\0';
}

/* What all entries of a service have in common. */
static struct entry
instance(struct registry *r, const char *name, const struct tf_service *s,
    const void *handler)
{
	struct entry e = { .service = s->name, .title = s->name,
	    .handler = handler };

	if (name == NULL)
		return e;
	if (r->texts == NULL)
		r->texts = tf_arena_new(0);
	e.service = tf_strf(r->texts, "%s", name).s;
	e.title = tf_strf(r->texts, "%s:%s", name, s->name).s;
	e.prefix = (uint32_t)strlen(name) + 1;
	return e;
}

int
registry_add(struct registry *r, const char *name,
    const struct tf_service *service, const void *handler, char *why,
    size_t size)
{
	const struct tf_service *s;
	struct entry e;

	if (check_abi(service, why, size) == -1)
		return -1;
	if (name != NULL && !is_name(name)) {
		snprintf(why, size, "'%.100s': the name of a service has 1 to "
		    "%d letters, digits and - . / _", name, NAME_BYTES - 1);
		return -1;
	}
	e = instance(r, name, service, handler);
	for (s = service; s != NULL; s = s->base)
		for (uint32_t i = 0; i < s->n; i++)
			if (add_method(r, e, &s->methods[i], why, size) == -1)
				return -1;
	return 0;
}
