/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying and comparing what is short, as most texts are, in less time than it
 * takes to call memcpy() and memcmp().
 */
#ifndef BASE_SHORT_H
#define BASE_SHORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define COPY_SHORT	64	/* up to this length */

/*
 * Copies n bytes, up to COPY_SHORT, as halves that may overlap.  What is most
 * frequent takes no jump.
 */
static inline __attribute__((always_inline)) uint8_t *
copy_short(uint8_t *p, const void *data, size_t n)
{
	const uint8_t *s = data;

	if (__builtin_expect(n - 8 <= 8, 1)) {
		memcpy(p, s, 8);
		memcpy(p + n - 8, s + n - 8, 8);
	} else if (n > 16) {
		memcpy(p, s, 16);
		memcpy(p + n - 16, s + n - 16, 16);
		if (n > 32) {
			memcpy(p + 16, s + 16, 16);
			memcpy(p + n - 32, s + n - 32, 16);
		}
	} else if (n >= 4) {
		memcpy(p, s, 4);
		memcpy(p + n - 4, s + n - 4, 4);
	} else if (n > 0) {
		p[0] = s[0];
		p[n / 2] = s[n / 2];
		p[n - 1] = s[n - 1];
	}
	return p + n;
}

/* Whether n bytes are the same; without a call if they are 4 to 16. */
static inline bool
equal_short(const void *a, const void *b, size_t n)
{
	const uint8_t *s = a, *t = b;
	uint64_t x[2], y[2];
	uint32_t v[2], w[2];

	if (n - 8 <= 8) {
		memcpy(&x[0], s, 8);
		memcpy(&x[1], s + n - 8, 8);
		memcpy(&y[0], t, 8);
		memcpy(&y[1], t + n - 8, 8);
		return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
	}
	if (n - 4 < 4) {
		memcpy(&v[0], s, 4);
		memcpy(&v[1], s + n - 4, 4);
		memcpy(&w[0], t, 4);
		memcpy(&w[1], t + n - 4, 4);
		return ((v[0] ^ w[0]) | (v[1] ^ w[1])) == 0;
	}
	return memcmp(a, b, n) == 0;
}

#endif
