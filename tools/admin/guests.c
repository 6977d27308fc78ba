/* SPDX-License-Identifier: Apache-2.0 */
/* See guests.h. */
#include "guests.h"

#include <err.h>
#include <stdlib.h>
#include <sys/socket.h>

void
guests_init(struct guests *all)
{
	TAILQ_INIT(&all->asking);
	TAILQ_INIT(&all->taking);
	TAILQ_INIT(&all->leaving);
	all->n = 0;
	all->held = 0;
}

static struct guest_list *
list_of(struct guests *all, const struct guest *g)
{
	if (g->dismissed)
		return &all->leaving;
	return g->answered ? &all->taking : &all->asking;
}

/* Who reads and writes there notices, and gives up what is held. */
static void
dismiss(struct guests *all, struct guest *g)
{
	TAILQ_REMOVE(list_of(all, g), g, link);
	shutdown(g->fd, SHUT_RDWR);
	g->dismissed = true;
	TAILQ_INSERT_TAIL(&all->leaving, g, link);
	all->held -= g->held;
	g->held = 0;
}

/* Who has not asked yet goes before those who have. */
static void
make_room(struct guests *all)
{
	struct guest *oldest = TAILQ_FIRST(&all->asking);

	if (oldest == NULL)
		oldest = TAILQ_FIRST(&all->taking);
	if (oldest != NULL)
		dismiss(all, oldest);
}

struct guest *
guest_new(struct guests *all, int fd, uint64_t now_ms)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (g == NULL)
		err(1, NULL);
	if (all->n >= GUESTS_MAX)
		make_room(all);
	g->fd = fd;
	g->until_ms = now_ms + GUEST_ASKS_MS;
	TAILQ_INSERT_TAIL(&all->asking, g, link);
	all->n++;
	return g;
}

static struct guest *
find_in(struct guest_list *list, int fd)
{
	struct guest *g;

	TAILQ_FOREACH_REVERSE(g, list, guest_list, link)
		if (g->fd == fd)
			return g;
	return NULL;
}

struct guest *
guest_find(struct guests *all, int fd)
{
	struct guest *g = find_in(&all->asking, fd);

	if (g == NULL)
		g = find_in(&all->taking, fd);
	return g != NULL ? g : find_in(&all->leaving, fd);
}

void
guest_answer(struct guests *all, struct guest *g, size_t bytes,
    uint64_t now_ms)
{
	struct guest *oldest;

	if (g->dismissed)
		return;
	while (all->held > 0 && all->held + bytes > GUESTS_HELD &&
	    (oldest = TAILQ_FIRST(&all->taking)) != NULL)
		dismiss(all, oldest);
	TAILQ_REMOVE(list_of(all, g), g, link);
	g->answered = true;
	g->until_ms = now_ms + GUEST_TAKES_MS;
	g->held = bytes;
	all->held += bytes;
	TAILQ_INSERT_TAIL(&all->taking, g, link);
}

void
guest_free(struct guests *all, struct guest *g)
{
	TAILQ_REMOVE(list_of(all, g), g, link);
	all->held -= g->held;
	all->n--;
	free(g);
}

static void
expire(struct guests *all, struct guest_list *list, uint64_t now_ms)
{
	struct guest *g;

	while ((g = TAILQ_FIRST(list)) != NULL && g->until_ms <= now_ms)
		dismiss(all, g);
}

void
guests_expire(struct guests *all, uint64_t now_ms)
{
	expire(all, &all->asking, now_ms);
	expire(all, &all->taking, now_ms);
}

uint64_t
guests_next_ms(const struct guests *all)
{
	const struct guest *a = TAILQ_FIRST(&all->asking);
	const struct guest *t = TAILQ_FIRST(&all->taking);

	if (a == NULL || t == NULL)
		return a != NULL ? a->until_ms : t != NULL ? t->until_ms : 0;
	return a->until_ms < t->until_ms ? a->until_ms : t->until_ms;
}
