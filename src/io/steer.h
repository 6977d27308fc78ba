/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping new connections away from some sockets of a SO_REUSEPORT group: a
 * classic BPF program, which needs no privilege, chooses among the others.
 */
#ifndef IO_STEER_H
#define IO_STEER_H

#define STEER_MAX	1024		/* sockets of a group */

/*
 * From now on each new connection goes to one of the n sockets, chosen at
 * random; with n = 0 the kernel's hash chooses among all again.  fd is any
 * socket of the group that listens; the program is the whole group's, and of
 * those that join it later.  The last call holds.
 *
 * An index is the socket's place in the order of listen(2) in the group; they
 * may come in any order, and one that is there twice counts once.  After a
 * socket has been closed or shut down, the last one of the group stands in its
 * place.  Where an index has no socket, the hash chooses.  What is queued
 * already stays where it is.
 *
 * -1 and errno; then nothing has changed.  EINVAL: n is more than
 * STEER_MAX, or fd does not listen, or has no group.
 */
int	steer(int fd, const unsigned *indexes, unsigned n);

#endif
