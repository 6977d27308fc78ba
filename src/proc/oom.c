/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the count stands.  /proc/self/cgroup names our group as seen from the
 * top of our namespace; a container without a namespace of its own for groups
 * has its group mounted at the top instead, so the file is looked for there
 * as well.  The real top has none.
 */
#include "proc/oom.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define MOUNT	"/sys/fs/cgroup"
#define FILE_NAME	"/memory.events"

/* The line of the hierarchy without number and controllers: "0::/a/b". */
static int
find_group(const char *root, char *group, size_t size)
{
	char line[PATH_MAX];
	int found = -1;
	FILE *f;

	if (snprintf(line, sizeof(line), "%s/proc/self/cgroup", root) >=
	    (int)sizeof(line) || (f = fopen(line, "re")) == NULL)
		return -1;
	while (found == -1 && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0::/", 4) == 0 &&
		    strlcpy(group, line + 3, size) < size)
			found = 0;
	}
	fclose(f);
	return found;
}

static int
read_count(const char *path, uint64_t *count)
{
	char line[128];
	int found = -1;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL)
		return -1;
	while (found == -1 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "oom_kill %" SCNu64, count) == 1)
			found = 0;
	fclose(f);
	return found;
}

static bool
try_group(struct oom_watch *w, const char *root, const char *group)
{
	int n = snprintf(w->path, sizeof(w->path), "%s" MOUNT "%s" FILE_NAME,
	    root, group);

	return n < (int)sizeof(w->path) && read_count(w->path, &w->count) == 0;
}

void
oom_init(struct oom_watch *w, const char *root)
{
	char group[PATH_MAX];

	memset(w, 0, sizeof(*w));
	if (find_group(root, group, sizeof(group)) == -1 ||
	    (!try_group(w, root, group) && !try_group(w, root, "")))
		w->path[0] = '\0';
}

bool
oom_seen(struct oom_watch *w)
{
	uint64_t count = w->count, now = clock_ns();

	if (w->path[0] == '\0' || read_count(w->path, &count) == -1)
		return false;
	if (count > w->count) {
		w->left = count - w->count;
		w->left_ns = now;
	} else if (now - w->left_ns >= NS_PER_S)
		w->left = 0;
	w->count = count;
	if (w->left == 0)
		return false;
	w->left--;
	return true;
}
