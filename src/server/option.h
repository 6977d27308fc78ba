/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a server and how they get their values. */
#ifndef SERVER_OPTION_H
#define SERVER_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "proc/master.h"	/* for a limit in options.def */
#include "serve/rules.h"

#define LISTEN_MAX	32
#define ADDRESSES_MAX	8

#define SETTING_AUTO	UINT64_MAX
#define SETTING_KEEP	(UINT64_MAX - 1)	/* as the process has it */

enum option_id {
#define OPTION(member, ...)	OPTION_##member,
#include "server/options.def"
	NOPTIONS
};

/* "call-timeout.Service.method" and its kin. */
struct method_setting {
	enum option_id	 id;		/* of the one for all methods */
	char		*method;	/* "Service.method" */
	uint64_t	 n;
	bool		 from_file;
};

/* Addresses without settings of their own. */
struct addresses {
	char		*at[ADDRESSES_MAX];
	unsigned	 n;
};

struct settings {
	bool		 given[NOPTIONS];	/* not from a file */
	uint64_t	 workers;		/* 0: in-process */
	uint64_t	 max_workers;
	uint64_t	 backlog;
	uint64_t	 max_connections;	/* SETTING_AUTO */
	uint64_t	 max_per_peer;		/* 0: no limit */
	uint64_t	 max_in_flight;		/* calls of a worker; 0: none */
	uint64_t	 max_in_flight_per_connection;	/* 0: no limit */
	uint64_t	 max_frame;		/* bytes */
	uint64_t	 max_memory_per_call;	/* bytes */
	uint64_t	 max_depth;
	uint64_t	 frame_timeout;		/* ns; 0: off */
	uint64_t	 write_timeout;
	uint64_t	 idle_timeout;
	uint64_t	 start_timeout;
	uint64_t	 stop_timeout;
	uint64_t	 call_timeout;		/* settings_call_timeout() */
	uint64_t	 threads;		/* 0: none */
	uint64_t	 max_queue;		/* calls */
	uint64_t	 queue_timeout;		/* 0: off */
	uint64_t	 threaded;		/* settings_threaded() */
	uint64_t	 drain_delay;
	uint64_t	 drain_timeout;
	uint64_t	 canary_time;
	uint64_t	 upgrade_timeout;
	uint64_t	 rescue_after;
	uint64_t	 max_age;
	uint64_t	 max_requests;		/* 0: no limit, as the next */
	uint64_t	 max_memory;		/* bytes */
	uint64_t	 daemon;		/* 0 or 1, and so are these: */
	uint64_t	 no_new_privs, affinity, log_format, module_copy;
	uint64_t	 zlib_replies;
	uint64_t	 umask;			/* SETTING_KEEP */
	uint64_t	 rlimit_nofile;
	uint64_t	 core_limit;		/* bytes, RLIM_INFINITY */
	uint64_t	 log_level;		/* enum log_level */
	char		*name;			/* NULL: not set; all texts */
	char		*config, *pidfile, *user, *group;
	char		*log;			/* NULL: stderr */
	char		*access_log;		/* NULL: off */
	uint64_t	 access_log_format, access_log_errors;
	uint64_t	 access_log_sample;	/* 0: none */
	uint64_t	 slow_call;		/* settings_slow_call() */
	char		*tls_certificate, *tls_key, *tls_client_ca;
	char		*listen[LISTEN_MAX];	/* addresses alone */
	struct rules	 listen_rules[LISTEN_MAX];
	char		*http_path;		/* NULL: any */
	unsigned	 nlisten;
	struct addresses admin, admin_agent;
	struct method_setting *methods;
	size_t		 nmethods;
};

void	settings_init(struct settings *);	/* the defaults */
void	settings_fini(struct settings *);

/* 0, or -1 with a reason that names the key. */
int	settings_set(struct settings *, const char *key, const char *value,
	    char *why, size_t why_size);

/* Whether the len letters are the key of a setting. */
bool	settings_has(const char *key, size_t len);

/* Whether a key has been set, and not by settings_merge(). */
bool	settings_given(const struct settings *, const char *key);

/* Whether a key that is set again adds to what it has. */
bool	settings_repeats(const char *key);

/*
 * What was set in file is set in s, unless s has it already: what is given on
 * the command line wins, wherever it stands.  file is emptied.
 */
void	settings_merge(struct settings *s, struct settings *file);

/*
 * Makes next what s was before any file was read; the file is then to be read
 * into it again.
 */
void	settings_again(struct settings *next, const struct settings *s);

/*
 * Whether a running server can go from s to next: 0, or -1 with a reason that
 * names the first setting that cannot change without a restart.
 */
int	settings_may_follow(const struct settings *s,
	    const struct settings *next, char *why, size_t why_size);

/* Whether they differ in no more than where certificates are. */
bool	settings_same_but_files(const struct settings *,
	    const struct settings *);

/* What cannot go together, or cannot do without: 0, or -1 with a reason. */
int	settings_check(const struct settings *, char *why, size_t why_size);

/* Listens at the default address if none has been given. */
int	settings_complete(struct settings *, char *why, size_t why_size);

#define RULES_TEXT	128	/* bytes that hold any rules_text() */

/* As they follow an address: ",key=value,...", or "" if all is served. */
void	rules_text(const struct rules *, char *text, size_t size);

/* The call-timeout of a method in ns; 0 is off. */
uint64_t settings_call_timeout(const struct settings *, const char *service,
	    const char *method);

/* From which time on a call of it is slow, in ns; 0: never. */
uint64_t settings_slow_call(const struct settings *, const char *service,
	    const char *method);

/*
 * Whether a thread runs a method, of which the IDL says whether it should;
 * never if there are no threads.
 */
bool	settings_threaded(const struct settings *, const char *service,
	    const char *method, bool annotated);

/* The key of a short flag, or NULL. */
const char *settings_key(int letter);

/* Adds the short flags to a getopt(3) string. */
void	settings_getopt(char *string, size_t size);

/* key, default and help of each, for --help. */
void	settings_help(FILE *);

#endif
