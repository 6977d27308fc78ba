/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client from the inside.
 *
 *	client.c    its life, its headers, its errors
 *	settings.c  tf_client_set()
 *	call.c      a call, from arguments to result
 *	pool_body.h pools of them
 */
#ifndef CLIENT_CLIENT_BODY_H
#define CLIENT_CLIENT_BODY_H

#include <thriftfork/client.h>

#include "base/arena.h"
#include "base/buf.h"
#include "client/header.h"
#include "client/http.h"
#include "client/lease.h"
#include "client/stream.h"
#include "client/trust.h"
#include "wire/wire.h"

#define CLIENT_MAX_FRAME	0x0D0A0D09u
#define CLIENT_SERVICE_BYTES	65	/* of a name, colon and NUL */

struct tf_client {
	struct stream	 stream;
	struct trust	 trust;
	struct tf_arena	 own;		/* of the last result, unless */
	struct tf_arena	*arena;		/* the caller has given one */
	const struct wire_proto *proto;
	bool		 framed;
	struct client_header header;	/* with framed */
	struct client_http http;	/* instead, if it is one */
	char		 service[CLIENT_SERVICE_BYTES];	/* "name:", or "" */
	struct buf	 out, in;
	struct {			/* in in, as a rule */
		const struct wire_proto *proto;
		const uint8_t	*p;
		size_t		 len;
	}		 reply;
	char		*addr;
	uint64_t	 timeout_ns;	/* 0: none */
	uint64_t	 max_frame;
	uint64_t	 began_ns;
	int32_t		 seqid;
	int		 error_type;
	struct lease	*lease;		/* NULL: it is of no pool */
	const char	*refused;	/* why no call is made; or NULL */
	bool		 touched;	/* settings since they were made */
	uint64_t	 deadline_ns;	/* of the call; 0: none */
	uint64_t	 connect_timeout_ns;	/* 0: no other than that */
	char		 error[768];
};

/* Another server from the next connection on. */
void	client_aim(struct tf_client *, const char *addr);

/* Sets the reason; -1. */
int	client_fail(struct tf_client *, const char *fmt, ...) TF_PRINTF(2, 3);

#endif
