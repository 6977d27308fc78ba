/* SPDX-License-Identifier: Apache-2.0 */
/* See cell.h. */
#include "cell.h"

#include <stdio.h>
#include <string.h>

/* With as many decimals as make three digits; none of a whole number. */
static struct cell
three_digits(double n, const char *unit)
{
	struct cell c;
	int decimals = n < 9.995 ? 2 : n < 99.95 ? 1 : 0;

	snprintf(c.s, sizeof(c.s), "%.*f%s", decimals, n, unit);
	return c;
}

struct cell
cell_number(double n, unsigned width)
{
	static const char *const units[] = { "k", "M", "G", "T", "P", "E" };
	struct cell c;
	unsigned u;

	if (!(n > 0))
		return (struct cell){ "0" };
	if (n < 99.95 && n - (double)(uint64_t)n > 0)
		return three_digits(n, "");
	if (n < 1e18) {
		snprintf(c.s, sizeof(c.s), "%.0f", n);
		if (strlen(c.s) <= width)
			return c;
	}
	for (u = 0, n /= 1000; n >= 999.5 && u < 5; u++)
		n /= 1000;
	return three_digits(n, units[u]);
}

struct cell
cell_age(double ns)
{
	uint64_t s = (uint64_t)(ns / 1e9);
	struct cell c;

	if (s < 60)
		snprintf(c.s, sizeof(c.s), "%us", (unsigned)s);
	else if (s < 3600)
		snprintf(c.s, sizeof(c.s), "%um%02us", (unsigned)(s / 60),
		    (unsigned)(s % 60));
	else if (s < 86400)
		snprintf(c.s, sizeof(c.s), "%uh%02um", (unsigned)(s / 3600),
		    (unsigned)(s / 60 % 60));
	else
		snprintf(c.s, sizeof(c.s), "%ud%02uh", (unsigned)(s / 86400),
		    (unsigned)(s / 3600 % 24));
	return c;
}

struct cell
cell_time(double ns)
{
	static const char *const units[] = { "us", "ms", "s" };
	struct cell c;
	unsigned u;

	if (ns >= 999.5e9)
		return cell_age(ns);
	if (ns < 999.5) {
		snprintf(c.s, sizeof(c.s), "%.0fns", ns);
		return c;
	}
	for (u = 0, ns /= 1000; ns >= 999.5 && u < 2; u++)
		ns /= 1000;
	return three_digits(ns, units[u]);
}
