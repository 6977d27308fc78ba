/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel knows of those who wait to be accepted: how many they are,
 * how many they may be, and how often it has turned somebody away because there
 * was no room.  Of a TCP socket the socket itself tells all that; of a unix
 * socket the kernel's socket diagnosis tells the queue, and nobody the rest,
 * for there a client waits in connect() where there is no room, or is told so.
 */
#ifndef IO_BACKLOG_H
#define IO_BACKLOG_H

#include <stdbool.h>
#include <stdint.h>

struct listener;

/* Of all sockets of an address together that listen. */
struct backlog {
	bool		 has_queue;	/* false: the next three are unknown */
	bool		 has_drops;
	unsigned	 sockets;
	uint64_t	 queue;		/* connections that wait */
	uint64_t	 longest;	/* in one socket's queue */
	uint64_t	 limit;		/* of one socket's queue */
	uint64_t	 drops;		/* since the sockets were made */
};

void	backlog_of(const struct listener *, struct backlog *);

#endif
