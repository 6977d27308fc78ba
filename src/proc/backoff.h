/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to wait until what has died is started again: the more often it has
 * died in a row, the longer, for the reason may be one that stays.
 */
#ifndef PROC_BACKOFF_H
#define PROC_BACKOFF_H

#include <stdint.h>

#include "base/clock.h"

#define HEALTHY_NS	(1 * NS_PER_S)	/* a life that forgives deaths */
#define BACKOFF_MIN_NS	(100 * NS_PER_MS)
#define BACKOFF_MAX_NS	(30 * NS_PER_S)

static inline uint64_t
backoff_ns(unsigned failures)
{
	uint64_t ns;

	if (failures == 0)
		return 0;
	ns = BACKOFF_MIN_NS << (failures < 16 ? failures - 1 : 15);
	return ns < BACKOFF_MAX_NS ? ns : BACKOFF_MAX_NS;
}

#endif
