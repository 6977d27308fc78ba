/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a process has to do and has done, as far as its lane says.  A hint
 * for the master, which must not hurt it if it is wrong.
 */
#include "shm/segment_body.h"
#include "shm/word.h"

#define SLACK	65536		/* may be on their way, or were refused late */

/* The least it has counted is exact: it counts before it says so. */
static bool
moves_agree(const struct segment *s, unsigned lane, uint64_t took,
    uint64_t gave)
{
	const struct lane *l = segment_lane_at(s, lane);
	const struct lane_state *state = &s->lanes[lane];
	uint64_t in = word_get(&l->count[COUNTER_CONNECTIONS_MOVED_IN]);
	uint64_t out = word_get(&l->count[COUNTER_CONNECTIONS_MOVED_OUT]);

	return in - state->moved_in_before - took <= SLACK &&
	    out - state->moved_before <= gave + SLACK;
}

long
segment_lane_connections(const struct segment *s, unsigned lane,
    uint64_t took, uint64_t gave)
{
	const struct lane *l = segment_lane_at(s, lane);
	uint64_t gone = word_published(&l->count[COUNTER_CONNECTIONS_CLOSED]) +
	    word_published(&l->count[COUNTER_CONNECTIONS_MOVED_OUT]) +
	    word_get(&segment_table_at(s, lane)->count[
	    MASTER_CONNECTIONS_LOST]);
	uint64_t come = word_get(&l->count[COUNTER_CONNECTIONS_ACCEPTED]) +
	    word_get(&l->count[COUNTER_CONNECTIONS_MOVED_IN]);

	if (come - gone > INT32_MAX || !moves_agree(s, lane, took, gave))
		return -1;
	return (long)(come - gone);
}

uint64_t
segment_lane_calls(const struct segment *s, unsigned lane)
{
	return word_get(&segment_lane_at(s,
	    lane)->count[COUNTER_CALLS_ENDED]) -
	    segment_table_at(s, lane)->calls_before;
}
