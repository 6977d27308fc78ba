/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of which each counts one reason for the same thing: why connections
 * were closed, why workers died.  Which there are is told by the segment.
 */
#ifndef TOP_REASONS_H
#define TOP_REASONS_H

#include <thriftfork/stat.h>

#define MAX_REASONS	32

struct reason {
	char		 name[32];
	uint64_t	 n;
};

struct reasons {
	struct reason	 of[MAX_REASONS];
	unsigned	 n;
};

/* All that begin so, of all lanes; a name is what stands behind that. */
void	 reasons_read(struct reasons *, const struct tf_stat *,
	    enum tf_stat_level, const char *prefix);

/* What has been counted since an earlier look, NULL: since ever. */
void	 reasons_since(struct reasons *now, const struct reasons *before);

uint64_t reasons_sum(const struct reasons *);

#endif
