/* SPDX-License-Identifier: Apache-2.0 */
/* Calls over HTTP, as the client makes them: each is a POST and its answer. */
#ifndef CLIENT_HTTP_H
#define CLIENT_HTTP_H

#include "base/buf.h"
#include "client/stream.h"
#include "wire/header.h"
#include "wire/http.h"

struct client_http {
	char		*addr;		/* to connect to; NULL: no HTTP */
	char		*host, *path;
	struct http_out	 out;
	struct buf	 joined;	/* a body that came in chunks */
};

/* "http://HOST:PORT/PATH", or https; for all else addr is NULL. */
void	client_http_init(struct client_http *, const char *url);
void	client_http_fini(struct client_http *);

/* Around the message that is appended to the buffer; -1 with a reason. */
int	client_http_begin(struct client_http *, struct buf *,
	    const struct header_info *, const char **why);
int	client_http_end(struct client_http *, const char **why);

struct client_http_reply {
	struct http	 head;
	struct tf_str	 message;
	int		 status;
	const char	*why;
};

/*
 * Receives the answer into a buffer that is empty, and finds the message in it,
 * of at most max bytes.  Of the answer to a oneway only the status counts.
 * Closes the stream if it is of no use any more.  -1: the status is not 200, or
 * why; or, that being NULL, what the stream says.
 */
int	client_http_recv(struct client_http *, struct stream *, struct buf *,
	    uint64_t max, bool oneway, struct client_http_reply *);

#endif
