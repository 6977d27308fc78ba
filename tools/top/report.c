/* SPDX-License-Identifier: Apache-2.0 */
/* See report.h. */
#include "report.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "layout.h"
#include "reading.h"

#define PAPER	80			/* columns where there is no terminal */

static unsigned
width_of(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col < LAYOUT_WIDTH ? size.ws_col :
		    LAYOUT_WIDTH - 1;
	return PAPER;
}

static void
print_line(const char *line)
{
	int len = (int)strlen(line);

	while (len > 0 && line[len - 1] == ' ')
		len--;
	printf("%.*s\n", len, line);
}

static void
print_table(const struct model *m, const struct view *v, enum table table,
    unsigned width)
{
	char line[LAYOUT_WIDTH];
	unsigned i;

	if (m->table[table].n == 0)
		return;
	putchar('\n');
	layout_titles(m, table, width, line);
	print_line(line);
	for (i = 0; i < m->table[table].n; i++) {
		layout_row(m, v, table, i, width, line);
		print_line(line);
	}
}

static void
print_tables(const struct report *r, const struct view *v)
{
	unsigned i, width = width_of(STDOUT_FILENO);
	char line[LAYOUT_WIDTH];
	struct model m;

	model_init(&m, r->interval_ns);
	m.period = r->period;
	m.focus = TABLES;		/* nothing is marked on paper */
	model_arrange(&m, v);
	for (i = 0; i < HEAD_LINES; i++) {
		layout_head(v, r->period, i, width, line);
		print_line(line);
	}
	print_table(&m, v, WORKERS, width);
	print_table(&m, v, METHODS, width);
	model_fini(&m);
}

static int
print(const struct report *r, const struct view *v)
{
	if (r->json)
		json_view(v, stdout);
	else
		print_tables(r, v);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	warn("standard output");
	return -1;
}

static void
sleep_until(uint64_t ns)
{
	struct timespec ts = { .tv_sec = (time_t)(ns / 1000000000),
	    .tv_nsec = (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) ==
	    EINTR)
		;
}

/* The interval after a reading; true if it has been printed, -1: failed. */
static int
interval(const struct report *r, struct source *s, struct reading **before)
{
	struct reading *now = reading_take(s->stat, TF_STAT_ALL);
	struct view *v = view_make(*before, now);
	int rc = print(r, v);

	view_free(v);
	reading_free(*before);
	*before = now;
	return rc;
}

static void
begin_anew(struct source *s, struct reading **before)
{
	reading_free(*before);
	*before = reading_take(s->stat, TF_STAT_ALL);
}

int
report_run(const struct report *r, struct source *s)
{
	struct reading *before = reading_take(s->stat, TF_STAT_ALL);
	uint64_t next = before->at_ns;
	bool gone = false;
	int rc = 0, done = 0;

	while (done == 0 && rc == 0) {
		next += r->interval_ns;
		sleep_until(next);
		switch (source_check(s)) {
		case SOURCE_GONE:
			if (!gone || r->once)
				warnx("%s", s->why);
			gone = true;
			rc = r->once ? -1 : 0;
			continue;
		case SOURCE_NEW:
			begin_anew(s, &before);
			next = before->at_ns;
			break;
		case SOURCE_SAME:
			rc = interval(r, s, &before);
			next = before->at_ns;
			done = r->once;
			break;
		}
		gone = false;
	}
	reading_free(before);
	return rc == 0 ? 0 : 1;
}
