/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocking client from the inside.
 *
 *	client.c    its life, its headers, its errors
 *	settings.c  whom it calls, and how
 *	call.c      a call: its request is written (request.c), sent, answered
 *		    (stream.c), and the answer read (reply.c)
 *	pool_body.h many of them
 */
#ifndef CLIENT_CLIENT_BODY_H
#define CLIENT_CLIENT_BODY_H

#include <thriftfork/client.h>

#include "base/arena.h"
#include "base/buf.h"
#include "client/lease.h"
#include "client/settings.h"
#include "client/stream.h"

struct tf_client {
	struct client_settings set;
	struct stream	 stream;
	struct tf_arena	 own;		/* of the last result, unless */
	struct tf_arena	*arena;		/* the caller has given one */
	struct buf	 out, in;
	struct tf_str	 reply;		/* in in, as a rule */
	uint64_t	 began_ns;
	uint64_t	 deadline_ns;	/* 0: none */
	int32_t		 seqid;
	struct outcome	 outcome;	/* of the last call that failed */
	struct lease	*lease;		/* NULL: it is of no pool */
	const char	*refused;	/* why no call is made; or NULL */
	bool		 touched;	/* settings since they were made */
	bool		 cut;		/* there was no answer, of any kind */
};

#endif
