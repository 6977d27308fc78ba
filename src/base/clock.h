/* SPDX-License-Identifier: Apache-2.0 */
/* The one clock of the library: CLOCK_MONOTONIC, in nanoseconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S	UINT64_C(1000000000)
#define NS_PER_MS	UINT64_C(1000000)

static inline uint64_t
clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* As late as can be said, if it is later than that. */
static inline uint64_t
clock_after(uint64_t now_ns, uint64_t ns)
{
	return now_ns > UINT64_MAX - ns ? UINT64_MAX : now_ns + ns;
}

#endif
