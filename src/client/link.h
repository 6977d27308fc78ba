/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of a client that does not wait: it connects, goes through TLS or
 * a zlib stream, sends and receives as its loop finds time.  It moves bytes and
 * knows nothing of calls; what it has to say it says to its owner, from the
 * loop and never from within link_open() and link_send().
 */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "base/buf.h"
#include "io/loop.h"

struct codec;
struct link;
struct target;
struct trust;

struct link_owner {
	/* More bytes stand in link.in, from which the owner takes them. */
	void	(*received)(struct link *);
	/* More has been handed to the kernel; see link_has_sent(). */
	void	(*sent)(struct link *);
	/* It is closed; nothing more will come, nothing more is sent. */
	void	(*ended)(struct link *, const char *why);
};

enum link_state { LINK_CLOSED, LINK_DIALS, LINK_SHAKES, LINK_OPEN };

struct link {
	struct loop	*loop;
	const struct link_owner *owner;
	enum link_state	 state;
	struct watch	 watch;
	struct timer	 soon;		/* sends, or dials once more */
	struct timer	 limit;		/* of dialling and shaking hands */
	struct target	*target;	/* while it dials */
	int		 next;		/* of its addresses */
	bool		 zlib;
	struct codec	*codec;		/* NULL: neither TLS nor zlib */
	struct buf	 held;		/* to be sent once it is open */
	struct buf	 out;		/* of the wire */
	size_t		 sent;		/* of out */
	uint64_t	 gone;		/* bytes that have ever been */
	uint64_t	 held_end;	/* of them, behind what was held */
	struct buf	 in;
	size_t		 want;		/* how much the owner misses */
	uint64_t	 heard_ns;	/* when something has come last */
	char		 error[256];
};

void	link_init(struct link *, struct loop *, const struct link_owner *);
void	link_fini(struct link *);

/*
 * Begins to connect, as stream_connect() would; a closed link only.  It ends if
 * that takes longer than limit_ns; 0: there is no limit.
 */
void	link_open(struct link *, const char *addr, struct trust *, bool zlib,
	    uint64_t limit_ns);

/* At once and without a word to the owner; twice is fine. */
void	link_close(struct link *);

/* -1: more waits to be sent than there is room for. */
int	link_send(struct link *, const void *, size_t);

/*
 * A mark behind all that it has been given, and whether what stands before one
 * has been handed to the kernel.  They mean nothing once it has been closed.
 */
uint64_t link_mark(const struct link *);
bool	link_has_sent(const struct link *, uint64_t mark);

/*
 * Whether an open connection over which nothing is under way can be used, as
 * far as can be known: not closed by the server, nor has that said what nobody
 * has asked for.
 */
bool	link_is_usable(struct link *);

#endif
