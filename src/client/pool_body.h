/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool from the inside.
 *
 *	pool.c           its life, who has which client
 *	pool_settings.c  tf_pool_set()
 *	lease.c          a call by a client that is lent out: where, how often
 *	backends.c       which server is next
 *
 * A lease is a client with its place in the pool: it is idle or lent, and its
 * connection, if it has one, is to one of the backends.  One mutex covers the
 * leases and the backends; it is never held while anything blocks.
 */
#ifndef CLIENT_POOL_BODY_H
#define CLIENT_POOL_BODY_H

#include <pthread.h>
#include <sys/queue.h>

#include <thriftfork/pool.h>

#include "client/backends.h"
#include "client/lease.h"

#define POOL_MAX	65535		/* clients */
#define RETRY		100		/* what one costs */
#define RETRIES_SAVED	(100 * RETRY)	/* at most */

struct lease {
	TAILQ_ENTRY(lease) link;
	struct tf_pool	*pool;
	struct tf_client *client;
	uint64_t	 idle_since_ns;
	unsigned	 backend;	/* whose client it is, or was last */
	/* Of the call that it is in. */
	uint64_t	 deadline_ns;
	uint64_t	 seen;		/* a bit for each backend tried */
	unsigned	 tries;
	unsigned	 retries;	/* of those that may have been seen */
	bool		 reserved;	/* what another of them costs */
};
TAILQ_HEAD(lease_list, lease);

struct waiter {
	TAILQ_ENTRY(waiter) link;
	pthread_cond_t	 served;
	struct lease	*lease;		/* NULL: not yet */
};

/* What clients are set to; said again to each. */
struct pool_setting {
	char		*key, *value;
};

struct tf_pool {
	pthread_mutex_t	 lock;
	struct backends	 backends;
	struct lease_list idle;		/* the last one used first */
	TAILQ_HEAD(, waiter) waiters;	/* the first to come first */
	struct tf_pool_stat stat;
	uint64_t	 saved;		/* of the retry budget */
	uint64_t	 reserved;	/* by tries that may need it */
	/* Settings. */
	uint64_t	 max, min, retries, budget;
	uint64_t	 idle_timeout_ns, wait_timeout_ns, attempt_timeout_ns;
	struct pool_setting *settings;
	size_t		 nsettings;
	struct tf_client *model;	/* has them all */
	char		 error[768];
	char		 refused[80];	/* why it is of no use; or "" */
};

#endif
