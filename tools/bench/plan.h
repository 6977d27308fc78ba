/* SPDX-License-Identifier: Apache-2.0 */
/* What the user wants to have measured. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "target.h"

struct plan {
	struct target	 target;
	const char	*framing;	/* for people: there is none in HTTP */
	unsigned	 conns, depth;
	double		 rate;		/* requests a second; 0: closed loop */
	uint64_t	 time_ns;	/* without the warm-up; 0: no end */
	uint64_t	 warmup_ns;
	uint64_t	 timeout_ns;	/* of a request; 0: none */
	uint64_t	 limit;		/* requests, with the warm-up's; 0 */
	bool		 check, json;
};

#endif
