/* SPDX-License-Identifier: Apache-2.0 */
/* See screen.h: time passes, a key is pressed, the size changes, it ends. */
#include "screen.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

#include "draw.h"
#include "keys.h"
#include "reading.h"
#include "terminal.h"

struct screen {
	struct source	*source;
	struct model	 model;
	struct reading	*before, *now;
	struct view	*view;
	char		 said[600];	/* of the server */
	uint64_t	 next_ns;
};

/* What the last reading and the one before it make. */
static void
see(struct screen *s)
{
	view_free(s->view);
	s->view = view_make(s->before, s->now);
}

/* The last reading is made anew. */
static void
read_now(struct screen *s)
{
	reading_free(s->now);
	s->now = reading_take(s->source->stat, s->model.lane);
	s->next_ns = s->now->at_ns + s->model.interval_ns;
	see(s);
}

/* Another process in the place of the worker seen alone has another lane. */
static void
show(struct screen *s)
{
	int lane = s->model.lane;

	model_follow(&s->model, s->view);
	if (s->model.lane != lane)
		read_now(s);
	model_arrange(&s->model, s->view);
}

static void
read_next(struct screen *s)
{
	reading_free(s->before);
	s->before = s->now;
	s->now = NULL;
	read_now(s);
	show(s);
}

static void
begin_anew(struct screen *s)
{
	reading_free(s->before);
	s->before = NULL;
	read_now(s);
	show(s);
}

static void
tick(struct screen *s)
{
	s->next_ns += s->model.interval_ns;
	switch (source_check(s->source)) {
	case SOURCE_GONE:
		snprintf(s->said, sizeof(s->said), "%s; waiting for it",
		    s->source->why);
		break;
	case SOURCE_NEW:
		s->said[0] = '\0';
		begin_anew(s);
		break;
	case SOURCE_SAME:
		s->said[0] = '\0';
		read_next(s);
		break;
	}
}

/* True: the user wants to leave. */
static bool
press(struct screen *s, int key)
{
	uint64_t interval = s->model.interval_ns;
	bool paused = s->model.paused;
	int lane = s->model.lane;

	if (keys_press(&s->model, s->view, (unsigned)COLS, key))
		return true;
	if (s->model.interval_ns != interval)
		s->next_ns = s->now->at_ns + s->model.interval_ns;
	if (s->model.lane != lane) {
		read_now(s);
		show(s);
	} else if (paused && !s->model.paused)
		tick(s);
	return false;
}

static void
run(struct screen *s)
{
	bool end = false;
	int key;

	begin_anew(s);
	while (!end) {
		draw(&s->model, s->view, s->said);
		switch (terminal_wait(s->model.paused ? UINT64_MAX :
		    s->next_ns, &key)) {
		case EVENT_TIME:
			tick(s);
			break;
		case EVENT_KEY:
			end = press(s, key);
			break;
		case EVENT_SIZE:
			break;
		case EVENT_END:
			end = true;
			break;
		}
	}
}

int
screen_run(struct source *source, uint64_t interval_ns, enum period period)
{
	struct screen s = { .source = source };

	model_init(&s.model, interval_ns);
	s.model.period = period;
	if (terminal_open() == -1) {
		model_fini(&s.model);
		return 1;
	}
	run(&s);
	terminal_close();
	view_free(s.view);
	reading_free(s.before);
	reading_free(s.now);
	model_fini(&s.model);
	return 0;
}
