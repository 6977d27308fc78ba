/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load: the client by which every test of loss judges a server.  It makes
 * calls that are all different, knows the one right reply to each, and accounts
 * for every one of them; see load_opt.c for how it is used.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"
#include "load_run.h"

int
main(int argc, char **argv)
{
	static struct report report;
	struct opt opt;
	int rc;

	rc = opt_parse(&opt, argc, argv);
	if (rc != 0)
		return rc - 1;
	run(&opt, &report);
	if (opt.json)
		report_json(&report, stdout);
	else
		report_text(&report, stdout);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(LOAD_INTERNAL, "stdout");
	return report_ok(&report) ? LOAD_OK : LOAD_BAD;
}
