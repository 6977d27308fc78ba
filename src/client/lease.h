/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call needs to know of the pool that its client comes from: where to
 * connect, and whether to try again.  A client that is nobody's has none.
 */
#ifndef CLIENT_LEASE_H
#define CLIENT_LEASE_H

#include <stdbool.h>
#include <stdint.h>

struct lease;
struct tf_client;
struct tf_method;

/* How a try has ended. */
enum fault {
	FAULT_NONE,		/* answered */
	FAULT_SILENT,		/* none either: sent, and nobody answers it */
	FAULT_USELESS,		/* what was answered cannot be used */
	FAULT_OURS,		/* it cannot be asked at all */
	FAULT_UNSEEN,		/* the server has not got it */
	FAULT_LATE,		/* it may have; it did not answer in time */
	FAULT_BROKEN		/* it may have; the connection broke */
};

/* A call begins, which has until deadline_ns; 0: for ever. */
void	lease_begin(struct lease *, uint64_t deadline_ns);

/* The address to connect to now. */
const char *lease_aim(struct lease *);

/* Until when a try that begins now may take. */
uint64_t lease_until(struct lease *, const struct tf_method *);

/* A try has ended.  True, after a pause if need be: do it again. */
bool	lease_again(struct lease *, const struct tf_method *, enum fault);

/* How often the call has been tried so far. */
unsigned lease_tries(const struct lease *);

#endif
