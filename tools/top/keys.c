/* SPDX-License-Identifier: Apache-2.0 */
/* See keys.h. */
#include "keys.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define PAGE	10

static const struct key_help help[] = {
	{ "up, down, k, j", "another row" },
	{ "page up, page down", "ten rows on" },
	{ "home, end, g, G", "the first row, the last" },
	{ "tab", "the other table" },
	{ "left, right, <, >", "sort by another column" },
	{ "r", "sort the other way round" },
	{ "/", "only rows with a text in them; empty: all" },
	{ "enter", "one worker: its calls, methods, threads" },
	{ "escape, backspace", "back to all workers, or without filter" },
	{ "t", "totals since ever, or what the interval brought" },
	{ "d", "another interval, such as 500ms or 5s" },
	{ "p, space", "pause, and go on" },
	{ "h, ?", "these pages" },
	{ "q", "quit" },
};

const struct key_help *
keys_help(unsigned i)
{
	return i < sizeof(help) / sizeof(help[0]) ? &help[i] : NULL;
}

static void
begin_typing(struct model *m, enum mode mode, const char *text)
{
	m->mode = mode;
	strlcpy(m->typed, text, sizeof(m->typed));
}

static void
end_typing(struct model *m, const struct view *v)
{
	if (m->mode == TYPING_FILTER) {
		strlcpy(m->table[m->focus].filter, m->typed,
		    sizeof(m->table[m->focus].filter));
		model_arrange(m, v);
	} else if (interval_parse(m->typed, &m->interval_ns) == -1)
		snprintf(m->said, sizeof(m->said), "'%s' is no interval, such "
		    "as 500ms, 5s or 1m", m->typed);
	m->mode = BROWSING;
}

static void
type(struct model *m, const struct view *v, int key)
{
	size_t len = strlen(m->typed);

	if (key == KEY_IS_ENTER)
		end_typing(m, v);
	else if (key == KEY_IS_ESCAPE)
		m->mode = BROWSING;
	else if (key == KEY_IS_BACKSPACE && len > 0)
		m->typed[len - 1] = '\0';
	else if (key >= ' ' && key <= '~' && len + 1 < sizeof(m->typed)) {
		m->typed[len] = (char)key;
		m->typed[len + 1] = '\0';
	}
}

static void
other_table(struct model *m)
{
	if (m->lane == -1)
		m->focus = m->focus == WORKERS ? METHODS : WORKERS;
}

static void
step_back(struct model *m, const struct view *v)
{
	struct model_table *t = &m->table[m->focus];

	if (m->lane != -1)
		model_leave(m, v);
	else if (t->filter[0] != '\0') {
		t->filter[0] = '\0';
		model_arrange(m, v);
	}
}

/* What changes the order, or what is shown of a row. */
static void
choose(struct model *m, const struct view *v, int key)
{
	char interval[32];

	switch (key) {
	case 'r':
		m->table[m->focus].reverse ^= true;
		model_arrange(m, v);
		break;
	case 't':
		m->period = m->period == TOTAL ? INTERVAL : TOTAL;
		model_arrange(m, v);
		break;
	case '/':
		begin_typing(m, TYPING_FILTER, m->table[m->focus].filter);
		break;
	case 'd':
		snprintf(interval, sizeof(interval), "%gs",
		    (double)m->interval_ns / 1e9);
		begin_typing(m, TYPING_INTERVAL, interval);
		break;
	case 'p':
	case ' ':
		m->paused = !m->paused;
		break;
	case 'h':
	case '?':
		m->mode = HELP;
		m->help = m->more_help = 0;
		break;
	}
}

static int
rows_to_end(const struct model_table *t)
{
	return t->n == 0 ? 0 : (int)(t->n - 1 - t->marked);
}

static void
browse(struct model *m, const struct view *v, unsigned width, int key)
{
	switch (key) {
	case KEY_IS_UP:
	case 'k':
		model_move(m, v, -1);
		break;
	case KEY_IS_DOWN:
	case 'j':
		model_move(m, v, 1);
		break;
	case KEY_IS_PAGE_UP:
		model_move(m, v, -PAGE);
		break;
	case KEY_IS_PAGE_DOWN:
		model_move(m, v, PAGE);
		break;
	case KEY_IS_HOME:
	case 'g':
		model_move(m, v, -(int)m->table[m->focus].marked);
		break;
	case KEY_IS_END:
	case 'G':
		model_move(m, v, rows_to_end(&m->table[m->focus]));
		break;
	case KEY_IS_TAB:
		other_table(m);
		break;
	case KEY_IS_LEFT:
	case '<':
		model_sort(m, v, width, -1);
		break;
	case KEY_IS_RIGHT:
	case '>':
		model_sort(m, v, width, 1);
		break;
	case KEY_IS_ENTER:
		model_enter(m, v);
		break;
	case KEY_IS_ESCAPE:
	case KEY_IS_BACKSPACE:
		step_back(m, v);
		break;
	default:
		choose(m, v, key);
	}
}

static void
turn_page(struct model *m, int key)
{
	m->help = m->more_help;
	if (m->help == 0 || key == 'q' || key == KEY_IS_ESCAPE)
		m->mode = BROWSING;
}

bool
keys_press(struct model *m, const struct view *v, unsigned width, int key)
{
	m->said[0] = '\0';
	if (m->mode == TYPING_FILTER || m->mode == TYPING_INTERVAL)
		type(m, v, key);
	else if (m->mode == HELP)
		turn_page(m, key);
	else if (key == 'q')
		return true;
	else
		browse(m, v, width, key);
	return false;
}
