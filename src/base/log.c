/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line, one write(2): lines of several processes that share a descriptor
 * do not mix, and nothing is buffered when a process dies.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log_line.h"

static enum log_level level_max = LOG_L_INFO;
static char who[96] = "thriftfork";
static char role[32];
static bool json, echo, to_syslog;
static bool stderr_taken;	/* by the file */
static char *path;		/* of the file; NULL: there is none */
static int file_fd = -1;

void
log_set_level(enum log_level level)
{
	level_max = level;
}

void
log_set_json(bool on)
{
	json = on;
}

void
log_set_echo(bool on)
{
	echo = on;
}

/* The library of syslog keeps a pointer to the name. */
void
log_set_name(const char *instance, const char *as)
{
	if (to_syslog)
		closelog();
	snprintf(who, sizeof(who), "%s", instance);
	snprintf(role, sizeof(role), "%s", as);
	if (to_syslog)
		openlog(who, LOG_PID, LOG_DAEMON);
}

/* Never blocks in a pipe that nobody reads, nor for want of a reader. */
static int
open_file(const char *name)
{
	int fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOCTTY | O_NONBLOCK, 0640);
	int high;

	if (fd == -1 || fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	fd_close(&fd);
	return high;
}

static int
use_file(const char *name)
{
	char *new;
	int fd;

	if ((fd = open_file(name)) == -1)
		return -1;
	if ((new = strdup(name)) == NULL)
		fatal("out of memory: log");
	log_close();
	path = new;
	file_fd = fd;
	return 0;
}

int
log_open(const char *target)
{
	if (strcmp(target, "stderr") != 0 && strcmp(target, "syslog") != 0)
		return use_file(target);
	log_close();
	if (strcmp(target, "syslog") == 0) {
		to_syslog = true;
		openlog(who, LOG_PID, LOG_DAEMON);
	}
	return 0;
}

void
log_close(void)
{
	if (to_syslog)
		closelog();
	to_syslog = stderr_taken = false;
	fd_close(&file_fd);
	free(path);
	path = NULL;
}

int
log_reopen(void)
{
	int fd;

	if (file_fd == -1)
		return 0;
	if ((fd = open_file(path)) == -1)
		return -1;
	log_adopt(fd);
	return 0;
}

int
log_fd(void)
{
	return file_fd;
}

void
log_adopt(int fd)
{
	if (file_fd != -1)
		dup3(fd, file_fd, O_CLOEXEC);
	if (stderr_taken)
		dup2(fd, STDERR_FILENO);
	fd_close(&fd);
}

void
log_take_stderr(void)
{
	int null, fd = file_fd;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(fd != -1 ? fd : null, STDERR_FILENO);
	stderr_taken = fd != -1;
	fd_close(&null);
}

static void
write_line(int fd, const struct log_entry *e, bool as_json)
{
	char line[LOG_LINE];
	size_t n = as_json ? log_line_json(e, line) : log_line_text(e, line);

	/* A log that cannot be written has nobody to complain to. */
	if (write(fd, line, n) == -1)
		errno = 0;
}

static void
write_syslog(enum log_level level, const struct log_entry *e)
{
	static const int priorities[] = {
		LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG
	};
	char line[LOG_LINE];

	if (json)
		line[log_line_json(e, line) - 1] = '\0';
	else
		log_line_bare(e, line);
	syslog(priorities[level], "%s", line);
}

static void
put_line(enum log_level level, int code, const char *fmt, va_list ap)
{
	static const char *const names[] = {
		"error", "warn", "info", "debug"
	};
	struct log_entry e = { .instance = who, .role = role,
	    .level = names[level], .pid = (long)getpid() };
	char text[1024];
	int saved = errno;

	if (level > level_max)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	e.text = text;
	e.reason = code != 0 ? strerror(code) : NULL;
	gettimeofday(&e.at, NULL);
	if (to_syslog)
		write_syslog(level, &e);
	else
		write_line(file_fd != -1 ? file_fd : STDERR_FILENO, &e, json);
	if (echo && level <= LOG_L_WARN && (to_syslog || file_fd != -1))
		write_line(STDERR_FILENO, &e, false);
	errno = saved;
}

#define LOG_FUNCTION(name, level, code)					\
void									\
name(const char *fmt, ...)						\
{									\
	va_list ap;							\
									\
	va_start(ap, fmt);						\
	put_line(level, code, fmt, ap);					\
	va_end(ap);							\
}
LOG_FUNCTION(log_error, LOG_L_ERROR, errno)
LOG_FUNCTION(log_errorx, LOG_L_ERROR, 0)
LOG_FUNCTION(log_warn, LOG_L_WARN, errno)
LOG_FUNCTION(log_warnx, LOG_L_WARN, 0)
LOG_FUNCTION(log_info, LOG_L_INFO, 0)
LOG_FUNCTION(log_debug, LOG_L_DEBUG, 0)

bool
log_rate_ok(struct log_rate *r, unsigned *skipped)
{
	uint64_t now = clock_ns();

	if (r->last_ns != 0 && now - r->last_ns < NS_PER_S) {
		r->skipped++;
		return false;
	}
	*skipped = r->skipped;
	*r = (struct log_rate){ .last_ns = now };
	return true;
}
