/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams to /dev/log, in the form that loggers of this system read. */
#include "base/log_syslog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#include "base/fd.h"
#include "base/log_line.h"

static int logger = -1;

int
log_syslog_open(void)
{
	const struct sockaddr_un sun = { .sun_family = AF_UNIX,
	    .sun_path = "/dev/log" };

	log_syslog_close();
	logger = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (logger != -1 && connect(logger, (const struct sockaddr *)&sun,
	    sizeof(sun)) == -1)
		fd_close(&logger);
	return logger == -1 ? -1 : 0;
}

void
log_syslog_close(void)
{
	fd_close(&logger);
}

/* "<30>Nov 21 02:14:27 ", whatever the locale of the program. */
static int
put_head(char *text, size_t size, int priority, const struct timeval *at)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm = { .tm_mday = 1 };

	localtime_r(&at->tv_sec, &tm);
	return snprintf(text, size, "<%d>%.3s %2d %02d:%02d:%02d ",
	    LOG_DAEMON | priority, months + 3 * tm.tm_mon, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

int
log_syslog_send(int priority, const struct timeval *at, const char *ident,
    long pid, const char *text)
{
	char packet[LOG_LINE + 256];
	int n = put_head(packet, sizeof(packet), priority, at);
	size_t len;

	n += snprintf(packet + n, sizeof(packet) - (size_t)n, "%s[%ld]: %s",
	    ident, pid, text);
	len = (size_t)n < sizeof(packet) ? (size_t)n : sizeof(packet) - 1;
	if (logger != -1 && send(logger, packet, len, MSG_NOSIGNAL) != -1)
		return 0;
	if (logger != -1 && errno == EAGAIN)
		return -1;
	if (log_syslog_open() == -1)
		return -1;
	return send(logger, packet, len, MSG_NOSIGNAL) == -1 ? -1 : 0;
}
