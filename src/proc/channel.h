/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master's end of the channel to a worker.  The master never waits for a
 * worker: what does not fit waits here, in order.
 */
#ifndef PROC_CHANNEL_H
#define PROC_CHANNEL_H

#include <sys/queue.h>

#include "base/order.h"
#include "io/loop.h"

/* An order with what comes behind it. */
struct message {
	struct order	 order;
	uint8_t		 record[ORDER_RECORD];
};

struct waiting_order;
struct channel {
	struct loop	*loop;
	int		 fd;		/* -1: not open */
	struct watch	 watch;
	STAILQ_HEAD(, waiting_order) waiting;
	unsigned	 nwaiting;
};

/* fn is called when there is something to read; fd is the channel's then. */
int	channel_open(struct channel *, struct loop *, int fd, watch_fn *fn);
void	channel_close(struct channel *);	/* twice is fine */

/*
 * To be called by fn first: sends what waits, if that is why it was called.
 * At the end of the channel it stops watching; what is left can be received.
 */
void	channel_ready(struct channel *, uint32_t events);

/*
 * Sends an order, now or later; fd remains the caller's, -1: none.  -1 if
 * there is no channel, or too much waits in it: such a worker is beyond help.
 * One that is dead is not: its pidfd will say so, and what it is told until
 * then is lost.
 */
int	channel_send(struct channel *, const struct order *, int fd);

/* The same; fd stays open and what it is until the channel is closed. */
int	channel_lend(struct channel *, const struct order *, int fd);

/* Sends a message of size bytes now or not at all: -1 and errno. */
int	channel_try(struct channel *, const struct message *, size_t size,
	    int fd);

/*
 * One message, without waiting; its size, 0 at the end, -1 and errno.  *fd is
 * what came along, close-on-exec, or -1.  The end comes after the last message,
 * also if the other side has died with some of ours unread.
 */
ssize_t	channel_receive(struct channel *, struct message *, int *fd);

#endif
