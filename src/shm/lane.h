/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lane: the words that one process counts in, mapped by it alone for
 * writing.  Whoever reads maps the same pages.  A lane outlives its process and
 * is never reset: the next one counts on.
 *
 *	struct lane | counters of each method | time of each method |
 *	    cells | record of each thread | wait of each method | lag |
 *	    histograms of the user's own
 *
 * Time, wait and lag are histograms.  They stand apart because they are large:
 * a reader looks at those of called methods only, and the pages of the others,
 * and of those that no thread runs, are never made.  Cells are counters and
 * gauges of the user's own, see own.h.
 *
 * Who writes, without locks: each thread its own record, and its own part of
 * the user's histograms; any thread the cells, and the part for those who have
 * none of their own, both by atomic operations; and the loop thread alone all
 * else, so that a count is a load, an addition and a store.
 */
#ifndef SHM_LANE_H
#define SHM_LANE_H

#include <stdint.h>

#include "base/clock.h"
#include "base/hist.h"
#include "shm/counters.h"
#include "shm/word.h"

#define LANE_PEER	48	/* bytes of a peer's text, its NUL included */
#define LANE_NO_PEER	1	/* a key that is nobody's */
#define LANE_CELLS	256
#define LANE_THREADS	256	/* that have a record */
#define LANE_OWN_HISTS	16
#define LANE_OWN_WRITERS 17	/* that have a part of their own, see own.h */
#define LANE_OPEN_MAX	UINT32_MAX	/* more at once cannot be */
#define LANE_HIST	(HIST_BUCKETS * sizeof(uint64_t))	/* bytes */

/*
 * --disable-counters leaves the lane as it is, so that what counting costs can
 * be measured: no call is noted, nothing is counted, and no clock is read for
 * it.  The heartbeat goes on.
 */
#ifdef WITHOUT_COUNTERS
#define LANE_COUNTS	0
#else
#define LANE_COUNTS	1
#endif

/* The call that the loop thread is in; one record under seq. */
struct lane_call {
	uint64_t	 seq;
	uint64_t	 since_ns;		/* 0: in none */
	uint64_t	 what;			/* seqid << 32 | method */
	uint64_t	 peer[LANE_PEER / 8];
};

/* The same of a thread, in cache lines of its own. */
struct lane_thread {
	struct lane_call call;
	uint64_t	 zero[7];
};

/*
 * The user's own histograms.  Each writer has a part of its own of each, so
 * that none has to wait; what tells whether anything has been counted stands
 * apart, as buckets are many pages.
 */
struct lane_tally {
	uint64_t	 many, sum, max;
	uint64_t	 zero[5];	/* a cache line for each writer */
};
struct lane_own {
	struct lane_tally tally[LANE_OWN_HISTS][LANE_OWN_WRITERS];
	uint64_t	 count[LANE_OWN_HISTS][LANE_OWN_WRITERS][HIST_BUCKETS];
};

/* With room, so that its place is found with a shift. */
struct lane_method {
	union {
		uint64_t count[METHOD_COUNTERS];
		uint64_t room[32];
	};
};
_Static_assert(METHOD_COUNTERS <= 32, "twice the room, then");

/*
 * What its writer knows of a lane and nobody shares: right before the lane, in
 * a page of its own, so that whatever writes over the lane spoils numbers, and
 * does not send the writer elsewhere.
 */
struct lane_desk {
	_Alignas(64)
	uint64_t	 methods;		/* how many have room */
	struct lane_method *method;
	uint64_t	*hist;			/* of the first method */
	uint64_t	 hist_stride;		/* words, and no constant: one
						   multiplication then */
	struct lane_thread *thread;
	uintptr_t	 peer_key;		/* whose text call.peer is */
};

struct lane {
	uint64_t	 threads;		/* whose records are in use */
	uint64_t	 busy_since_ns;
	struct lane_call call;
	uint64_t	 count[COUNTERS];
	struct lane_method method[];
};

/* How a call ended, by the word that counts it. */
enum call_outcome {
	CALL_OK = METHOD_REPLIES,
	CALL_EXCEPTION = METHOD_EXCEPTIONS,	/* that the IDL declares */
	CALL_ONEWAY = METHOD_ONEWAYS,
	/* Any other error, which METHOD_ERRORS counts as well. */
	CALL_UNKNOWN = METHOD_ERRORS_UNKNOWN,
	CALL_UNREADABLE = METHOD_ERRORS_MESSAGE,
	CALL_BAD_ARGUMENTS = METHOD_ERRORS_ARGUMENTS,
	CALL_REFUSED = METHOD_ERRORS_REFUSED,
	CALL_EXPIRED = METHOD_ERRORS_EXPIRED,
	CALL_SHED = METHOD_ERRORS_SHED,
	CALL_TIMED_OUT = METHOD_ERRORS_TIMED_OUT,
	CALL_ABANDONED = METHOD_ERRORS_ABANDONED,
	CALL_ERROR = METHOD_ERRORS_FAILED,	/* the handler's */
	CALL_UNSENDABLE = METHOD_ERRORS_REPLY
};
#define CALL_FIRST_ERROR	CALL_UNKNOWN

/* Bytes of a lane with room for so many methods. */
static inline uint64_t
lane_hist_offset(unsigned methods)
{
	return (sizeof(struct lane) +
	    methods * sizeof(struct lane_method) + 63) & ~UINT64_C(63);
}

static inline uint64_t
lane_cells_offset(unsigned methods)
{
	return lane_hist_offset(methods) + (uint64_t)methods * LANE_HIST;
}

static inline uint64_t
lane_thread_offset(unsigned methods)
{
	return (lane_cells_offset(methods) + LANE_CELLS * sizeof(uint64_t) +
	    63) & ~UINT64_C(63);
}

/* Where such histograms begin; one after the other. */
static inline uint64_t
lane_method_hists_offset(enum method_hist which, unsigned methods)
{
	if (which == METHOD_HIST_TIME)
		return lane_hist_offset(methods);
	return lane_thread_offset(methods) +
	    LANE_THREADS * sizeof(struct lane_thread) +
	    ((uint64_t)which - 1) * methods * LANE_HIST;
}

static inline uint64_t
lane_worker_hist_offset(enum worker_hist which, unsigned methods)
{
	return lane_method_hists_offset(METHOD_HISTS, methods) +
	    which * LANE_HIST;
}

static inline uint64_t
lane_own_offset(unsigned methods)
{
	return lane_worker_hist_offset(WORKER_HISTS, methods);
}

static inline uint64_t
lane_size(unsigned methods)
{
	return lane_own_offset(methods) + sizeof(struct lane_own);
}

/*
 * What a process does first with its lane (segment_attach() does it), which has
 * a desk; methods is at least 1.  Counts are left as they are.
 */
void	 lane_init(struct lane *, unsigned methods);

static inline void
lane_add(struct lane *l, enum counter c, uint64_t n)
{
	if (LANE_COUNTS)
		word_add(&l->count[c], n);
}

/* For gauges. */
static inline void
lane_set(struct lane *l, enum counter c, uint64_t value)
{
	if (LANE_COUNTS)
		word_set(&l->count[c], value);
}

/* For maxima. */
static inline void
lane_max(struct lane *l, enum counter c, uint64_t value)
{
	if (LANE_COUNTS)
		word_max(&l->count[c], value);
}

static inline struct lane_desk *
lane_desk(struct lane *l)
{
	return (struct lane_desk *)(void *)l - 1;
}

/*
 * What methods are counted by: an index that has no room counts as method 0,
 * "other".
 */
static inline unsigned
lane_index(struct lane *l, unsigned method)
{
	return method < lane_desk(l)->methods ? method : 0;
}

static inline struct lane_method *
lane_method(struct lane *l, unsigned method)
{
	return &l->method[lane_index(l, method)];
}

static inline uint64_t *
lane_hist(struct lane *l, uint64_t index)
{
	return lane_desk(l)->hist + index * lane_desk(l)->hist_stride;
}

/*
 * The heartbeat: since when the loop has been busy without looking for events,
 * on CLOCK_MONOTONIC; 0 before it goes to wait.
 */
static inline void
lane_busy(struct lane *l, uint64_t now_ns)
{
	word_set(&l->busy_since_ns, now_ns);
}

/* The loop has woken up; the turn before this one took so long. */
void	 lane_turn(struct lane *, uint64_t lag_ns);

/*
 * Notes whose calls follow.  lane_call_begin() does it when it is given
 * another pointer than the last time, so the text at a pointer must stay the
 * same as long as it is used; before the memory is used for another peer, or
 * freed, lane_peer_gone() says so.  NULL is a peer without a text.
 */
void	 lane_peer(struct lane *, const char *peer);

static inline void
lane_peer_gone(struct lane *l, const char *peer)
{
	if (lane_desk(l)->peer_key == (uintptr_t)peer)
		lane_desk(l)->peer_key = LANE_NO_PEER;
}

/* A call of the peer that was noted last. */
static inline void
lane_call_note(struct lane *l, unsigned method, int32_t seqid,
    uint64_t now_ns)
{
	record_step(&l->call.seq);
	word_set(&l->call.since_ns, now_ns);
	word_set(&l->call.what, (uint64_t)(uint32_t)seqid << 32 |
	    (method & 0xffff));
	record_step(&l->call.seq);
	lane_add(l, COUNTER_CALLS_BEGUN, 1);
	word_add(&lane_desk(l)->method[method].count[METHOD_BEGUN], 1);
}

/* The same of another. */
void	 lane_call_note_peer(struct lane *, unsigned method, int32_t seqid,
	    const char *peer, uint64_t now_ns);

/*
 * A call enters its handler.  now_ns is CLOCK_MONOTONIC and not 0.  The method
 * is, here and below, a lane_index().
 */
static inline void
lane_call_begin(struct lane *l, unsigned method, int32_t seqid,
    const char *peer, uint64_t now_ns)
{
	if (!LANE_COUNTS)
		return;
	if (__builtin_expect(lane_desk(l)->peer_key == (uintptr_t)peer, 1))
		lane_call_note(l, method, seqid, now_ns);
	else
		lane_call_note_peer(l, method, seqid, peer, now_ns);
}

/* When a call that began then has ended; the next begins at that time. */
static inline uint64_t
lane_call_clock(uint64_t began_ns)
{
	return LANE_COUNTS ? clock_ns() : began_ns;
}

/* A call that was given to threads, before it is counted: it waited so long. */
void	 lane_call_waited(struct lane *, unsigned method, uint64_t waited_ns);

/* What lane_call_count() does more for an error. */
void	 lane_call_error(struct lane *, struct lane_method *,
	    enum call_outcome);

/* The handler has returned, but the answer comes later. */
static inline void
lane_call_leave(struct lane *l)
{
	if (LANE_COUNTS)
		word_set(&l->call.since_ns, 0);
}

/*
 * Such an answer has come: counts the call, whatever the loop is in now.  What
 * lane_call_waited() was told is no part of elapsed_ns.
 */
static inline void
lane_call_count(struct lane *l, unsigned method, enum call_outcome outcome,
    uint64_t elapsed_ns, uint64_t bytes_in, uint64_t bytes_out)
{
	uint64_t *hist = lane_hist(l, method);
	struct lane_method *m = lane_desk(l)->method + method;

	if (!LANE_COUNTS)
		return;
	/* A compiler that saw where it comes from would add it up each time. */
	__asm__("" : "+r" (m));
	word_add(&m->count[(unsigned)outcome], 1);
	if (__builtin_expect(outcome >= CALL_FIRST_ERROR, 0))
		lane_call_error(l, m, outcome);
	word_add(&m->count[METHOD_BYTES_IN], bytes_in);
	word_add(&m->count[METHOD_BYTES_OUT], bytes_out);
	word_add(&m->count[METHOD_TIME_SUM], elapsed_ns);
	word_max(&m->count[METHOD_TIME_MAX], elapsed_ns);
	word_add(hist + hist_index(elapsed_ns), 1);
	/* Readers take ended first: in flight is never less than nothing. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	word_add(&m->count[METHOD_CALLS], 1);
	lane_add(l, COUNTER_CALLS_ENDED, 1);
}

/* The answer to one that has been counted takes so many bytes. */
static inline void
lane_call_sent(struct lane *l, unsigned method, uint64_t bytes_out)
{
	if (LANE_COUNTS)
		word_add(&l->method[method].count[METHOD_BYTES_OUT],
		    bytes_out);
}

/* The usual end: the handler has returned and its answer is queued. */
static inline void
lane_call_end(struct lane *l, unsigned method, enum call_outcome outcome,
    uint64_t elapsed_ns, uint64_t bytes_in, uint64_t bytes_out)
{
	lane_call_leave(l);
	lane_call_count(l, method, outcome, elapsed_ns, bytes_in, bytes_out);
}

/* How many threads there are, before the first of them has a call. */
static inline void
lane_set_threads(struct lane *l, unsigned n)
{
	word_set(&l->threads, n);
}

/* For a thread: it is in a call, and in none. */
void	 lane_thread_begin(struct lane *, unsigned thread, unsigned method,
	    int32_t seqid, const char *peer, uint64_t now_ns);
void	 lane_thread_end(struct lane *, unsigned thread);

/*
 * For the master, once the process is dead: of all that has come and gone in
 * this lane, what is left is lost, a word that only grows.  Where the words
 * cannot be true, what has begun, a part of what has come, is mended, so that
 * the next process starts with nothing open.
 */
void	 lane_settle(uint64_t *lost, uint64_t *begun, uint64_t come,
	    uint64_t gone);

/*
 * The same of the first methods: what was begun and not ended is aborted.  The
 * lane has room for so many.
 */
void	 lane_calls_aborted(struct lane *, unsigned methods);

#endif
