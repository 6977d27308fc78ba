/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that come in HTTP requests.  A request is handled when all of it is
 * there; until then what was found out about it is kept with the connection,
 * and may be lost, as it is when the connection moves: it is found out again.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include <stddef.h>
#include <stdint.h>

struct conn;

/*
 * Handles the request that begins at p, an HTTP method's name being there: the
 * number of bytes that are done with, which are all of them if no request may
 * follow this one.  0: it is not whole yet, or c is closed, or replies are owed
 * that have to leave before its own.
 */
size_t	http_handle(struct conn *, const uint8_t *p, size_t len);

/* The answer to the request at hand is this status, and c's last words. */
void	http_refuse(struct conn *, int status);

#endif
