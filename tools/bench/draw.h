/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram in characters. */
#ifndef BENCH_DRAW_H
#define BENCH_DRAW_H

#include <stdio.h>

#include <thriftfork/stat.h>

#define DRAW_ROWS	20

/*
 * At most DRAW_ROWS rows, of which the first and the last have something in
 * them: the least time of a row, how many there are, their share and that of
 * all rows before, a bar.  Nothing if nothing was counted.
 */
void	 draw_times(const struct tf_stat_times *, FILE *, unsigned columns);

#endif
