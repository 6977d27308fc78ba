/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See view.h.  To look whether a master is there costs nothing; to look for
 * another one may take a while, and whoever asks for a page shall not make us
 * do it all the time.
 */
#include "view.h"

#include <time.h>

#define AGAIN_MS	1000

uint64_t
view_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int
view_open(struct view *v, const char *name, int fd)
{
	v->gone = false;
	v->again_ms = 0;
	return fd != -1 ? source_take(&v->source, fd) :
	    source_open(&v->source, name);
}

void
view_close(struct view *v)
{
	source_close(&v->source);
}

void
view_look(struct view *v)
{
	uint64_t now = view_now_ms();

	if (v->gone && now < v->again_ms)
		return;
	v->gone = source_check(&v->source) == SOURCE_GONE;
	v->again_ms = now + AGAIN_MS;
}
