/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What exists while a server runs, and the parts of running it: under a
 * master (run.c) or in this very process (alone.c).
 */
#ifndef SERVER_RUN_H
#define SERVER_RUN_H

#include "io/listen.h"
#include "proc/master.h"
#include "proc/privilege.h"
#include "proc/signals.h"
#include "server/admin.h"
#include "server/instance.h"
#include "server/program.h"
#include "server/server.h"
#include "server/store.h"

#define RUN_METHODS	4096		/* room in the directory */

struct worker_config;

/* What a generation runs from, beside what all have in common. */
struct next {
	unsigned		 number;	/* 0: there is none */
	struct settings		 settings;
	struct privilege	 privilege;
	int			 module_fd;	/* -1: there is no copy */
	struct credentials	 credentials;
	struct access_file	 access;
	bool			 same_access;	/* as now: none of its own */
};

struct run {
	struct tf_server	*srv;
	unsigned		 slots;
	struct instance		 instance;
	struct listener		 listeners[MASTER_MAX_LISTENERS];
	unsigned		 listen_of[MASTER_MAX_LISTENERS]; /* which of
						   the settings' addresses */
	unsigned		 nlisteners;
	struct admin		 admin;
	struct privilege	 privilege;	/* of children */
	struct lockfile		 pidfile;
	struct signal_state	 signals;
	pid_t			 master;
	struct program		 program;
	bool			 anew;		/* not the segment of the
						   master before us */
	bool			 notifies;	/* the service manager */
	struct store		 store;		/* what that keeps */
	struct next		 next;		/* while a reload runs */
};

/* 0, or -1 with the server's error set: here and below. */
int	run_open_listeners(struct run *);
void	run_close_listeners(struct run *);

/*
 * What a run needs from around it: log, background, users, module.  Failed or
 * not, run_finish() gives it back.
 */
int	run_prepare(struct run *);
void	run_finish(struct run *);

/* For the master, when its first worker serves. */
void	run_serving(void *run);

/*
 * In a child, the index-th of its kind: drops what is the master's, gives up
 * privilege, and runs setup().
 */
int	run_become(struct run *, unsigned index);

/* Whether settings of methods are of methods that are served. */
int	run_check_methods(const struct segment *, const struct settings *,
	    char *why, size_t why_size);

/* How many workers a setting asks for. */
unsigned run_workers(const struct settings *);

/* From settings to what workers give up: 0, or -1 with a reason. */
int	run_find_privilege(struct privilege *, const struct settings *,
	    char *why, size_t why_size);

/* What a master has to know of settings. */
struct master_limits run_limits(const struct settings *);

/* next.c: the parts of a reload that struct master_config asks for. */
int	next_prepare(void *run, unsigned generation, char *why, size_t size);
int	next_accept(void *run, const char *report, size_t len, char *why,
	    size_t size);
void	next_commit(void *run, struct master_limits *);
void	next_discard(void *run);
/* In a child of that generation: the server is what it will be then. */
void	next_enter(struct run *, unsigned generation);

/* Whether sockets of the service manager's own are to be served. */
bool	run_wants_activation(const struct run *);

/* Which sockets are the service manager's; MASTER_MAX_LISTENERS of them. */
void	run_note_foreign(const struct run *, bool *foreign);

/* What is served at each, as the settings are now; as many. */
void	run_note_rules(const struct run *, struct rules *);

/* Tells whoever reads the counters what is listened on, and what for. */
void	run_show_listeners(struct run *);

/* Whether the addresses can be understood; binds nothing. */
int	run_check_listeners(struct run *);

/*
 * Serves in this process until told to stop; the registry is filled, and the
 * config says where from: sockets, channel, lane.  An exit status.
 */
int	run_serve(struct tf_server *, struct worker_config *);

/* alone.c: workers 0. */
int	run_alone(struct run *);

#endif
