/* SPDX-License-Identifier: Apache-2.0 */
/* Strict readers: the whole text must be understood, and must fit. */
#include "base/parse.h"

#include <stddef.h>
#include <string.h>

struct unit {
	const char	*name;
	uint64_t	 factor;
};

static const struct unit sizes[] = {
	{ "", 1 }, { "K", 1024 }, { "M", 1024 * 1024 },
	{ "G", 1024 * 1024 * 1024 }, { NULL, 0 }
};

static const struct unit times[] = {
	{ "us", 1000 }, { "ms", 1000000 }, { "s", UINT64_C(1000000000) },
	{ "m", UINT64_C(60000000000) }, { "h", UINT64_C(3600000000000) },
	{ "d", UINT64_C(86400000000000) }, { NULL, 0 }
};

static int
parse(const char *text, const struct unit *units, uint64_t *out)
{
	const char *p = text;
	uint64_t n = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return -1;
	if (p == text)
		return -1;
	for (; units->name != NULL; units++)
		if (strcmp(p, units->name) == 0) {
			if (__builtin_mul_overflow(n, units->factor, &n))
				return -1;
			*out = n;
			return 0;
		}
	return -1;
}

int
parse_size(const char *text, uint64_t *bytes)
{
	return parse(text, sizes, bytes);
}

int
parse_time(const char *text, uint64_t *ns)
{
	if (strcmp(text, "off") == 0 || strcmp(text, "0") == 0) {
		*ns = 0;
		return 0;
	}
	return parse(text, times, ns);
}
