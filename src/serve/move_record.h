/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection as bytes: what the worker that takes it over must know besides
 * the descriptor.  The two may be of different builds, so the record begins
 * with the size of its fixed part.  That part grows at its end; a reader takes
 * what it knows of it, passes over the rest, and has a default for what is not
 * there.  Any other change is another version, which is refused: a refusal
 * harms nobody.
 */
#ifndef SERVE_MOVE_RECORD_H
#define SERVE_MOVE_RECORD_H

#include <sys/socket.h>

#include <stddef.h>
#include <stdint.h>

#include "base/order.h"
#include "io/addr.h"

#define MOVE_INPUT	(64 * 1024)	/* bytes of kept input, at most */
#define MOVE_OUTPUT	(64 * 1024)	/* bytes of unsent output, at most */
#define MOVE_NO_LIMIT	UINT64_MAX

enum move_kind {		/* of the listener it came from */
	MOVE_TCP,
	MOVE_UNIX
};

struct move_record {
	enum move_kind	 kind;
	char		 peer[ADDR_TEXT];
	struct ucred	 cred;		/* of a peer on a unix socket */
	uint64_t	 left_ns;	/* of its time where it is, or
					   MOVE_NO_LIMIT */
	const uint8_t	*in, *out;
	size_t		 in_len, out_len;
};

/* Writes it to ORDER_RECORD bytes; its size. */
size_t	move_record_put(uint8_t *, const struct move_record *);

/*
 * Reads len bytes, which may be anything; in and out point into them.  -1 if
 * they are no record that is understood here.
 */
int	move_record_get(struct move_record *, const uint8_t *, size_t len);

#endif
