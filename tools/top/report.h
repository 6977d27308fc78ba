/* SPDX-License-Identifier: Apache-2.0 */
/* Without a terminal: tables or JSON, an interval once or again and again. */
#ifndef TOP_REPORT_H
#define TOP_REPORT_H

#include "source.h"
#include "view.h"

struct report {
	bool		 json, once;
	enum period	 period;	/* of the tables */
	uint64_t	 interval_ns;
};

/* The exit status. */
int	 report_run(const struct report *, struct source *);

#endif
