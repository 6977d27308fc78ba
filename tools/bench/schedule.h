/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When requests are due.  In a closed loop whenever there is room for one, and
 * it is due now.  In an open loop the n-th is due at a time that the rate alone
 * decides, whatever the server does: whoever sends it later than that counts
 * from then all the same, and so a server that stalls is seen by all requests
 * that it should have had meanwhile, not only by those that it was given.
 *
 * Request n belongs to connection n modulo their number, as if each had a user
 * of its own.  No clock in here: times are handed in.
 */
#ifndef BENCH_SCHEDULE_H
#define BENCH_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	uint64_t	 start_ns, end_ns;
	uint64_t	 limit;		/* requests */
	uint64_t	 taken;
	double		 period_ns;	/* 0: a closed loop */
	unsigned	 conns;
};

/* rate: requests a second of all, 0: closed; length 0, limit 0: without end. */
void	 schedule_init(struct schedule *, double rate, unsigned conns,
	    uint64_t start_ns, uint64_t length_ns, uint64_t limit);

/* No more requests from now on. */
void	 schedule_stop(struct schedule *, uint64_t now_ns);
bool	 schedule_is_over(const struct schedule *, uint64_t now_ns);

/*
 * Takes the next request of a connection, if it is due; *turn is the number of
 * that request, to begin with that of the connection.
 */
bool	 schedule_take(struct schedule *, uint64_t *turn, uint64_t now_ns,
	    uint64_t *due_ns);

/* Of an open loop: when request n is due, UINT64_MAX if there is none. */
uint64_t schedule_due(const struct schedule *, uint64_t n);
/* How many have been due by now, and how many of them nobody has taken. */
uint64_t schedule_passed(const struct schedule *, uint64_t now_ns);
uint64_t schedule_missed(const struct schedule *, uint64_t now_ns);

#endif
