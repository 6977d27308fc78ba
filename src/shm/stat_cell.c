/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in few characters, and what anybody may have written. */
#include "shm/stat_text.h"

#include <inttypes.h>

#include "base/clock.h"

struct stat_cell
stat_cell_count(uint64_t n)
{
	static const char units[] = "MGTPE";
	struct stat_cell c;
	unsigned u = 0;

	if (n < UINT64_C(10000000)) {
		snprintf(c.s, sizeof(c.s), "%" PRIu64, n);
		return c;
	}
	for (n /= 1000; n >= UINT64_C(1000000); u++)
		n /= 1000;
	snprintf(c.s, sizeof(c.s), "%" PRIu64 ".%02u%c", n / 1000,
	    (unsigned)(n % 1000 / 10), units[u]);
	return c;
}

struct stat_cell
stat_cell_uptime(uint64_t ns)
{
	uint64_t s = ns / NS_PER_S;
	struct stat_cell c;

	if (s < 60)
		snprintf(c.s, sizeof(c.s), "%us", (unsigned)s);
	else if (s < 3600)
		snprintf(c.s, sizeof(c.s), "%um%02us", (unsigned)(s / 60),
		    (unsigned)(s % 60));
	else if (s < 86400)
		snprintf(c.s, sizeof(c.s), "%uh%02um", (unsigned)(s / 3600),
		    (unsigned)(s / 60 % 60));
	else
		snprintf(c.s, sizeof(c.s), "%" PRIu64 "d%02uh", s / 86400,
		    (unsigned)(s / 3600 % 24));
	return c;
}

struct stat_cell
stat_cell_time(uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	uint64_t whole = ns, rest = 0;
	struct stat_cell c;
	unsigned u;

	if (ns >= 1000 * NS_PER_S)
		return stat_cell_uptime(ns);
	for (u = 0; u < 3 && whole >= 1000; u++) {
		rest = whole % 1000;
		whole /= 1000;
	}
	if (u == 0 || whole >= 100)
		snprintf(c.s, sizeof(c.s), "%" PRIu64 "%s", whole, units[u]);
	else if (whole >= 10)
		snprintf(c.s, sizeof(c.s), "%" PRIu64 ".%u%s", whole,
		    (unsigned)(rest / 100), units[u]);
	else
		snprintf(c.s, sizeof(c.s), "%" PRIu64 ".%02u%s", whole,
		    (unsigned)(rest / 10), units[u]);
	return c;
}

void
stat_put(FILE *f, const char *text)
{
	char line[1024];

	tf_stat_escape(text, line, sizeof(line));
	fputs(line, f);
}
