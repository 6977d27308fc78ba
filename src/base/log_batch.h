/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that are gathered and written together, to a file with one write(2),
 * which appends: lines of several processes do not mix.  A pipe, a terminal or
 * a socket gets pieces that it takes as a whole, and nobody waits for its
 * reader.  What finds no room is lost, and counted, so that a notice can stand
 * before the next line that does.
 */
#ifndef BASE_LOG_BATCH_H
#define BASE_LOG_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log_line.h"

#define LOG_BATCH	(64 * 1024)

struct log_batch {
	int		 fd;		/* the caller's */
	bool		 is_file;
	bool		 torn;		/* the end of a line is missing there */
	char		*bytes;		/* a newline, for that, and lines */
	size_t		 len;		/* of these */
	size_t		 notice;	/* of which the notice has so many */
	uint64_t	 lost;		/* lines, of which nobody was told */
};

int	log_batch_init(struct log_batch *, int fd);	/* -1 and errno */
void	log_batch_fini(struct log_batch *);	/* what it holds is lost */

/* Its descriptor is open to another place now. */
void	log_batch_renew(struct log_batch *);

/* Whether there is no room for another line. */
static inline bool
log_batch_is_full(const struct log_batch *b)
{
	return LOG_BATCH - b->len < LOG_LINE;
}

/* Where LOG_LINE bytes may be put, if it is not full; then: so many were. */
static inline char *
log_batch_end(struct log_batch *b)
{
	return b->bytes + 1 + b->len;
}

static inline void
log_batch_add(struct log_batch *b, size_t n)
{
	b->len += n;
}

/*
 * How many lines are missing where the next one will stand, which is a notice
 * that says so, and is added with log_batch_tell(); 0: none.
 */
static inline uint64_t
log_batch_misses(const struct log_batch *b)
{
	return b->len == 0 ? b->lost : 0;
}

static inline void
log_batch_tell(struct log_batch *b, size_t n)
{
	b->len = b->notice = n;
}

/*
 * Writes what there is; how many lines were lost, the notice not counted, and
 * errno says why.  It is empty then.
 */
uint64_t log_batch_flush(struct log_batch *);

#endif
