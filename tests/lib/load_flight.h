/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of one connection: issuing them in order, holding every reply
 * against the oldest one that is unanswered, and counting what became of each.
 * No sockets here, and no clock: bytes and times are handed in.
 */
#ifndef LOAD_FLIGHT_H
#define LOAD_FLIGHT_H

#include "load_report.h"

struct flight_call {
	uint32_t	 number;
	uint32_t	 oneways;	/* sent just before it, not answered */
	enum call_kind	 kind;
	uint64_t	 sent_ns;
};

struct flight {
	struct report	*report;
	uint64_t	 seed;
	uint64_t	 conn;		/* number of the connection */
	unsigned	 port;		/* local port, for the report */
	uint32_t	 next;		/* number of the next call or oneway */
	uint32_t	 oneways;	/* sent since the last call */
	bool		 stalled;	/* a call timed out: issue no more */
	bool		 answered;	/* at least one call right */
	unsigned	 head, n, depth;
	struct flight_call *ring, one;
};

/* depth is how many calls may be in flight; -1 if out of memory. */
int	 flight_init(struct flight *, struct report *, uint64_t seed,
	    unsigned depth);
void	 flight_fini(struct flight *);

/* A new connection: everything from the start. */
void	 flight_reset(struct flight *, uint64_t conn);

/*
 * Writes the next message to dst (PROTO_MAX_CALL) and returns its length.
 * *oneway tells whether it was one: then nothing is owed for it, and at least
 * one more message must follow.  There must be room for a call (n < depth).
 */
size_t	 flight_issue(struct flight *, uint8_t *dst, bool *oneway,
	    uint64_t now_ns);

/* A frame has come, given without its length. */
void	 flight_reply(struct flight *, const uint8_t *, size_t len,
	    uint64_t now_ns);

/* A frame of impossible length has begun; the connection is of no more use. */
void	 flight_bad_frame(struct flight *, uint32_t len);

/* Bytes are left over that are no whole frame, and nobody waits for them. */
void	 flight_leftover(struct flight *, size_t len);

/*
 * Both count and forget calls, and make one problem of them, told of the oldest
 * one: those that are older than the timeout; all, because their connection
 * has ended (how, and what there is to say about it).
 */
void	 flight_expire(struct flight *, uint64_t now_ns, uint64_t timeout_ns);
void	 flight_lose(struct flight *, const char *how, const char *detail);

#endif
