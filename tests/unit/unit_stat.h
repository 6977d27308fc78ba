/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments for tests of their readers: one with two workers, one of them in a
 * call, and a death; or an empty one.
 */
#ifndef TESTS_UNIT_STAT_H
#define TESTS_UNIT_STAT_H

#include <thriftfork/stat.h>

#include "shm/segment.h"

#define STAT_METHODS	4		/* room for so many */

extern struct segment *seg;		/* between the two */
extern struct lane *busy;		/* the second worker's */

void	 stat_setup(void);
void	 stat_teardown(void);

/* seg becomes an empty one of these sizes, of which this is a reader. */
struct tf_stat *stat_empty(const struct segment_sizes *);

/* Of a descriptor that is a segment. */
struct tf_stat *open_ok(int fd);
/* Of a counter that is there. */
uint64_t value(const struct tf_stat *, enum tf_stat_level, const char *name,
	    int method, int lane);
/* What people or programs are shown; to be freed. */
char	*printed(const struct tf_stat *, bool json);

#endif
