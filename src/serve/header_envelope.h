/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THeader around a message: what the frame said of it, and what the frame of
 * the reply will say.  It lives in the arena of its call.
 */
#ifndef SERVE_HEADER_ENVELOPE_H
#define SERVE_HEADER_ENVELOPE_H

#include "serve/call.h"
#include "wire/header.h"

struct conn;
struct transform;

struct header_envelope {
	struct header		 request, reply;
	struct call_headers	 pairs;
	struct transform	*transform;	/* the worker's; NULL if the
						   request has none */
	size_t			 max;		/* bytes of a reply */
	bool			 framed;	/* once more */
};

/*
 * Opens a frame that begins as a THeader does, or that holds nothing but such a
 * frame, in which case the reply does, too: takes out the message, and puts
 * persistent pairs to the connection.  Sets the call's envelope, headers and
 * protocol.  Unless request.err is HEADER_OK, there is no message and the call
 * has failed; HEADER_BAD: not even an answer could be sent.
 */
struct header_envelope *header_envelope_open(struct conn *, struct call *,
	    const uint8_t *frame, size_t len);

/* How long the client waits, in nanoseconds; 0: it does not say. */
uint64_t header_envelope_timeout(const struct header_envelope *);

/* The handler has set what it wants to; says whether we are about to leave. */
void	header_envelope_close(struct header_envelope *, struct call *,
	    bool leaving);

#endif
