/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of an address to sockets that connect. */
#ifndef CLIENT_DIAL_H
#define CLIENT_DIAL_H

#include "io/addr.h"

#define DIAL_MAX_ADDRS	8

struct tls_context;
struct trust;

struct target {
	struct addr	 addrs[DIAL_MAX_ADDRS];	/* to be tried in turn */
	int		 n;
	struct tls_context *tls;	/* of the trust; NULL: no TLS */
	char		 host[256];	/* whom a certificate has to name */
};

/*
 * What text stands for; "tls://HOST:PORT" is over TLS, with a server that has a
 * certificate of that name or address.  Looks names up, so it may block.
 */
int	target_find(struct target *, const char *text, struct trust *,
	    char *why, size_t why_size);

/*
 * A non-blocking socket that is connected, or -1 and errno; with EINPROGRESS it
 * connects, *fd is that socket, and dial_end() says how it has ended once it is
 * writable.
 */
int	dial(const struct addr *, int *fd);
int	dial_end(int fd);

#endif
