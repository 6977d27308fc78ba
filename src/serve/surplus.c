/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What large messages leave behind.  malloc keeps what is freed, after blocks
 * of megabytes all that they took: good while such messages come, a waste when
 * they do not.  So it is given back once none has come for a while.
 */
#include <malloc.h>

#include "base/clock.h"
#include "serve/conn.h"

#define QUIET_NS	(1 * NS_PER_S)

static void
look(struct timer *t)
{
	struct worker *w = OBJECT_OF(t, struct worker, surplus);

	if (w->surplus_grew) {
		w->surplus_grew = false;
		timer_set(&w->loop, t, w->loop.now_ns + QUIET_NS, look);
	} else
		malloc_trim(0);
}

void
surplus_found(struct worker *w)
{
	w->surplus_grew = true;
	if (w->surplus.when_ns == 0)
		timer_set(&w->loop, &w->surplus, w->loop.now_ns + QUIET_NS,
		    look);
}
