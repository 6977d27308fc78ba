/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the segment lies in memory.  It says of itself where everything is, so
 * that a reader of another version finds what it knows and passes over the
 * rest.  Two rules keep that true: a record only ever grows at its end (the
 * head by head_size, the others by their area's stride), and where something
 * changes its meaning SEGMENT_VERSION goes up and old readers refuse.
 *
 *	head | slots | lane table | deaths | methods | counters | own |
 *	server | listeners | locks | lanes
 *
 * All but locks and lanes is written by the master alone, the lane table with
 * it: there, beside the slot and process of each lane, stand the MASTER words
 * of counters.def.  Where things lie is told in bytes from the start, never in
 * pointers.  No cache line is written by two processes, other than locks that
 * they share, and none but its lane is looked at by a worker for a call.
 */
#ifndef SHM_LAYOUT_H
#define SHM_LAYOUT_H

#include <stdint.h>

#include "shm/lane.h"

#define SEGMENT_MAGIC	UINT64_C(0x31746c6e61664854)
#define SEGMENT_VERSION	1

#define SEGMENT_NAME	64		/* bytes of texts, NUL included */
#define SEGMENT_LISTEN	256
#define SEGMENT_STATE	16
#define SEGMENT_DEATH	232
#define SEGMENT_METHOD	128
#define SEGMENT_DEATHS	16		/* entries in the ring */
#define SEGMENT_ADDRESS	128
#define SEGMENT_LISTENERS 64
#define SEGMENT_OWN	64
#define SEGMENT_UNIT	16
#define SEGMENT_LOCKS	64
#define SEGMENT_LOCK	64		/* bytes of one: a cache line */

struct segment_area {
	uint64_t	 offset, stride, count;
};

/* One record under the head's master_seq. */
struct segment_master {
	int32_t		 pid;
	uint32_t	 generation, workers;
	uint32_t	 stops;			/* 1: it does, or is about to */
	uint64_t	 started_ns;		/* CLOCK_MONOTONIC */
	uint64_t	 started_at_ns;		/* CLOCK_REALTIME */
};

struct segment_head {
	uint64_t	 magic;
	uint32_t	 version, head_size;
	uint64_t	 size;			/* of all */
	struct segment_area slots, lane_table, deaths, methods, counters,
	    lanes;
	/* Within a lane; method_table and hists in as many as methods. */
	struct segment_area method_table, hists;
	uint64_t	 call_offset, busy_offset;
	uint64_t	 hist_bits, hist_buckets;
	char		 name[SEGMENT_NAME];
	char		 library[32];		/* the version that wrote it */
	uint64_t	 methods_published;
	uint64_t	 deaths_published;	/* since ever */
	uint64_t	 master_seq;
	struct segment_master master;
	char		 listen[SEGMENT_LISTEN];	/* addresses, one space
							   between */
	/* Heads of earlier builds end here. */
	struct segment_area own, locks;
	struct segment_area cells;		/* within a lane */
	uint64_t	 own_published;
	struct segment_area threads;		/* within a lane: records */
	uint64_t	 threads_offset;	/* how many are in use */
	struct segment_area server;		/* words */
	struct segment_area listeners;
	/*
	 * Within a lane, for each of the user's own histograms: what so many
	 * writers have counted, struct lane_tally and buckets of each.
	 */
	struct segment_area own_tallies, own_counts;
	uint64_t	 own_writers;
};
#define SEGMENT_HEAD_LEAST	offsetof(struct segment_head, own)

/* The words after seq are one record, here and below. */
struct segment_slot {
	uint64_t	 seq;
	char		 state[SEGMENT_STATE];
	int32_t		 lane, pid;		/* -1 and 0: none */
	uint32_t	 restarts, zero;
};

struct segment_lane {
	uint64_t	 seq;
	int32_t		 slot, pid;		/* -1: free; 0: not yet */
	uint32_t	 generation;
	uint32_t	 uses;			/* processes that have had it */
	uint64_t	 started_ns;		/* CLOCK_MONOTONIC */
	uint64_t	 calls_before;		/* ended by those before */
	/* Not under seq. */
	uint64_t	 count[MASTER_COUNTERS];
};

/* An address, and who waits there to be accepted. */
struct segment_listener {
	uint64_t	 seq;
	char		 address[SEGMENT_ADDRESS];	/* "": none */
	char		 kind[8];
	uint32_t	 has;			/* what the kernel tells */
	uint32_t	 sockets;
	uint64_t	 queue, longest, limit, drops;
	uint64_t	 told;			/* of drops, by the sockets */
};
#define SEGMENT_HAS_QUEUE	1
#define SEGMENT_HAS_DROPS	2

struct segment_death {
	uint64_t	 seq;
	uint64_t	 serial;		/* the first is 1 */
	uint64_t	 at_ns;			/* CLOCK_REALTIME */
	char		 text[SEGMENT_DEATH];
};

/* Written once, before methods_published covers it. */
struct segment_method {
	char		 service[SEGMENT_METHOD], method[SEGMENT_METHOD];
};

enum segment_kind {
	SEGMENT_COUNTER,
	SEGMENT_GAUGE,
	SEGMENT_MAXIMUM,
	SEGMENT_HISTOGRAM
};

enum segment_place {
	SEGMENT_IN_LANE,			/* offset in the lane */
	SEGMENT_IN_TABLE,			/* in its lane table entry */
	SEGMENT_IN_METHOD,			/* in its method's entry */
	SEGMENT_IN_SERVER			/* among the server's words */
};

/*
 * A histogram is hist_buckets words.  Its offset is in the lane, also that of
 * methods, which have them one after the other.  It is empty, and its pages
 * may not be there, as long as the word is 0 that stands at many: in its
 * method's entry, or in the lane.
 */
struct segment_counter {
	char		 name[32], unit[16], help[128];
	uint32_t	 kind, place, offset, many;
};

/*
 * What setup() has declared; written once, before own_published covers it.
 * Who does not know a kind passes over it.
 */
enum segment_own_kind {
	SEGMENT_OWN_COUNTER,			/* offset in the lane */
	SEGMENT_OWN_GAUGE,			/* the same */
	SEGMENT_OWN_LOCK,			/* offset from the start */
	SEGMENT_OWN_HISTOGRAM			/* of its tallies, in the
						   lane */
};

struct segment_own {
	char		 name[SEGMENT_OWN], help[128];
	uint32_t	 kind, zero;
	uint64_t	 offset;
	/* Those of earlier builds end here. */
	char		 unit[SEGMENT_UNIT];	/* of a histogram */
};
#define SEGMENT_OWN_LEAST	offsetof(struct segment_own, unit)
#define SEGMENT_OWN_MAX		(LANE_CELLS + SEGMENT_LOCKS + LANE_OWN_HISTS)

#define SEGMENT_LANE_RECORD						\
	((offsetof(struct segment_lane, count) -			\
	    offsetof(struct segment_lane, slot)) / sizeof(uint64_t))

_Static_assert(sizeof(struct segment_area) == 24, "layout");
_Static_assert(sizeof(struct segment_master) == 32, "layout");
_Static_assert(offsetof(struct segment_head, slots) == 24, "layout");
_Static_assert(offsetof(struct segment_head, call_offset) == 216, "layout");
_Static_assert(offsetof(struct segment_head, name) == 248, "layout");
_Static_assert(SEGMENT_HEAD_LEAST == 656, "layout");
_Static_assert(offsetof(struct segment_head, server) == 768, "layout");
_Static_assert(sizeof(struct segment_slot) == 40, "layout");
_Static_assert(offsetof(struct segment_lane, count) == 40, "layout");
_Static_assert(sizeof(struct segment_lane) % 8 == 0, "layout");
_Static_assert(sizeof(struct segment_listener) == 192, "layout");
_Static_assert(sizeof(struct segment_death) == 256, "layout");
_Static_assert(sizeof(struct segment_method) == 256, "layout");
_Static_assert(sizeof(struct segment_counter) == 192, "layout");
_Static_assert(SEGMENT_OWN_LEAST == 208, "layout");
_Static_assert(sizeof(struct lane_tally) == 64, "layout");
_Static_assert(sizeof(struct segment_own) == 224, "layout");
_Static_assert(sizeof(struct lane_call) == 72, "layout");
_Static_assert(sizeof(struct lane_thread) == 128, "layout");

#endif
