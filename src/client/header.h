/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THeader as the client speaks it: what goes into the frame of a request
 * beside the message, and what comes with a reply.
 */
#ifndef CLIENT_HEADER_H
#define CLIENT_HEADER_H

#include "base/arena.h"
#include "wire/header.h"

struct buf;
struct transform;
struct wire_proto;

struct client_header {
	bool			 on;		/* it is spoken */
	bool			 any_order;	/* replies may come in any */
	unsigned		 n_transforms;
	uint32_t		 transforms[HEADER_MAX_TRANSFORMS];
	struct transform	*transform;	/* NULL: none was needed yet */
	struct tf_arena		 arena;		/* of the following */
	struct header_info	 set;		/* goes with each request */
	struct header		 request, reply; /* of the last call, in its
						   arena */
};

void	client_header_init(struct client_header *);
void	client_header_fini(struct client_header *);

/* "none", or names with a plus between them; -1 with a static reason. */
int	client_header_set_transforms(struct client_header *, const char *,
	    const char **why);

/* Copies both; a value of NULL takes it away.  -1: there would be too many. */
int	client_header_set(struct client_header *, const char *key,
	    const char *value);

/* Takes them all away, and what the last reply carried. */
void	client_header_clear(struct client_header *);

/* What the last reply carried, or NULL. */
const struct tf_str *client_header_find(const struct client_header *,
	    const char *key);

/*
 * Around a message that is appended to the buffer, which is empty.  The request
 * says how many nanoseconds it is waited for, 0 if for ever.  -1 with a static
 * reason.
 */
int	client_header_begin(struct client_header *, struct buf *,
	    const struct wire_proto *, int32_t seqid, uint64_t timeout_ns,
	    struct tf_arena *, const char **why);
int	client_header_end(struct client_header *, struct buf *, size_t max,
	    const char **why);

/*
 * Opens the frame of a reply, which may be in another protocol than asked for:
 * its message is reply.payload, which lives until the next of these calls.
 */
int	client_header_open(struct client_header *, const uint8_t *frame,
	    size_t len, size_t max, struct tf_arena *,
	    const struct wire_proto **, const char **why);

/* Nothing has been answered yet. */
void	client_header_forget(struct client_header *);

#endif
