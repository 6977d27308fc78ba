/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open-addressed hash table, because a hostile or generated IDL file may
 * hold a hundred thousand names and every one is looked up.
 */
#include <string.h>

#include "names.h"

static uint32_t
hash_key(const char *key)
{
	uint32_t h = 2166136261u;

	for (; *key != '\0'; key++)
		h = (h ^ (uint8_t)*key) * 16777619u;
	return h ^ h >> 15;
}

static struct name_slot *
find_slot(const struct names *t, const char *key, uint32_t hash)
{
	struct name_slot *s;
	uint32_t i;

	for (i = hash & (t->size - 1);; i = (i + 1) & (t->size - 1)) {
		s = &t->slots[i];
		if (s->key == NULL ||
		    (s->hash == hash && strcmp(s->key, key) == 0))
			return s;
	}
}

static void
grow(struct names *t, struct tf_arena *arena)
{
	struct names old = *t;
	uint32_t i;

	t->size = old.size == 0 ? 16 : old.size * 2;
	t->slots = tf_alloc(arena, t->size, sizeof(*t->slots));
	for (i = 0; i < old.size; i++)
		if (old.slots[i].key != NULL)
			*find_slot(t, old.slots[i].key, old.slots[i].hash) =
			    old.slots[i];
}

void *
names_get(const struct names *t, const char *key)
{
	if (t->size == 0)
		return NULL;
	return find_slot(t, key, hash_key(key))->value;
}

void *
names_add(struct names *t, struct tf_arena *arena, const char *key, void *value)
{
	struct name_slot *s;
	uint32_t hash = hash_key(key);

	if (t->n * 2 >= t->size)
		grow(t, arena);
	s = find_slot(t, key, hash);
	if (s->key != NULL)
		return s->value;
	*s = (struct name_slot){ key, value, hash };
	t->n++;
	return NULL;
}
