/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back-pressure: connections that wait, because they have as many calls out as
 * they may, or because the worker has.  Nothing is read from them meanwhile,
 * and what they have asked in part stays where it is.
 */
#ifndef SERVE_WAITING_H
#define SERVE_WAITING_H

#include <stdbool.h>

struct conn;
struct worker;

/* A call more is out, of this connection; if that is the last, it waits. */
void	waiting_more(struct conn *);

/* A call fewer: those that waited for it go on soon. */
void	waiting_fewer(struct worker *);

/* Of an open connection, in its turn: goes on with it, if it may. */
void	waiting_go_on(struct conn *);

/*
 * What it has asked next is answered in its turn only: true: not yet, c waits
 * until no reply is owed before.
 */
bool	waiting_turn(struct conn *);

/* The worker is full: c waits for its turn. */
void	waiting_hold(struct conn *);

/* It is closing. */
void	waiting_drop(struct conn *);

#endif
