/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that change workers, as the workers see it; base/order.h has the
 * rules.  Here an offer is a connection without its watch, in a place where no
 * timeout and no order reaches it; only the answer takes it out of there.
 */
#ifndef SERVE_MOVE_H
#define SERVE_MOVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/order.h"
#include "io/loop.h"

struct conn;
struct worker;

/* Not answered yet. */
struct offer {
	uint64_t	 id;
	struct conn	*conn;
	int		 fd;
};

struct mover {
	struct offer	 offers[ORDER_WINDOW];
	unsigned	 noffers;
	uint64_t	 last_id;
	uint32_t	 reads;		/* version of records, at most */
	unsigned	 shed;		/* to be offered yet */
	uint8_t		 round;		/* each is offered once in it; never
						   0 */
	struct timer	 next_round;	/* after a refusal */
	struct timer	 pause;		/* set: nothing is offered */
	uint64_t	*refusals;	/* answers that did not fit yet */
	size_t		 nrefusals, refusals_cap;
};

void	move_init(struct worker *);
/* The answers will not come any more: ends what was offered. */
void	move_master_gone(struct worker *);
void	move_end(struct worker *);	/* the same, and frees */

/* To be called between two turns of the loop: offers what there is. */
void	move_pump(struct worker *);
/* Offers one that may have no calls out for this moment only; false: not. */
bool	move_now(struct conn *);
/* Offers n connections, those that have been idle longest first. */
void	move_shed(struct worker *, unsigned n);
void	move_answered(struct worker *, const struct order *);

/* An offer from elsewhere, fd being ours from now on, or -1: it was lost. */
void	move_in(struct worker *, uint64_t id, const uint8_t *record, size_t len,
	    int fd);
void	move_channel_writable(struct worker *);

#endif
