/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has been asked over one connection and not been answered, by sequence
 * number: how a reply finds its call, and why it never finds another one.  A
 * call that nobody waits for any more leaves its number behind until its reply
 * has come, or until the connection ends.
 */
#ifndef CLIENT_ASKED_H
#define CLIENT_ASKED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/tree.h>

#define ASKED_MAX_GRAVES	256
#define ASKED_ONEWAYS		64	/* of which numbers are remembered */

struct tf_flight;

struct asked_entry;
RB_HEAD(asked_tree, asked_entry);

struct asked {
	struct asked_tree entries;
	unsigned	 graves;	/* entries that nobody waits for */
	int32_t		 last;		/* number given */
	int32_t		 oneways[ASKED_ONEWAYS];
	unsigned	 noneways;	/* so far */
};

void	asked_init(struct asked *);

/* The connection has ended; numbers go on. */
void	asked_clear(struct asked *);

/* A number that no reply can come for yet. */
int32_t	asked_number(struct asked *);

/* A call that waits for its reply; or a oneway, which has none. */
void	asked_add(struct asked *, int32_t number, struct tf_flight *);
void	asked_add_oneway(struct asked *, int32_t number);

/* Nobody waits for it any more; false: nobody does already. */
bool	asked_bury(struct asked *, int32_t number);

enum asked_for {
	ASKED_BY,			/* *flight, which waits no more */
	ASKED_ONCE,			/* to be dropped */
	ASKED_NEVER
};

/* For whom a reply is. */
enum asked_for asked_take(struct asked *, int32_t number,
	    struct tf_flight **flight);

#endif
