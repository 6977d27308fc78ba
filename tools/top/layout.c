/* SPDX-License-Identifier: Apache-2.0 */
/* See layout.h. */
#include "layout.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <thriftfork/stat.h>

#include "cell.h"


/* What the line has no room for is cut off. */
static void __attribute__((format(printf, 3, 4)))
add(char *line, unsigned width, const char *fmt, ...)
{
	size_t used = strlen(line), size = width + 1;
	va_list ap;

	if (size > LAYOUT_WIDTH)
		size = LAYOUT_WIDTH;
	if (used + 1 >= size)
		return;
	va_start(ap, fmt);
	vsnprintf(line + used, size - used, fmt, ap);
	va_end(ap);
}

static void
head_instance(const struct view *v, unsigned width, char *line)
{
	char name[sizeof(v->name) * 4], library[sizeof(v->library) * 4];

	tf_stat_escape(v->name, name, sizeof(name));
	tf_stat_escape(v->library, library, sizeof(library));
	add(line, width, "%s: thriftfork %s, master %d, up %s, generation %u, "
	    "%u worker%s", name, library, v->pid,
	    cell_age((double)v->uptime_ns).s, v->generation, v->wanted,
	    v->wanted == 1 ? "" : "s");
}

static struct cell
head_rate(const struct view *v, enum period period, uint64_t n)
{
	if (period == TOTAL)
		return cell_number((double)n, 12);
	if (v->interval_ns == 0)
		return (struct cell){ "-" };
	return cell_number((double)n * 1e9 / (double)v->interval_ns, 7);
}

static void
head_numbers(const struct view *v, enum period period, unsigned width,
    char *line)
{
	const struct tally *t = &v->tally[period];
	const char *per = period == TOTAL ? "" : "/s";

	add(line, width, "calls%s %s  errors%s %s  connections %s  in flight "
	    "%s", per, head_rate(v, period, t->calls).s, per,
	    head_rate(v, period, t->errors).s,
	    cell_number((double)v->connections, 7).s,
	    cell_number((double)v->in_flight, 7).s);
}

/* Addresses come last, as there may be many. */
static void
head_times(const struct view *v, enum period period, unsigned width,
    char *line)
{
	const struct tally *t = &v->tally[period];
	char listen[sizeof(v->listen) * 4];

	if (t->calls != 0 && (period == TOTAL || v->interval_ns != 0))
		add(line, width, "p50 %s  p99 %s  p99.9 %s  ",
		    cell_time((double)t->p50_ns).s,
		    cell_time((double)t->p99_ns).s,
		    cell_time((double)t->p999_ns).s);
	tf_stat_escape(v->listen, listen, sizeof(listen));
	add(line, width, "listening on %s", listen[0] == '\0' ? "nothing" :
	    listen);
}

static bool
is_last(const struct reasons *r, unsigned number)
{
	while (++number < r->n)
		if (r->of[number].n != 0)
			return false;
	return true;
}

/* "by peer 3.1, idle 0.2, ...", of those that there are any of. */
static void
add_reasons(const struct view *v, const struct reasons *r, enum period period,
    unsigned width, char *line)
{
	char name[4 * sizeof(r->of[0].name)], text[sizeof(name) + 64], *p;
	const char *comma = "";
	size_t room;

	for (unsigned i = 0; i < r->n; i++) {
		if (r->of[i].n == 0)
			continue;
		tf_stat_escape(r->of[i].name, name, sizeof(name));
		for (p = name; *p != '\0'; p++)
			if (*p == '_')
				*p = ' ';
		snprintf(text, sizeof(text), "%s%s %s", comma, name,
		    head_rate(v, period, r->of[i].n).s);
		room = strlen(text) + (is_last(r, i) ? 0 : strlen(", ..."));
		if (strlen(line) + room > width) {
			add(line, width, "%s...", comma);
			return;
		}
		add(line, width, "%s", text);
		comma = ", ";
	}
	if (*comma == '\0')
		add(line, width, "none");
}

/* The dead are counted since ever: there are to be few. */
static void
head_troubles(const struct view *v, enum period period, unsigned width,
    char *line)
{
	const char *per = period == TOTAL ? "" : "/s";

	if (v->has_queue)
		add(line, width, "to be accepted %s  turned away%s %s  ",
		    cell_number((double)v->queue, 7).s, per,
		    head_rate(v, period, v->drops[period]).s);
	add(line, width, "died ");
	add_reasons(v, &v->died, TOTAL, width, line);
	add(line, width, "  closed%s ", per);
	if (period == INTERVAL && v->interval_ns == 0)
		add(line, width, "-");
	else
		add_reasons(v, &v->closed[period], period, width, line);
}

void
layout_head(const struct view *v, enum period period, unsigned number,
    unsigned width, char line[LAYOUT_WIDTH])
{
	line[0] = '\0';
	if (number == 0)
		head_instance(v, width, line);
	else if (number == 1)
		head_numbers(v, period, width, line);
	else if (number == 2)
		head_times(v, period, width, line);
	else
		head_troubles(v, period, width, line);
}

/* The first column of methods takes what the others leave. */
static unsigned
column_width(enum table table, unsigned column, unsigned width,
    const unsigned *shown, unsigned n)
{
	unsigned i, all, used = 0;
	const struct column *c = columns_of(table, &all);

	if (table != METHODS || column != METHOD_NAME)
		return c[column].width;
	for (i = 0; i < n; i++)
		if (shown[i] != METHOD_NAME)
			used += c[shown[i]].width + 1;
	if (used + 1 + c[column].width > width)
		return c[column].width;
	return width - used - 1 > 100 ? 100 : width - used - 1;
}

static bool
is_rate(enum kind kind)
{
	return kind == KIND_RATE || kind == KIND_BYTES;
}

void
layout_titles(const struct model *m, enum table table, unsigned width,
    char line[LAYOUT_WIDTH])
{
	const struct model_table *t = &m->table[table];
	unsigned shown[MAX_COLUMNS], all, i, w;
	unsigned n = model_columns(table, width, shown);
	const struct column *c = columns_of(table, &all);
	char title[32];

	line[0] = '\0';
	for (i = 0; i < n; i++) {
		w = column_width(table, shown[i], width, shown, n);
		snprintf(title, sizeof(title), "%s%s%s", shown[i] == t->sort ?
		    t->reverse ? "^" : "*" :
		    c[shown[i]].kind == KIND_TEXT ? " " : "",
		    c[shown[i]].title, m->period == INTERVAL &&
		    is_rate(c[shown[i]].kind) ? "/s" : "");
		add(line, width, "%*s", c[shown[i]].kind == KIND_TEXT ?
		    -(int)w - 1 : (int)w + 1, title);
	}
}

/* A name that is too long loses its beginning, which many have in common. */
static void
add_text(char *line, unsigned width, const char *text, unsigned w)
{
	size_t len = strlen(text);

	if (len <= w)
		add(line, width, "%-*s", (int)w, text);
	else
		add(line, width, "~%s", text + len - w + 1);
}

static struct cell
cell_of(const struct value *v, enum kind kind, unsigned width)
{
	if (v->none)
		return (struct cell){ "-" };
	switch (kind) {
	case KIND_TIME:
		return cell_time(v->number);
	case KIND_AGE:
		return cell_age(v->number);
	default:
		return cell_number(v->number, width);
	}
}

void
layout_row(const struct model *m, const struct view *v, enum table table,
    unsigned place, unsigned width, char line[LAYOUT_WIDTH])
{
	const struct model_table *t = &m->table[table];
	unsigned shown[MAX_COLUMNS], all, i, w;
	unsigned n = model_columns(table, width, shown);
	const struct column *c = columns_of(table, &all);
	struct value value;

	line[0] = '\0';
	for (i = 0; i < n; i++) {
		value_get(v, table, t->order[place], shown[i], m->period,
		    &value);
		w = column_width(table, shown[i], width, shown, n);
		add(line, width, "%c", i == 0 && m->focus == table &&
		    place == t->marked ? '>' : ' ');
		if (c[shown[i]].kind == KIND_TEXT)
			add_text(line, width, value.text, w);
		else
			add(line, width, "%*s", (int)w,
			    cell_of(&value, c[shown[i]].kind, w).s);
	}
}

void
layout_worker(const struct worker_row *w, unsigned width,
    char line[LAYOUT_WIDTH])
{
	char state[sizeof(w->state) * 4];

	line[0] = '\0';
	tf_stat_escape(w->state, state, sizeof(state));
	add(line, width, "slot %d, process %d, %s, generation %u, up %s, "
	    "restarts %u", w->slot, w->pid, state, w->generation,
	    cell_age((double)w->uptime_ns).s, w->restarts);
}

static unsigned
busy_threads(const struct view *v, int lane)
{
	unsigned i, n = 0;

	for (i = 0; i < v->calls; i++)
		n += v->call[i].lane == lane && v->call[i].thread >= 0;
	return n;
}

void
layout_calls(const struct view *v, const struct worker_row *w,
    unsigned width, char line[LAYOUT_WIDTH])
{
	line[0] = '\0';
	add(line, width, v->calls == 0 ? "in no call now" : "in calls now");
	if (w->threads != 0)
		add(line, width, ", %u of %u threads busy, %" PRIu64
		    " calls waiting", busy_threads(v, w->lane), w->threads,
		    w->queued);
}

void
layout_call(const struct view *v, unsigned number, unsigned width,
    char line[LAYOUT_WIDTH])
{
	const struct call_row *c = &v->call[number];
	char name[1040] = "?", peer[sizeof(c->peer) * 4], who[24] = "loop";

	line[0] = '\0';
	if (c->method < v->methods)
		method_name(&v->method[c->method], name, sizeof(name));
	if (c->thread >= 0)
		snprintf(who, sizeof(who), "thread %d", c->thread);
	tf_stat_escape(c->peer, peer, sizeof(peer));
	add(line, width, " %-10s %7s  %s (seqid %" PRId32 "%s%s%s)", who,
	    cell_time((double)c->running_ns).s, name, c->seqid,
	    peer[0] == '\0' ? "" : ", from ", peer,
	    c->stale ? ", perhaps" : "");
}
