/* SPDX-License-Identifier: Apache-2.0 */
/* See column.h: from the fields of rows to values that can be compared. */
#include "column.h"

#include <stdio.h>
#include <string.h>

#include <thriftfork/stat.h>

#define COLUMN(id, title, width, rank, kind, help)			\
	{ title, help, width, rank, KIND_##kind },

static const struct column worker_columns[] = {
#define WORKER	COLUMN
#define COUNTED	COLUMN
#include "columns.def"
};

static const struct column method_columns[] = {
#define METHOD	COLUMN
#define COUNTED	COLUMN
#include "columns.def"
};

_Static_assert(WORKER_COLUMNS <= MAX_COLUMNS &&
    METHOD_COLUMNS <= MAX_COLUMNS, "room");

const struct column *
columns_of(enum table table, unsigned *n)
{
	*n = table == WORKERS ? WORKER_COLUMNS : METHOD_COLUMNS;
	return table == WORKERS ? worker_columns : method_columns;
}

unsigned
rows_of(const struct view *v, enum table table)
{
	return table == WORKERS ? v->workers : v->methods;
}

/* A process is told by its pid; a place without one by its number. */
int
row_identity(const struct view *v, enum table table, unsigned i)
{
	if (table == METHODS)
		return (int)v->method[i].number;
	return v->worker[i].pid > 0 ? v->worker[i].pid :
	    -1 - v->worker[i].slot;
}

void
method_name(const struct method_row *m, char *to, size_t size)
{
	char name[sizeof(m->service) + sizeof(m->method)];

	snprintf(name, sizeof(name), "%s%s%s", m->service,
	    m->service[0] == '\0' ? "" : ".", m->method);
	tf_stat_escape(name, to, size);
}

/* What counters counted, per second where it is that of an interval. */
static double
rate(const struct view *v, enum period period, uint64_t n)
{
	if (period == TOTAL)
		return (double)n;
	return v->interval_ns == 0 ? 0 :
	    (double)n * 1e9 / (double)v->interval_ns;
}

static void
set_time(struct value *to, const struct tally *t, uint64_t ns)
{
	to->none = t->calls == 0;
	to->number = (double)ns;
}

static void
counted_value(const struct view *v, const struct tally *t,
    enum counted_column column, enum period period, struct value *to)
{
	switch (column) {
	case COUNTED_CALLS:
		to->number = rate(v, period, t->calls);
		break;
	case COUNTED_EXCEPTIONS:
		to->number = rate(v, period, t->exceptions);
		break;
	case COUNTED_ERRORS:
		to->number = rate(v, period, t->errors);
		break;
	case COUNTED_P50:
		set_time(to, t, t->p50_ns);
		break;
	case COUNTED_P99:
		set_time(to, t, t->p99_ns);
		break;
	case COUNTED_P999:
		set_time(to, t, t->p999_ns);
		break;
	case COUNTED_WAIT:
		to->none = t->threaded == 0;
		to->number = (double)t->wait_p99_ns;
		break;
	case COUNTED_MAX:
		set_time(to, t, t->max_ns);
		break;
	case COUNTED_MEAN:
		set_time(to, t, t->calls == 0 ? 0 : t->time_ns / t->calls);
		break;
	case COUNTED_IN:
		to->number = rate(v, period, t->bytes_in);
		break;
	case COUNTED_OUT:
		to->number = rate(v, period, t->bytes_out);
		break;
	case COUNTED_COLUMNS:
		break;
	}
}

static void
worker_value(const struct worker_row *w, enum worker_column column,
    struct value *to)
{
	switch (column) {
	case WORKER_SLOT:
		to->number = w->slot;
		break;
	case WORKER_PID:
		to->none = w->pid <= 0;
		to->number = w->pid;
		break;
	case WORKER_STATE:
		tf_stat_escape(w->state, to->text, sizeof(to->text));
		break;
	case WORKER_GENERATION:
		to->number = w->generation;
		break;
	case WORKER_UPTIME:
		to->number = (double)w->uptime_ns;
		break;
	case WORKER_RESTARTS:
		to->number = w->restarts;
		break;
	case WORKER_CONNECTIONS:
		to->number = (double)w->connections;
		break;
	case WORKER_IN_FLIGHT:
		to->number = (double)w->in_flight;
		break;
	case WORKER_QUEUED:
		to->number = (double)w->queued;
		break;
	case WORKER_THREADS:
		to->number = w->threads;
		break;
	case WORKER_BUSY:
		to->none = w->busy_ns == 0;
		to->number = (double)w->busy_ns;
		break;
	case WORKER_COUNTED:
	case WORKER_COLUMNS:
		break;
	}
}

/* Of the time that all methods of the table took together. */
static void
set_share(struct value *to, const struct view *v, const struct tally *t,
    enum period period)
{
	to->none = v->methods_ns[period] == 0;
	if (!to->none)
		to->number = 100 * (double)t->time_ns /
		    (double)v->methods_ns[period];
}

static void
method_value(const struct view *v, const struct method_row *m,
    enum method_column column, enum period period, struct value *to)
{
	switch (column) {
	case METHOD_NAME:
		method_name(m, to->text, sizeof(to->text));
		break;
	case METHOD_RUNNING:
		to->number = m->running;
		break;
	case METHOD_FLIGHT:
		to->number = (double)m->in_flight;
		break;
	case METHOD_SHARE:
		set_share(to, v, &m->tally[period], period);
		break;
	case METHOD_COUNTED:
	case METHOD_COLUMNS:
		break;
	}
}

static void
worker_get(const struct view *v, const struct worker_row *w, unsigned column,
    enum period period, struct value *to)
{
	if (column < WORKER_COUNTED) {
		worker_value(w, (enum worker_column)column, to);
		return;
	}
	counted_value(v, &w->tally[period],
	    (enum counted_column)(column - WORKER_COUNTED), period, to);
	if (period == INTERVAL && v->interval_ns == 0)
		to->none = true;
}

static void
method_get(const struct view *v, const struct method_row *m, unsigned column,
    enum period period, struct value *to)
{
	if (column < METHOD_COUNTED)
		method_value(v, m, (enum method_column)column, period, to);
	else
		counted_value(v, &m->tally[period],
		    (enum counted_column)(column - METHOD_COUNTED), period,
		    to);
	if (period == INTERVAL && column >= METHOD_SHARE &&
	    (v->interval_ns == 0 || !v->methods_since))
		to->none = true;
}

/* What is not known is no number to sort by. */
void
value_get(const struct view *v, enum table table, unsigned i,
    unsigned column, enum period period, struct value *to)
{
	memset(to, 0, sizeof(*to));
	if (table == WORKERS)
		worker_get(v, &v->worker[i], column, period, to);
	else
		method_get(v, &v->method[i], column, period, to);
	if (to->none)
		to->number = 0;
}
