/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a process: a line is one write(2) to one descriptor, control
 * characters are escaped, errno is kept.  log_warn() and log_error() append
 * the text of errno, their x forms do not.  Nothing here waits for a reader:
 * a line that finds no room is lost, and the next one that is taken comes
 * after another that says how many were.  For any thread, but not for signal
 * handlers.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_L_FATAL = -1, LOG_L_ERROR, LOG_L_WARN, LOG_L_INFO, LOG_L_DEBUG
};

/* Standard error at level info, as text, until told otherwise. */
void	log_set_level(enum log_level);
void	log_set_json(bool);

/*
 * Who speaks: the instance ("calc") and the role ("master", "worker 3").  Both
 * are copied.  From then on what fatal() says is a line of the log, whatever
 * the level, and goes to standard error as well.
 */
void	log_set_name(const char *instance, const char *role);

/*
 * Where lines go from now on: "stderr", "syslog", or the path of a file, which
 * is appended to.  -1 and errno if it cannot be opened or has no room for a
 * line; then nothing changes.  log_close() goes back to standard error.
 */
int	log_open(const char *target);
void	log_close(void);

/*
 * For rotation: log_reopen() opens the file by its name again; log_fd() is its
 * descriptor, -1 if the log is no file; log_adopt() is for a process that may
 * not open it, and takes over a descriptor that it was sent.  Until then lines
 * go to the old file; none is lost.
 */
int	log_reopen(void);
int	log_fd(void);
void	log_adopt(int fd);

/*
 * Errors and warnings are written to standard error as well: while somebody
 * still waits there to see whether the server starts.
 */
void	log_set_echo(bool);

/* Standard error becomes the log file, or /dev/null if the log is no file. */
void	log_take_stderr(void);

#define LOG_PRINTF	__attribute__((format(printf, 1, 2)))
void	log_error(const char *fmt, ...) LOG_PRINTF;
void	log_errorx(const char *fmt, ...) LOG_PRINTF;
void	log_warn(const char *fmt, ...) LOG_PRINTF;
void	log_warnx(const char *fmt, ...) LOG_PRINTF;
void	log_info(const char *fmt, ...) LOG_PRINTF;
void	log_debug(const char *fmt, ...) LOG_PRINTF;

/*
 * At most one line a second for a kind of event that strangers can cause:
 * whether this one may be logged, and how many before it were not.
 */
struct log_rate {
	uint64_t	 last_ns;
	unsigned	 skipped;
};
bool	log_rate_ok(struct log_rate *, unsigned *skipped);

#endif
