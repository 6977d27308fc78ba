/* SPDX-License-Identifier: Apache-2.0 */
/* Times that a user gives to a tool. */
#ifndef TOOLS_SPAN_H
#define TOOLS_SPAN_H

#include <stdint.h>

/* "500ms", "1s", "2.5s", "1m" in a range: 0, or -1. */
int	 span_parse(const char *, uint64_t min_ns, uint64_t max_ns,
	    uint64_t *ns);

#endif
