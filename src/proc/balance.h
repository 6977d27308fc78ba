/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Even load: connections are long-lived in this trade, and however well new
 * ones are spread, what matters is what has stayed where.  Pure arithmetic.
 */
#ifndef PROC_BALANCE_H
#define PROC_BALANCE_H

#define BALANCE_MAX	1024	/* workers */

/*
 * How many connections each of n workers shall give away, given how many it
 * has, so that none has two more than another in the end; not more than a few
 * at once.
 */
void	balance(const unsigned *load, unsigned n, unsigned *shed);

#endif
