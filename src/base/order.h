/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that a master and its workers exchange over their channel, one per
 * SOCK_SEQPACKET message.  They live down here because the two rooms that use
 * them, proc and serve, do not know each other.
 *
 * A connection moves in four messages.  The worker that has it stops reading
 * and offers it (OFFER, with the descriptor, behind it a record that only
 * workers understand); the master offers it to another worker under an id of
 * its own; that one answers TAKEN, before it reads a byte, or REFUSED; and the
 * master passes the answer on to the first, which closes its descriptor or goes
 * on serving.  Between offer and answer the connection is touched by nobody.
 *
 * Workers are forks of their master, of one build with it.  Two masters are
 * not, and speak of moves, too: what they use of this file never changes, that
 * is struct order, the room behind it, and the numbers of the words both ways.
 */
#ifndef BASE_ORDER_H
#define BASE_ORDER_H

#include <stdint.h>

enum order_kind {
	/* To the worker. */
	ORDER_STOP = 1,		/* take what is queued, stop listening, answer
				   what has been asked, leave */
	ORDER_QUIT,		/* leave now */
	ORDER_REOPEN,		/* log to the descriptor that comes along; arg
				   0: the log, else the access log that has
				   this id */
	ORDER_DRAIN,		/* accept nothing more, close the listening
				   sockets, offer every connection as soon as
				   it can be moved, leave after the last */
	ORDER_SHED,		/* offer arg connections, idle ones first */
	ORDER_LISTEN,		/* accept on the socket that comes along, too;
				   arg names it */
	ORDER_UNLISTEN,		/* no longer accept on the socket arg */
	ORDER_SHARED,		/* arg 1: another master has the listening
				   sockets, too, and shutdown(2) would be felt
				   there; 0: not any more */
	ORDER_VERSION,		/* who takes connections from here reads no
				   record that is newer than version arg */
	ORDER_RENEW,		/* show clients the credentials that come
				   along, from the next connection on */
	/* To the master. */
	ORDER_READY,		/* the worker serves from now on */
	ORDER_LEAVING,		/* told to by a signal, it wants to: DRAIN it */
	/* Both ways, about the connection id. */
	ORDER_OFFER = 201,
	ORDER_TAKEN,
	ORDER_REFUSED
};

struct order {
	uint32_t	 kind;
	uint32_t	 arg;
	uint64_t	 id;		/* the sender's, of an offer; in the
					   answer to it the same */
};

_Static_assert(sizeof(struct order) == 16, "an order has no holes");

/* How LISTEN and UNLISTEN call a socket. */
static inline uint32_t
order_key(unsigned listener, unsigned slot)
{
	return listener << 16 | slot;
}

static inline unsigned
order_listener(uint32_t key)
{
	return key >> 16;
}

#define ORDER_RECORD	(136 * 1024)	/* bytes behind an OFFER, at most */
#define ORDER_WINDOW	16		/* offers of one worker that are not
					   answered yet */

#endif
