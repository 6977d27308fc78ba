/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines to words, words to settings.  A file is read into settings of its own
 * first: so a key that stands twice is seen, and a file that is wrong changes
 * nothing.
 */
#include "server/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

#define WORDS		34	/* of a line */
#define BLANKS		" \t\r\n\f\v"

/* Takes a word from *p, in place; NULL at the end of a quote that is none. */
static char *
take_word(char **p)
{
	char *from = *p, *to = *p, *word = *p;
	bool quoted = false;

	for (; *from != '\0' && (quoted || strchr(BLANKS, *from) == NULL);
	    from++) {
		if (*from == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && *from == '\\' && from[1] != '\0')
			from++;
		*to++ = *from;
	}
	*p = *from == '\0' ? from : from + 1;
	*to = '\0';
	return quoted ? NULL : word;
}

/* The number of words, or -1 with a reason. */
static int
split(char *line, char **words, const char **why)
{
	int n = 0;

	for (;;) {
		line += strspn(line, BLANKS);
		if (*line == '\0' || *line == '#')
			return n;
		if (n == WORDS) {
			*why = "too many words";
			return -1;
		}
		if ((words[n++] = take_word(&line)) == NULL) {
			*why = "a quote is not closed";
			return -1;
		}
	}
}

/* An address and its settings, as they stand on the command line. */
static int
set_listen(struct settings *s, char **words, int n, char *why, size_t size)
{
	char value[1024] = "";

	for (int i = 1; i < n; i++) {
		if (i > 1)
			strlcat(value, ",", sizeof(value));
		if (strlcat(value, words[i], sizeof(value)) >= sizeof(value)) {
			snprintf(why, size, "listen: is too long");
			return -1;
		}
	}
	return settings_set(s, words[0], value, why, size);
}

static int
set_words(struct settings *s, char **words, int n, char *why, size_t size)
{
	const char *key = words[0];
	bool listen = strcmp(key, "listen") == 0;

	if (n == 1)
		snprintf(why, size, "%s: has no value", key);
	else if (listen)
		return set_listen(s, words, n, why, size);
	else if (n > 2)
		snprintf(why, size, "%s: one value is wanted; if it has blanks "
		    "in it, put quotes round it", key);
	else if (strcmp(key, "config") == 0)
		snprintf(why, size, "config: a file cannot name another one");
	else if (settings_given(s, key) && !settings_repeats(key))
		snprintf(why, size, "%s: is given twice", key);
	else
		return settings_set(s, key, words[1], why, size);
	return -1;
}

static int
set_line(struct settings *s, char *line, size_t len, char *why, size_t size)
{
	const char *reason = "a NUL byte";
	char *words[WORDS];
	int n = -1;

	if (strlen(line) == len)
		n = split(line, words, &reason);
	if (n == -1)
		snprintf(why, size, "%s", reason);
	return n <= 0 ? n : set_words(s, words, n, why, size);
}

static int
read_lines(struct settings *s, FILE *f, const char *path, char *why,
    size_t size)
{
	char reason[400], *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	ssize_t len;
	int rc = 0;

	while (rc == 0 && (len = getline(&line, &room, f)) != -1) {
		number++;
		rc = set_line(s, line, (size_t)len, reason, sizeof(reason));
	}
	if (rc == -1)
		snprintf(why, size, "%s:%u: %s", path, number, reason);
	else if (ferror(f)) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		rc = -1;
	}
	free(line);
	return rc;
}

/* A pipe that has no name, such as that of a shell's <(command). */
static bool
is_pipe(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}

/* What may never come to an end, or never begin to, is no settings. */
static const char *
what_is_wrong(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return strerror(EISDIR);
	if (S_ISREG(st.st_mode) || is_pipe(fd) ||
	    (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)))
		return NULL;		/* the last is /dev/null */
	return "neither a file nor a pipe without a name";
}

/* Does not wait for the writer of a FIFO, which need not exist. */
static FILE *
open_settings(const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *f = NULL;

	*why = fd == -1 ? strerror(errno) : what_is_wrong(fd);
	if (*why == NULL && (fcntl(fd, F_SETFL, 0) == -1 ||
	    (f = fdopen(fd, "r")) == NULL))
		*why = strerror(errno);
	if (f == NULL)
		fd_close(&fd);
	return f;
}

int
conf_read(struct settings *s, const char *path, char *why, size_t size)
{
	struct settings file;
	const char *reason;
	FILE *f;
	int rc;

	if ((f = open_settings(path, &reason)) == NULL) {
		snprintf(why, size, "%s: %s", path, reason);
		return -1;
	}
	settings_init(&file);
	if ((rc = read_lines(&file, f, path, why, size)) == 0)
		settings_merge(s, &file);
	else
		settings_fini(&file);
	fclose(f);
	return rc;
}
