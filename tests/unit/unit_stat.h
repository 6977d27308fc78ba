/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment for tests of its reader: two workers, one of them in a call, and a
 * death.
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

/* Of a descriptor that is a segment. */
struct tf_stat *open_ok(int fd);
/* Of a counter that is there. */
uint64_t value(const struct tf_stat *, enum tf_stat_level, const char *name,
	    int method, int lane);

#endif
