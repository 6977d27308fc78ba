/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in few characters, as people compare them. */
#ifndef TOOLS_CELL_H
#define TOOLS_CELL_H

#include <stdint.h>

struct cell {
	char		 s[32];
};

/* "0", "0.25", "45.6", "1234", and "1.23M" where width does not hold it. */
struct cell cell_number(double, unsigned width);

/* How long a call takes: "870ns", "14.3us", "2.05s". */
struct cell cell_time(double ns);

/* How long something has been there, the two largest units: "1h07m". */
struct cell cell_age(double ns);

#endif
