/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a process has to do and has done, as far as its lane says.  A hint
 * for the master, which must not hurt it if it is wrong.
 */
#include "shm/segment_body.h"
#include "shm/word.h"

unsigned long
segment_lane_connections(const struct segment *s, unsigned lane)
{
	const struct lane *l = segment_lane_at(s, lane);
	uint64_t gone = word_published(&l->count[COUNTER_CONNECTIONS_CLOSED]) +
	    word_published(&l->count[COUNTER_CONNECTIONS_MOVED_OUT]) +
	    word_get(&segment_table_at(s, lane)->count[
	    MASTER_CONNECTIONS_LOST]);
	uint64_t come = word_get(&l->count[COUNTER_CONNECTIONS_ACCEPTED]) +
	    word_get(&l->count[COUNTER_CONNECTIONS_MOVED_IN]);

	return come > gone && come - gone < UINT32_MAX ? come - gone : 0;
}

uint64_t
segment_lane_calls(const struct segment *s, unsigned lane)
{
	uint64_t now = word_get(&segment_lane_at(s,
	    lane)->count[COUNTER_CALLS_ENDED]);
	uint64_t before = segment_table_at(s, lane)->calls_before;

	return now > before ? now - before : 0;
}
