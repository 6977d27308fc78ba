/* SPDX-License-Identifier: Apache-2.0 */
/* See model.h. */
#include "model.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "span.h"

struct sorted {
	unsigned	 row;
	bool		 text;
	struct value	 value;
};

void
model_init(struct model *m, uint64_t interval_ns)
{
	memset(m, 0, sizeof(*m));
	m->table[WORKERS].sort = WORKER_SLOT;
	m->table[METHODS].sort = METHOD_COUNTED + COUNTED_CALLS;
	m->interval_ns = interval_ns;
	m->lane = -1;
}

void
model_fini(struct model *m)
{
	free(m->table[WORKERS].order);
	free(m->table[METHODS].order);
}

/* What a filter looks at: a worker's place, process and state; a name. */
static bool
passes(const struct view *v, enum table table, unsigned row,
    const char *filter)
{
	struct value value;
	char text[128];
	int pid;

	if (filter[0] == '\0')
		return true;
	value_get(v, table, row, table == WORKERS ? WORKER_STATE :
	    METHOD_NAME, INTERVAL, &value);
	if (strcasestr(value.text, filter) != NULL)
		return true;
	if (table == METHODS)
		return false;
	pid = v->worker[row].pid;
	snprintf(text, sizeof(text), "%d", v->worker[row].slot);
	if (strcmp(text, filter) == 0)
		return true;
	snprintf(text, sizeof(text), "%d", pid);
	return pid > 0 && strstr(text, filter) != NULL;
}

/* Methods that nobody has ever called are no rows. */
static bool
is_shown(const struct view *v, enum table table, unsigned row)
{
	return table == WORKERS || v->method[row].tally[TOTAL].calls != 0 ||
	    v->method[row].running != 0 || v->method[row].in_flight != 0;
}

/* What is not known comes last, and equals stay as the view has them. */
static int
compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int rc = 0;

	if (x->value.none != y->value.none)
		return x->value.none ? 1 : -1;
	if (x->text)
		rc = strcmp(x->value.text, y->value.text);
	else if (x->value.number < y->value.number)
		rc = -1;
	else if (x->value.number > y->value.number)
		rc = 1;
	return rc != 0 ? rc : x->row < y->row ? -1 : 1;
}

static int
compare_down(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	if (x->value.none || y->value.none)
		return compare(a, b);
	if (x->text ? strcmp(x->value.text, y->value.text) == 0 :
	    !(x->value.number < y->value.number) &&
	    !(x->value.number > y->value.number))
		return compare(a, b);
	return compare(b, a);
}

/* Numbers begin with the largest; names, places and processes do not. */
static bool
is_downward(enum table table, const struct model_table *t)
{
	unsigned n;
	const struct column *c = &columns_of(table, &n)[t->sort];
	bool down = c->kind != KIND_TEXT && (table == METHODS ||
	    (t->sort != WORKER_SLOT && t->sort != WORKER_PID));

	return down != t->reverse;
}

static void
arrange(struct model *m, const struct view *v, enum table table)
{
	struct model_table *t = &m->table[table];
	unsigned i, columns, n = 0, rows = rows_of(v, table);
	bool text = columns_of(table, &columns)[t->sort].kind == KIND_TEXT;
	struct sorted *sorted = calloc((size_t)rows + 1, sizeof(*sorted));

	if (sorted == NULL)
		err(1, NULL);
	for (i = 0; i < rows; i++)
		if (is_shown(v, table, i) && passes(v, table, i, t->filter)) {
			sorted[n].row = i;
			sorted[n].text = text;
			value_get(v, table, i, t->sort, m->period,
			    &sorted[n++].value);
		}
	qsort(sorted, n, sizeof(*sorted), is_downward(table, t) ?
	    compare_down : compare);
	t->order = reallocarray(t->order, (size_t)rows + 1, sizeof(*t->order));
	if (t->order == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++)
		t->order[i] = sorted[i].row;
	t->n = n;
	free(sorted);
}

static void
remember(struct model *m, const struct view *v, enum table table)
{
	struct model_table *t = &m->table[table];

	if (t->n != 0)
		t->identity = row_identity(v, table, t->order[t->marked]);
}

static void
mark_again(struct model *m, const struct view *v, enum table table)
{
	struct model_table *t = &m->table[table];
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (row_identity(v, table, t->order[i]) == t->identity)
			break;
	if (i < t->n)
		t->marked = i;
	else if (t->marked >= t->n)
		t->marked = t->n == 0 ? 0 : t->n - 1;
	remember(m, v, table);
}

void
model_arrange(struct model *m, const struct view *v)
{
	bool first = m->table[WORKERS].order == NULL;
	int t;

	for (t = 0; t < TABLES; t++) {
		arrange(m, v, (enum table)t);
		if (first)
			remember(m, v, (enum table)t);
		else
			mark_again(m, v, (enum table)t);
	}
}

int
model_marked(const struct model *m, enum table table)
{
	const struct model_table *t = &m->table[table];

	return t->n == 0 ? -1 : (int)t->order[t->marked];
}

/* Seen alone a worker has one table. */
static bool
may_cross(const struct model *m, enum table to)
{
	return m->lane == -1 && m->table[to].n != 0;
}

void
model_move(struct model *m, const struct view *v, int rows)
{
	struct model_table *t = &m->table[m->focus];
	long to = (long)t->marked + rows;

	if (to < 0 && t->marked == 0 && m->focus == METHODS &&
	    may_cross(m, WORKERS)) {
		m->focus = WORKERS;
		to = (long)m->table[WORKERS].n - 1;
	} else if (to >= (long)t->n && t->marked + 1 >= t->n &&
	    m->focus == WORKERS && may_cross(m, METHODS)) {
		m->focus = METHODS;
		to = 0;
	}
	t = &m->table[m->focus];
	if (to >= (long)t->n)
		to = (long)t->n - 1;
	t->marked = to < 0 ? 0 : (unsigned)to;
	remember(m, v, m->focus);
}

unsigned
model_columns(enum table table, unsigned width, unsigned shown[MAX_COLUMNS])
{
	unsigned all, n = 0, used, rank, i;
	const struct column *c = columns_of(table, &all);

	for (rank = 0; rank <= 9; rank++) {
		unsigned more = 0;

		for (i = used = 0; i < all; i++)
			if (c[i].rank <= rank) {
				used += c[i].width + 1;
				more++;
			}
		if (used > width && rank > 0)
			break;
		for (i = n = 0; i < all; i++)
			if (c[i].rank <= rank)
				shown[n++] = i;
		if (more == all)
			break;
	}
	return n;
}

void
model_sort(struct model *m, const struct view *v, unsigned width, int step)
{
	struct model_table *t = &m->table[m->focus];
	unsigned shown[MAX_COLUMNS];
	unsigned i, n = model_columns(m->focus, width, shown);

	for (i = 0; i < n && shown[i] != t->sort; i++)
		;
	if (i == n)			/* by one that is not shown */
		i = 0;
	else
		i = (i + n + (unsigned)step) % n;
	t->sort = shown[i];
	t->reverse = false;
	model_arrange(m, v);
}

void
model_enter(struct model *m, const struct view *v)
{
	int row = model_marked(m, WORKERS);

	if (m->focus != WORKERS || m->lane != -1 || row == -1)
		return;
	if (v->worker[row].lane < 0) {
		snprintf(m->said, sizeof(m->said),
		    "slot %d has no process now", v->worker[row].slot);
		return;
	}
	m->lane = v->worker[row].lane;
	m->pid = v->worker[row].pid;
	m->slot = v->worker[row].slot;
	m->focus = METHODS;
}

void
model_leave(struct model *m, const struct view *v)
{
	if (m->lane == -1)
		return;
	m->lane = -1;
	m->focus = WORKERS;
	model_arrange(m, v);
}

/* The one with its pid, else the one with its place that is not leaving. */
static const struct worker_row *
successor(const struct model *m, const struct view *v)
{
	const struct worker_row *w, *found = NULL;
	unsigned i;

	for (i = 0; i < v->workers; i++) {
		w = &v->worker[i];
		if (w->lane == m->lane && w->pid == m->pid)
			return w;
		if (w->slot == m->slot && w->lane >= 0 && found == NULL)
			found = w;
	}
	return found;
}

bool
model_follow(struct model *m, const struct view *v)
{
	const struct worker_row *w;

	if (m->lane == -1)
		return false;
	if ((w = successor(m, v)) == NULL) {
		snprintf(m->said, sizeof(m->said), "process %d has ended, and "
		    "slot %d is empty", m->pid, m->slot);
		model_leave(m, v);
		return false;
	}
	if (w->pid != m->pid)
		snprintf(m->said, sizeof(m->said), "process %d has ended, %d "
		    "has its slot", m->pid, w->pid);
	m->pid = w->pid;
	m->lane = w->lane;
	return true;
}

void
model_scroll(struct model *m, enum table table, unsigned height)
{
	struct model_table *t = &m->table[table];

	if (t->marked < t->first)
		t->first = t->marked;
	if (height != 0 && t->marked >= t->first + height)
		t->first = t->marked - height + 1;
	if (t->n <= height)
		t->first = 0;
	else if (t->first + height > t->n)
		t->first = t->n - height;
}

int
interval_parse(const char *text, uint64_t *ns)
{
	return span_parse(text, MIN_INTERVAL_NS, MAX_INTERVAL_NS, ns);
}
