/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of clients for several threads, and for several servers of which any
 * will do.
 *
 *	struct tf_pool *pool = tf_pool_new("10.0.0.1:9090,10.0.0.2:9090");
 *
 *	struct tf_client *c = tf_pool_borrow(pool);
 *	if (calc_calculator_ping(c) == -1)
 *		warnx("ping: %s", tf_client_error(c));
 *	tf_pool_return(pool, c);
 *
 * Every function here may be called from any thread, but tf_pool_set() and
 * tf_pool_free(), which need the pool for themselves.  A client that has been
 * borrowed belongs to one thread until it is returned.  A pool is made in the
 * process that uses it: in worker_start(), not before the fork.
 *
 * A call by a borrowed client is made at the server that has the fewest
 * borrowers.  It is tried again, at another server if there is one, where that
 * is safe:
 *
 *  - if the server cannot have seen it: there was no connection, or none of
 *    its bytes could be sent;
 *  - if the IDL says that doing it twice is like doing it once (tf.idempotent =
 *    "yes"), and it has not been answered; as many of these as "retry-budget"
 *    allows, so that retries do not bury a server that is slow.
 *
 * An answer is never asked for again, an error from the server is an answer,
 * and the client's timeout is that of all tries together.  A server that could
 * not be reached, or that has been late three times in a row, is left alone for
 * 0.1 s, and for longer, up to 13 s, as it goes on to fail; then one call tries
 * it.
 */
#ifndef THRIFTFORK_POOL_H
#define THRIFTFORK_POOL_H

#include <thriftfork/client.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct tf_pool;

/*
 * Never NULL.  At most 64 addresses with commas between them, each as
 * tf_client_new() takes it; what is wrong with one is said by the calls that
 * try it.  With more of them all calls fail, and tf_pool_set(); tf_pool_error()
 * says so at once.  Connections are made as they are needed.
 */
struct tf_pool *tf_pool_new(const char *addrs);

/* All clients must have been returned.  NULL is fine. */
void	 tf_pool_free(struct tf_pool *);

/*
 * Before the first use.  -1 with tf_pool_error() if the key or its value is not
 * understood.
 *
 *	max		64	clients, at most 65535
 *	min		0	so many are kept however long they idle
 *	idle-timeout	60s	a client that nobody borrows for longer is
 *				closed, when somebody next uses the pool; "off"
 *	wait-timeout	1s	for a client, when all are lent out; "off" waits
 *				for ever
 *	connect-timeout	1s	for one server to be connected to; "off"
 *	attempt-timeout	off	for one answer to an idempotent call, which is
 *				then tried elsewhere
 *	retries		2	of a call that may have been seen
 *	retry-budget	20	retries of that kind, per hundred calls; 100
 *				can be saved up, and are at first
 *
 * Any other is a setting of the clients (tf_client_set()).
 */
int	 tf_pool_set(struct tf_pool *, const char *key, const char *value)
	    TF_CHECK;
const char *tf_pool_error(const struct tf_pool *);

/*
 * Never NULL: if all are lent out and none comes back in time, it is one whose
 * calls fail and say so.  Those who wait are served in their order.  What the
 * borrower sets (tf_client_set(), _header(), _arena()) ends with the return;
 * so does the life of results.  Whether a connection is still good is looked at
 * when it is used.
 */
struct tf_client *tf_pool_borrow(struct tf_pool *);
void	 tf_pool_return(struct tf_pool *, struct tf_client *);

struct tf_pool_stat {
	unsigned	 clients;	/* there are */
	unsigned	 lent;		/* of them */
	unsigned	 waiting;	/* threads, for one */
	uint64_t	 calls;		/* that have ended */
	uint64_t	 failed;	/* of them, without an answer */
	uint64_t	 retries;	/* of any kind */
	uint64_t	 refused;	/* borrowers who waited in vain */
};
void	 tf_pool_stat(struct tf_pool *, struct tf_pool_stat *);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
