/* SPDX-License-Identifier: Apache-2.0 */
/* Of the state of a server what is not its workers' and methods'. */
#include "shm/stat_text.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

#define DEATHS_SHOWN	5

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
