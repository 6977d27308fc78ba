/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of a server is free, as who balances load wants it: a share of the
 * workers that there should be, each less the part of its time in which it was
 * busy of late.
 */
#ifndef ADMIN_CAPACITY_H
#define ADMIN_CAPACITY_H

#include <stdint.h>

#include <thriftfork/stat.h>

#define CAPACITY_LOOK_MS	100	/* look so often */
#define CAPACITY_LINE		64	/* bytes of a line */

struct capacity;

/* Without memory the program ends. */
struct capacity *capacity_new(void);
void	 capacity_free(struct capacity *);

/* Notes who is busy at the moment. */
void	 capacity_look(struct capacity *, const struct tf_stat *,
	    uint64_t now_ms);

/* Percent, 0 only if nobody serves. */
unsigned capacity_free_percent(const struct capacity *,
	    const struct tf_stat *);

/*
 * The word to HAProxy, which ends with a newline: all of what it is to do, for
 * what an earlier word has done only another one undoes.
 */
void	 capacity_line(const struct capacity *, const struct tf_stat *,
	    char line[CAPACITY_LINE]);

#endif
