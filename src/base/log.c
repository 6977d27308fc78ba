/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line, one write(2): lines of several processes that share a descriptor
 * do not mix, and nothing is buffered when a process dies.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static enum log_level level_max = LOG_L_INFO;
static char who[96] = "thriftfork";
static char role[32];

void
log_set_level(enum log_level level)
{
	level_max = level;
}

void
log_set_name(const char *instance, const char *as)
{
	snprintf(who, sizeof(who), "%s", instance);
	snprintf(role, sizeof(role), "%s", as);
}

static size_t
put_head(char *line, size_t size, const char *level)
{
	struct timeval tv;
	struct tm tm;
	int n;

	gettimeofday(&tv, NULL);
	gmtime_r(&tv.tv_sec, &tm);
	n = snprintf(line, size,
	    "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s[%ld] %s%s%s: ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)(tv.tv_usec / 1000), who,
	    (long)getpid(), role, role[0] != '\0' ? " " : "", level);
	return (size_t)n < size ? (size_t)n : size - 1;
}

static size_t
put_escaped(char *line, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 5 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			n += (size_t)snprintf(line + n, 5, "\\x%02x", c);
		else
			line[n++] = (char)c;
	}
	return n;
}

static void
put_line(enum log_level level, int code, const char *fmt, va_list ap)
{
	static const char *const names[] = {
		"error", "warn", "info", "debug"
	};
	char text[1024], line[2048];
	int saved = errno;
	size_t n;

	if (level > level_max)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	n = put_head(line, sizeof(line), names[level]);
	n += put_escaped(line + n, sizeof(line) - n - 128, text);
	if (code != 0)
		n += (size_t)snprintf(line + n, 120, ": %s", strerror(code));
	line[n++] = '\n';
	/* A log that cannot be written has nobody to complain to. */
	if (write(STDERR_FILENO, line, n) == -1)
		errno = 0;
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
