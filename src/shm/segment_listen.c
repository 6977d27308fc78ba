/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who waits to be accepted, by address.  The kernel counts in the sockets,
 * which a master leaves to the next one; what of that has been added stands at
 * the address, so whoever writes there goes on where the last one was.
 */
#include <string.h>

#include "shm/segment_body.h"

static struct segment_listener *
entry(const struct segment *s, unsigned i)
{
	return segment_entry(s, &s->at.listeners, i);
}

static bool
is_of(const struct segment_listener *e, const char *address)
{
	return strncmp(e->address, address, sizeof(e->address) - 1) == 0;
}

static void
entry_write(struct segment_listener *to, const struct segment_listener *from)
{
	record_write(&to->seq, &to->seq + 1, &from->seq + 1,
	    RECORD_WORDS(*from) - 1);
}

static bool
is_listed(const struct segment_listener *e, const struct listener_state *l,
    unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (is_of(e, l[i].address))
			return true;
	return false;
}

static void
forget_others(struct segment *s, const struct listener_state *l, unsigned n)
{
	static const struct segment_listener none;

	for (unsigned i = 0; i < s->at.listeners.count; i++)
		if (entry(s, i)->address[0] != '\0' &&
		    !is_listed(entry(s, i), l, n))
			entry_write(entry(s, i), &none);
}

/* The entry of an address, or a free one; NULL: there is no room. */
static struct segment_listener *
entry_for(const struct segment *s, const char *address)
{
	for (unsigned i = 0; i < s->at.listeners.count; i++)
		if (is_of(entry(s, i), address))
			return entry(s, i);
	for (unsigned i = 0; i < s->at.listeners.count; i++)
		if (entry(s, i)->address[0] == '\0')
			return entry(s, i);
	return NULL;
}

/* Less than the last time is told by other sockets, which begin anew. */
static void
set_listener(struct segment *s, struct segment_listener *e,
    const struct listener_state *now)
{
	struct segment_listener n = *e;
	uint64_t more = now->drops > n.told ? now->drops - n.told : 0;

	strlcpy(n.address, now->address, sizeof(n.address));
	strlcpy(n.kind, now->kind, sizeof(n.kind));
	n.has = (now->has_queue ? SEGMENT_HAS_QUEUE : 0) |
	    (now->has_drops ? SEGMENT_HAS_DROPS : 0);
	n.sockets = now->sockets;
	n.queue = now->queue;
	n.longest = now->longest;
	n.limit = now->limit;
	if (now->has_drops) {
		n.drops += more;
		n.told = now->drops;
	}
	entry_write(e, &n);
	if (now->has_drops)
		segment_count(s, SERVER_ACCEPT_DROPS, more);
}

void
segment_set_listeners(struct segment *s, const struct listener_state *l,
    unsigned n)
{
	uint64_t *words = segment_entry(s, &s->at.server, 0);
	struct segment_listener *e;
	uint64_t queue = 0;

	forget_others(s, l, n);
	for (unsigned i = 0; i < n; i++) {
		if ((e = entry_for(s, l[i].address)) != NULL)
			set_listener(s, e, &l[i]);
		word_max(&words[SERVER_ACCEPT_QUEUE_MAX], l[i].longest);
		queue += l[i].queue;
	}
	word_set(&words[SERVER_ACCEPT_QUEUE], queue);
}
