/* SPDX-License-Identifier: Apache-2.0 */
/* Of the state of a server what is not its workers' and methods'. */
#include "shm/stat_text.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

#define DEATHS_SHOWN	5
#define LINE_WIDTH	80
#define ADDRESS_WIDTH	32

#define LISTENER_ROW	"%-*s %-4s %7s %7s %7s %7s %10s\n"

static struct stat_cell
cell_known(uint64_t n, bool known)
{
	return known ? stat_cell_count(n) : (struct stat_cell){ "-" };
}

/* The end of a path tells more than its beginning. */
static void
text_listener(FILE *f, const struct tf_stat_listener *l)
{
	char address[4 * sizeof(l->address)], kind[4 * sizeof(l->kind)];
	char *shown = address;
	size_t len;

	tf_stat_escape(l->address, address, sizeof(address));
	tf_stat_escape(l->kind, kind, sizeof(kind));
	if ((len = strlen(address)) > ADDRESS_WIDTH) {
		shown += len - ADDRESS_WIDTH;
		*shown = '~';
	}
	fprintf(f, LISTENER_ROW, ADDRESS_WIDTH, shown, kind,
	    stat_cell_count(l->sockets).s, cell_known(l->limit, l->has_queue).s,
	    cell_known(l->queue, l->has_queue).s,
	    cell_known(l->longest, l->has_queue).s,
	    cell_known(l->drops, l->has_drops).s);
}

void
stat_text_listeners(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_listener l;
	unsigned i;

	for (i = 0; tf_stat_get_listener(st, i, &l); i++) {
		if (i == 0)
			fprintf(f, "\n" LISTENER_ROW, ADDRESS_WIDTH,
			    "ADDRESS", "KIND", "SOCKETS", "LIMIT", "QUEUE",
			    "LONGEST", "DROPS");
		text_listener(f, &l);
	}
}

/* A line of several that there are some of, wrapped. */
struct line {
	FILE		*f;
	size_t		 at;		/* columns that have been used */
};

static void
line_add(struct line *l, const char *title, uint64_t n, const char *what)
{
	char text[4 * 32 + 32], *p;
	int len;

	if (n == 0)
		return;
	len = snprintf(text, sizeof(text), "%s ", stat_cell_count(n).s);
	tf_stat_escape(what, text + len, sizeof(text) - (size_t)len);
	for (p = text; *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
	if (l->at == 0)
		l->at = (size_t)fprintf(l->f, "\n%s: ", title) - 1;
	else if (l->at + 2 + strlen(text) + 1 > LINE_WIDTH)
		l->at = (size_t)fprintf(l->f, ",\n    ") - 2;
	else
		l->at += (size_t)fprintf(l->f, ", ");
	l->at += (size_t)fprintf(l->f, "%s", text);
}

/* Of all counters whose names begin so what stands behind it is a reason. */
static void
line_reasons(struct line *l, const struct tf_stat *st, const char *title,
    enum tf_stat_level level, const char *prefix)
{
	const struct tf_stat_counter *c;
	size_t len = strlen(prefix);

	for (unsigned i = 0; (c = tf_stat_counter(st, i)) != NULL; i++)
		if (c->level == level && strncmp(c->name, prefix, len) == 0)
			line_add(l, title, tf_stat_value(st, (int)i, 0,
			    TF_STAT_ALL), c->name + len);
}

static void
line_end(const struct line *l)
{
	if (l->at != 0)
		fputc('\n', l->f);
}

void
stat_text_closed(const struct tf_stat *st, FILE *f)
{
	const char *title = "connections closed";
	struct line l = { .f = f };

	line_reasons(&l, st, title, TF_STAT_WORKER, "closed_");
	line_add(&l, title, tf_stat_value(st, tf_stat_find(st, TF_STAT_WORKER,
	    "connections_lost"), 0, TF_STAT_ALL), "with their worker");
	line_end(&l);
}

void
stat_text_deaths(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_death d;
	char when[32];
	time_t at;
	struct tm tm;
	struct line l = { .f = f };
	unsigned i;

	line_reasons(&l, st, "workers died", TF_STAT_SERVER, "deaths_");
	line_end(&l);
	for (i = 0; i < DEATHS_SHOWN && tf_stat_get_death(st, i, &d); i++) {
		if (i == 0 && l.at == 0)
			fputc('\n', f);
		at = (time_t)(d.at_ns / NS_PER_S);
		if (localtime_r(&at, &tm) == NULL ||
		    strftime(when, sizeof(when), "%F %T", &tm) == 0)
			strlcpy(when, "?", sizeof(when));
		fprintf(f, "%s ", when);
		stat_put(f, d.text);
		fputc('\n', f);
	}
}
