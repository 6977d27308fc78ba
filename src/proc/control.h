/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket, the master's side: a request is one SOCK_SEQPACKET
 * message, a word and perhaps an argument; the answer is one message, "ok" or
 * "error: reason", perhaps with a descriptor.  If it will take time "wait"
 * comes first and at once, so that a client can tell a master that is at work
 * from one that hangs.  Only root and the uid of the master are heard.  Never
 * blocks: a client that does not take its answers is dropped.
 */
#ifndef PROC_CONTROL_H
#define PROC_CONTROL_H

#include <sys/queue.h>

#include "io/loop.h"

#define CONTROL_BYTES	512		/* of a request or an answer */

/* What a client waits for the end of. */
enum control_order {
	CONTROL_NOTHING,
	CONTROL_STOP,
	CONTROL_RELOAD,
	CONTROL_SCALE,
	CONTROL_UPGRADE
};

struct control;
struct control_client {
	struct watch		 watch;
	struct control		*control;
	LIST_ENTRY(control_client) link;
	enum control_order	 waiting;
	bool			 lost;		/* does not take its answers */
};

/* Answers with control_answer() or control_wait(), once. */
typedef void control_fn(struct control_client *, const char *request,
	    void *arg);

struct control {
	struct loop		*loop;
	struct watch		 watch;
	struct timer		 pause;		/* of accepting */
	control_fn		*fn;
	void			*arg;
	LIST_HEAD(, control_client) clients;
};

int	control_open(struct control *, struct loop *, int listen_fd,
	    control_fn *, void *arg);
void	control_answer(struct control_client *, const char *text, int fd);
/* "wait" now; the answer comes with control_complete() or control_close(). */
void	control_wait(struct control_client *, enum control_order);
/* Hears nobody new; the listening socket is somebody else's from now on. */
void	control_deafen(struct control *);
/* Answers all who wait for that. */
void	control_complete(struct control *, enum control_order,
	    const char *answer);
/*
 * Answers who waits for the stop with "ok", and all others that they wait in
 * vain; the listening socket remains the caller's.
 */
void	control_close(struct control *);
/* In a child: closes descriptors, tells nobody. */
void	control_abandon(struct control *);

#endif
