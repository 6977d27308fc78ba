/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See view.h.  To look whether a master is there costs nothing; to look for
 * another one may take a while, and whoever asks for a page shall not make us
 * do it all the time.
 */
#include "view.h"

#include <time.h>

#define AGAIN_MS	1000

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t
view_now_ms(void)
{
	return now_ns(CLOCK_MONOTONIC) / 1000000;
}

int
view_open(struct view *v, const char *name, int fd)
{
	v->gone = false;
	v->again_ms = 0;
	v->history = history_new(now_ns(CLOCK_MONOTONIC),
	    now_ns(CLOCK_REALTIME) / 1000000);
	v->recent = recent_new();
	return fd != -1 ? source_take(&v->source, fd) :
	    source_open(&v->source, name);
}

void
view_close(struct view *v)
{
	source_close(&v->source);
	history_free(v->history);
	recent_free(v->recent);
}

void
view_look(struct view *v)
{
	uint64_t now = view_now_ms();
	enum source_state state;

	if (v->gone && now < v->again_ms)
		return;
	state = source_check(&v->source);
	if (state == SOURCE_NEW) {
		history_forget(v->history);
		recent_forget(v->recent);
	}
	v->gone = state == SOURCE_GONE;
	v->again_ms = now + AGAIN_MS;
}

void
view_note(struct view *v)
{
	static struct history_look look;

	view_look(v);
	if (v->gone)
		return;
	history_look(&look, v->source.stat, now_ns(CLOCK_MONOTONIC));
	history_add(v->history, &look);
	recent_look(v->recent, v->source.stat, look.at_ns);
}
