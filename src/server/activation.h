/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors that the service manager gave us at the start: sockets that it
 * has bound for us, and what an earlier master left in its keeping with
 * notify_fd().  They are found by name, see sd_listen_fds(3).
 */
#ifndef SERVER_ACTIVATION_H
#define SERVER_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

#define ACTIVATION_MAX	65536		/* descriptors */
#define ACTIVATION_NAME	256		/* bytes that hold any name */

struct activation_fd {
	int		 fd;		/* -1: claimed */
	char		 name[ACTIVATION_NAME];
};

struct activation {
	struct activation_fd	*fds;
	unsigned		 nfds;
};

/*
 * Takes them over, as the environment says (LISTEN_FDS, LISTEN_PID and
 * LISTEN_FDNAMES, which are removed from it): the number, all of them open and
 * now close-on-exec.  To be called once, before anything else is opened.
 *
 * 0 if there are none.  Those of another process (LISTEN_PID is not ours) are
 * left alone; that is 0 too, but why says so, and is else empty.  -1 with a
 * reason in why if this makes no sense; then no descriptor has been touched.
 */
int	activation_take(struct activation *, char *why, size_t why_size);

/*
 * What an address such as "fd:web" calls it: "web", which may be empty or too
 * long to be any; NULL if the address is of another kind.
 */
const char *activation_name(const char *address);

/*
 * The next descriptor of this name, now the caller's; -1 if there is no more.
 * A name can stand for several: they come in the manager's order.  Where it has
 * not said any, the name is "unknown".
 */
int	activation_claim(struct activation *, const char *name);

/*
 * In a child that is about to execute a program: passes it these, as a service
 * manager would.  *keep, which it is to have besides, may get another number.
 * -1 and errno.
 */
int	activation_pass(const struct activation_fd *, unsigned n, int *keep);

/* Closes those that nobody has claimed; or leaves them to whom they are for. */
void	activation_close(struct activation *);
void	activation_forget(struct activation *);

/*
 * Whether this is a stream socket, TCP or unix, to accept on; with listening,
 * whether it does listen (a master leaves sockets of slots behind that do not
 * yet).  It becomes non-blocking.  -1 with a reason in why.
 */
int	activation_check(int fd, bool listening, char *why, size_t why_size);

#endif
