/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that have left the loop's hands, because a thread runs them or a token
 * will answer them, and how they come back.  Such a call stands in its
 * connection's queue of replies, unanswered; at its deadline it is answered all
 * the same, and when its client has left, by nobody.
 */
#ifndef SERVE_PENDING_H
#define SERVE_PENDING_H

#include "shm/lane.h"

struct call;
struct conn;
struct worker;

/*
 * Gives a call out of the loop's hands, on the loop's thread: one that has been
 * prepared, and that a thread will run; or one that has been handled and ends
 * as CALL_LATER.
 */
void	pending_park(struct conn *, struct call *);
void	pending_await(struct conn *, struct call *);

/*
 * From any thread, which does not touch the call any more: its handler has
 * returned, or it has failed without; it has been answered by its token, reply
 * holding the message.  The first is for calls of pending_park() and comes once
 * for each, whatever else becomes of it; but not after parked.recall() has
 * taken it back.
 */
void	pending_complete(struct call *);
void	pending_answer(struct call *, enum call_outcome);

/* A call more stands in the queue, answered, behind others. */
void	pending_added(struct conn *);

/* The reply of one that is out has left. */
void	pending_released(struct call *);

/* The client has gone: nobody waits for its replies any more. */
void	pending_abandon(struct conn *);

/*
 * The worker has no connections any more and is about to end.  Returns when all
 * calls are back: tokens are void, but threads come back when they do.
 */
void	pending_end(struct worker *);

#endif
