/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of screen.c where there is no ncurses. */
#include "screen.h"

#include <err.h>

int
screen_run(struct source *s, uint64_t interval_ns, enum period period)
{
	(void)s;
	(void)interval_ns;
	(void)period;
	warnx("built without ncurses, which the interactive mode needs; "
	    "-1 and --json do without");
	return 1;
}
