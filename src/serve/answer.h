/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the outcome of a call to its reply, in the order in which replies leave:
 * that of the requests.  As a rule nothing is owed when a call ends, and its
 * reply is encoded where it will be sent from.  Else the message waits in the
 * call, and is put in its envelope when its turn comes.
 */
#ifndef SERVE_ANSWER_H
#define SERVE_ANSWER_H

#include <stdint.h>

struct call;
struct conn;

/* Answers it, at once or when its turn comes, and takes it back. */
void	answer_call(struct conn *, struct call *);

/* One that stands in the queue has its outcome: encodes it, counts it. */
void	answer_owed(struct conn *, struct call *, uint64_t elapsed_ns);

/* One that is counted, but not answered. */
void	answer_nobody(struct conn *, struct call *, uint64_t elapsed_ns);

/* Sends what has been answered, up to the first call that has not. */
void	answer_release(struct conn *);

#endif
