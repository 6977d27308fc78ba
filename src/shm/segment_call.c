/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls that a lane's process is in: one record of its loop, and one of
 * each of its threads.  All that stands there is a worker's word.
 */
#include <string.h>

#include "shm/segment_body.h"

/* A worker's bytes, for logs: whatever they are. */
static void
peer_copy(char *to, const uint64_t *from)
{
	memcpy(to, from, LANE_PEER);
	to[LANE_PEER - 1] = '\0';
	for (; *to != '\0'; to++)
		if (*to < ' ' || *to > '~')
			*to = '?';
}

/*
 * Half-written ones tell nothing.  There is no second try: a process that is
 * dead will not write on, and a call that lasts is not being written.
 */
static bool
record_of(const struct lane_call *from, struct current_call *call)
{
	struct lane_call c;

	if (!record_try(&from->seq, &c.seq + 1, &from->seq + 1,
	    RECORD_WORDS(c) - 1) || c.since_ns == 0)
		return false;
	call->method = (uint16_t)c.what;
	call->seqid = (int32_t)(uint32_t)(c.what >> 32);
	call->since_ns = c.since_ns;
	peer_copy(call->peer, c.peer);
	return true;
}

static struct lane_call *
thread_at(const struct segment *s, unsigned lane, unsigned thread)
{
	const struct segment_area *a = &s->at.threads;

	BUG_ON(thread >= a->count);
	return (struct lane_call *)(void *)((char *)segment_lane_at(s, lane) +
	    a->offset + thread * a->stride);
}

bool
segment_lane_current(const struct segment *s, unsigned lane,
    struct current_call *call)
{
	return record_of(&segment_lane_at(s, lane)->call, call);
}

unsigned
segment_lane_threads(const struct segment *s, unsigned lane)
{
	uint64_t n = word_get(&segment_lane_at(s, lane)->threads);

	return (unsigned)(n < s->at.threads.count ? n : s->at.threads.count);
}

bool
segment_lane_thread(const struct segment *s, unsigned lane, unsigned thread,
    struct current_call *call)
{
	return record_of(thread_at(s, lane, thread), call);
}

/* 1 if it was left half written. */
static unsigned
record_close(struct lane_call *record)
{
	unsigned torn = word_get(&record->seq) & 1;

	if (torn)
		record_end(&record->seq, word_get(&record->seq));
	word_set(&record->since_ns, 0);
	return torn;
}

unsigned
segment_calls_end(struct segment *s, unsigned lane)
{
	struct lane *l = segment_lane_at(s, lane);
	unsigned torn = record_close(&l->call);

	for (unsigned i = segment_lane_threads(s, lane); i > 0; i--)
		torn += record_close(thread_at(s, lane, i - 1));
	lane_set_threads(l, 0);
	lane_calls_aborted(l, s->methods);
	return torn;
}
