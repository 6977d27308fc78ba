/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What terminfo knows of a terminal, looked at before curses takes it over.
 * By itself, because <term.h> defines words such as "lines".
 */
#include "capable.h"

#include <curses.h>
#include <err.h>
#include <stdlib.h>
#include <term.h>
#include <unistd.h>

#define INSTEAD	"; -1 and --json do without"

static int
has(const char *name)
{
	const char *s = tigetstr(name);

	return s != NULL && s != (const char *)-1;
}

int
capable(void)
{
	const char *term = getenv("TERM");
	int found = 0;

	if (term == NULL || term[0] == '\0') {
		warnx("TERM is not set: the interactive mode cannot know the "
		    "terminal" INSTEAD);
		return -1;
	}
	if (setupterm(term, STDOUT_FILENO, &found) == ERR && found != 1) {
		warnx("the terminal TERM=%.40s is not known" INSTEAD, term);
		return -1;
	}
	if (found == 1 && has("cup") && has("clear")) {
		del_curterm(cur_term);
		return 0;
	}
	warnx("the terminal TERM=%.40s cannot place its cursor, which the "
	    "interactive mode needs" INSTEAD, term);
	return -1;
}
