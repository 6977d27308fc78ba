/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to be used again.  As a rule one is all it takes: its arena and its
 * buffer are warm, and the next call finds them in the cache.  What calls have
 * used of memory their arena knows; it is counted when one is not kept, and
 * once in a turn of the loop.
 */
#ifndef SERVE_SPARE_H
#define SERVE_SPARE_H

#include "serve/conn.h"

static inline struct call *
spare_take(struct worker *w)
{
	const struct worker_limits *l = &w->config->limits;
	struct call *call = w->spare;

	w->spare = NULL;
	if (call == NULL)
		call = call_new(l->max_memory_per_call,
		    (size_t)l->max_frame + ENVELOPE_BYTES);
	return call;
}

static inline void
spare_count(struct worker *w, const struct call *call)
{
	if (call != NULL)
		lane_max(w->config->lane, COUNTER_CALL_MEMORY,
		    call->arena.most);
}

static inline void
spare_give(struct worker *w, struct call *call)
{
	surplus_note(w, call->arena.held + call->reply.cap);
	if (w->spare != NULL) {
		spare_count(w, call);
		call_free(call);
		return;
	}
	call_reset(call);
	w->spare = call;
}

#endif
