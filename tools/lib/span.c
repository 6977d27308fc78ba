/* SPDX-License-Identifier: Apache-2.0 */
/* See span.h. */
#include "span.h"

#include <stdlib.h>
#include <string.h>

int
span_parse(const char *text, uint64_t min_ns, uint64_t max_ns, uint64_t *ns)
{
	static const struct {
		const char	*unit;
		double		 ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
	    { "m", 60e9 }, { "h", 3600e9 } };
	char *end;
	double n = strtod(text, &end);
	size_t i;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0)
			break;
	if (i == sizeof(units) / sizeof(units[0]))
		return -1;
	n *= units[i].ns;
	if (!(n >= (double)min_ns && n <= (double)max_ns))
		return -1;
	*ns = (uint64_t)n;
	return 0;
}
