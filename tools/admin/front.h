/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that listen, and who comes in there. */
#ifndef ADMIN_FRONT_H
#define ADMIN_FRONT_H

#include <stdio.h>
#include <sys/socket.h>

#include <thriftfork/loop.h>

/* The descriptor becomes the callee's. */
typedef void front_fn(void *arg, int fd, const struct sockaddr *, socklen_t);

struct front;

/* fd, which listens, becomes its own.  Without memory the program ends. */
struct front *front_new(struct tf_loop *, int fd, front_fn *, void *arg);

/* Its address, as -l takes it, though not a name. */
void	 front_print(const struct front *, FILE *);

/* The file of a unix socket, which is to vanish with it. */
void	 front_remove_file(const struct front *);
/* The same of a socket that is no front, and perhaps no unix socket. */
void	 front_unlink(int fd);

/* Nobody comes in any more; NULL is fine. */
void	 front_free(struct front *);

#endif
