/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one master leaves to the next.
 *
 * One that was killed has left sockets and segment with the service manager, if
 * at all (server/store.h); then there is nobody to talk to.
 *
 * Across exec they are sent over a SOCK_SEQPACKET socket whose number stands in
 * the environment.  The two may be of different builds, so the words are few
 * and never change their meaning.
 *
 *	old to new	SEGMENT, CONTROL, SOCKET..., END
 *	new to old	SERVES	when all its workers do, who read records of
 *			connections up to this version; or REFUSED, with the
 *			reason as text, before it ends
 *	old to new	YOURS	the names are free; moving connections follow
 *	new to old	MINE	it has them
 *
 * After that both speak the words of base/order.h about moving connections, the
 * old master in the part of a worker that drains; after REFUSED the new one is
 * in that part.
 */
#ifndef PROC_SUCCESSION_H
#define PROC_SUCCESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUCCESSION_ENV	"THRIFTFORK_UPGRADE"
#define SUCCESSION_WHY	400		/* bytes of a reason, and a NUL */
#define SUCCESSION_NONE	UINT32_MAX	/* index of one that does not listen */

enum succession_word {
	SUCCESSION_SEGMENT = 101,	/* with a descriptor that can write;
					   arg: the version of records that is
					   read here, 0 is said by builds that
					   take no connection back */
	SUCCESSION_CONTROL,		/* listening */
	SUCCESSION_SOCKET,		/* arg: listener << 16 | slot; id: index
					   in the kernel's group */
	SUCCESSION_END,			/* arg: the last generation; id: workers
					   as configured << 32 | as scaled */
	SUCCESSION_SERVES,		/* arg: the version; 0 is said by
					   builds that know of one only */
	SUCCESSION_YOURS,
	SUCCESSION_MINE,
	SUCCESSION_REFUSED
};

struct succession_socket {
	int		 fd;		/* -1: somebody has taken it */
	unsigned	 listener, slot;
	uint32_t	 index;
};

struct succession {
	int		 fd;		/* to the old master; -1: none, or it
					   is dead */
	int		 segment_fd, control_fd;	/* -1: none */
	unsigned	 generation;
	unsigned	 configured, workers;	/* 0: it did not say */
	uint32_t	 reads;			/* 0: takes nothing back */
	struct succession_socket *sockets;
	size_t		 nsockets;
};

/*
 * Whether this process was started by a master that it shall replace: takes the
 * descriptor out of the environment.
 */
void	succession_begin(struct succession *);

/* One socket more, which becomes its own; -1: there is no room. */
int	succession_add(struct succession *, const struct succession_socket *);

/* All that is sent before YOURS: 0, or -1 with a reason. */
int	succession_receive(struct succession *, char *why, size_t why_size);

/*
 * Tells the old master why there will be no new one: over fd, which -1 makes a
 * call without effect.
 */
void	succession_refuse(int fd, const char *why);

/* Closes what nobody has taken (a socket: its queue is reset). */
void	succession_end(struct succession *);

#endif
