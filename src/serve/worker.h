/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker: one event loop over many connections, which calls handlers.  It
 * is handed sockets, a channel to its master and a lane for its counters, and
 * knows nothing of where they came from: no fork, no supervision, no options.
 */
#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access_config;
struct lane;
struct loop;
struct tf_hooks;
struct tls_context;
struct registry;
struct rules;
struct worker;

/* Every limit of a worker; 0 is "none" where that makes sense. */
struct worker_limits {
	uint32_t	 max_frame;		/* payload bytes of a request */
	size_t		 max_memory_per_call;
	unsigned	 max_depth;		/* nested structs */
	unsigned	 max_connections;
	unsigned	 max_per_peer;		/* connections of an address */
	unsigned	 max_in_flight;		/* calls that are not answered
						   at once */
	unsigned	 max_in_flight_per_connection;
	bool		 zlib_replies;		/* to requests that were so */
	uint64_t	 idle_timeout_ns;	/* 0: connections may idle */
	uint64_t	 stop_timeout_ns;	/* from a TERM to the end */
	uint64_t	 frame_timeout_ns;	/* for a frame once begun */
	uint64_t	 write_timeout_ns;	/* for a peer to read */
	unsigned	 threads;		/* 0: the loop runs all calls */
	size_t		 max_queue;		/* calls that wait for one */
	uint64_t	 queue_timeout_ns;	/* for a call to wait so */
};

struct worker_config {
	const int		*listen_fds;
	const uint32_t		*listen_keys;	/* what the master calls them;
						   NULL: each is a listener
						   of its own */
	const struct rules	*listen_rules;	/* what is served there; NULL:
						   everything */
	const bool		*listen_foreign; /* goes on to be somebody
						   else's; NULL: none does */
	unsigned		 nlisten;
	bool			 listen_kept;	/* they may be in keeping for
						   the next master: when ours
						   dies they are closed, not
						   shut down */
	int			 channel_fd;	/* struct order both ways; its
						   end means that the master
						   is dead; -1: no master */
	int			 stop_fd;	/* readable: stop in order */
	bool			 alone;		/* SIGINT and SIGQUIT stop it,
						   too */
	struct lane		*lane;
	const struct registry	*registry;
	const struct tf_hooks	*hooks;		/* of connections and calls */
	void			*ctx;		/* call->ctx */
	/*
	 * In each thread, with arg: may put another ctx there for its calls, or
	 * fail with -1.
	 */
	int			(*thread_start)(void *arg, void **ctx);
	void			(*thread_stop)(void *arg, void *ctx);
	void			*arg;
	const char		*http_path;	/* of calls; NULL: any */
	struct worker_limits	 limits;
	struct tls_context	*tls_context;	/* NULL: no TLS until there is
						   an order to RENEW */
	const struct access_config *access;	/* NULL: no access log */
};

/*
 * A worker that does not serve yet; the config must outlive it and may change
 * until it does.  NULL and errno: there is no descriptor for its loop.
 */
struct worker *worker_open(const struct worker_config *);
void	worker_close(struct worker *);		/* NULL is fine */

/* From its beginning to its end; turned by worker_run() alone. */
struct loop *worker_loop(struct worker *);

/*
 * Serves until told to stop; 0 when everything that was asked has been
 * answered or has moved to another worker, 1 if it had to leave earlier or
 * could not start.  Once only.  Descriptors remain the caller's, but for
 * listening sockets that the master's orders (DRAIN, UNLISTEN) have closed.
 */
int	worker_run(struct worker *);

#endif
