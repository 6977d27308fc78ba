/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker does with its lane once, or once per change of connection;
 * what it does for every call is inline in the header.
 */
#include "shm/lane.h"

#include <string.h>

_Static_assert(METHOD_REPLIES + CALL_EXCEPTION == METHOD_EXCEPTIONS &&
    METHOD_REPLIES + CALL_ERROR == METHOD_ERRORS &&
    METHOD_REPLIES + CALL_ONEWAY == METHOD_ONEWAYS,
    "outcomes are counted in the order of their enum");

void
lane_init(struct lane *l, unsigned methods)
{
	l->methods = methods;
	l->hist_words = lane_hist_offset(methods) / sizeof(uint64_t);
	l->thread_words = lane_thread_offset(methods) / sizeof(uint64_t);
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
	l->peer_key = (uintptr_t)peer;
}

void
lane_call_aborted(struct lane *l, unsigned method)
{
	word_add(&l->method[method].count[METHOD_ABORTED], 1);
}

static struct lane_call *
thread_call(struct lane *l, unsigned thread)
{
	struct lane_thread *t = (void *)((uint64_t *)l + l->thread_words);

	return &t[thread].call;
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
