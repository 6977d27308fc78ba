/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as people write them:
 *
 *	tcp://HOST:PORT  HOST:PORT  [::1]:PORT
 *	:PORT		loopback
 *	*:PORT		every address of this machine
 *	unix:/path
 */
#ifndef IO_ADDR_H
#define IO_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct addr {
	struct sockaddr_storage	 ss;
	socklen_t		 len;
};

#define ADDR_TEXT	128		/* bytes that hold any addr_text() */

/*
 * The addresses that text stands for, at most max of them (a host name may
 * have several); the number, or -1 with a reason in why.  Looks names up, so
 * it may block; with max 0 it does not, and only the form is looked at (out
 * has room for one nevertheless).
 */
int	addr_parse(const char *text, struct addr *, int max, char *why,
	    size_t why_size);

/* "127.0.0.1:9090", "[::1]:9090", "unix:/path", "unix"; as long as it fits. */
void	addr_text(const struct addr *, char *, size_t);

bool	addr_is_unix(const struct addr *);
/*
 * Whether a socket that is bound to an address gets the connections to another
 * one, which has no wildcards: as one of all addresses, or as this one.
 */
enum addr_cover { ADDR_OTHER, ADDR_ANY, ADDR_SAME };
enum addr_cover addr_covers(const struct addr *bound, const struct addr *to);

void	addr_set_port(struct addr *, unsigned port);
unsigned addr_port(const struct addr *);

#endif
