/* SPDX-License-Identifier: Apache-2.0 */
/* thriftfork run: the options of every server, and a module to serve. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <thriftfork/server.h>

#include "verb.h"

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: thriftfork run [-dqtv] [-c FILE] [-n NAME] "
	    "[-w N|auto] [-l ADDR]...\n"
	    "           [-o KEY=VALUE]... MODULE.so [ARG]...\n");
	if (status == 0) {
		fprintf(f, "\n");
		tf_options_help(f);
	}
	return status;
}

static int
complain(const struct tf_server *srv, int status)
{
	fprintf(stderr, "thriftfork run: %s\n", tf_server_error(srv));
	return status;
}

/*
 * An exec leaves open what is not close-on-exec, and what the library has
 * opened or taken over since is.
 */
static void
close_strays(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	int fd, flags;

	if (dir == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		fd = (int)strtol(e->d_name, NULL, 10);
		if (fd > STDERR_FILENO && (flags = fcntl(fd, F_GETFD)) != -1 &&
		    !(flags & FD_CLOEXEC))
			close(fd);
	}
	closedir(dir);
}

/*
 * What a launcher happens to inherit is no business of the module: stray
 * descriptors, blocked signals, ignored ones.  Not before the settings have
 * been read: their file may be one of those descriptors.
 */
static void
forget_inherited(void)
{
	struct sigaction sa;
	sigset_t none;

	close_strays();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &sa) == 0 &&
		    sa.sa_handler == SIG_IGN)
			signal(sig, SIG_DFL);
}

static int
run(struct tf_server *srv, int argc, char **argv)
{
	int first;

	first = tf_server_getopt(srv, argc, argv);
	if (first == TF_GETOPT_HELP)
		return usage(stdout, 0);
	if (first == TF_GETOPT_VERSION) {
		printf("thriftfork %s\n", tf_version());
		return 0;
	}
	if (first == -1)
		return complain(srv, 2);
	if (first == argc) {
		fprintf(stderr, "thriftfork run: which module?\n");
		return usage(stderr, 2);
	}
	forget_inherited();
	if (tf_server_module(srv, argv[first]) == -1)
		return complain(srv, 1);
	tf_server_set_args(srv, argc - first, argv + first);
	return tf_server_run(srv) == -1 ? complain(srv, 1) : 0;
}

int
verb_run(int argc, char **argv)
{
	struct tf_server *srv;
	int status;

	if ((srv = tf_server_new()) == NULL) {
		fprintf(stderr, "thriftfork run: out of memory\n");
		return 1;
	}
	status = run(srv, argc, argv);
	tf_server_free(srv);
	return status;
}
