/* SPDX-License-Identifier: Apache-2.0 */
/* See peers.h: a tree of addresses, which are there while they have any. */
#include "serve/peers.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

struct peer_count {
	RB_ENTRY(peer_count)	 entry;
	unsigned		 n;
	size_t			 len;
	const char		*address;	/* of this, if it is in the
						   tree, or the one asked for */
	char			 copy[];
};

static int
compare(const struct peer_count *a, const struct peer_count *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int rc = memcmp(a->address, b->address, len);

	return rc != 0 ? rc : (a->len > b->len) - (a->len < b->len);
}

RB_PROTOTYPE(peers, peer_count, entry, compare)
RB_GENERATE(peers, peer_count, entry, compare)

static size_t
length(const char *peer)
{
	const char *colon = strrchr(peer, ':');

	return colon == NULL ? strlen(peer) : (size_t)(colon - peer);
}

static struct peer_count *
find(struct peers *peers, const char *peer)
{
	struct peer_count key = { .address = peer, .len = length(peer) };

	return RB_FIND(peers, peers, &key);
}

void
peers_init(struct peers *peers)
{
	RB_INIT(peers);
}

void
peers_fini(struct peers *peers)
{
	struct peer_count *p;

	while ((p = RB_MIN(peers, peers)) != NULL) {
		RB_REMOVE(peers, peers, p);
		free(p);
	}
}

unsigned
peers_count(struct peers *peers, const char *peer)
{
	const struct peer_count *p = find(peers, peer);

	return p == NULL ? 0 : p->n;
}

void
peers_add(struct peers *peers, const char *peer)
{
	struct peer_count *p = find(peers, peer);
	size_t len = length(peer);

	if (p == NULL) {
		if ((p = malloc(sizeof(*p) + len)) == NULL)
			fatal("out of memory: an address");
		memcpy(p->copy, peer, len);
		p->address = p->copy;
		p->len = len;
		p->n = 0;
		RB_INSERT(peers, peers, p);
	}
	p->n++;
}

void
peers_drop(struct peers *peers, const char *peer)
{
	struct peer_count *p = find(peers, peer);

	BUG_ON(p == NULL);
	if (--p->n > 0)
		return;
	RB_REMOVE(peers, peers, p);
	free(p);
}
