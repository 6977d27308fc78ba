/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling the service manager (systemd, or whoever gave us NOTIFY_SOCKET) how
 * we are, and leaving descriptors in its keeping.  Its protocol is a datagram
 * of NAME=value lines, described in sd_notify(3).
 *
 * Where there is no manager all of this does nothing and succeeds.  Nothing
 * blocks, but see notify_wait_until().  -1 and errno says that a message was
 * not sent, EAGAIN that the manager is behind; the caller may try again or not
 * care.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Takes what the environment says: once, in the master, after it has gone into
 * the background.  With hide the variables are removed, so that neither workers
 * nor what a handler executes can speak for us.  -1 and errno if NOTIFY_SOCKET
 * is no address that we can send to; then there is no manager.
 */
int	notify_init(bool hide);

/*
 * Puts the variables back, for a program that this process is about to execute
 * and that shall take its place: a new master.  The watchdog becomes its own.
 */
void	notify_export(void);

/* "READY=1", "MAINPID=%ld"; lines are separated by newlines. */
int	notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* STATUS=, from any text: on one line, and cut if it is long. */
int	notify_status(const char *fmt, ...)
	    __attribute__((format(printf, 1, 2)));

/* RELOADING=1, with the time that it wants; READY=1 ends it. */
int	notify_reloading(void);

/*
 * The manager keeps a copy of the descriptor, and gives it back under this
 * name when we are started again, until it is removed.  A name has 1 to 255
 * printable characters and no colon; several descriptors may share it.
 * Without poll_off the manager drops by itself what has hung up or failed, as
 * a socket seems to have that is bound and does not listen.
 */
int	notify_fd(const char *name, int fd, bool poll_off);
int	notify_fd_remove(const char *name);

/*
 * Until then (CLOCK_MONOTONIC) a message waits for room with a manager that is
 * behind; 0: it does not.
 */
void	notify_wait_until(uint64_t ns);

/* Whether there is one. */
bool	notify_has_manager(void);

/* The longest it waits for WATCHDOG=1, 0: for ever.  Send it twice as often. */
uint64_t notify_watchdog_ns(void);

#endif
