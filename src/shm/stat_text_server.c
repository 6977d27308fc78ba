/* SPDX-License-Identifier: Apache-2.0 */
/* Of the state of a server what is not its workers' and methods'. */
#include "shm/stat_text.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

#define DEATHS_SHOWN	5
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

void
stat_text_deaths(const struct tf_stat *st, FILE *f)
{
	struct tf_stat_death d;
	char when[32];
	time_t at;
	struct tm tm;
	unsigned i;

	for (i = 0; i < DEATHS_SHOWN && tf_stat_get_death(st, i, &d); i++) {
		if (i == 0)
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
