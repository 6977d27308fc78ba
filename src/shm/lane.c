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
