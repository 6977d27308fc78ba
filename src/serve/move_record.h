/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection as bytes: what the worker that takes it over must know besides
 * the descriptor.  The two may be of different builds, so the record has a
 * version, and the bytes of a version never change.  Who takes connections says
 * the newest one that it reads; who gives writes that, or, if it does not know
 * it, its own newest.  So a build with a new version has to go on reading and
 * writing the one before.  What is not understood is refused; nobody is harmed.
 */
#ifndef SERVE_MOVE_RECORD_H
#define SERVE_MOVE_RECORD_H

#include <sys/socket.h>

#include <stdbool.h>
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
	const uint8_t	*headers;	/* bytes of struct persistent */
	size_t		 in_len, out_len;
	size_t		 headers_len;	/* 0 in version 1 */
};

/* The newest version that is written and read here. */
uint32_t move_record_newest(void);

/*
 * Whether one who reads this version and older ones can be told of so many
 * bytes of input, output and headers.
 */
bool	move_record_fits(size_t in_len, size_t out_len, size_t headers_len,
	    uint32_t reads);

/*
 * Writes it to ORDER_RECORD bytes, for one who reads this version and older
 * ones; its size.  It must fit.  0 is said by builds that know of the first one
 * only.
 */
size_t	move_record_put(uint8_t *, const struct move_record *,
	    uint32_t reads);

/*
 * Reads len bytes, which may be anything; in, out and headers point into them,
 * and what the headers are is for persistent_get() to say.  -1 if
 * they are no record that is understood here.
 */
int	move_record_get(struct move_record *, const uint8_t *, size_t len);

#endif
