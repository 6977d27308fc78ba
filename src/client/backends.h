/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The servers that a pool may use, and which of them is next: one that is up,
 * with the fewest clients at work, in turn if there are several.  One that has
 * failed is left alone for a while, which grows with each failure; then one
 * client, and no more, tries it.  If all are down the one is tried that is due
 * first, because to fail without trying helps nobody.
 *
 * Pure: it is told what the time is and what has happened, and connects to
 * nothing.
 */
#ifndef CLIENT_BACKENDS_H
#define CLIENT_BACKENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKENDS_MAX	64

struct backend {
	char		*addr;
	unsigned	 busy;		/* clients that are lent out */
	unsigned	 failures;	/* since it last answered */
	unsigned	 late;		/* answers in a row that did not come */
	uint64_t	 down_until_ns;	/* 0: it is up */
	bool		 tried;		/* it is down, and somebody looks */
};

struct backends {
	struct backend	 v[BACKENDS_MAX];
	unsigned	 n, turn;
	uint64_t	 seed;		/* of the jitter */
};

/*
 * A list of addresses with commas between them: how many it has, of which there
 * is room for BACKENDS_MAX.
 */
size_t	backends_init(struct backends *, const char *addrs, uint64_t seed);
void	backends_fini(struct backends *);

/* The next one, but for those in a set of bits, unless that is all of them. */
unsigned backends_choose(struct backends *, uint64_t now_ns, uint64_t except);

/* It is connected to; what comes of it has to be told, whatever it is. */
void	backends_try(struct backends *, unsigned);

/* What came of it, and when. */
enum backend_news {
	BACKEND_ANSWERED,
	BACKEND_REACHED,	/* it took a oneway, which nobody answers */
	BACKEND_SPARED,		/* nothing came to it */
	BACKEND_LATE,		/* not in time; down if that goes on */
	BACKEND_BROKE		/* no connection, or not any more */
};
void	backends_tell(struct backends *, unsigned, enum backend_news,
	    uint64_t now_ns);

/*
 * A pause before the nth try of a call, counted from 0: doubles, up to a limit,
 * and half of it is random, so that clients that failed together do not come
 * back together.
 */
uint64_t backends_pause_ns(struct backends *, unsigned n);

#endif
