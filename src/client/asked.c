/* SPDX-License-Identifier: Apache-2.0 */
/* See asked.h. */
#include "client/asked.h"

#include <stdlib.h>

#include "base/bug.h"

struct asked_entry {
	RB_ENTRY(asked_entry) entry;
	int32_t		 number;
	struct tf_flight *flight;	/* NULL: nobody waits for it */
};

static int
compare(const struct asked_entry *a, const struct asked_entry *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

RB_PROTOTYPE(asked_tree, asked_entry, entry, compare)
RB_GENERATE(asked_tree, asked_entry, entry, compare)

void
asked_init(struct asked *a)
{
	*a = (struct asked){ .last = 0 };
	RB_INIT(&a->entries);
}

static void
drop(struct asked *a, struct asked_entry *e)
{
	RB_REMOVE(asked_tree, &a->entries, e);
	if (e->flight == NULL)
		a->graves--;
	free(e);
}

void
asked_clear(struct asked *a)
{
	struct asked_entry *e;

	while ((e = RB_ROOT(&a->entries)) != NULL)
		drop(a, e);
	a->noneways = 0;
}

static struct asked_entry *
find(struct asked *a, int32_t number)
{
	struct asked_entry key = { .number = number };

	return RB_FIND(asked_tree, &a->entries, &key);
}

/* After four thousand million calls they begin again. */
int32_t
asked_number(struct asked *a)
{
	do {
		a->last = a->last == INT32_MAX ? INT32_MIN : a->last + 1;
	} while (find(a, a->last) != NULL);
	return a->last;
}

void
asked_add(struct asked *a, int32_t number, struct tf_flight *f)
{
	struct asked_entry *e = malloc(sizeof(*e));

	if (e == NULL)
		fatal("out of memory: a call");
	e->number = number;
	e->flight = f;
	BUG_ON(RB_INSERT(asked_tree, &a->entries, e) != NULL);
}

void
asked_add_oneway(struct asked *a, int32_t number)
{
	a->oneways[a->noneways++ % ASKED_ONEWAYS] = number;
}

bool
asked_bury(struct asked *a, int32_t number)
{
	struct asked_entry *e = find(a, number);

	if (e == NULL || e->flight == NULL)
		return false;
	e->flight = NULL;
	a->graves++;
	return true;
}

/* An answer to a oneway, that its method is unknown, as Apache's servers. */
static enum asked_for
take_oneway(struct asked *a, int32_t number)
{
	unsigned n = a->noneways;

	for (unsigned i = 0; i < (n < ASKED_ONEWAYS ? n : ASKED_ONEWAYS); i++)
		if (a->oneways[i] == number)
			return ASKED_ONCE;
	return ASKED_NEVER;
}

enum asked_for
asked_take(struct asked *a, int32_t number, struct tf_flight **flight)
{
	struct asked_entry *e = find(a, number);

	*flight = NULL;
	if (e == NULL)
		return take_oneway(a, number);
	*flight = e->flight;
	drop(a, e);
	return *flight == NULL ? ASKED_ONCE : ASKED_BY;
}
