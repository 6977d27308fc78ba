/* SPDX-License-Identifier: Apache-2.0 */
/* Of the state of a server its methods, as people see them. */
#include "shm/stat_text.h"

#include <string.h>

#define ROW_WIDTH	80
#define METHOD_ROW	"%-*s %7s %7s %7s %5s %6s %6s %6s"
#define METHOD_REST	(8 + 8 + 8 + 6 + 7 + 7 + 7)
#define WAIT_COLUMN	" %6s"
#define WAIT_WIDTH	7

/* How they are shown: with what they waited for threads, if any does. */
struct methods {
	bool		 wait;
	int		 histogram;	/* of it */
	int		 name_width;
};

void
stat_method_name(const struct tf_stat *st, unsigned method, char *to,
    size_t size)
{
	struct tf_stat_method m;
	char name[sizeof(m.service) + sizeof(m.method)];

	if (!tf_stat_get_method(st, method, &m))
		snprintf(name, sizeof(name), "other");
	else
		snprintf(name, sizeof(name), "%s%s%s", m.service,
		    m.service[0] == '\0' ? "" : ".", m.method);
	tf_stat_escape(name, to, size);
}

static uint64_t
method_value(const struct tf_stat *st, const char *name, unsigned method)
{
	return tf_stat_value(st, tf_stat_find(st, TF_STAT_METHOD, name),
	    (int)method, TF_STAT_ALL);
}

/* How long its calls take, of which there may be none that came to its end. */
static struct stat_cell
method_time(const struct tf_stat *st, unsigned method, double p)
{
	uint64_t max = method_value(st, "time_max", method), q = max;

	if (method_value(st, "calls", method) == 0)
		return (struct stat_cell){ "-" };
	if (p < 1)
		q = tf_stat_quantile(st, (int)method, TF_STAT_ALL, p);
	return stat_cell_time(q < max ? q : max);
}

static struct stat_cell
method_wait(const struct tf_stat *st, const struct methods *all,
    unsigned method)
{
	uint64_t max = method_value(st, "wait_max", method), q;
	struct tf_stat_times times;

	if (method_value(st, "threaded", method) == 0)
		return (struct stat_cell){ "-" };
	tf_stat_get_histogram(st, all->histogram, (int)method, TF_STAT_ALL,
	    &times);
	q = tf_stat_times_quantile(&times, 0.99);
	return stat_cell_time(q < max ? q : max);
}

static void
text_titles(FILE *f, const struct methods *all)
{
	fprintf(f, "\n" METHOD_ROW, all->name_width, "METHOD", "CALLS", "EXC",
	    "ERR", "INFLT", "P50", "P99", "MAX");
	if (all->wait)
		fprintf(f, WAIT_COLUMN, "WAIT99");
	fputc('\n', f);
}

/* A call that took its worker along is one that went wrong. */
static void
text_method(const struct tf_stat *st, FILE *f, const struct methods *all,
    unsigned method)
{
	uint64_t aborted = method_value(st, "aborted", method);
	char name[1024], *shown = name;
	size_t len, width = (size_t)all->name_width;

	stat_method_name(st, method, name, sizeof(name));
	len = strlen(name);
	if (len > width) {
		shown = name + len - width;
		*shown = '~';
	}
	fprintf(f, METHOD_ROW, all->name_width, shown,
	    stat_cell_count(method_value(st, "calls", method) + aborted).s,
	    stat_cell_count(method_value(st, "exceptions", method)).s,
	    stat_cell_count(method_value(st, "errors", method) + aborted).s,
	    stat_cell_count(tf_stat_method_in_flight(st, (int)method,
	    TF_STAT_ALL)).s,
	    method_time(st, method, 0.5).s, method_time(st, method, 0.99).s,
	    method_time(st, method, 1).s);
	if (all->wait)
		fprintf(f, WAIT_COLUMN, method_wait(st, all, method).s);
	fputc('\n', f);
}

static bool
was_called(const struct tf_stat *st, unsigned method)
{
	return method_value(st, "calls", method) != 0 ||
	    method_value(st, "aborted", method) != 0 ||
	    tf_stat_method_in_flight(st, (int)method, TF_STAT_ALL) != 0;
}

void
stat_text_methods(const struct tf_stat *st, FILE *f)
{
	struct methods all = { .histogram = tf_stat_find_histogram(st,
	    TF_STAT_METHOD, "wait") };
	struct tf_stat_method m;
	bool any = false;
	unsigned i;

	all.wait = tf_stat_value(st, tf_stat_find(st, TF_STAT_METHOD,
	    "threaded"), TF_STAT_ALL, TF_STAT_ALL) != 0;
	all.name_width = ROW_WIDTH - METHOD_REST - (all.wait ? WAIT_WIDTH : 0);
	for (i = 0; tf_stat_get_method(st, i, &m); i++) {
		if (!was_called(st, i))
			continue;
		if (!any)
			text_titles(f, &all);
		any = true;
		text_method(st, f, &all, i);
	}
}
