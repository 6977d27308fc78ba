/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets of one address: for TCP a SO_REUSEPORT group with one
 * socket per worker slot, so that the kernel spreads new connections; for
 * unix sockets, which know no such groups, one socket that all slots share; so
 * is one that somebody else has bound for us.
 *
 * They are bound together and stay bound until listener_close(): closing a
 * socket of a group resets what is queued on it.
 */
#ifndef IO_LISTEN_H
#define IO_LISTEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "io/addr.h"

struct listener {
	struct addr	 addr;		/* as bound: port 0 has been resolved */
	char		 text[ADDR_TEXT];
	int		*fds;
	unsigned	*indexes;	/* in the group, of those that listen */
	unsigned	 nlistening;
	unsigned	 nfds;		/* slots for TCP, 1 if it is shared */
	bool		 foreign;	/* goes on to be somebody else's */
	bool		 unordered;	/* indexes are not known */
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

/*
 * Takes over a descriptor of a socket that listens and that somebody else goes
 * on to have, as the service manager does.  Nothing about the socket is ever
 * changed, and its file stays; listener_close() closes the descriptor.  -1 with
 * a reason; then the descriptor is the caller's.
 */
int	listener_adopt(struct listener *, int fd, char *why, size_t why_size);

/*
 * The sockets of a master that is about to leave or is dead, one for each slot
 * or one for all, with their places in the kernel's group (LISTENER_SILENT:
 * does not listen yet).  Where there is none (-1) another one joins the group;
 * one there must be.  Descriptors become the listener's, -1 and errno if not.
 * A file is its own only after listener_own(), and not any more after
 * listener_disown().
 */
#define LISTENER_SILENT	UINT32_MAX
int	listener_inherit(struct listener *, const int *fds,
	    const uint32_t *indexes, unsigned n);
void	listener_own(struct listener *);
void	listener_disown(struct listener *);

/* Slot's socket, listening from now on; -1 and errno. */
int	listener_start(struct listener *, unsigned slot, int backlog);

/* Notes which sockets another process, which has them too, has listened on. */
void	listener_look(struct listener *);

/* Whether all slots have the same socket. */
bool	listener_is_shared(const struct listener *);

/* The place of a slot's socket, which listens, in the kernel's group. */
unsigned listener_index(const struct listener *, unsigned slot);

#endif
