/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is connected, and until when.  Anybody may connect and then send nothing,
 * or a byte at a time, or not read; so each connection has little time to ask
 * and not much more to take its answer, and where there are too many, or too
 * much waits to be taken, the oldest go.  Knows no HTTP: it is told what
 * happens, and shuts descriptors down, whose owner then notices.
 */
#ifndef ADMIN_GUESTS_H
#define ADMIN_GUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define GUESTS_MAX	128		/* connections */
#define GUESTS_HELD	(32 * 1024 * 1024)	/* bytes of answers, but for
					   one that is larger alone */
#define GUEST_ASKS_MS	5000		/* for its request */
#define GUEST_TAKES_MS	20000		/* for its answer, after that */

struct guest {
	TAILQ_ENTRY(guest) link;
	int		 fd;
	bool		 answered, dismissed;
	uint64_t	 until_ms;
	size_t		 held;		/* bytes of its answer */
};
TAILQ_HEAD(guest_list, guest);

struct guests {
	struct guest_list asking, taking, leaving;	/* oldest first */
	unsigned	 n;		/* of all three */
	size_t		 held;
};

void	 guests_init(struct guests *);

/* A new one; if there is no room the oldest is shut down.  Never NULL. */
struct guest *guest_new(struct guests *, int fd, uint64_t now_ms);

/* The one with this descriptor; NULL: there is none. */
struct guest *guest_find(struct guests *, int fd);

/* It has asked and is to take so many bytes. */
void	 guest_answer(struct guests *, struct guest *, size_t bytes,
	    uint64_t now_ms);

/* Its descriptor is about to be closed. */
void	 guest_free(struct guests *, struct guest *);

/* Shuts down those whose time is over. */
void	 guests_expire(struct guests *, uint64_t now_ms);

/* When to do that next; 0: never. */
uint64_t guests_next_ms(const struct guests *);

#endif
