/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output files appear whole or not at all, and one whose text has not changed
 * keeps its time stamp, so that nothing is compiled again without need.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen.h"

static bool
is_unchanged(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "re");
	char buf[8192];
	size_t n, at = 0;

	if (f == NULL)
		return false;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		if (n > len - at || memcmp(buf, text + at, n) != 0)
			break;
		at += n;
	}
	fclose(f);
	return n == 0 && at == len;
}

static int
write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, text, len);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int
make_parents(const char *path)
{
	char *copy = strdup(path), *p;

	if (copy == NULL)
		return -1;
	for (p = copy + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
		*p = '\0';
		if (mkdir(copy, 0777) == -1 && errno != EEXIST)
			break;
	}
	free(copy);
	return p == NULL ? 0 : -1;
}

static int
write_temp(const char *temp, const char *text, size_t len, mode_t mode)
{
	int fd, rc;

	fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd == -1)
		return -1;
	rc = write_all(fd, text, len);
	if (close(fd) == -1)
		rc = -1;
	return rc;
}

int
out_write(const char *path, const char *text, size_t len)
{
	char *temp;
	int rc;

	if (is_unchanged(path, text, len))
		return 0;
	if (asprintf(&temp, "%s.%d.tmp", path, (int)getpid()) == -1) {
		warn("%s", path);
		return -1;
	}
	rc = make_parents(path);
	if (rc == 0)
		rc = write_temp(temp, text, len, 0666);
	if (rc == 0)
		rc = rename(temp, path);
	if (rc == -1) {
		warn("%s", path);
		unlink(temp);
	}
	free(temp);
	return rc;
}

int
out_create(const char *path, const char *text, size_t len)
{
	if (make_parents(path) == -1 ||
	    write_temp(path, text, len, 0666) == -1) {
		warn("%s", path);
		return -1;
	}
	return 0;
}
