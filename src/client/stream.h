/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of the client: a non-blocking socket and a deadline.  It moves
 * bytes and knows nothing of calls.  All functions return -1 with a reason in
 * the stream's error when they fail or when the deadline has passed.
 */
#ifndef CLIENT_STREAM_H
#define CLIENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct codec;
struct trust;

struct stream {
	int		 fd;		/* -1: not connected */
	struct codec	*codec;		/* TLS, zlib; NULL: neither */
	pid_t		 owner;		/* the process that connected it */
	uint64_t	 deadline_ns;	/* CLOCK_MONOTONIC; 0: none */
	bool		 ended;		/* by the server, and nobody else */
	bool		 late;		/* what failed is that time was up */
	uint64_t	 sent;		/* bytes, so far */
	char		 error[256];
};

void	stream_init(struct stream *);
void	stream_close(struct stream *);

/*
 * Tries every address that addr stands for (see dial.h), in a zlib stream if
 * that is wanted.
 */
int	stream_connect(struct stream *, const char *addr, struct trust *,
	    bool zlib);

/*
 * Whether the server has neither closed the connection nor said anything, but
 * for what means nothing to us, as a new session ticket does.  What the codec
 * (NULL: there is none) has to say to that stands in its wire.
 */
bool	stream_is_quiet(int fd, struct codec *);

/*
 * Whether it can be used for another call: connected by this process, not
 * closed by the peer, and with nothing left over to read.
 */
bool	stream_is_usable(struct stream *);

int	stream_send(struct stream *, const void *, size_t);
ssize_t	stream_recv_some(struct stream *, void *, size_t);	/* 1 or more */

#endif
