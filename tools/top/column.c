/* SPDX-License-Identifier: Apache-2.0 */
/* See column.h: from the fields of rows to values that can be compared. */
#include "column.h"

#include <stdio.h>
#include <string.h>

#include <thriftfork/stat.h>

static const struct column worker_columns[] = {
#define WORKER(id, title, width, rank, kind, help)			\
	{ title, help, width, rank, KIND_##kind },
#include "columns.def"
};

static const struct column method_columns[] = {
#define METHOD(id, title, width, rank, kind, help)			\
	{ title, help, width, rank, KIND_##kind },
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
set_mean(struct value *to, const struct tally *t)
{
	set_time(to, t, t->calls == 0 ? 0 : t->time_ns / t->calls);
}

static void
worker_value(const struct view *v, const struct worker_row *w,
    enum worker_column column, enum period period, struct value *to)
{
	const struct tally *t = &w->tally[period];

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
	case WORKER_CALLS:
		to->number = rate(v, period, t->calls);
		break;
	case WORKER_EXCEPTIONS:
		to->number = rate(v, period, t->exceptions);
		break;
	case WORKER_ERRORS:
		to->number = rate(v, period, t->errors);
		break;
	case WORKER_P50:
		set_time(to, t, t->p50_ns);
		break;
	case WORKER_P99:
		set_time(to, t, t->p99_ns);
		break;
	case WORKER_P999:
		set_time(to, t, t->p999_ns);
		break;
	case WORKER_MAX:
		set_time(to, t, t->max_ns);
		break;
	case WORKER_MEAN:
		set_mean(to, t);
		break;
	case WORKER_IN:
		to->number = rate(v, period, t->bytes_in);
		break;
	case WORKER_OUT:
		to->number = rate(v, period, t->bytes_out);
		break;
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
	const struct tally *t = &m->tally[period];

	switch (column) {
	case METHOD_NAME:
		method_name(m, to->text, sizeof(to->text));
		break;
	case METHOD_RUNNING:
		to->number = m->running;
		break;
	case METHOD_CALLS:
		to->number = rate(v, period, t->calls);
		break;
	case METHOD_EXCEPTIONS:
		to->number = rate(v, period, t->exceptions);
		break;
	case METHOD_ERRORS:
		to->number = rate(v, period, t->errors);
		break;
	case METHOD_P50:
		set_time(to, t, t->p50_ns);
		break;
	case METHOD_P99:
		set_time(to, t, t->p99_ns);
		break;
	case METHOD_P999:
		set_time(to, t, t->p999_ns);
		break;
	case METHOD_MAX:
		set_time(to, t, t->max_ns);
		break;
	case METHOD_MEAN:
		set_mean(to, t);
		break;
	case METHOD_SHARE:
		set_share(to, v, t, period);
		break;
	case METHOD_IN:
		to->number = rate(v, period, t->bytes_in);
		break;
	case METHOD_OUT:
		to->number = rate(v, period, t->bytes_out);
		break;
	case METHOD_COLUMNS:
		break;
	}
}

/* Whether a column says something of a period. */
static bool
is_counted(enum table table, unsigned column)
{
	if (table == METHODS)
		return column >= METHOD_CALLS;
	return column >= WORKER_CALLS;
}

void
value_get(const struct view *v, enum table table, unsigned i,
    unsigned column, enum period period, struct value *to)
{
	memset(to, 0, sizeof(*to));
	if (table == WORKERS)
		worker_value(v, &v->worker[i], (enum worker_column)column,
		    period, to);
	else
		method_value(v, &v->method[i], (enum method_column)column,
		    period, to);
	if (period == INTERVAL && is_counted(table, column) &&
	    (v->interval_ns == 0 || (table == METHODS && !v->methods_since)))
		to->none = true;
	if (to->none)
		to->number = 0;
}
