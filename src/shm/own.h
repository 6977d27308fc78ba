/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What setup() declares that all workers have in common: counters, gauges,
 * histograms and locks, by name.  The master appends a name to a directory in
 * the segment, once and for all; from then on a counter or gauge is one word in
 * each lane, a histogram many, a lock is a mutex among the locks.  Workers find
 * theirs by name, so a name is the same thing for every generation and every
 * master, as long as the segment lives.  The names are a stranger's: whatever
 * is declared is checked here.
 */
#ifndef SHM_OWN_H
#define SHM_OWN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shm/layout.h"

struct segment;

/* What the master knows of the directory, in its own memory. */
struct own {
	uint8_t		 kinds[SEGMENT_OWN_MAX];
	unsigned	 n, cells, locks, histograms;
};

/*
 * Whether these are texts for the directory: a name is a letter or _, then
 * letters, digits and _, at most 63; help is at most 127 bytes without control
 * characters.  NULL, or what is wrong.
 */
const char *own_wrong(const char *name, const char *help);

/*
 * The same of what a histogram counts: letters and digits, at most 15, and no
 * word that stands behind a name to say what of it is meant.
 */
const char *own_unit_wrong(const char *unit);

/* "counter" and so on; NULL for what is no kind. */
const char *own_kind_name(unsigned kind);

/*
 * The master: enters it, if it is not there.  0; -1 with a reason if there is
 * no room, if the name is another kind's or unit's already, or if own_wrong()
 * says so.  The unit is a histogram's alone, else "".
 */
int	 own_add(struct segment *, enum segment_own_kind, const char *name,
	    const char *unit, const char *help, char *why, size_t why_size);

/* The master: gauges of a lane whose process is dead are 0. */
void	 own_clear_gauges(struct segment *, unsigned lane);

/* Whether any lock has been declared since the segment was made. */
bool	 own_has_locks(const struct segment *);

/*
 * Learns what another master has entered: when a segment is adopted, and before
 * anything is entered.  -1 if it makes no sense.
 */
int	 own_take_over(struct segment *);

/*
 * A worker, once it has attached: the word in its lane, or NULL if there is no
 * such counter or gauge.
 */
uint64_t *own_cell(const struct segment *, struct lane *,
	    enum segment_own_kind, const char *name);

/* The same of a histogram: its number among those of the lane, or -1. */
int	 own_histogram(const struct segment *, const char *name);
struct lane_own *own_of_lane(const struct segment *, struct lane *);

/*
 * Who writes which part of a lane's own histograms.  The loop has one and so
 * have the first threads, which nobody else writes; the last is for all other
 * threads there are, as each is from the start.  own_record() counts for the
 * calling thread: with plain additions, but for the last.
 */
#define OWN_LOOP	0
#define OWN_THREAD	1		/* the first */
#define OWN_OTHERS	(LANE_OWN_WRITERS - 1)
void	 own_writer(unsigned which);	/* or more: OWN_OTHERS */
void	 own_record(struct lane_own *, unsigned number, uint64_t value);

/* The lock that all share, or NULL. */
pthread_mutex_t *own_lock(const struct segment *, const char *name);

#endif
