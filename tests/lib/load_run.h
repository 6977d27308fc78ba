/* SPDX-License-Identifier: Apache-2.0 */
/* The run: all connections, one event loop, and when it is over. */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include "load_opt.h"
#include "load_report.h"

/*
 * Does what the options say and fills the report.  Returns when it is over;
 * exits with 3 if the machine will not let it work or if its own counts
 * contradict each other.
 */
void	 run(const struct opt *, struct report *);

#endif
