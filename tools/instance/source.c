/* SPDX-License-Identifier: Apache-2.0 */
/* See source.h. */
#include "source.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thriftfork/control.h>

/* After an upgrade it may be the same one: then its sums go on. */
static bool
is_same(const struct source *s, const struct stat *sb)
{
	return s->stat != NULL && s->device == sb->st_dev &&
	    s->file == sb->st_ino;
}

/* A later search is for the instance that was found by the first. */
static void
remember_name(struct source *s)
{
	struct tf_stat_master m;

	tf_stat_get_master(s->stat, &m);
	if (s->name[0] == '\0' && strchr(m.name, '/') == NULL)
		strlcpy(s->name, m.name, sizeof(s->name));
}

static enum source_state
take(struct source *s, int fd)
{
	const char *why = "the server has sent no segment";
	struct tf_stat *st = NULL;
	struct stat sb;
	bool same;

	if (fstat(fd, &sb) == 0)
		st = tf_stat_open_fd(fd, &why);
	if (st == NULL) {
		strlcpy(s->why, why, sizeof(s->why));
		return SOURCE_GONE;
	}
	same = is_same(s, &sb);
	tf_stat_close(s->stat);
	s->stat = st;
	s->device = sb.st_dev;
	s->file = sb.st_ino;
	remember_name(s);
	return same ? SOURCE_SAME : SOURCE_NEW;
}

static enum source_state
find(struct source *s)
{
	enum source_state state;
	int fd = -1;

	s->control = tf_control_open(s->name[0] == '\0' ? NULL : s->name,
	    s->why, sizeof(s->why));
	if (s->control == -1)
		return SOURCE_GONE;
	if (tf_control_ask(s->control, "status", &fd, s->why,
	    sizeof(s->why)) == -1)
		state = SOURCE_GONE;
	else
		state = take(s, fd);
	if (fd != -1)
		close(fd);
	if (state == SOURCE_GONE) {
		close(s->control);
		s->control = -1;
	}
	return state;
}

const char *
source_socket(char name[SOURCE_NAME], const char *path)
{
	if (snprintf(name, SOURCE_NAME, "%s%s", strchr(path, '/') == NULL ?
	    "./" : "", path) >= SOURCE_NAME)
		errx(2, "the path '%.40s...' is too long", path);
	return name;
}

int
source_open(struct source *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	s->control = -1;
	if (name != NULL && strlcpy(s->name, name, sizeof(s->name)) >=
	    sizeof(s->name)) {
		snprintf(s->why, sizeof(s->why), "the name is too long");
		return -1;
	}
	return find(s) == SOURCE_GONE ? -1 : 0;
}

int
source_take(struct source *s, int fd)
{
	memset(s, 0, sizeof(*s));
	s->control = -1;
	s->given = true;
	return take(s, fd) == SOURCE_GONE ? -1 : 0;
}

void
source_close(struct source *s)
{
	if (s->control != -1)
		close(s->control);
	tf_stat_close(s->stat);
}

/* The master says nothing unasked: what comes is its end. */
static bool
has_ended(int control)
{
	struct pollfd p = { .fd = control, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

enum source_state
source_check(struct source *s)
{
	if (s->given || (s->control != -1 && !has_ended(s->control)))
		return SOURCE_SAME;
	if (s->control != -1)
		close(s->control);
	s->control = -1;
	return find(s);
}
