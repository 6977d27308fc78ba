/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of struct segment, for the files that implement segment.h.  Where
 * things are (at), which slot has which lane, and how many methods there are
 * stands here in the heap: no page that a worker might reach is read to decide.
 */
#ifndef SHM_SEGMENT_BODY_H
#define SHM_SEGMENT_BODY_H

#include "base/bug.h"
#include "shm/layout.h"
#include "shm/own.h"
#include "shm/segment.h"

struct lane_state {
	int		 slot;		/* -1: free */
	int		 last_slot;
	bool		 ended;		/* its process; free when nothing is
					   undecided any more */
	unsigned	 undecided;	/* connections */
	uint64_t	 moved_before;	/* by earlier processes, out */
	uint64_t	 moved_in_before;
	struct lane	*self;		/* for whoever serves in-process */
};

struct segment {
	char		*map;
	struct lane	*lane;		/* a worker's own */
	struct lane_state *lanes;
	int		 fd;		/* -1 in a worker */
	int		 read_fd;
	unsigned	 first_lane;	/* of those that may be taken */
	unsigned	 nlanes;
	unsigned	 methods;	/* in the directory */
	struct own	 own;
	char		*locks;		/* a worker's; for writing */
	struct segment_head at;		/* where things are */
};

/* An entry of an area; an index that is out of range is a bug. */
static inline void *
segment_entry(const struct segment *s, const struct segment_area *a, unsigned i)
{
	BUG_ON(i >= a->count);
	return s->map + a->offset + i * a->stride;
}

static inline struct segment_head *
segment_head(const struct segment *s)
{
	return (struct segment_head *)(void *)s->map;
}

static inline struct lane *
segment_lane_at(const struct segment *s, unsigned lane)
{
	return segment_entry(s, &s->at.lanes, lane);
}

static inline struct segment_lane *
segment_table_at(const struct segment *s, unsigned lane)
{
	return segment_entry(s, &s->at.lane_table, lane);
}

/*
 * segment_call.c: its process is dead.  What it had in flight is told each
 * method, and it is in none; how many records it left half written.
 */
unsigned segment_calls_end(struct segment *, unsigned lane);

/* segment.c: a descriptor of the same memory that can only be read. */
int	segment_reopen(int fd);
int	segment_lanes_new(struct segment *);	/* all free; -1 and errno */

#endif
