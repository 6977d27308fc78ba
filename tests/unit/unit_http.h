/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The other end of an HTTP connection, for tests of the worker and the client,
 * with code of its own, as unit_peer.h is.
 */
#ifndef TESTS_UNIT_HTTP_H
#define TESTS_UNIT_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unit_peer.h"

struct response {
	int		 status;
	char		 head[4096];	/* lines and all */
	uint8_t		*body;
	size_t		 len;
};

/* A POST of the message in a frame, which is emptied, or of any bytes. */
void	http_post(struct bytes *to, const char *path, const char *fields,
	    struct bytes *frame);
void	http_post_raw(struct bytes *to, const char *path, const char *fields,
	    const void *body, size_t n);
/* The same in chunks of that size. */
void	http_post_chunks(struct bytes *to, const char *path,
	    struct bytes *frame, size_t chunk);

/* Lines up to the empty one, into 4096 bytes; false: the end came first. */
bool	http_head(int fd, char *head);

/* A response with a Content-Length; to_head: without the body, then. */
bool	http_read(int fd, struct response *, bool to_head);
void	response_free(struct response *);

/* A response that must be there, with this status and this line. */
void	http_expect(int fd, int status, const char *line);
/* A 200 that holds this message; whether no request may follow. */
bool	http_expect_message(int fd, int type, const char *name, int32_t seqid);

#endif
