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

#include "shm/lane.h"

struct call;
struct conn;

/* Answers it, at once or when its turn comes, and takes it back. */
void	answer_call(struct conn *, struct call *);

/*
 * The same in steps, for calls that stand in the queue: encodes the message and
 * keeps it, counts the call, and sends all that may leave now that it has been
 * answered.
 */
enum call_outcome answer_keep(struct call *);
void	answer_count(const struct call *, enum call_outcome,
	    uint64_t elapsed_ns);
void	answer_release(struct conn *, struct call *);

#endif
