/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker does with its lane once, or once per change of connection;
 * what it does for every call is inline in the header.
 */
#include "shm/lane.h"

#include <string.h>

_Static_assert(CALL_OK < CALL_FIRST_ERROR &&
    CALL_EXCEPTION < CALL_FIRST_ERROR && CALL_ONEWAY < CALL_FIRST_ERROR &&
    CALL_UNSENDABLE - CALL_FIRST_ERROR == 9, "errors stand together");

void
lane_init(struct lane *l, unsigned methods)
{
	char *start = (char *)l;

	*lane_desk(l) = (struct lane_desk){ .methods = methods,
	    .method = l->method,
	    .hist = (void *)(start + lane_hist_offset(methods)),
	    .hist_stride = HIST_BUCKETS,
	    .thread = (void *)(start + lane_thread_offset(methods)) };
	l->threads = 0;
	l->busy_since_ns = 0;
	lane_peer(l, NULL);
}

void
lane_peer(struct lane *l, const char *peer)
{
	uint64_t text[LANE_PEER / 8] = { 0 };

	if (peer != NULL)
		strlcpy((char *)text, peer, sizeof(text));
	record_write(&l->call.seq, l->call.peer, text, LANE_PEER / 8);
	lane_desk(l)->peer_key = (uintptr_t)peer;
}

void
lane_turn(struct lane *l, uint64_t lag_ns)
{
	uint64_t *hist = (uint64_t *)l + lane_worker_hist_offset(
	    WORKER_HIST_LOOP_LAG, (unsigned)lane_desk(l)->methods) /
	    sizeof(uint64_t);

	if (!LANE_COUNTS)
		return;
	word_add(hist + hist_index(lag_ns), 1);
	lane_add(l, COUNTER_LOOP_LAG_SUM, lag_ns);
	lane_max(l, COUNTER_LOOP_LAG_MAX, lag_ns);
	lane_add(l, COUNTER_LOOP_WAKEUPS, 1);
}

void
lane_call_waited(struct lane *l, unsigned method, uint64_t waited_ns)
{
	uint64_t index = lane_index(l, method);
	uint64_t *count = l->method[index].count;
	uint64_t *hist = (uint64_t *)l + lane_method_hists_offset(
	    METHOD_HIST_WAIT, (unsigned)lane_desk(l)->methods) /
	    sizeof(uint64_t) + index * HIST_BUCKETS;

	word_add(hist + hist_index(waited_ns), 1);
	word_add(&count[METHOD_WAIT_SUM], waited_ns);
	word_max(&count[METHOD_WAIT_MAX], waited_ns);
	word_add(&count[METHOD_THREADED], 1);
}

void
lane_call_error(struct lane *l, struct lane_method *m,
    enum call_outcome outcome)
{
	static const enum counter of[] = {
		[CALL_UNKNOWN - CALL_FIRST_ERROR] = COUNTER_UNKNOWN_METHODS,
		[CALL_UNREADABLE - CALL_FIRST_ERROR] = COUNTER_MESSAGE_ERRORS,
		[CALL_BAD_ARGUMENTS - CALL_FIRST_ERROR] =
		    COUNTER_ARGUMENT_ERRORS,
		[CALL_REFUSED - CALL_FIRST_ERROR] = COUNTER_CALLS_REFUSED,
		[CALL_EXPIRED - CALL_FIRST_ERROR] = COUNTER_CALLS_EXPIRED,
		[CALL_SHED - CALL_FIRST_ERROR] = COUNTER_CALLS_SHED,
		[CALL_TIMED_OUT - CALL_FIRST_ERROR] = COUNTER_CALLS_TIMED_OUT,
		[CALL_ABANDONED - CALL_FIRST_ERROR] = COUNTER_CALLS_ABANDONED,
		[CALL_ERROR - CALL_FIRST_ERROR] = COUNTER_CALLS_FAILED,
		[CALL_UNSENDABLE - CALL_FIRST_ERROR] = COUNTER_REPLY_ERRORS,
	};

	word_add(&m->count[METHOD_ERRORS], 1);
	lane_add(l, of[outcome - CALL_FIRST_ERROR], 1);
}

void
lane_call_note_peer(struct lane *l, unsigned method, int32_t seqid,
    const char *peer, uint64_t now_ns)
{
	lane_peer(l, peer);
	lane_call_note(l, method, seqid, now_ns);
}

void
lane_settle(uint64_t *lost, uint64_t *begun, uint64_t come, uint64_t gone)
{
	uint64_t wrong;

	if (come > gone && come - gone <= LANE_OPEN_MAX)
		word_max(lost, come - gone);
	/* Nothing is written where it is right: a page may not be there. */
	if ((wrong = gone + word_get(lost) - come) != 0)
		word_add(begun, wrong);
}

void
lane_calls_aborted(struct lane *l, unsigned methods)
{
	uint64_t *count;

	for (unsigned i = 0; i < methods; i++) {
		count = l->method[i].count;
		lane_settle(&count[METHOD_ABORTED], &count[METHOD_BEGUN],
		    word_get(&count[METHOD_BEGUN]),
		    word_get(&count[METHOD_CALLS]));
	}
}

static struct lane_call *
thread_call(struct lane *l, unsigned thread)
{
	return &lane_desk(l)->thread[thread].call;
}

void
lane_thread_begin(struct lane *l, unsigned thread, unsigned method,
    int32_t seqid, const char *peer, uint64_t now_ns)
{
	struct lane_call *to = thread_call(l, thread), c = {
	    .since_ns = now_ns, .what = (uint64_t)(uint32_t)seqid << 32 |
	    (method & 0xffff) };

	if (peer != NULL)
		strlcpy((char *)c.peer, peer, sizeof(c.peer));
	record_write(&to->seq, &to->since_ns, &c.since_ns,
	    RECORD_WORDS(c) - 1);
}

void
lane_thread_end(struct lane *l, unsigned thread)
{
	word_set(&thread_call(l, thread)->since_ns, 0);
}
