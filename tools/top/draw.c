/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See draw.h.  Bold and reverse are all that is asked of a terminal, and
 * nothing is told by them alone: the marked row has a sign as well.
 */
#include "draw.h"

#include <curses.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <thriftfork/stat.h>

#include "cell.h"
#include "keys.h"
#include "layout.h"

#define MIN_ROWS	8
#define MIN_COLUMNS	30
#define MAX_CALLS	8		/* lines for those of one worker */

static unsigned
width(void)
{
	return COLS < LAYOUT_WIDTH ? (unsigned)COLS : LAYOUT_WIDTH - 1;
}

/* A whole line, cut to the screen. */
static void
put(int y, attr_t attributes, const char *text)
{
	if (y < 0 || y >= LINES)
		return;
	attrset((int)attributes);
	mvprintw(y, 0, "%-*.*s", COLS, COLS, text);
	attrset(A_NORMAL);
}

static int
draw_head(const struct model *m, const struct view *v)
{
	char line[LAYOUT_WIDTH];
	unsigned i;

	for (i = 0; i < HEAD_LINES; i++) {
		layout_head(v, m->period, i, width(), line);
		put((int)i, i == 0 ? A_BOLD : A_NORMAL, line);
	}
	return HEAD_LINES;
}

/* Its titles and as many rows as fit; the line below them. */
static int
draw_table(struct model *m, const struct view *v, enum table table, int y,
    int height)
{
	struct model_table *t = &m->table[table];
	char line[LAYOUT_WIDTH];
	unsigned i, place;

	layout_titles(m, table, width(), line);
	put(y++, A_REVERSE, line);
	model_scroll(m, table, height < 0 ? 0 : (unsigned)height);
	for (i = 0; (int)i < height; i++) {
		place = t->first + i;
		if (place >= t->n)
			break;
		layout_row(m, v, table, place, width(), line);
		put(y++, table == m->focus && place == t->marked ? A_BOLD :
		    A_NORMAL, line);
	}
	return y;
}

/*
 * Both tables have two thirds of the room at least, if they need it, and each
 * what the other leaves.
 */
static void
draw_tables(struct model *m, const struct view *v, int y, int bottom)
{
	int room = bottom - y - 3;	/* titles, and a line between */
	int workers = (int)m->table[WORKERS].n;
	int methods = (int)m->table[METHODS].n;

	if (workers + methods > room) {
		if (methods < room / 2)
			workers = room - methods;
		else if (workers > room / 2)
			workers = room / 2;
	}
	y = draw_table(m, v, WORKERS, y, workers);
	draw_table(m, v, METHODS, y + 1, bottom - y - 2);
}

static void
draw_calls(const struct view *v, const struct worker_row *w, int *y,
    int bottom)
{
	char line[LAYOUT_WIDTH];
	unsigned i, shown = 0;

	layout_calls(v, w, width(), line);
	put((*y)++, A_BOLD, line);
	for (i = 0; i < v->calls && shown < MAX_CALLS && *y < bottom - 3;
	    i++, shown++) {
		layout_call(v, i, width(), line);
		put((*y)++, A_NORMAL, line);
	}
	if (shown < v->calls && shown == MAX_CALLS) {
		snprintf(line, sizeof(line), " and %u more", v->calls - shown);
		put((*y)++, A_NORMAL, line);
	}
}

/* The order of the workers is not that of the view, so it is looked for. */
static const struct worker_row *
worker_of(const struct model *m, const struct view *v)
{
	unsigned i;

	for (i = 0; i < v->workers; i++)
		if (v->worker[i].lane == m->lane && v->worker[i].pid == m->pid)
			return &v->worker[i];
	return NULL;
}

/* Its own line of the other table stands above its methods. */
static void
draw_worker(struct model *m, const struct view *v, int y, int bottom)
{
	const struct worker_row *w = worker_of(m, v);
	struct model alone = *m;
	char line[LAYOUT_WIDTH];
	unsigned row;

	if (w == NULL)
		return;
	row = (unsigned)(w - v->worker);
	layout_worker(w, width(), line);
	put(y++, A_BOLD, line);
	alone.table[WORKERS].order = &row;
	alone.table[WORKERS].n = 1;
	alone.table[WORKERS].first = alone.table[WORKERS].marked = 0;
	y = draw_table(&alone, v, WORKERS, y, 1) + 1;
	draw_calls(v, w, &y, bottom);
	draw_table(m, v, METHODS, y + 1, bottom - y - 2);
}

/* A line of the help by its number; false past the last. */
static bool
help_line(unsigned number, char line[LAYOUT_WIDTH])
{
	const struct column *c;
	unsigned i, n, t;

	for (i = 0; keys_help(i) != NULL; i++)
		if (number-- == 0) {
			snprintf(line, LAYOUT_WIDTH, "  %-20s %s",
			    keys_help(i)->keys, keys_help(i)->text);
			return true;
		}
	for (t = 0; t < TABLES; t++) {
		c = columns_of((enum table)t, &n);
		snprintf(line, LAYOUT_WIDTH, "Columns of %s", t == WORKERS ?
		    "workers" : "methods");
		if (number-- == 0)
			return true;
		if (number < n) {
			snprintf(line, LAYOUT_WIDTH, "  %-20s %s",
			    c[number].title, c[number].help);
			return true;
		}
		number -= n;
	}
	return false;
}

/* A page of it, and where the next one begins. */
static void
draw_help(struct model *m, int bottom)
{
	char line[LAYOUT_WIDTH];
	unsigned i = m->help;
	int y;

	put(0, A_BOLD, "Keys");
	for (y = 1; y < bottom && help_line(i, line); i++)
		put(y++, A_NORMAL, line);
	m->more_help = help_line(i, line) ? i : 0;
	put(bottom, A_REVERSE, m->more_help != 0 ? "any key: more   escape: "
	    "back" : "any key: back");
}

/* The last line: what is typed, what is wrong, or how things stand. */
static void
draw_foot(const struct model *m, const char *said)
{
	const char *filter = m->table[m->focus].filter;
	char line[LAYOUT_WIDTH], text[LAYOUT_WIDTH - 32];

	tf_stat_escape(said, text, sizeof(text));
	if (m->mode == TYPING_FILTER)
		snprintf(line, sizeof(line), "only with: %s_", m->typed);
	else if (m->mode == TYPING_INTERVAL)
		snprintf(line, sizeof(line), "interval: %s_", m->typed);
	else if (m->said[0] != '\0')
		snprintf(line, sizeof(line), "%s", m->said);
	else if (said[0] != '\0')
		snprintf(line, sizeof(line), "! %s", text);
	else
		snprintf(line, sizeof(line), "every %s%s%s%s%s%s   h help  "
		    "q quit%s", cell_time((double)m->interval_ns).s,
		    m->paused ? "  PAUSED" : "",
		    m->period == TOTAL ? "  TOTALS" : "",
		    filter[0] == '\0' ? "" : "  only with '", filter,
		    filter[0] == '\0' ? "" : "'",
		    m->lane == -1 ? "  enter one worker" : "  escape back");
	put(LINES - 1, A_REVERSE, line);
}

void
draw(struct model *m, const struct view *v, const char *said)
{
	int y, bottom = LINES - 1;

	erase();
	if (LINES < MIN_ROWS || COLS < MIN_COLUMNS) {
		put(0, A_NORMAL, "too small");
	} else if (m->mode == HELP) {
		draw_help(m, bottom);
	} else {
		y = draw_head(m, v) + 1;
		if (m->lane != -1)
			draw_worker(m, v, y, bottom);
		else
			draw_tables(m, v, y, bottom);
		draw_foot(m, said);
	}
	refresh();
}
