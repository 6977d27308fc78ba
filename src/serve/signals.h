/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker's signals.  Orders come over the channel; what a terminal sends to
 * its whole process group is not for us.  Handlers rather than blocking or
 * ignoring, because a mask and SIG_IGN would leak into what a handler runs.
 */
#ifndef SERVE_SIGNALS_H
#define SERVE_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * TERM (by hand, or because the master has died) makes the descriptor readable;
 * INT, QUIT, HUP, USR1, USR2, WINCH, TTIN, TTOU and PIPE do nothing.  A worker
 * without a master is all there is: INT and QUIT are like TERM, and the rest
 * but PIPE is left as it is.  The descriptor is an eventfd, or -1 and errno.
 *
 * A worker that has a master and is still there grace_ns after a TERM is
 * killed by a timer: it may be stuck in a handler, with nobody left to notice.
 */
int	signals_open(bool alone, uint64_t grace_ns);

/* The master has heard of the TERM and sees to it: no timer any more. */
void	signals_pardon(void);

/*
 * Without a master what was before is again.  A worker that has one is about
 * to exit and goes on to do so in order, whatever it is sent meanwhile.
 */
void	signals_close(int fd);

#endif
