/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bytes of a reply to a result.  Where it ends is found in bytes that
 * come piece by piece; its head says which call it is for; then it is read as
 * that call's.  Functions over memory, for clients that wait and for those that
 * do not.
 */
#ifndef CLIENT_REPLY_H
#define CLIENT_REPLY_H

#include <thriftfork/service.h>

#include "client/settings.h"
#include "wire/scan.h"

/* Where a message on a connection begins and ends. */
struct bounds {
	bool		 framed, begun;
	uint32_t	 max;		/* bytes of a message */
	size_t		 head;		/* of it, before the message */
	size_t		 size;		/* of it, head and message, if found */
	struct scan	 scan;
};

enum bounds_result {
	BOUNDS_MORE,			/* bounds_missing() bytes, and again */
	BOUNDS_FOUND,
	BOUNDS_BAD			/* nothing that ends in due time */
};

void	bounds_init(struct bounds *, const struct client_settings *);

/* For bytes from the message's beginning on; more each time, if again. */
enum bounds_result bounds_find(struct bounds *, const uint8_t *, size_t);

/* How many bytes must come at least, after MORE; 1 or more. */
size_t	bounds_missing(const struct bounds *, size_t len);

struct reply {
	const struct wire_proto *proto;
	const uint8_t	*p;		/* the message */
	size_t		 len;
	struct wire_reader reader;
	struct wire_msg	 msg;		/* its head */
};

/*
 * Reads the head of a message, which stands between bounds or is an answer of
 * HTTP; the arena is the message's until it has been read.  -1 with a reason.
 */
int	reply_begin(struct reply *, struct client_settings *, const uint8_t *,
	    size_t, struct tf_arena *, const char **why);

enum reply_result {
	REPLY_OK = 0,
	REPLY_ERROR = -1,		/* it is an answer, of failure */
	REPLY_BROKEN = -2		/* it is none; nor will the next be */
};

/*
 * Reads the rest, as an answer to a call of that method.  The result goes into
 * the arena; it is also set for an exception that the method declares.
 */
enum reply_result reply_read(struct reply *, const struct tf_method *,
	    const char *addr, struct tf_arena *, struct outcome *,
	    void **result);

/* After these, whatever came of them: what a large reply took is given back. */
void	reply_end(struct client_settings *);

/* What reply_begin() or a reader had to say; REPLY_BROKEN. */
enum reply_result reply_unreadable(const struct tf_method *, const char *addr,
	    const char *why, struct outcome *);

#endif
