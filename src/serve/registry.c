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
#include "wire/wire.h"

static size_t
hash(const char *s, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ (h >> 32));
}

static bool
matches(const struct entry *e, const char *name, size_t len)
{
	return e->name_len == len && memcmp(e->method->name, name, len) == 0;
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
	registry_init(r);
}

const struct entry *
registry_find(const struct registry *r, const char *name, size_t len)
{
	size_t i;

	if (r->buckets == NULL)
		return NULL;
	for (i = hash(name, len) & r->mask; r->buckets[i] != 0;
	    i = (i + 1) & r->mask) {
		const struct entry *e = &r->entries[r->buckets[i] - 1];

		if (matches(e, name, len))
			return e;
	}
	return NULL;
}

static void
link_entry(struct registry *r, size_t index)
{
	const struct entry *e = &r->entries[index];
	size_t i = hash(e->method->name, e->name_len) & r->mask;

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

static int
add_method(struct registry *r, const struct tf_service *top,
    const struct tf_method *m, const void *handler, char *why, size_t size)
{
	const struct entry *other;
	struct entry e = { .method = m, .service = top->name,
	    .handler = handler, .name_len = (uint32_t)strlen(m->name) };

	if (!implemented(m, handler))
		return 0;
	if ((other = registry_find(r, m->name, e.name_len)) != NULL) {
		snprintf(why, size, "%s.%s: %s has a method of this name",
		    top->name, m->name, other->service);
		return -1;
	}
	if ((e.args = plan_get(m->args)) == NULL ||
	    (e.result = plan_get(m->result)) == NULL) {
		snprintf(why, size, "%s.%s: its tables are malformed",
		    top->name, m->name);
		return -1;
	}
	make_room(r);
	r->entries[r->n] = e;
	link_entry(r, r->n++);
	return 0;
}

int
registry_add(struct registry *r, const struct tf_service *service,
    const void *handler, char *why, size_t size)
{
	const struct tf_service *s;

	for (s = service; s != NULL; s = s->base) {
		if (s->magic != TF_MAGIC || s->abi != TF_ABI) {
			snprintf(why, size, "service tables of ABI %u, this "
			    "library has %u: generate them anew", s->abi,
			    TF_ABI);
			return -1;
		}
		for (uint32_t i = 0; i < s->n; i++)
			if (add_method(r, service, &s->methods[i], handler,
			    why, size) == -1)
				return -1;
	}
	return 0;
}
