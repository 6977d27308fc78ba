/* SPDX-License-Identifier: Apache-2.0 */
/* The control verbs: one question to a running server, one answer. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/control.h>
#include <thriftfork/stat.h>

#include "verb.h"

struct control_args {
	const char	*verb;
	const char	*instance;	/* name, or path of a socket; NULL */
	char		 socket[256];
	bool		 json, now, help;
};

static int
usage(FILE *f, const struct control_args *a, const char *more, int status)
{
	fprintf(f, "usage: thriftfork %s [-n NAME | -S SOCKET]%s\n", a->verb,
	    more);
	return status;
}

static int
parse(struct control_args *a, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "now", no_argument, NULL, 'N' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int letter;

	*a = (struct control_args){ .verb = argv[0] };
	while ((letter = getopt_long(argc, argv, "n:S:h", longs, NULL)) != -1)
		switch (letter) {
		case 'n':
			a->instance = optarg;
			break;
		case 'S':
			snprintf(a->socket, sizeof(a->socket), "%s%s",
			    strchr(optarg, '/') == NULL ? "./" : "", optarg);
			a->instance = a->socket;
			break;
		case 'j':
			a->json = true;
			break;
		case 'N':
			a->now = true;
			break;
		case 'h':
			a->help = true;
			break;
		default:
			return -1;
		}
	return optind == argc ? 0 : -1;
}

static int
ask(const struct control_args *a, const char *request, int *fd)
{
	char why[512];
	int control, rc;

	if ((control = tf_control_open(a->instance, why, sizeof(why))) == -1) {
		fprintf(stderr, "thriftfork %s: %s\n", a->verb, why);
		return -1;
	}
	rc = tf_control_ask(control, request, fd, why, sizeof(why));
	close(control);
	if (rc == -1)
		fprintf(stderr, "thriftfork %s: %s\n", a->verb, why);
	return rc;
}

static int
print_status(const struct control_args *a, int fd)
{
	struct tf_stat *st;
	const char *why;
	int rc;

	if ((st = tf_stat_open_fd(fd, &why)) == NULL) {
		fprintf(stderr, "thriftfork status: %s\n", why);
		return 1;
	}
	rc = tf_stat_print(st, stdout, a->json);
	tf_stat_close(st);
	return rc == -1 || fflush(stdout) == EOF ? 1 : 0;
}

int
verb_status(int argc, char **argv)
{
	struct control_args a;
	int fd, status;

	if (parse(&a, argc, argv) == -1 || a.now)
		return usage(stderr, &a, " [--json]", 2);
	if (a.help)
		return usage(stdout, &a, " [--json]", 0);
	if (ask(&a, "status", &fd) == -1)
		return 1;
	status = print_status(&a, fd);
	close(fd);
	return status;
}

int
verb_stop(int argc, char **argv)
{
	struct control_args a;

	if (parse(&a, argc, argv) == -1 || a.json)
		return usage(stderr, &a, " [--now]", 2);
	if (a.help)
		return usage(stdout, &a, " [--now]", 0);
	return ask(&a, a.now ? "stop now" : "stop", NULL) == -1 ? 1 : 0;
}
