/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line, one write(2): lines of several processes that share a descriptor
 * do not mix, and nothing is buffered when a process dies.  A line that finds
 * no room is lost, and the next one that does says so: a server must not come
 * to a halt because somebody has stopped to read what it says.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log_file.h"
#include "base/log_line.h"
#include "base/log_syslog.h"
#include "base/log_write.h"

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static enum log_level level_max = LOG_L_INFO;
static char who[96] = "thriftfork";
static char role[32];
static bool json, echo, to_syslog;
static bool stderr_taken;	/* by the file */
static char *path;		/* of the file; NULL: there is none */
static int file_fd = -1;
static unsigned lost;		/* lines since one was taken */
static bool torn;		/* of the last one the end is missing */

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

/* The log is standard error again. */
static void
forget_file(void)
{
	stderr_taken = torn = false;
	lost = 0;
	fd_close(&file_fd);
	free(path);
	path = NULL;
}

static int
use_file(const char *name)
{
	char *new;
	int fd;

	if ((fd = log_file_open(name)) == -1)
		return -1;
	if (log_file_has_room(fd) == -1 || (new = strdup(name)) == NULL) {
		fd_close(&fd);
		return -1;
	}
	log_close();
	path = new;
	file_fd = fd;
	return 0;
}

int
log_open(const char *target)
{
	if (strcmp(target, "stderr") == 0)
		log_close();
	else if (strcmp(target, "syslog") != 0)
		return use_file(target);
	else if (log_syslog_open() == -1)
		return -1;
	else {
		forget_file();
		to_syslog = true;
	}
	return 0;
}

void
log_close(void)
{
	log_syslog_close();
	to_syslog = false;
	forget_file();
}

int
log_reopen(void)
{
	int fd;

	if (file_fd == -1)
		return 0;
	if ((fd = log_file_open(path)) == -1)
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
	pthread_mutex_lock(&one_at_a_time);
	if (file_fd != -1 && dup3(fd, file_fd, O_CLOEXEC) != -1)
		torn = false;
	if (stderr_taken)
		dup2(fd, STDERR_FILENO);
	pthread_mutex_unlock(&one_at_a_time);
	fd_close(&fd);
}

void
log_take_stderr(void)
{
	int null, fd = file_fd;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(fd != -1 ? fd : null, STDERR_FILENO);
	stderr_taken = fd != -1;
	if (null > STDERR_FILENO)
		fd_close(&null);
}

/* By level, from LOG_L_FATAL on. */
static const struct {
	const char	*name;
	int		 priority;
} levels[] = {
	{ "fatal", LOG_CRIT }, { "error", LOG_ERR }, { "warn", LOG_WARNING },
	{ "info", LOG_INFO }, { "debug", LOG_DEBUG }
};

static int
put_syslog(int priority, const struct log_entry *e)
{
	char line[LOG_LINE];

	if (json)
		line[log_line_json(e, line) - 1] = '\0';
	else
		log_line_bare(e, line);
	return log_syslog_send(priority, &e->at, who, e->pid, line);
}

/* What a terminal took the beginning of is ended first. */
static int
put_file(int fd, const struct log_entry *e)
{
	char line[1 + LOG_LINE] = "\n", *from = torn ? line : line + 1;
	size_t n = json ? log_line_json(e, line + 1) :
	    log_line_text(e, line + 1);
	ssize_t done;

	n += (size_t)(line + 1 - from);
	if ((done = log_write(fd, from, n)) > 0)
		torn = (size_t)done < n;
	return done == (ssize_t)n ? 0 : -1;
}

static int
put_entry(enum log_level level, const struct log_entry *e)
{
	if (to_syslog)
		return put_syslog(levels[level + 1].priority, e);
	return put_file(file_fd != -1 ? file_fd : STDERR_FILENO, e);
}

/* Before the next line: how many are missing here. */
static int
own_up(const struct log_entry *next)
{
	struct log_entry e = *next;
	char text[64];

	if (lost == 0)
		return 0;
	snprintf(text, sizeof(text), lost == 1 ? "1 line was lost" :
	    "%u lines were lost", lost);
	e.level = levels[LOG_L_WARN + 1].name;
	e.text = text;
	e.reason = NULL;
	if (put_entry(LOG_L_WARN, &e) == -1)
		return -1;
	lost = 0;
	return 0;
}

/* For who waits at standard error, which is not the log. */
static void
put_echo(const struct log_entry *e)
{
	char line[LOG_LINE];

	if ((to_syslog || file_fd != -1) && !stderr_taken)
		log_write(STDERR_FILENO, line, log_line_text(e, line));
}

static void
put_line(enum log_level level, int code, const char *fmt, va_list ap)
{
	struct log_entry e = { .instance = who, .role = role,
	    .level = levels[level + 1].name, .pid = (long)getpid() };
	char text[1024];
	int saved = errno;

	if (level > level_max)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	e.text = text;
	e.reason = code != 0 ? strerror(code) : NULL;
	gettimeofday(&e.at, NULL);
	pthread_mutex_lock(&one_at_a_time);
	if (own_up(&e) == -1 || put_entry(level, &e) == -1)
		lost++;
	if (level == LOG_L_FATAL || (echo && level <= LOG_L_WARN))
		put_echo(&e);
	pthread_mutex_unlock(&one_at_a_time);
	errno = saved;
}

static void
put_last_words(const char *fmt, va_list ap)
{
	put_line(LOG_L_FATAL, 0, fmt, ap);
}

void
log_set_name(const char *instance, const char *as)
{
	snprintf(who, sizeof(who), "%s", instance);
	snprintf(role, sizeof(role), "%s", as);
	fatal_through(put_last_words);
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
