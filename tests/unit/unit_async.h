/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the client that does not wait share: a loop, a client of
 * unit_service.h in it, the door that it knocks at, and calls that remember how
 * they have ended.  The server is played by the test itself, between turns of
 * the loop, with frames made by hand.
 */
#ifndef TESTS_UNIT_ASYNC_H
#define TESTS_UNIT_ASYNC_H

#include <thriftfork/async.h>

#include "lib/unit.h"
#include "unit_peer.h"

struct probe {
	struct tf_flight *flight;	/* NULL: it has ended */
	int		 told;		/* how often */
	int		 rc, type;
	int32_t		 value;		/* of a size() that ended well */
	char		 error[300];
	void		(*then)(struct probe *);	/* called when told */
};

extern struct tf_loop *loop;
extern struct tf_async *client;
extern char where[64];			/* of the door, as the client has it */
extern int porch;

TCase	*unit_async_case(Suite *, const char *name);

/* The loop turns until that is so; it must be soon. */
#define until(cond) do {						\
	for (int turns_ = 0; !(cond); turns_++)				\
		ck_assert_msg(turn(turns_), "never: %s", #cond);	\
} while (0)
bool	turn(int turns);

/* The loop turns for so long, in which something must not happen. */
void	turn_ms(uint64_t ms);

/* Whether this machine knows the name; some have no /etc/hosts. */
bool	knows(const char *host);

/* A client of the door with these settings, instead of the one that is. */
void	connect_with(const char *prefix);
void	set(const char *key, const char *value);

/* Begins a call of size("four"), or of a method without arguments. */
void	fly(struct probe *);
void	fly_to(struct probe *, const char *method);
void	fly_arg(struct tf_flight *, void *probe);	/* the function of it */

/* The server's side of the next connection, of the next call on it. */
int	accepted(void);
int32_t	asked_at(int fd, const char *method);

/* A reply of size() to that number, sent or added. */
void	reply(int fd, int32_t seqid, int32_t value);
void	add_reply(struct bytes *, int32_t seqid, int32_t value);

/* They have ended so, once each. */
void	ended_well(const struct probe *, int32_t value);
void	ended_badly(const struct probe *, const char *part);

#endif
