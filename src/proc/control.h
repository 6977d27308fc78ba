/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket, the master's side: a request is one SOCK_SEQPACKET
 * message, a word and perhaps an argument; the answer is one message, "ok" or
 * "error: reason", perhaps with a descriptor.  Only root and the uid of the
 * master are heard.  Never blocks: a client that does not take its answer is
 * left.
 */
#ifndef PROC_CONTROL_H
#define PROC_CONTROL_H

#include <sys/queue.h>

#include "io/loop.h"

#define CONTROL_BYTES	512		/* of a request or an answer */

struct control;
struct control_client {
	struct watch		 watch;
	struct control		*control;
	LIST_ENTRY(control_client) link;
	bool			 waiting;	/* for the end of the master */
};

/* Answers with control_answer() or control_wait(). */
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
/* The answer will be "ok" when control_close() is called. */
void	control_wait(struct control_client *);
/* Answers those who wait; the listening socket remains the caller's. */
void	control_close(struct control *);
/* In a child: closes descriptors, tells nobody. */
void	control_abandon(struct control *);

#endif
