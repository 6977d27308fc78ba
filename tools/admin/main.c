/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thriftfork admin: metrics, health and state of a server for those who watch
 * many of them, over HTTP.  By hand it finds an instance and listens by itself;
 * a master that has the role starts it with all it needs, and nothing else, as
 * descriptors.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <thriftfork/loop.h>
#include <thriftfork/server.h>

#include "admin.h"
#include "front.h"

struct addresses {
	const char	*of[ADMIN_FDS];
	unsigned	 n;
};

struct admin_args {
	const char	*instance;	/* name, or path of a socket; NULL */
	char		 socket[SOURCE_NAME];
	int		 segment_fd;	/* -1: none was passed */
	struct admin_sockets http, agent;
	struct addresses http_at, agent_at;	/* to listen at by hand */
};

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: thriftfork admin [-l ADDR]... [-a ADDR]... "
	    "[-n NAME | -S SOCKET]\n");
	if (status == 0)
		fprintf(f, "\n"
		    "  -l ADDR      answer HTTP there: HOST:PORT, :PORT "
		    "(loopback), *:PORT or\n"
		    "               unix:/path; may be given repeatedly\n"
		    "  -a ADDR      answer HAProxy's agent-check there, in "
		    "the same forms\n"
		    "  -n NAME      of the instance, if several run\n"
		    "  -S SOCKET    the path of its control socket\n"
		    "\n"
		    "A server does the same by itself, with \"admin ADDR\" "
		    "and\n\"admin-agent ADDR\" in its configuration.\n");
	return status;
}

static int
descriptor(const char *text)
{
	const char *wrong;
	int fd = (int)strtonum(text, STDERR_FILENO + 1, 1000000, &wrong);

	if (wrong != NULL)
		errx(2, "descriptor '%s' is %s", text, wrong);
	return fd;
}

static void
add(struct admin_sockets *s, int fd)
{
	if (s->n == ADMIN_FDS)
		errx(2, "more than %d sockets", ADMIN_FDS);
	s->fds[s->n++] = fd;
}

static void
add_address(struct addresses *a, const char *address)
{
	if (a->n == ADMIN_FDS)
		errx(2, "more than %d addresses", ADMIN_FDS);
	a->of[a->n++] = address;
}

static int
listen_at(struct admin_sockets *s, const struct addresses *a)
{
	char why[256] = "there are too many sockets";
	int n;

	for (unsigned i = 0; i < a->n; i++) {
		n = s->n == ADMIN_FDS ? -1 : tf_listen(a->of[i],
		    s->fds + s->n, (int)(ADMIN_FDS - s->n), why, sizeof(why));
		if (n == -1) {
			warnx("%s: %s", a->of[i], why);
			return -1;
		}
		s->n += (unsigned)n;
	}
	return 0;
}

static void
remove_files(const struct admin_sockets *s)
{
	for (unsigned i = 0; i < s->n; i++)
		front_unlink(s->fds[i]);
}

enum { SEGMENT_FD = 256, HTTP_FD, AGENT_FD };

/* 0, or the exit status plus one. */
static int
parse(struct admin_args *a, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "segment-fd", required_argument, NULL, SEGMENT_FD },
		{ "http-fd", required_argument, NULL, HTTP_FD },
		{ "agent-fd", required_argument, NULL, AGENT_FD },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "a:l:n:S:h", longs,
	    NULL)) != -1)
		switch (letter) {
		case 'a':
			add_address(&a->agent_at, optarg);
			break;
		case 'l':
			add_address(&a->http_at, optarg);
			break;
		case 'n':
			a->instance = optarg;
			break;
		case 'S':
			a->instance = source_socket(a->socket, optarg);
			break;
		case SEGMENT_FD:
			a->segment_fd = descriptor(optarg);
			break;
		case HTTP_FD:
			add(&a->http, descriptor(optarg));
			break;
		case AGENT_FD:
			add(&a->agent, descriptor(optarg));
			break;
		case 'h':
			return usage(stdout, 0) + 1;
		case 'V':
			printf("thriftfork %s\n", tf_version());
			return 1;
		default:
			return usage(stderr, 2) + 1;
		}
	return optind == argc && a->http.n + a->agent.n + a->http_at.n +
	    a->agent_at.n > 0 ? 0 : usage(stderr, 2) + 1;
}

/* What else can be wrong is found before there are files of sockets. */
static int
run(struct admin_args *a)
{
	bool by_hand = a->http_at.n + a->agent_at.n > 0;
	struct view view;
	int status = 1;

	if (view_open(&view, a->instance, a->segment_fd) == -1)
		errx(1, "%s", view.source.why);
	if (listen_at(&a->http, &a->http_at) == 0 &&
	    listen_at(&a->agent, &a->agent_at) == 0) {
		status = admin_run(&view, &a->http, &a->agent, by_hand);
	} else {
		remove_files(&a->http);
		remove_files(&a->agent);
	}
	view_close(&view);
	return status;
}

int
main(int argc, char **argv)
{
	struct admin_args a = { .segment_fd = -1 };
	int status;

	if ((status = parse(&a, argc, argv)) != 0)
		status--;
	else
		status = run(&a);
	if (fflush(stdout) == EOF)
		err(1, "standard output");
	return status;
}
