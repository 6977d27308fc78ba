/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One place for a connection, and the connections that occupy it one after the
 * other: connecting, reading frames, writing calls, noticing how it ends.
 */
#ifndef LOAD_CONN_H
#define LOAD_CONN_H

#include "load_flight.h"
#include "load_opt.h"
#include "load_stream.h"

#define POOL_IN		(4 * PROTO_MAX_REPLY)
#define POOL_OUT	(128 * 1024)

/* What all connections share. */
struct pool {
	const struct opt *opt;
	struct report	*report;
	struct ssl_ctx_st *tls;		/* NULL: in plain */
	int		 epfd;		/* events carry the struct conn */
	uint64_t	 now_ns;
	uint64_t	 made;		/* connections numbered so far */
	uint64_t	 random;	/* state of the jitter */
	unsigned	 waiting;	/* persistent: no right answer ever */
	unsigned	 may_open;	/* connects left in this round */
	bool		 hurry;		/* some place wants conn_tick() now */
	bool		 stopping;	/* issue no more calls */
	uint8_t		 in[POOL_IN], out[POOL_OUT];
};

enum conn_kind { CONN_PERSISTENT, CONN_IDLE, CONN_ONCE };
enum conn_state {
	CONN_FREE,		/* nobody is here, and nobody will come back */
	CONN_WAITING,		/* to connect, at due_ns */
	CONN_CONNECTING,	/* until due_ns, as is the next */
	CONN_SHAKING,		/* hands, by TLS */
	CONN_OPEN
};

struct conn {
	enum conn_kind	 kind;
	enum conn_state	 state;
	bool		 ever_answered;	/* in this place */
	uint64_t	 due_ns;	/* of an open one: its next call, if it
					   is idle or goes by the clock */
	uint64_t	 since_ns;	/* of the first attempt to connect */
	struct flight	 flight;
	struct stream	 stream;
};

/* Sets now_ns from CLOCK_MONOTONIC. */
void	 pool_clock(struct pool *);

/* A place in CONN_FREE; -1 if out of memory. */
int	 conn_init(struct conn *, struct pool *, enum conn_kind);
void	 conn_fini(struct conn *);

/* Somebody comes to this free place: connects at the next conn_tick(). */
void	 conn_start(struct conn *, struct pool *);

void	 conn_event(struct conn *, struct pool *, uint32_t events);

/* What time demands: timeouts, reconnecting, calls of idle connections. */
void	 conn_tick(struct conn *, struct pool *);

/*
 * The client is done: looks once more for what was not asked for, and leaves.
 * Calls in flight stay pending.
 */
void	 conn_leave(struct conn *, struct pool *);

#endif
