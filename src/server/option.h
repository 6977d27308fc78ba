/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a server and how they get their values. */
#ifndef SERVER_OPTION_H
#define SERVER_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LISTEN_MAX	32

#define SETTING_AUTO	UINT64_MAX

struct settings {
	uint64_t	 workers;		/* 0: in-process */
	uint64_t	 max_workers;
	uint64_t	 backlog;
	uint64_t	 max_connections;	/* SETTING_AUTO */
	uint64_t	 max_frame;		/* bytes */
	uint64_t	 max_memory_per_call;	/* bytes */
	uint64_t	 max_depth;
	uint64_t	 frame_timeout;		/* ns; 0: off */
	uint64_t	 write_timeout;
	uint64_t	 idle_timeout;
	uint64_t	 start_timeout;
	uint64_t	 stop_timeout;
	char		*name;			/* NULL: not set */
	char		*listen[LISTEN_MAX];
	unsigned	 nlisten;
};

void	settings_init(struct settings *);	/* the defaults */
void	settings_fini(struct settings *);

/* 0, or -1 with a reason that names the key. */
int	settings_set(struct settings *, const char *key, const char *value,
	    char *why, size_t why_size);

/* Listens at the default address if none has been given. */
int	settings_complete(struct settings *, char *why, size_t why_size);

/* The key of a short flag, or NULL. */
const char *settings_key(int letter);

/* Adds the short flags to a getopt(3) string. */
void	settings_getopt(char *string, size_t size);

/* key, default and help of each, for --help. */
void	settings_help(FILE *);

#endif
