/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a line of the log looks like, as text or as one JSON object.  Pure: no
 * clock, no descriptor.  A line ends in a newline and has no other; control
 * characters are escaped; what does not fit is cut where a character ends.
 */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stddef.h>
#include <sys/time.h>

#define LOG_LINE	4096		/* what a pipe takes in one piece */

struct log_entry {
	struct timeval	 at;
	const char	*instance, *role, *level;
	long		 pid;
	const char	*text;
	const char	*reason;	/* of errno; NULL: none */
};

/* "2026-11-21T02:14:27.361Z"; of the years 1000 to 9999. */
#define LOG_TIME	25
void	log_line_time(char text[LOG_TIME], time_t second, unsigned ms);
void	log_line_ms(char text[LOG_TIME], unsigned ms);	/* others of it */

/* Both return the length, newline included; there is no NUL behind it. */
size_t	log_line_text(const struct log_entry *, char line[LOG_LINE]);
size_t	log_line_json(const struct log_entry *, char line[LOG_LINE]);

/* "role level: text: reason", with a NUL and no newline, for syslog(3). */
void	log_line_bare(const struct log_entry *, char line[LOG_LINE]);

#endif
