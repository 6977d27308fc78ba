/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: by one of them a call is answered later, by whoever has it.
 *
 * A token names a slot in a table of the process, and the generation that the
 * slot had when the token was made.  Whoever finds that generation there has
 * claimed the call: it is his to answer, once.  From then on, or from the end
 * of the call in another way, the token is good for nothing, and does no harm.
 */
#ifndef SERVE_LATER_H
#define SERVE_LATER_H

#include <stdbool.h>

#include <thriftfork/service.h>

struct call;

/* Of a call, as far as tokens go. */
enum later_state {
	LATER_NONE,		/* nobody has asked for a token */
	LATER_OPEN,		/* it may be answered by its token */
	LATER_CLAIMED,		/* it is being, or has been */
	LATER_CLOSED		/* it will not be */
};

struct later {
	enum later_state state;		/* by the table's lock */
	struct tf_later	 token;		/* when open */
	bool		 taken;		/* for the handler's thread alone: there
					   has been a token */
};

/*
 * From now on the call cannot be claimed.  False: it has been, and its answer
 * is on its way, or has come.
 */
bool	later_close(struct call *);

/* Whether that has been done: nobody will answer the call. */
bool	later_is_closed(struct call *);

/* It has been closed, and there has never been a token. */
void	later_forget(struct call *);

#endif
