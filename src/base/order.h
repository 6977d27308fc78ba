/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that a master and its workers exchange over their channel, one per
 * SOCK_SEQPACKET message.  They live down here because the two rooms that use
 * them, proc and serve, do not know each other.
 */
#ifndef BASE_ORDER_H
#define BASE_ORDER_H

#include <stdint.h>

enum order_kind {
	/* To the worker. */
	ORDER_STOP = 1,		/* take what is queued, stop listening, answer
				   what has been asked, leave */
	ORDER_QUIT,		/* leave now */
	ORDER_REOPEN,		/* log to the descriptor that comes along */
	/* To the master. */
	ORDER_READY		/* the worker serves from now on */
};

struct order {
	uint32_t	 kind;
};

#endif
