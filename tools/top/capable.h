/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOP_CAPABLE_H
#define TOP_CAPABLE_H

/*
 * Whether the terminal that TERM names can be drawn on: 0, or -1 after a line
 * on standard error.
 */
int	 capable(void);

#endif
