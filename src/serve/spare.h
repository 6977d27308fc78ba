/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls to be used again.  As a rule one is all it takes: its arena and its
 * buffer are warm, and the next call finds them in the cache.  Where calls are
 * answered later there are more, of which those that have remained small are
 * kept.  What calls have used of memory their arena knows; it is counted when
 * one is not kept, and once in a turn of the loop.
 */
#ifndef SERVE_SPARE_H
#define SERVE_SPARE_H

#include "serve/conn.h"

#define SPARES		64	/* beside the one */
#define SPARE_BYTES	16384	/* each of them may keep at most */

static inline struct call *
spare_new(struct worker *w)
{
	const struct worker_limits *l = &w->config->limits;
	struct call *call = TAILQ_FIRST(&w->spares);

	if (call == NULL)
		return call_new(l->max_memory_per_call,
		    (size_t)l->max_frame + ENVELOPE_BYTES);
	TAILQ_REMOVE(&w->spares, call, link);
	w->nspares--;
	return call;
}

static inline struct call *
spare_take(struct worker *w)
{
	struct call *call = w->spare;

	w->spare = NULL;
	return call != NULL ? call : spare_new(w);
}

static inline void
spare_count(struct worker *w, const struct call *call)
{
	if (call != NULL)
		lane_max(w->config->lane, COUNTER_CALL_MEMORY,
		    call->arena.most);
}

static inline void
spare_keep(struct worker *w, struct call *call)
{
	spare_count(w, call);
	if (w->nspares == SPARES ||
	    call->arena.held + call->reply.cap > SPARE_BYTES) {
		call_free(call);
		return;
	}
	TAILQ_INSERT_HEAD(&w->spares, call, link);
	w->nspares++;
}

static inline void
spare_give(struct worker *w, struct call *call)
{
	surplus_note(w, call->arena.held + call->reply.cap);
	call_reset(call);
	if (w->spare == NULL)
		w->spare = call;
	else
		spare_keep(w, call);
}

static inline void
spare_free(struct worker *w)
{
	struct call *call;

	while ((call = TAILQ_FIRST(&w->spares)) != NULL) {
		TAILQ_REMOVE(&w->spares, call, link);
		call_free(call);
	}
	if (w->spare != NULL)
		call_free(w->spare);
}

#endif
