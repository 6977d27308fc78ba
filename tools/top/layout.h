/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view as lines of text, printable ASCII only, which the screen and -1 have
 * in common.  No line is longer than the width that is asked for.
 */
#ifndef TOP_LAYOUT_H
#define TOP_LAYOUT_H

#include "model.h"

#define LAYOUT_WIDTH	512		/* the longest line, with its NUL */
#define HEAD_LINES	4

/*
 * Which, of HEAD_LINES: the instance, what it does, times and addresses, who
 * did not get in, died or was closed.
 */
void	 layout_head(const struct view *, enum period, unsigned number,
	    unsigned width, char line[LAYOUT_WIDTH]);

/* The titles of a table; the one that it is sorted by has a sign. */
void	 layout_titles(const struct model *, enum table, unsigned width,
	    char line[LAYOUT_WIDTH]);

/* A row by its place in the order, with a sign if it is the marked one. */
void	 layout_row(const struct model *, const struct view *, enum table,
	    unsigned place, unsigned width, char line[LAYOUT_WIDTH]);

/* One worker: what it is, how many calls it is in, and one of them. */
void	 layout_worker(const struct worker_row *, unsigned width,
	    char line[LAYOUT_WIDTH]);
void	 layout_calls(const struct view *, const struct worker_row *,
	    unsigned width, char line[LAYOUT_WIDTH]);
void	 layout_call(const struct view *, unsigned number, unsigned width,
	    char line[LAYOUT_WIDTH]);

#endif
