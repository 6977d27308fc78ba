/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to a call between its message and its reply, for those who take
 * messages out of envelopes of their own.
 */
#ifndef SERVE_DISPATCH_H
#define SERVE_DISPATCH_H

struct call;
struct conn;
struct tf_peer;
struct wire_reader;

/* Counts it as begun, finds its method; -1: there is none, it has failed. */
int	dispatch_look_up(struct conn *, struct call *, const struct tf_peer *);

/* Reads the arguments, calls hooks and handler; peer must live yet. */
void	dispatch_run(struct conn *, struct call *, struct wire_reader *);

/* Answers it, at once or when its turn comes, and takes it back; 0. */
int	dispatch_conclude(struct conn *, struct call *);

#endif
