/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of the raw engine, and what all of them share: the buffers, the
 * requests as they are sent, the epoll instance.
 */
#ifndef BENCH_CONN_H
#define BENCH_CONN_H

#include "dial.h"
#include "message.h"
#include "run.h"

#define RAW_IN		262144u		/* bytes received at a time */
#define RAW_OUT		65536u		/* bytes sent at a time, or a request */

struct raw {
	struct run	*run;
	struct message	 message;
	struct dial	 dial;
	int		 epfd, timer;
	uint64_t	 now;
	uint8_t		*in;		/* what has just come */
	uint8_t		*out;		/* copies of the request */
	unsigned	 copies;
	unsigned	 nslots;	/* of a connection; a power of two */
	unsigned	 opening;	/* connections that were never open */
	uint64_t	 flying;	/* requests under way, of all */
	uint64_t	 reached_ns;	/* a connection was open, last */
	int		 refused;	/* why one could not be made, last */
};

enum conn_state {
	CONN_CLOSED,			/* until it may try again */
	CONN_CONNECTING,
	CONN_OPEN
};

/* A request that is under way. */
struct slot {
	struct request	 request;
	uint32_t	 seq;
	bool		 used;
};

struct conn {
	enum conn_state	 state;
	int		 fd;
	bool		 was_open;	/* at any time */
	bool		 answered;	/* a request, since it is open */
	uint32_t	 events;	/* that are watched */
	unsigned	 tries;		/* of addresses, in a row */
	uint64_t	 due_ns;	/* closed: try again; else give up */
	uint64_t	 turn;
	uint32_t	 seq;		/* of the next request */
	unsigned	 flying;
	struct slot	*slots;
	uint8_t		*part;		/* of a reply that is not whole */
	size_t		 npart, part_size;
	size_t		 owed;		/* bytes of requests yet to be sent */
	size_t		 handed;	/* bytes of the oldest oneway */
};

void	 conn_init(struct conn *, const struct raw *, unsigned index);
void	 conn_fini(struct conn *, struct raw *);

void	 conn_open(struct conn *, struct raw *);
void	 conn_event(struct conn *, struct raw *, uint32_t events);
/* Begins all that is due and has room. */
void	 conn_pump(struct conn *, struct raw *);
/* Times out what has waited too long, and connects again. */
void	 conn_tick(struct conn *, struct raw *);
/* All that is under way will not be waited for. */
void	 conn_abandon(struct conn *, struct raw *);

#endif
