/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that have left the loop's hands, because others run or answer them, and
 * how they come back.  Such a call is parked: it stands in its connection's
 * queue of replies, unanswered, and is no more to be touched by the loop but
 * here.
 */
#ifndef SERVE_PENDING_H
#define SERVE_PENDING_H

struct call;
struct conn;

/*
 * Gives it out of the loop's hands, on the loop's thread.  It has been looked
 * up and prepared.
 */
void	pending_park(struct conn *, struct call *);

/*
 * It has been handled, or has failed: takes it back.  From any thread; the
 * caller does not touch it any more.
 */
void	pending_complete(struct call *);

/* The connection is closing: nobody waits for its replies any more. */
void	pending_abandon(struct conn *);

#endif
