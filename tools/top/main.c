/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thriftfork top: what a server does, as it does it, from the counters that its
 * master hands out.  The server does nothing for it and notices nothing.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>

#include <thriftfork/server.h>

#include "report.h"
#include "screen.h"

struct top_args {
	const char	*instance;	/* name, or path of a socket; NULL */
	char		 socket[SOURCE_NAME];
	struct report	 report;
};

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: thriftfork top [-1t] [-d INTERVAL] [--json] "
	    "[-n NAME | -S SOCKET]\n");
	if (status == 0)
		fprintf(f, "\n"
		    "  -1           print one interval and exit\n"
		    "  --json       print JSON, a line for each interval\n"
		    "  -t           totals since ever instead of rates\n"
		    "  -d INTERVAL  100ms to 1h, such as 500ms or 5s; 1s by "
		    "default\n"
		    "  -n NAME      of the instance, if several run\n"
		    "  -S SOCKET    the path of its control socket\n"
		    "\n"
		    "In the interactive mode h lists the keys.\n");
	return status;
}

static void
set_interval(struct top_args *a, const char *text)
{
	if (interval_parse(text, &a->report.interval_ns) == -1)
		errx(2, "'%s' is no interval from 100ms to 1h, such as 500ms, "
		    "5s or 1m", text);
}

/* 0, or the exit status plus one. */
static int
parse(struct top_args *a, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "1td:n:S:h", longs,
	    NULL)) != -1)
		switch (letter) {
		case '1':
			a->report.once = true;
			break;
		case 'j':
			a->report.json = true;
			break;
		case 't':
			a->report.period = TOTAL;
			break;
		case 'd':
			set_interval(a, optarg);
			break;
		case 'n':
			a->instance = optarg;
			break;
		case 'S':
			a->instance = source_socket(a->socket, optarg);
			break;
		case 'h':
			return usage(stdout, 0) + 1;
		case 'V':
			printf("thriftfork %s\n", tf_version());
			return 1;
		default:
			return usage(stderr, 2) + 1;
		}
	return optind == argc ? 0 : usage(stderr, 2) + 1;
}

static int
run(const struct top_args *a)
{
	struct source source;
	int status;

	if (source_open(&source, a->instance) == -1)
		errx(1, "%s", source.why);
	if (a->report.once || a->report.json)
		status = report_run(&a->report, &source);
	else
		status = screen_run(&source, a->report.interval_ns,
		    a->report.period);
	source_close(&source);
	return status;
}

int
main(int argc, char **argv)
{
	struct top_args a = { .report.interval_ns = 1000000000 };
	int status;

	if ((status = parse(&a, argc, argv)) != 0)
		status--;
	else
		status = run(&a);
	if (fflush(stdout) == EOF)
		err(1, "standard output");
	return status;
}
