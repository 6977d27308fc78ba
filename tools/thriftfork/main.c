/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thriftfork VERB: the launcher, the control verbs, and, for every other verb,
 * whatever program is called thriftfork-VERB, as git does it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/server.h>

#include "verb.h"

static const struct verb {
	const char	*name;
	int		(*fn)(int, char **);
	const char	*help;
} verbs[] = {
	{ "run", verb_run,
	    "serve a module: run [OPTION]... MODULE.so [ARG]..." },
	{ "status", verb_status, "show what a server does: workers, methods" },
	{ "stop", verb_stop, "answer what has been asked, then stop" },
	{ "reload", verb_order,
	    "change to the configuration and the module as they are now" },
	{ "upgrade", verb_order,
	    "let the new binary take over, with all connections" },
	{ "scale", verb_scale, "change the number of workers" },
	{ "reopen", verb_order, "open the log file again" },
	{ "ready", verb_order, "succeed if the server takes new clients" },
	{ "top", NULL, "watch what a server does, as it does it" },
	{ "admin", NULL, "answer HTTP: metrics, health, state of a server" },
	{ "gen", NULL, "compile Thrift IDL to C" },
	{ "call", NULL, "call a method of any Thrift server from the shell" },
	{ "bench", NULL, "measure how fast and how late a server answers" },
};
#define NVERBS	(sizeof(verbs) / sizeof(verbs[0]))

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: thriftfork VERB [ARG]...\n\n");
	for (size_t i = 0; i < NVERBS; i++)
		fprintf(f, "  %-8s %s\n", verbs[i].name, verbs[i].help);
	fprintf(f, "\nthriftfork VERB --help says more.  See thriftfork(1).\n");
	return status;
}

/* The program beside this one, so that an uninstalled build finds its own. */
static void
exec_beside(const char *program, char **argv)
{
	char path[PATH_MAX];
	ssize_t n;
	char *slash;

	if ((n = readlink("/proc/self/exe", path, sizeof(path) - 1)) == -1)
		return;
	path[n] = '\0';
	if ((slash = strrchr(path, '/')) == NULL)
		return;
	slash[1] = '\0';
	if (strlcat(path, program, sizeof(path)) < sizeof(path))
		execv(path, argv);
}

static int
exec_other(int argc, char **argv)
{
	char program[64], *verb = argv[0];

	(void)argc;
	if (strchr(argv[0], '/') != NULL || snprintf(program, sizeof(program),
	    "thriftfork-%s", argv[0]) >= (int)sizeof(program)) {
		fprintf(stderr, "thriftfork: '%s' is no verb\n", verb);
		return usage(stderr, 2);
	}
	argv[0] = program;		/* it complains under its own name */
	exec_beside(program, argv);
	execvp(program, argv);
	if (errno == ENOENT) {
		fprintf(stderr, "thriftfork: '%s' is no verb\n", verb);
		return usage(stderr, 2);
	}
	fprintf(stderr, "thriftfork: %s: %s\n", program, strerror(errno));
	return 1;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, 2);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return usage(stdout, 0);
	if (strcmp(argv[1], "--version") == 0) {
		printf("thriftfork %s\n", tf_version());
		return 0;
	}
	for (size_t i = 0; i < NVERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0 && verbs[i].fn != NULL)
			return verbs[i].fn(argc - 1, argv + 1);
	return exec_other(argc - 1, argv + 1);
}
