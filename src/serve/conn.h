/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the worker: its state, and that of a connection.
 *
 * Bytes arrive in the one receive buffer of the worker and are handled there;
 * replies gather in its one send buffer and leave with one write.  Only what
 * cannot be finished is copied to the connection: the beginning of a frame
 * (in), the end of replies that the peer does not read yet (out).  A
 * connection that has such a tail is not read from.
 */
#ifndef SERVE_CONN_H
#define SERVE_CONN_H

#include <sys/queue.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/log.h"
#include "io/addr.h"
#include "io/loop.h"
#include "serve/access.h"
#include "serve/call.h"
#include "serve/crew.h"
#include "serve/layers.h"
#include "serve/peers.h"
#include "serve/move.h"
#include "serve/rules.h"
#include "serve/worker.h"
#include "shm/lane.h"

#define RECEIVE_BYTES	(64 * 1024)	/* the worker's receive buffer */
#define SEND_BYTES	(256 * 1024)	/* replies gathered before a write */

/* Where a connection is; each place has its timeout. */
enum conn_place {
	PLACE_IDLE,		/* between frames, nothing owed */
	PLACE_FRAME,		/* a frame has begun, or something of TLS */
	PLACE_WRITE,		/* replies wait for the peer to read */
	PLACE_OWING,		/* between frames, replies are owed */
	PLACE_HALF,		/* finishing, and all is answered but a frame
				   of which the rest had not come by then */
	PLACE_LINGER,		/* all said; waiting for the peer to close */
	PLACE_MOVING,		/* offered to another worker: hands off */
	NPLACES,
	PLACE_GONE = NPLACES	/* closed, but others have calls of it */
};

/* Replies that wait until the peer reads. */
struct tail {
	size_t			 off, len;	/* of what is left */
	size_t			 cap;		/* of bytes */
	uint8_t			 bytes[];
};

#define NO_LISTENER	UINT8_MAX

struct conn {
	struct watch		 watch;
	struct worker		*worker;
	TAILQ_ENTRY(conn)	 link;		/* of its place */
	uint64_t		 since_ns;	/* there since */
	struct call_queue	 owed;		/* replies, in order */
	uint8_t			*in;
	struct tail		*out;		/* NULL: the peer keeps up */
	union {				/* NULL: has not begun to be read */
		struct scan	*scan;		/* scan_size() bytes of one */
		struct http	*http;		/* of the request in in */
	};
	struct rare		*rare;		/* NULL: has nothing of it */
	uint32_t		 in_len, in_cap;
	void			*data;		/* the connect hook's */
	uint32_t		 to_read;	/* finishing: bytes that had
						   come by then */
	uint8_t			 place : 4;	/* enum conn_place */
	uint8_t			 closing : 4;	/* see conn_will_close() */
	uint8_t			 tried;		/* the mover's round in which
						   it was offered last */
	bool			 eof : 1;	/* the peer sends no more */
	bool			 finishing : 1;	/* close when all is answered */
	bool			 mute : 1;	/* and what comes is dropped */
	bool			 greeted : 1;	/* the connect hook let it in */
	bool			 local : 1;	/* over a unix socket */
	bool			 spoken : 1;	/* there has been a message */
	bool			 stranger : 1;	/* a PROXY header has to come
						   first, to say who it is */
	bool			 waits : 1;	/* until calls are back; not
						   read from, and with nothing
						   handled */
	uint8_t			 listener;	/* or NO_LISTENER */
	char			 peer[];	/* address as text; a unix
						   socket's struct ucred
						   stands behind its NUL */
};
/* With 16 bytes of address and 8 of malloc's an idle one costs 144. */
_Static_assert(offsetof(struct conn, peer) <= 120, "a connection is small");
TAILQ_HEAD(conn_list, conn);

struct http;
struct persistent;
struct scan;
struct transform;

/* What few connections have; each NULL if it does not. */
struct rare {
	struct layers		*layers;	/* between socket and message */
	struct persistent	*persistent;	/* headers that came */
	uint32_t		 out;		/* calls that are not back */
	uint32_t		 oneways;	/* whose handlers run */
	uint64_t		 arrived_ns;	/* what waits in the block; 0:
						   nothing does */
	bool			 last;		/* only the message that has
						   begun is read any more */
	bool			 serial;	/* one of them at a time */
	bool			 listed;	/* waits for the worker */
	bool			 unheard;	/* the peer has gone, but there
						   may be more to read */
	TAILQ_ENTRY(conn)	 wait;
};

static inline bool
conn_is_at_last(const struct conn *c)
{
	return c->rare != NULL && c->rare->last;
}

static inline struct layers *
conn_layers(const struct conn *c)
{
	return c->rare == NULL ? NULL : c->rare->layers;
}

static inline struct persistent *
conn_persistent(const struct conn *c)
{
	return c->rare == NULL ? NULL : c->rare->persistent;
}

/* Whether its peer has gone; what it is still sent goes nowhere then. */
static inline bool
conn_is_unheard(const struct conn *c)
{
	return c->rare != NULL && c->rare->unheard;
}

/* A socket to accept on. */
struct door {
	struct watch		 watch;
	struct worker		*worker;
	TAILQ_ENTRY(door)	 link;
	uint32_t		 key;		/* the master's name for it */
	struct addr		 addr;		/* of the listener */
	uint8_t			 listener;	/* or NO_LISTENER */
	int			 fd;
	bool			 adopted;	/* came by ORDER_LISTEN */
	bool			 foreign;	/* never to be shut down */
	bool			 nodelay;	/* and so is who comes in */
	unsigned		 portion;	/* to be taken in a turn */
	uint64_t		 turn;		/* of the loop, the last time */
};
TAILQ_HEAD(door_list, door);

struct worker {
	const struct worker_config *config;
	struct lane		*lane;		/* config's */
	struct loop		 loop;
	struct watch		 channel, signals, stop_order;
	struct door_list	 doors;
	struct timer		 reaper;	/* looks for timeouts */
	struct timer		 accept_pause;
	struct timer		 last;		/* of an orphan, see below */
	struct timer		 deaf;		/* set: that it is to leave
						   could not be said yet */
	int			 spare_fd;	/* for when no other is free */
	struct conn_list	 places[NPLACES];
	unsigned		 nconns;
	struct peers		 peers;		/* if they are limited */
	uint8_t			*receive;	/* RECEIVE_BYTES */
	struct buf		 send;		/* empty but while a connection
						   has its turn */
	uint8_t			*portions;	/* of layers; NULL: there has
						   been none yet */
	struct buf		 coded[2];	/* send, as layers make it */
	uint64_t		 arrived_ns;	/* when what is being handled
						   was read */
	struct transform	*transform;	/* NULL: none was needed yet */
	struct mover		 mover;
	struct tls_context	*renewed;	/* instead of the config's */
	struct call		*spare;		/* a warm one */
	struct call_queue	 spares;	/* cooler ones */
	unsigned		 nspares;
	struct timer		 surplus;	/* set: there may be some */
	bool			 surplus_grew;	/* since it was looked at */
	struct call_queue	 parked;	/* calls that are out */
	unsigned		 nparked;
	bool			 full;		/* there are to be no more */
	struct conn_list	 waiting;	/* for that */
	struct post		 resume;	/* of them */
	bool			 resuming;
	struct crew		 crew;
	struct access		*access;	/* NULL: no access log */
	struct log_rate		 noise;		/* lines strangers can cause */
	bool			 stopping;	/* when the last connection has
						   gone */
	bool			 draining;	/* the same, but they move */
	bool			 shared;	/* the doors, with another
						   master's workers */
	bool			 quitting;	/* now */
	int			 status;
};

static inline const struct rules *
worker_rules(const struct worker *w, uint8_t listener)
{
	return listener == NO_LISTENER ? &rules_none :
	    &w->config->listen_rules[listener];
}

/* move.c: whether connections are to be offered, if they can be. */
static inline bool
move_is_asked(const struct worker *w)
{
	return w->draining || w->mover.shed != 0;
}

/* accept.c */
int	accept_start(struct worker *);
void	accept_end(struct worker *);
void	accept_update(struct worker *);	/* or not, as connections allow */
void	accept_stop(struct worker *);	/* leaves the queue to others */
/*
 * After it, when the whole server ends: takes what is queued, unlistens.  What
 * is queued on sockets that another master has, too, is that one's.
 */
void	accept_unlisten(struct worker *);
/* The same for sockets that the next master may have: closes them instead. */
void	accept_leave(struct worker *);
/* One socket more, which is ours to close; -1: it is closed already. */
int	accept_add(struct worker *, uint32_t key, int fd);
/* One fewer; our descriptor of it is closed, others go on serving it. */
void	accept_drop(struct worker *, uint32_t key);
void	accept_drop_all(struct worker *);
/* A stranger's header has come; -1: c is closed. */
int	accept_introduced(struct conn *);
/* Whether max-connections are open. */
static inline bool
accept_is_full(const struct worker *w)
{
	unsigned max = w->config->limits.max_connections;

	return max != 0 && w->nconns >= max;
}

/* conn.c */
struct rare *conn_rare(struct conn *);	/* room for it; never NULL */
struct ucred;
/* cred: who is at the other end of a unix socket, NULL for TCP. */
struct conn *conn_new(struct worker *, int fd, const char *peer,
	    const struct ucred *cred);
/* The same; what a peer is called can change, with conn_set_peer(). */
struct conn *conn_new_stranger(struct worker *, int fd, const char *peer,
	    const struct ucred *cred);
void	conn_set_peer(struct conn *, const char *peer, bool local);
void	conn_introduced(struct conn *);	/* is no stranger from now on */
/* Asks the connect hook; -1: it does not want it. */
int	conn_greet(struct conn *);
/*
 * At once; the memory lives until the end of the batch.  Why is a counter,
 * COUNTER_CLOSED_, unless it was known before that it would be closed.
 */
void	conn_close(struct conn *, enum counter why);
/* It will be; the first who knows says why.  (0 is "not yet known".) */
static inline void
conn_will_close(struct conn *c, enum counter why)
{
	if (c->closing == 0)
		c->closing = (why - COUNTER_CLOSED_BY_PEER + 1) & 15;
}
/*
 * To PLACE_MOVING: c is no longer watched, and closed for all who ask.  Its
 * descriptor is the caller's now; conn_attach() undoes it, and conn_gone()
 * ends c as conn_close() does, but counts nothing, which conn_count_closed()
 * does.
 */
int	conn_detach(struct conn *);
void	conn_attach(struct conn *, int fd);	/* closes it if that fails */
void	conn_gone(struct conn *, int fd);
void	conn_count_closed(struct conn *, enum counter why);
/*
 * The end of one that is closed, which waits until others have given back its
 * calls.
 */
void	conn_forget(struct conn *);
static inline bool
conn_is_open(const struct conn *c)
{
	return c->watch.fd != -1;
}

/* Whether calls of it are out. */
static inline bool
conn_is_out(const struct conn *c)
{
	return c->rare != NULL && c->rare->out > 0;
}

/* Whether more than bytes binds it to this worker. */
static inline bool
conn_owes(const struct conn *c)
{
	return !TAILQ_EMPTY(&c->owed) || conn_is_out(c);
}

static inline void
conn_count(const struct conn *c, enum counter counter, uint64_t n)
{
	lane_add(c->worker->lane, counter, n);
}

/* A read(2) that gave n. */
static inline void
conn_count_read(struct conn *c, ssize_t n)
{
	conn_count(c, COUNTER_READS, 1);
	if (n <= 0)
		return;
	conn_count(c, COUNTER_BYTES_RECEIVED, (uint64_t)n);
	c->to_read -= (uint32_t)n < c->to_read ? (uint32_t)n : c->to_read;
}

/* What is known of a peer beyond its address: of the next function. */
void	conn_peer_more(const struct conn *, struct tf_peer *);

/* As handlers see its peer; valid as long as c. */
static inline void
conn_peer(const struct conn *c, struct tf_peer *peer)
{
	*peer = (struct tf_peer){ .data = c->data, .addr = c->peer, .pid = -1,
	    .uid = -1, .gid = -1 };
	if (__builtin_expect(c->local || conn_layers(c) != NULL, 0))
		conn_peer_more(c, peer);
}

void	conn_move(struct conn *, enum conn_place);
void	conn_renew(struct conn *);	/* its time there starts anew */
/* Its time there started then. */
void	conn_set_since(struct conn *, uint64_t since_ns);
uint64_t conn_timeout(const struct conn *);	/* where it is; 0: none */
/* Closes it if it is finishing and nothing is left to do. */
void	conn_settle(struct conn *);
/*
 * What has been asked up to here is answered, and then it is closed; whatever
 * comes behind that is dropped.
 */
void	conn_said_last(struct conn *, enum counter why);
/* The same for who has said what is no call; who never made one is closed. */
void	conn_refuse(struct conn *, enum counter why);
/* Ends it so that the peer gets what it has been sent; closes if in vain. */
void	conn_linger(struct conn *, enum counter why);
/* Answers what has been asked, then closes. */
void	conn_finish(struct conn *);
void	conn_reap(struct timer *);	/* the worker's reaper */

/* Whether replies wait: nothing is read from c then. */
static inline bool
conn_is_blocked(const struct conn *c)
{
	return c->out != NULL;
}

/* input.c */
void	input_ready(struct conn *);
/* Handles whole frames in c->in, kept when the peer did not read. */
void	input_resume(struct conn *);

/* output.c */
/* To what waits for c's peer to read. */
void	output_append(struct conn *, const uint8_t *, size_t);
/* To c, now or, as far as the peer does not read, later. */
void	output_bytes(struct conn *, const struct buf *);
int	output_flush(struct conn *);	/* the worker's send buffer to c; -1:
					   c is closed */
void	output_ready(struct conn *);

/* surplus.c */
#define SURPLUS_BYTES	((size_t)512 * 1024)	/* so much is noted */
void	surplus_found(struct worker *);

/* So many bytes have been in use for a message, and will be freed. */
static inline void
surplus_note(struct worker *w, size_t bytes)
{
	if (__builtin_expect(bytes > SURPLUS_BYTES, 0))
		surplus_found(w);
}

/*
 * dispatch.c: one message out of its envelope.  -1: it is no call; c is closed,
 * or, if that envelope has an answer to give, about to be.
 */
int	dispatch_message(struct conn *, const uint8_t *, size_t,
	    const struct envelope *);

#endif
