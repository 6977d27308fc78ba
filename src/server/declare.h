/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What setup() has declared to share: a list in its order, which the preflight
 * reports and a worker binds to the segment by name.  Until then, and after
 * it, a counter counts into the handle itself, so no handle ever points
 * nowhere; a histogram, which would not fit, counts nothing.  In a process
 * without workers locks stay there, too: nobody else has them, and a thread may
 * hold one for longer than there is a segment.
 */
#ifndef SERVER_DECLARE_H
#define SERVER_DECLARE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/queue.h>

#include <thriftfork/shared.h>

#include "shm/own.h"

struct declared {
	STAILQ_ENTRY(declared) next;
	enum segment_own_kind kind;
	char		 name[SEGMENT_OWN];
	char		 unit[SEGMENT_UNIT];
	char		 help[128];
	uint64_t	*cell;		/* &spare while it is not bound */
	uint64_t	 spare;
	struct lane_own	*own;		/* NULL while it is not bound */
	unsigned	 number;	/* in it, of a histogram */
	pthread_mutex_t	*mutex;		/* &alone while it is not bound */
	pthread_mutex_t	 alone;
};

/* What users have: the same by other names. */
struct tf_counter	{ struct declared d; };
struct tf_gauge		{ struct declared d; };
struct tf_histogram	{ struct declared d; };
struct tf_lock		{ struct declared d; };

struct declarations {
	STAILQ_HEAD(, declared) list;
	bool		 closed;	/* it is bound: too late for others */
	char		 why[200];	/* one was refused; "": none */
};

void	declarations_init(struct declarations *);
void	declarations_fini(struct declarations *);

/*
 * The same one if it is declared already; NULL with a reason, which is kept in
 * why as well.  The unit is as own_add() wants it.
 */
struct declared *declare(struct declarations *, enum segment_own_kind,
	    const char *name, const char *unit, const char *help);

/*
 * Binds all of them to the lane and the locks of the segment; entered in its
 * directory before, if this is the only process.  -1 with a reason: the
 * directory does not have one, or has no room.
 */
int	declarations_bind(struct declarations *, struct segment *,
	    struct lane *, char *why, size_t why_size);
int	declarations_bind_alone(struct declarations *, struct segment *,
	    struct lane *, char *why, size_t why_size);

/* Before the segment goes away. */
void	declarations_release(struct declarations *);

#endif
