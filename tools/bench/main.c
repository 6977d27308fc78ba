/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thriftfork bench: how fast a server answers, and how late under load.
 *
 * A plan (plan.h) is what the user wants.  A run (run.h) has the schedule,
 * which knows when requests are due and nothing of sockets, and the tally,
 * which knows what became of them and nothing of bytes.  An engine stands
 * between these two and the server; there are three, and each dialect has one:
 *
 *	raw.c	   compact and binary, framed and unframed, in plain: bytes that
 *		   were encoded once (message.h), over sockets of its own
 *		   (conn.h, dial.h), because the server must be dearer than its
 *		   client
 *	library.c  what else the asynchronous client speaks
 *	waiting.c  HTTP, by clients that wait, in threads
 *
 * The report (report.h) is made of the tally alone.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <thriftfork.h>

#include "dial.h"
#include "report.h"
#include "span.h"

#define MAX_CONNS	1000000u
#define MAX_DEPTH	4096u		/* half of the raw engine's numbers */
#define MAX_TIME_NS	(24 * 3600 * NS_PER_S)

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: thriftfork bench [-c CONNS] [-d DEPTH] [-t TIME] "
	    "[-n REQUESTS] [-R RATE]\n           [-w TIME] [--check] [--json] "
	    "[-I DIR]... [-p PROTOCOL] [-f FRAMING]\n           "
	    "[-H KEY=VALUE]... [-o KEY=VALUE]... [-s NAME] [-T TIME]\n"
	    "           ADDR FILE.thrift SERVICE.METHOD [JSON|-]\n");
	if (status == 0)
		fprintf(f, "\n"
		    "  -c CONNS     connections, 1 by default\n"
		    "  -d DEPTH     requests in flight on each at most, 1 by "
		    "default\n"
		    "  -t TIME      how long, 10s by default; without end with "
		    "-n alone\n"
		    "  -n REQUESTS  end after so many\n"
		    "  -R RATE      requests a second, by the clock and not as "
		    "replies come;\n"
		    "               latencies count from when a request was "
		    "due\n"
		    "  -w TIME      warm-up, before -t: its requests do not "
		    "count\n"
		    "  --check      decode each result\n"
		    "  --json       report one JSON object\n"
		    "%s\n%s"
		    "Example: thriftfork bench -c 16 -d 4 :9090 calc.thrift "
		    "Calculator.calculate \\\n"
		    "    '{\"logid\": 1, \"w\": {\"num1\": 2, \"num2\": 3, "
		    "\"op\": \"ADD\"}}'\n", target_options_help,
		    target_operands_help);
	return status;
}

static uint64_t
parse_number(int letter, const char *text, uint64_t max)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    n < 1 || n > max)
		errx(2, "-%c: '%s' is no number from 1 to %llu", letter, text,
		    (unsigned long long)max);
	return n;
}

static double
parse_rate(const char *text)
{
	char *end;
	double n = strtod(text, &end);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' ||
	    !(n >= 0.01 && n <= 1e8))
		errx(2, "-R: '%s' is no number of requests a second", text);
	return n;
}

static uint64_t
parse_time(int letter, const char *text)
{
	uint64_t ns;

	if (span_parse(text, NS_PER_MS, MAX_TIME_NS, &ns) == -1)
		errx(2, "-%c: '%s' is no time such as 500ms, 10s or 2m",
		    letter, text);
	return ns;
}

/* False: it is none of the options. */
static bool
option(struct plan *p, int letter, char *arg)
{
	switch (letter) {
	case 'c':
		p->conns = (unsigned)parse_number(letter, arg, MAX_CONNS);
		break;
	case 'd':
		p->depth = (unsigned)parse_number(letter, arg, MAX_DEPTH);
		break;
	case 't':
		p->time_ns = parse_time(letter, arg);
		break;
	case 'n':
		p->limit = parse_number(letter, arg, UINT64_MAX / 2);
		break;
	case 'R':
		p->rate = parse_rate(arg);
		break;
	case 'w':
		p->warmup_ns = parse_time(letter, arg);
		break;
	case 'C':
		p->check = true;
		break;
	case 'j':
		p->json = true;
		break;
	default:
		return target_option(&p->target, letter, arg);
	}
	return true;
}

/* 0, or the exit status plus one. */
static int
parse(struct plan *p, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "check", no_argument, NULL, 'C' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int letter;

	while ((letter = getopt_long(argc, argv, TARGET_LETTERS "c:d:t:n:R:w:h",
	    longs, NULL)) != -1) {
		if (letter == 'h')
			return usage(stdout, 0) + 1;
		if (letter == 'V') {
			printf("thriftfork %s\n", tf_version());
			return 1;
		}
		if (!option(p, letter, optarg))
			return usage(stderr, 2) + 1;
	}
	if (!target_operands(&p->target, argc - optind, argv + optind))
		return usage(stderr, 2) + 1;
	return 0;
}

static bool
is_http(const char *addr)
{
	return strncmp(addr, "http://", 7) == 0 ||
	    strncmp(addr, "https://", 8) == 0;
}

/* All that is not plain has a setting, a framing or an address of its own. */
static engine_fn *
choose(struct plan *p)
{
	const struct target *t = &p->target;
	struct dial dial;

	p->framing = t->framing;
	if (is_http(t->addr)) {
		if (p->depth > 1)
			errx(2, "-d: over HTTP a connection has one request "
			    "at a time");
		p->framing = "http";
		return waiting_run;
	}
	if (t->nsettings > 0 || t->nheaders > 0 ||
	    strcmp(t->framing, "header") == 0 ||
	    strcmp(t->protocol, "json") == 0 || !dial_init(&dial, t->addr))
		return library_run;
	return raw_run;
}

/* What is wrong with settings, the library says best. */
static void
load(struct plan *p)
{
	struct target *t = &p->target;

	target_load(t);
	tf_client_free(target_client(t));
	target_read_args(t);
	if (strcmp(t->timeout, "off") != 0)
		p->timeout_ns = parse_time('T', t->timeout);
	if (p->time_ns == 0 && p->limit == 0)
		p->time_ns = 10 * NS_PER_S;
}

/* A connection is a descriptor. */
static void
raise_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return;
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
}

static unsigned
columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return 80;
	return size.ws_col < 160 ? size.ws_col : 160;
}

static int
bench(struct plan *p)
{
	engine_fn *engine;
	struct run r;
	int rc, status;

	load(p);
	engine = choose(p);
	raise_limit();
	run_init(&r, p);
	rc = engine(&r);
	if (rc == -1)
		warnx("%s", r.why);
	else if (p->json)
		report_json(&r, stdout);
	else
		report_text(&r, stdout, columns());
	if (r.gone[0] != '\0')
		warnx("%s", r.gone);
	status = rc == -1 || r.gone[0] != '\0' ||
	    tally_failed(&r.tally) > 0;
	run_fini(&r);
	return status;
}

int
main(int argc, char **argv)
{
	struct plan p = { .conns = 1, .depth = 1 };
	int status;

	target_init(&p.target, argc);
	if ((status = parse(&p, argc, argv)) != 0)
		status--;
	else
		status = bench(&p);
	target_fini(&p.target);
	if (fflush(stdout) == EOF)
		err(1, "standard output");
	return status;
}
