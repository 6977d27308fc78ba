/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets to plain addresses: HOST:PORT, :PORT, tcp://HOST:PORT, unix:/path.
 * Any other is left to the library's client, which also knows what is wrong
 * with it.
 */
#ifndef BENCH_DIAL_H
#define BENCH_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define DIAL_MAX	8

struct dial {
	struct sockaddr_storage addr[DIAL_MAX];	/* a name has several */
	socklen_t	 len[DIAL_MAX];
	unsigned	 n;
	unsigned	 good;		/* the one that last worked */
};

/* Looks names up, so it may block; false: not such an address. */
bool	 dial_init(struct dial *, const char *text);

/*
 * A socket that does not block, connected or connecting, to address number
 * good + tries; -1 with errno.  It is writable when it is connected or has
 * failed; then dial_error() says how it went: 0, or an errno.
 */
int	 dial_connect(const struct dial *, unsigned tries);
int	 dial_error(int fd);

#endif
