/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in digits, where printf() would be most of the work.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdint.h>

#define DECIMAL_MAX	20	/* digits of 64 bits */

/* Writes n so that it ends before end; where it begins. */
static inline char *
decimal_put(char *end, uint64_t n)
{
	do
		*--end = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return end;
}

/* The same with a sign, which takes a byte more. */
static inline char *
decimal_put_signed(char *end, int64_t v)
{
	char *p = decimal_put(end, v < 0 ? -(uint64_t)v : (uint64_t)v);

	if (v < 0)
		*--p = '-';
	return p;
}

#endif
