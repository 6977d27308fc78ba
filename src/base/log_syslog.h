/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's logger.  Not syslog(3), which waits for as long as the logger
 * does not read.
 */
#ifndef BASE_LOG_SYSLOG_H
#define BASE_LOG_SYSLOG_H

#include <sys/time.h>

/* Connects; -1 and errno if there is no logger. */
int	log_syslog_open(void);
void	log_syslog_close(void);

/*
 * Sends one message, with a priority of syslog(3), never waiting; connects
 * again if the logger is another one by now.  -1 and errno if it was not taken.
 */
int	log_syslog_send(int priority, const struct timeval *at,
	    const char *ident, long pid, const char *text);

#endif
