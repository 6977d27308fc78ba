/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is looked at: the counters of a server, and whether its master is there.
 * Under a master they have been passed by it, and it outlives us; else they are
 * those of an instance that has been found, and may be lost and found again.
 */
#ifndef ADMIN_VIEW_H
#define ADMIN_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "recent.h"
#include "source.h"

struct view {
	struct source	 source;
	bool		 gone;		/* source.why tells why */
	uint64_t	 again_ms;	/* then look for it again */
	struct history	*history;
	struct recent	*recent;
};

/* An instance of this name, or path, or NULL; fd of a segment unless -1. */
int	 view_open(struct view *, const char *name, int fd);
void	 view_close(struct view *);

/* Brings it up to date: before every answer, and now and then. */
void	 view_look(struct view *);

/* The same, and notes for the history how things are: once a second. */
void	 view_note(struct view *);

/* CLOCK_MONOTONIC. */
uint64_t view_now_ms(void);

#endif
