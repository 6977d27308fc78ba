/* SPDX-License-Identifier: Apache-2.0 */
/* The control verbs: one question to a running server, one answer. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/control.h>
#include <thriftfork/server.h>
#include <thriftfork/stat.h>

#include "verb.h"

struct control_args {
	const char	*verb;
	const char	*instance;	/* name, or path of a socket; NULL */
	char		 socket[256];
	const char	*operand;	/* of scale; NULL */
	bool		 json, now, help, version;
};

static int
usage(FILE *f, const struct control_args *a, const char *more, int status)
{
	fprintf(f, "usage: thriftfork %s [-n NAME | -S SOCKET]%s\n", a->verb,
	    more);
	return status;
}

static int
version(void)
{
	printf("thriftfork %s\n", tf_version());
	return 0;
}

/* A path even if there is no slash in it, which would make it a name. */
static int
set_socket(struct control_args *a, const char *path)
{
	a->instance = a->socket;
	return snprintf(a->socket, sizeof(a->socket), "%s%s",
	    strchr(path, '/') == NULL ? "./" : "", path) <
	    (int)sizeof(a->socket) ? 0 : -1;
}

static int
parse(struct control_args *a, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "now", no_argument, NULL, 'N' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
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
			if (set_socket(a, optarg) == -1)
				return -1;
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
		case 'V':
			a->version = true;
			break;
		default:
			return -1;
		}
	if (optind < argc && strcmp(a->verb, "scale") == 0)
		a->operand = argv[optind++];
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
	if ((rc = tf_stat_print(st, stdout, a->json)) == -1)
		fprintf(stderr, "thriftfork status: standard output: %s\n",
		    strerror(errno));
	tf_stat_close(st);
	return rc == -1 ? 1 : 0;
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
	if (a.version)
		return version();
	if (ask(&a, "status", &fd) == -1)
		return 1;
	status = print_status(&a, fd);
	close(fd);
	return status;
}

static void
say_what_takes_so_long(int sig)
{
	static const char text[] = "thriftfork stop: waiting for what has been "
	    "asked; --now does not\n";
	int saved = errno;

	(void)sig;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) == -1)
		errno = saved;
	errno = saved;
}

/* Who sits at a terminal wonders after a second. */
static void
explain_waiting(void)
{
	struct sigaction sa = { .sa_handler = say_what_takes_so_long };

	sigemptyset(&sa.sa_mask);
	if (isatty(STDERR_FILENO) && sigaction(SIGALRM, &sa, NULL) == 0)
		alarm(1);
}

int
verb_stop(int argc, char **argv)
{
	struct control_args a;

	if (parse(&a, argc, argv) == -1 || a.json)
		return usage(stderr, &a, " [--now]", 2);
	if (a.help)
		return usage(stdout, &a, " [--now]", 0);
	if (a.version)
		return version();
	if (!a.now)
		explain_waiting();
	return ask(&a, a.now ? "stop now" : "stop", NULL) == -1 ? 1 : 0;
}

/* A verb whose request is its name; the exit status is the answer. */
int
verb_order(int argc, char **argv)
{
	struct control_args a;

	if (parse(&a, argc, argv) == -1 || a.json || a.now)
		return usage(stderr, &a, "", 2);
	if (a.help)
		return usage(stdout, &a, "", 0);
	if (a.version)
		return version();
	return ask(&a, a.verb, NULL) == -1 ? 1 : 0;
}

int
verb_scale(int argc, char **argv)
{
	struct control_args a;
	char request[64];
	const char *why;

	if (parse(&a, argc, argv) == -1 || a.json || a.now)
		return usage(stderr, &a, " WORKERS", 2);
	if (a.help)
		return usage(stdout, &a, " WORKERS", 0);
	if (a.version)
		return version();
	if (a.operand == NULL)
		return usage(stderr, &a, " WORKERS", 2);
	strtonum(a.operand, 1, 1000000, &why);
	if (why != NULL) {
		fprintf(stderr, "thriftfork scale: '%s' workers: %s\n",
		    a.operand, why);
		return 2;
	}
	snprintf(request, sizeof(request), "scale %s", a.operand);
	return ask(&a, request, NULL) == -1 ? 1 : 0;
}
