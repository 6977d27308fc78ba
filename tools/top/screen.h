/* SPDX-License-Identifier: Apache-2.0 */
/* The interactive mode: a terminal, keys, and a view that is made anew. */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include "model.h"
#include "source.h"

/*
 * The exit status.  Without a terminal that can be drawn on, or built without
 * ncurses, it says so and returns 1.
 */
int	 screen_run(struct source *, uint64_t interval_ns, enum period);

#endif
