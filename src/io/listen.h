/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets of one address: for TCP a SO_REUSEPORT group with one
 * socket per worker slot, so that the kernel spreads new connections; for
 * unix sockets, which know no such groups, one socket that all slots share.
 *
 * They are bound together and stay bound until listener_close(): closing a
 * socket of a group resets what is queued on it.
 */
#ifndef IO_LISTEN_H
#define IO_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "io/addr.h"

struct listener {
	struct addr	 addr;		/* as bound: port 0 has been resolved */
	char		 text[ADDR_TEXT];
	int		*fds;
	unsigned	*indexes;	/* in the group, of those that listen */
	unsigned	 nlistening;
	unsigned	 nfds;		/* slots for TCP, 1 for unix */
	dev_t		 dev;		/* unix: which file is ours */
	ino_t		 ino;
};

/*
 * Binds all, and listens on the first.  -1 with a reason if the address is in
 * use by anyone (a second server of ours would otherwise join the group and
 * take half of the connections without a word).
 */
int	listener_open(struct listener *, const struct addr *, unsigned slots,
	    char *why, size_t why_size);
void	listener_close(struct listener *);

/* Slot's socket, listening from now on; -1 and errno. */
int	listener_start(struct listener *, unsigned slot, int backlog);

/* Whether all slots have the same socket. */
bool	listener_is_shared(const struct listener *);

/* The place of a slot's socket, which listens, in the kernel's group. */
unsigned listener_index(const struct listener *, unsigned slot);

#endif
