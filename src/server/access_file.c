/* SPDX-License-Identifier: Apache-2.0 */
/* See access_file.h. */
#include "server/access_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log_file.h"
#include "server/option_def.h"

/* Shared with whoever started us: not to be closed, nor to be changed. */
static int
open_stream(int fd)
{
	int own = log_file_again(fd);

	return own != -1 ? own : fcntl(fd, F_DUPFD_CLOEXEC,
	    STDERR_FILENO + 1);
}

static int
open_path(struct access_file *a, const char *path)
{
	if ((a->fd = log_file_open(path)) == -1)
		return -1;
	if (log_file_has_room(a->fd) == -1) {
		fd_close(&a->fd);
		return -1;
	}
	a->path = option_copy(path);
	return 0;
}

int
access_file_open(struct access_file *a, const struct settings *s, uint32_t id,
    char *why, size_t size)
{
	const char *to = s->access_log;

	*a = (struct access_file){ .fd = -1, .id = id };
	if (to == NULL || strcmp(to, "off") == 0)
		return 0;
	if (strcmp(to, "-") == 0)
		a->fd = open_stream(STDOUT_FILENO);
	else if (strcmp(to, "stderr") == 0)
		a->fd = open_stream(STDERR_FILENO);
	else
		(void)open_path(a, to);
	if (a->fd != -1)
		return 0;
	snprintf(why, size, "access-log: %s: %s", to, strerror(errno));
	return -1;
}

void
access_file_close(struct access_file *a)
{
	fd_close(&a->fd);
	free(a->path);
	a->path = NULL;
}

int
access_file_reopen(struct access_file *a)
{
	int fd;

	if (a->path == NULL)
		return 0;
	if ((fd = log_file_open(a->path)) == -1)
		return -1;
	fd_close(&a->fd);
	a->fd = fd;
	return 1;
}

bool
access_file_configure(const struct access_file *a, const struct settings *s,
    unsigned slot, struct access_config *cf)
{
	if (a->fd == -1)
		return false;
	*cf = (struct access_config){ .fd = a->fd, .id = a->id,
	    .worker = slot, .json = s->access_log_format != 0,
	    .errors = s->access_log_errors != 0,
	    .sample = s->access_log_sample, .slow_ns = s->slow_call };
	arc4random_buf(cf->seed, sizeof(cf->seed));
	return true;
}
