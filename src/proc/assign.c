/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spreading of orphaned sockets.  Everyone who serves has room for an
 * equal share, and as many as the remainder says have room for one more: those
 * first who hold that much already.  Whoever finds room where it is stays,
 * and the others take what room is left.
 */
#include "proc/assign.h"

#include <stdbool.h>

#include "base/bug.h"

struct spread {
	const enum assign_state	*slots;
	unsigned		 n;
	unsigned		 held[ASSIGN_MAX];	/* by the last answer */
	unsigned		 room[ASSIGN_MAX];
};

static bool
serves(const struct spread *s, int slot)
{
	return slot >= 0 && (unsigned)slot < s->n &&
	    s->slots[slot] == ASSIGN_SERVES;
}

static unsigned
count(const struct spread *s, enum assign_state state)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < s->n; i++)
		sum += s->slots[i] == state;
	return sum;
}

/* One more for each that holds more, or does not, than its share. */
static void
give_rest(struct spread *s, unsigned share, bool more, unsigned *rest)
{
	for (unsigned i = 0; i < s->n && *rest > 0; i++)
		if (serves(s, (int)i) && (s->held[i] > share) == more) {
			s->room[i]++;
			(*rest)--;
		}
}

static void
make_room(struct spread *s, unsigned orphans, unsigned servers)
{
	unsigned share = orphans / servers, rest = orphans % servers;

	for (unsigned i = 0; i < s->n; i++)
		if (serves(s, (int)i))
			s->room[i] = share;
	give_rest(s, share, true, &rest);
	give_rest(s, share, false, &rest);
}

/* The next slot behind this one that has room. */
static int
find_room(const struct spread *s, unsigned slot)
{
	unsigned i = slot;

	do {
		i = (i + 1) % s->n;
		BUG_ON(i == slot);
	} while (s->room[i] == 0);
	return (int)i;
}

static void
keep(struct spread *s, int *server)
{
	if (serves(s, *server) && s->room[*server] > 0)
		s->room[*server]--;
	else
		*server = -1;
}

static void
spread(struct spread *s, int *server)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->slots[i] == ASSIGN_ABSENT)
			keep(s, &server[i]);
	for (unsigned i = 0; i < s->n; i++)
		if (s->slots[i] == ASSIGN_ABSENT && server[i] == -1) {
			server[i] = find_room(s, i);
			s->room[server[i]]--;
		}
}

void
assign(const enum assign_state *slots, unsigned n, int *server)
{
	struct spread s = { .slots = slots, .n = n };
	unsigned servers;

	BUG_ON(n > ASSIGN_MAX);
	servers = count(&s, ASSIGN_SERVES);
	for (unsigned i = 0; i < n; i++) {
		if (slots[i] == ASSIGN_SERVES)
			server[i] = (int)i;
		else if (slots[i] == ASSIGN_UNUSED || servers == 0)
			server[i] = -1;
		else if (serves(&s, server[i]))
			s.held[server[i]]++;
	}
	if (servers > 0) {
		make_room(&s, count(&s, ASSIGN_ABSENT), servers);
		spread(&s, server);
	}
}
