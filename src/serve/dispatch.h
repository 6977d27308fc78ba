/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to a call between its message and its reply, for those who take
 * messages out of envelopes of their own.
 */
#ifndef SERVE_DISPATCH_H
#define SERVE_DISPATCH_H

#include <stdbool.h>

struct call;
struct conn;
struct tf_hooks;
struct wire_reader;

/* Counts it as begun, finds its method; -1: there is none, it has failed. */
int	dispatch_look_up(struct conn *, struct call *);

/*
 * A call in three steps, of which the second may be done by any thread.
 * dispatch_run() asks the hook and reads the arguments of one that has been
 * looked up, and does the second at once unless the call is for others; true:
 * it has been parked, and is not the caller's any more.  dispatch_handle()
 * calls the handler, and the hook that comes after.  answer_call() or, for one
 * that was parked, pending_complete() concludes it.
 */
bool	dispatch_run(struct conn *, struct call *, struct wire_reader *);
void	dispatch_handle(struct call *, const struct tf_hooks *);

#endif
