/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying what is short, as most texts are, in less time than it takes to call
 * memcpy().
 */
#ifndef BASE_SHORT_H
#define BASE_SHORT_H

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

#endif
