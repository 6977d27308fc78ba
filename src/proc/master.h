/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master: forks workers, keeps their number, replaces them without a
 * client's noticing, and ends with them.  It knows processes, sockets as far as
 * they are to be inherited or passed on, and the shared segment; it never sees
 * a byte that a client sent, and nothing of Thrift.
 */
#ifndef PROC_MASTER_H
#define PROC_MASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proc/inherit.h"

#define MASTER_MAX_LISTENERS	64
#define MASTER_MAX_SLOTS	1024

struct listener;
struct segment;
struct signal_state;

/* What a reload may change. */
struct master_limits {
	unsigned	 workers;
	unsigned	 configured;	/* workers, before any scaling */
	uint64_t	 start_timeout_ns;
	uint64_t	 stop_timeout_ns;
	uint64_t	 drain_timeout_ns;	/* for a worker to give its
						   connections away */
	uint64_t	 drain_delay_ns;	/* from TERM to the stop */
	uint64_t	 canary_ns;
	uint64_t	 upgrade_ns;	/* for a new master to serve */
	uint64_t	 rescue_ns;		/* until others accept for one
						   that does not */
	uint64_t	 max_requests;		/* of a worker's life; these
						   three: 0 is no limit */
	uint64_t	 max_age_ns;
	uint64_t	 max_memory;		/* bytes */
};

/* What somebody who looks after the server may want to hear. */
enum master_news {
	MASTER_SERVES,		/* for the first time all workers do */
	MASTER_RELOADS,		/* from here to one of the next two */
	MASTER_RELOADED,
	MASTER_NOT_RELOADED,	/* the old generation goes on */
	MASTER_SCALED,		/* another number of workers is wanted */
	MASTER_STOPS		/* now, or after drain-delay; the last news */
};

struct master_config {
	const struct signal_state *signals;	/* taken */
	const char	*name;		/* of the instance, for logs */
	unsigned	 max_workers;	/* slots, MASTER_MAX_SLOTS at most */
	struct listener	*listeners;	/* bound; slots as they are used */
	unsigned	 nlisteners;	/* at most MASTER_MAX_LISTENERS */
	/*
	 * Sockets that are no worker's, of which the next master has one each;
	 * and who answers there: a process beside the workers, from before the
	 * first of them until after the last.  In a child, companion() executes
	 * it, or says why not and returns; NULL: there is none.
	 */
	struct listener	*beside;
	unsigned	 nbeside;
	void		(*companion)(void *arg);
	int		 backlog;
	int		 control_fd;	/* listening, SEQPACKET; -1: none */
	int		 stop_fd;	/* readable: stop in order; -1: none */
	struct segment	*segment;
	unsigned	 lanes;		/* that it has */
	struct master_limits limits;	/* of the first generation */
	/* The worker's main, in the child; what it returns is its status. */
	int		(*worker)(const struct inherit *, void *arg);
	/* How long a call of a method may take, ns; 0: as long as it likes. */
	uint64_t	(*call_timeout)(void *arg, unsigned method);
	/*
	 * Told when the first worker serves; NULL: nobody waits for it.  If
	 * one is given, a worker that dies before makes the start a failure.
	 */
	void		(*serving)(void *arg);
	/* News, with what is the case now; NULL: nobody wants any. */
	void		(*news)(void *arg, enum master_news, unsigned workers,
			    unsigned generation);
	/* Called so often, while the loop turns, until the end; 0: never. */
	uint64_t	 tick_ns;
	void		(*tick)(void *arg);
	/* Told when the sockets of a slot listen; NULL: nobody asks. */
	void		(*listening)(void *arg);
	/*
	 * Opens what is a log beside the log again: 0, or -1 and errno.  *fd
	 * is what workers write to then, under the name *id, which is not 0;
	 * -1: that has not changed.
	 */
	int		(*reopen)(void *arg, int *fd, uint32_t *id);
	/*
	 * In the master, when all is over but for telling who waits; not in
	 * order if it could not begin.
	 */
	void		(*finish)(void *arg, bool in_order);
	/*
	 * A reload, in this order.  prepare() makes what the next generation
	 * will run from, preflight() tries it out, in a child, and reports,
	 * accept() reads the report, with suspicion.  Workers of the next
	 * generation may be forked from then on.  At last either commit(),
	 * which says what has changed for the master, or discard(), which may
	 * also come at any time before.  Those that can fail: -1 with a
	 * reason.
	 */
	int		(*prepare)(void *arg, unsigned generation, char *why,
			    size_t why_size);
	int		(*preflight)(int fd, void *arg);
	int		(*accept)(void *arg, const char *report, size_t len,
			    char *why, size_t why_size);
	void		(*commit)(void *arg, struct master_limits *);
	/*
	 * After accept(): if those who run need not be replaced, but for
	 * something that they can be passed, a descriptor of that, which
	 * becomes the master's, and then commit(); else -1.  NULL: as -1.
	 */
	int		(*renew)(void *arg);
	void		(*discard)(void *arg);
	size_t		 report_size;	/* at most */
	/*
	 * An upgrade: what is executed (NULL: it cannot be), in a child after
	 * execute(), which may give fd, a socket between the two, another
	 * number; and, before the old master gives its connections away,
	 * leave(): what has a name is pid's from now on.  The new master was
	 * left a socket to the old one (-1: it is nobody's successor; becomes
	 * the master's), and inherit() says that the names are its own.  The
	 * two tell each other which version of a connection's record their
	 * workers read: a number that means nothing here, but that one before
	 * us which says 0 takes none.
	 */
	uint32_t	 reads, predecessor_reads;
	const char	*program;
	char		**argv;
	void		(*execute)(void *arg, int *fd);
	void		(*leave)(void *arg, pid_t);
	int		 predecessor_fd;
	void		(*inherit)(void *arg);
	unsigned	 generation;	/* the first one's number */
	uint64_t	 preflight_ns;	/* may take */
	void		*arg;
};

/* Forking is for programs without threads: 0, or -1 with a reason. */
int	master_may_fork(char *why, size_t why_size);

/*
 * Runs until it is told to stop and the last worker has left; 0, or -1 with a
 * reason if it could not begin.
 */
int	master_run(const struct master_config *, char *why, size_t why_size);

#endif
