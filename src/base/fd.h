/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: closing them, the standard ones, passing them on. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stddef.h>
#include <sys/types.h>

/* Closes *fd if it is open and makes it -1; errno is kept. */
void	fd_close(int *fd);

/*
 * Opens /dev/null as standard input, output and error as far as they are
 * closed: what is opened next must not become one of them.
 */
void	fd_fill_stdio(void);

/*
 * Copies of n descriptors, at first, first + 1 and so on, which an exec leaves
 * open; what was open there is closed, even if it is one of them.  -1 and
 * errno.
 */
int	fd_line_up(const int *fds, unsigned n, int first);

/*
 * One message over a SOCK_SEQPACKET socket, with a descriptor unless it is
 * -1.  fd_recv() sets *fd to the descriptor that came along (close-on-exec) or
 * to -1; a message that was cut, that brought more than one, or whose
 * descriptor was lost because none was free here, is EPROTO.  Its bytes, as far
 * as there were any and they fit, have been stored all the same: the message is
 * gone from the queue, and its sender may wait for an answer.
 * Both as send(2) and recv(2) otherwise, never blocking with MSG_DONTWAIT.
 */
int	fd_send(int sock, const void *, size_t, int fd, int flags);
ssize_t	fd_recv(int sock, void *, size_t, int *fd, int flags);

#endif
