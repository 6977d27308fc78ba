/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client that does not wait, from the inside.
 *
 *	async.c    its life; from a request to the call that a reply is for
 *	asked.c    which calls a connection owes a reply
 *	link.c     the connection
 *	flight.c   a call, from its beginning to its end
 *	gather.c   several of them
 *
 * A call that has ended is not told at once but queued, and the loop tells it
 * after the events of its batch.  So no function of a program's runs while a
 * reply is being read or a connection closed, and it may do what it likes.
 */
#ifndef CLIENT_ASYNC_BODY_H
#define CLIENT_ASYNC_BODY_H

#include <thriftfork/async.h>

#include "base/arena.h"
#include "client/asked.h"
#include "client/link.h"
#include "client/reply.h"

TAILQ_HEAD(flight_list, tf_flight);

struct tf_async {
	struct client_settings set;
	struct loop	*loop;
	struct link	 link;
	struct bounds	 bounds;	/* of the next reply in link.in */
	struct asked	 asked;
	struct flight_list flying;
	struct flight_list landed;	/* not told yet */
	unsigned	 nlanded;
	struct timer	 tell;
	struct tf_arena	 scratch;	/* of a request, or a reply's head */
	struct buf	 request;
	struct outcome	 outcome;	/* of a setting */
	bool		 freed;
};

enum flight_state {
	FLIGHT_FLIES,
	FLIGHT_LANDED,			/* it has ended, and will be told */
	FLIGHT_TOLD,			/* fn is being called, or has been */
	FLIGHT_KEPT			/* for its gather */
};

struct tf_flight {
	TAILQ_ENTRY(tf_flight) link;	/* among those of the client */
	TAILQ_ENTRY(tf_flight) member;	/* of the gather */
	enum flight_state state;
	struct tf_async	*async;		/* NULL: it has been told */
	struct tf_gather *gather;	/* NULL: nobody keeps it */
	const struct tf_method *method;
	tf_flight_fn	*fn;
	void		*arg;
	int32_t		 seqid;
	uint64_t	 mark;		/* of the link, behind the request */
	uint64_t	 began_ns;
	struct timer	 timer;		/* of its timeout */
	struct tf_arena	 arena;		/* of the result */
	void		*result;
	struct header_info headers;	/* of the reply */
	bool		 failed;
	struct outcome	 outcome;
};

/* flight.c */
struct tf_flight *flight_new(struct tf_async *, const struct tf_method *,
	    tf_flight_fn *, void *arg);
void	flight_free(struct tf_flight *);

/* It has ended, with what stands in it, and is told soon; if it flies. */
void	flight_land(struct tf_flight *, bool failed);

/* The same, with a failure: what, where, why, after how long. */
void	flight_fail(struct tf_flight *, const char *why);

/* Tells it now; it may be gone afterwards. */
void	flight_tell(struct tf_flight *);

/* The end of it, unless it has been told: without a word, but kept. */
void	flight_drop(struct tf_flight *, const char *why);

/* async.c: it flies no more; its reply may still come. */
void	async_leave(struct tf_async *, struct tf_flight *);

/* gather.c: one of its flights has ended; now: its function may be called. */
void	gather_ended(struct tf_gather *, bool now);

#endif
