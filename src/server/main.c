/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line that every server program has: the launcher's "run" and a
 * program of its own, through tf_main(), are the same to their users.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "server/server.h"

void
tf_options_help(FILE *f)
{
	fprintf(f,
	    "  -o KEY=VALUE                             any setting below\n"
	    "  -q, -v                                   log less, log more\n"
	    "  -t                                       check settings and "
	    "module, print the\n"
	    "                                           methods, and exit\n"
	    "  --help, --version\n"
	    "\n"
	    "Settings, with their defaults; times as 500ms, 30s or off, sizes "
	    "as 64K or 16M:\n");
	settings_help(f);
}

static int
set_pair(struct tf_server *srv, const char *pair)
{
	const char *eq = strchr(pair, '=');
	char *key;
	int rc;

	if (eq == NULL)
		return tf_server_refuse(srv, "-o wants KEY=VALUE, not '%s'",
		    pair);
	if ((key = strndup(pair, (size_t)(eq - pair))) == NULL)
		return tf_server_refuse(srv, "out of memory");
	rc = tf_server_set(srv, key, eq + 1);
	free(key);
	return rc;
}

/* Long options are few: whoever gives one may have a setting in mind. */
static int
refuse_long(struct tf_server *srv, const char *option)
{
	int len = (int)strcspn(option, "=");

	if (settings_has(option + 2, (size_t)len - 2))
		return tf_server_refuse(srv, "no option %.*s: it is a setting, "
		    "-o %.*s=VALUE", len, option, len - 2, option + 2);
	return tf_server_refuse(srv, "no option %.*s; try --help", len,
	    option);
}

static int
set_letter(struct tf_server *srv, int letter, const char *value,
    const char *option)
{
	switch (letter) {
	case 'o':
		return set_pair(srv, value);
	case 'q':
		return tf_server_set(srv, "log-level", "warn");
	case 't':
		srv->only_check = true;
		return 0;
	case 'v':
		return tf_server_set(srv, "log-level", "debug");
	case ':':
		return tf_server_refuse(srv, "-%c wants a value", optopt);
	case '?':
		if (optopt == 0)
			return refuse_long(srv, option);
		return tf_server_refuse(srv, "no option -%c; try --help",
		    optopt);
	default:
		return tf_server_set(srv, settings_key(letter),
		    value != NULL ? value : "yes");
	}
}

int
tf_server_getopt(struct tf_server *srv, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	char letters[64] = "+:o:qtvh";
	int letter;

	fd_fill_stdio();
	server_activate(srv);
	server_succeed(srv);
	srv->is_program = true;
	settings_getopt(letters, sizeof(letters));
	optind = 1;
	while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (letter == 'h')
			return TF_GETOPT_HELP;
		if (letter == 'V')
			return TF_GETOPT_VERSION;
		if (set_letter(srv, letter, optarg, argv[optind - 1]) == -1)
			return -1;
	}
	if (settings_check(&srv->settings, srv->error,
	    sizeof(srv->error)) == -1)
		return -1;
	return optind;
}

static int
usage(FILE *f, const char *program, int status)
{
	fprintf(f, "usage: %s [-dqtv] [-c FILE] [-n NAME] [-w N|auto] "
	    "[-l ADDR]... [-o KEY=VALUE]... [ARG...]\n", program);
	if (status == 0) {
		fprintf(f, "\n");
		tf_options_help(f);
	}
	return status;
}

static int
complain(struct tf_server *srv, const char *program, int status)
{
	fprintf(stderr, "%s: %s\n", program, srv->error);
	tf_server_free(srv);
	return status;
}

int
tf_main(int argc, char **argv, tf_setup_fn *setup)
{
	const char *program = program_invocation_short_name;
	struct tf_server *srv;
	int first;

	if ((srv = tf_server_new()) == NULL) {
		fprintf(stderr, "%s: out of memory\n", program);
		return 1;
	}
	first = tf_server_getopt(srv, argc, argv);
	if (first == -1)
		return complain(srv, program, 2);
	if (first <= 0) {
		tf_server_free(srv);
		if (first == TF_GETOPT_HELP)
			return usage(stdout, program, 0);
		printf("%s (thriftfork %s)\n", program, tf_version());
		return 0;
	}
	tf_server_setup(srv, setup);
	argv[first - 1] = argv[0];
	tf_server_set_args(srv, argc - first + 1, argv + first - 1);
	if (tf_server_run(srv) == -1)
		return complain(srv, program, 1);
	tf_server_free(srv);
	return 0;
}
