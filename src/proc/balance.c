/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See balance.h.  The end is known beforehand: total / n each, and one more
 * for total % n of them, who are best chosen among those that have more anyway.
 */
#include "proc/balance.h"

#define AT_ONCE		64	/* from one worker */

void
balance(const unsigned *load, unsigned n, unsigned *shed)
{
	unsigned long total = 0;
	unsigned share, rest;

	for (unsigned i = 0; i < n; i++)
		total += load[i];
	share = n == 0 ? 0 : (unsigned)(total / n);
	rest = n == 0 ? 0 : (unsigned)(total % n);
	for (unsigned i = 0; i < n; i++) {
		unsigned keep = share;

		if (load[i] > share && rest > 0) {
			keep++;
			rest--;
		}
		shed[i] = load[i] > keep ? load[i] - keep : 0;
		if (shed[i] > AT_ONCE)
			shed[i] = AT_ONCE;
	}
}
