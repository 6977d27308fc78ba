/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log as the master has it: what it is written to, opened with the
 * master's privileges and handed to workers, which may not be able to.  It has
 * an id, for orders to write to another file are for those who write to it: in
 * a reload the next generation may have another one already, and those who
 * leave keep theirs to the end.
 */
#ifndef SERVER_ACCESS_FILE_H
#define SERVER_ACCESS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/access.h"

struct settings;

struct access_file {
	char		*path;		/* NULL: it is no file of its own */
	int		 fd;		/* -1: there is none */
	uint32_t	 id;
};

#define ACCESS_FILE_NONE	{ .fd = -1 }

/* As the settings want it, which may be none: 0, or -1 with a reason. */
int	access_file_open(struct access_file *, const struct settings *,
	    uint32_t id, char *why, size_t why_size);
void	access_file_close(struct access_file *);

/* Opens it again by its name: 1, 0 if it has none, or -1 and errno. */
int	access_file_reopen(struct access_file *);

/* For a worker; false: there is no access log. */
bool	access_file_configure(const struct access_file *,
	    const struct settings *, unsigned slot, struct access_config *);

#endif
