/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the command line.  Addresses are numeric, because a name server has no
 * place in a test.
 */
#include "load_opt.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "load.h"
#include "load_call.h"

enum { HELP = LOAD_OK + 1, MISUSE = LOAD_MISUSE + 1 };

static const char help[] =
"usage: load --connect ADDR [-n N] [-t SECONDS] [option...]\n"
"\n"
"Drives the calculator service (framed compact Thrift), numbers every\n"
"connection and call, checks every reply, and reports.\n"
"\n"
"  --connect ADDR    127.0.0.1:PORT, [::1]:PORT or unix:/path\n"
"  -c N              persistent connections (1)\n"
"  -d N              calls in flight on each of them (1)\n"
"  -n N              end after N calls; oneways are not counted\n"
"  -t SECONDS        end after that long; -n, -t or both must be given\n"
"  --once-rate R     clients per second that connect, call once and leave (0)\n"
"  --rate R          persistent connections call R times per second together,\n"
"                    by the clock and not as replies come; latencies count\n"
"                    from when a call was due (0: as replies come)\n"
"  --doze MS         all calls are doze(MS), of the test bed\n"
"  --mixed           calls of the test bed among them: such as threads run,\n"
"                    are answered later, and fail\n"
"  --idle N          more connections, that call about once a second (0)\n"
"  --seed S          other values in the calls (1)\n"
"  --reconnect       a persistent or idle connection that ended is replaced\n"
"  --tls CA          over TLS; CA is the file of the authority by which the\n"
"                    server proves to be localhost\n"
"  --timeout MS      for a reply, and for connecting (5000)\n"
"  --json            report one JSON object instead of lines\n"
"  --progress-fd FD  write \"ready\\n\" there when every persistent\n"
"                    connection has had its first right answer (if there are\n"
"                    none: when anybody has)\n"
"  --control-fd FD   a line \"stop\", or end of file there, ends the run\n"
"  --help            this text\n"
"\n"
"TERM and INT end the run: no more calls, the replies that are owed are\n"
"awaited, then the report.  A second one does not wait.  Without --reconnect\n"
"the run also ends when no connection is left.\n"
"\n"
"exit status: 0 every call was answered right on a connection that nobody\n"
"else ended; 1 anything wrong, lost, late, refused, closed, answered by an\n"
"application exception or not asked for; 2 misuse; 3 internal error\n";

enum { O_CONNECT = 256, O_ONCE, O_RATE, O_DOZE, O_MIXED, O_IDLE, O_SEED,
    O_RECONNECT, O_TLS, O_TIMEOUT, O_JSON, O_PROGRESS, O_CONTROL, O_HELP };

static const struct option longs[] = {
	{ "connect", required_argument, NULL, O_CONNECT },
	{ "once-rate", required_argument, NULL, O_ONCE },
	{ "rate", required_argument, NULL, O_RATE },
	{ "doze", required_argument, NULL, O_DOZE },
	{ "mixed", no_argument, NULL, O_MIXED },
	{ "idle", required_argument, NULL, O_IDLE },
	{ "seed", required_argument, NULL, O_SEED },
	{ "reconnect", no_argument, NULL, O_RECONNECT },
	{ "tls", required_argument, NULL, O_TLS },
	{ "timeout", required_argument, NULL, O_TIMEOUT },
	{ "json", no_argument, NULL, O_JSON },
	{ "progress-fd", required_argument, NULL, O_PROGRESS },
	{ "control-fd", required_argument, NULL, O_CONTROL },
	{ "help", no_argument, NULL, O_HELP },
	{ NULL, 0, NULL, 0 },
};

static int
misuse(const char *what, const char *arg)
{
	fprintf(stderr, "load: %s%s%s\n", what, arg != NULL ? ": " : "",
	    arg != NULL ? arg : "");
	return MISUSE;
}

static int
parse_number(const char *s, uint64_t min, uint64_t max, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(s, &end, 10);
	if (!isdigit((unsigned char)s[0]) || *end != '\0' || errno != 0 ||
	    *v < min || *v > max)
		return misuse("not a number in range", s);
	return 0;
}

static int
parse_unsigned(const char *s, unsigned min, unsigned max, unsigned *v)
{
	uint64_t n;
	int rc;

	rc = parse_number(s, min, max, &n);
	*v = (unsigned)n;
	return rc;
}

static int
parse_real(const char *s, double max, double *v)
{
	char *end;

	*v = strtod(s, &end);
	if (!isdigit((unsigned char)s[0]) || *end != '\0' || !(*v <= max))
		return misuse("not a number in range", s);
	return 0;
}

/* An open descriptor; not one that only reads if it is to be written. */
static int
parse_fd(const char *s, int refused_mode, int *fd)
{
	unsigned n;
	int flags;

	if (parse_unsigned(s, 0, 1 << 20, &n) != 0)
		return MISUSE;
	*fd = (int)n;
	flags = fcntl(*fd, F_GETFL);
	if (flags == -1 || (flags & O_ACCMODE) == refused_mode)
		return misuse("not a usable descriptor", s);
	return 0;
}

static int
parse_unix(struct opt *o, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&o->addr;
	size_t len;

	len = strlen(path);
	if (len == 0 || len >= sizeof(un->sun_path))
		return misuse("not a path for a socket", path);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len + 1);
	o->addrlen = sizeof(*un);
	return 0;
}

static int
parse_inet(struct opt *o, const char *s)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&o->addr;
	struct sockaddr_in *in = (struct sockaddr_in *)&o->addr;
	const char *colon;
	unsigned port;
	char host[64];
	size_t len;

	colon = strrchr(s, ':');
	len = colon == NULL ? 0 : (size_t)(colon - s);
	if (len == 0 || len >= sizeof(host))
		return misuse("not an address", s);
	memcpy(host, s, len);
	host[len] = '\0';
	if (parse_unsigned(colon + 1, 1, 65535, &port) != 0)
		return MISUSE;
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		o->addrlen = sizeof(*in6);
		if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1)
			return 0;
	} else {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		o->addrlen = sizeof(*in);
		if (inet_pton(AF_INET, host, &in->sin_addr) == 1)
			return 0;
	}
	return misuse("not an address", s);
}

static int
parse_addr(struct opt *o, const char *s)
{
	memset(&o->addr, 0, sizeof(o->addr));
	if (strncmp(s, "unix:", 5) == 0)
		return parse_unix(o, s + 5);
	if (strncmp(s, "tcp://", 6) == 0)
		s += 6;
	return parse_inet(o, s);
}

static int
parse_seconds(struct opt *o, const char *s)
{
	double v;

	if (parse_real(s, 1e6, &v) != 0)
		return MISUSE;
	o->run_ns = (uint64_t)(v * 1e9);
	return o->run_ns > 0 ? 0 : misuse("no time at all", s);
}

static int
parse_timeout(struct opt *o, const char *s)
{
	uint64_t ms;

	if (parse_number(s, 1, 3600000, &ms) != 0)
		return MISUSE;
	o->timeout_ns = ms * NS_PER_MS;
	return 0;
}

static int
parse_doze(const char *s)
{
	unsigned ms;

	if (parse_unsigned(s, 0, 3600000, &ms) != 0)
		return MISUSE;
	call_doze((int32_t)ms);
	return 0;
}

static int
parse_one(struct opt *o, int ch, const char *arg)
{
	switch (ch) {
	case 'c':
		return parse_unsigned(arg, 0, 100000, &o->conns);
	case 'd':
		return parse_unsigned(arg, 1, 4096, &o->depth);
	case 'n':
		return parse_number(arg, 1, UINT64_MAX / 2, &o->calls);
	case 't':
		return parse_seconds(o, arg);
	case O_CONNECT:
		return parse_addr(o, arg);
	case O_ONCE:
		return parse_real(arg, 1e6, &o->once_rate);
	case O_RATE:
		return parse_real(arg, 1e6, &o->rate);
	case O_DOZE:
		return parse_doze(arg);
	case O_MIXED:
		call_mix();
		return 0;
	case O_IDLE:
		return parse_unsigned(arg, 0, 100000, &o->idle);
	case O_SEED:
		return parse_number(arg, 0, UINT64_MAX, &o->seed);
	case O_RECONNECT:
		o->reconnect = true;
		return 0;
	case O_TLS:
		o->tls_ca = arg;
		return 0;
	case O_TIMEOUT:
		return parse_timeout(o, arg);
	case O_JSON:
		o->json = true;
		return 0;
	case O_PROGRESS:
		return parse_fd(arg, O_RDONLY, &o->progress_fd);
	case O_CONTROL:
		return parse_fd(arg, O_WRONLY, &o->control_fd);
	case O_HELP:
		fputs(help, stdout);
		return HELP;
	default:	/* getopt has said what is wrong */
		return MISUSE;
	}
}

int
opt_parse(struct opt *o, int argc, char **argv)
{
	int ch, rc;

	*o = (struct opt){ .conns = 1, .depth = 1, .seed = 1,
	    .timeout_ns = 5 * NS_PER_SECOND, .progress_fd = -1,
	    .control_fd = -1 };
	while ((ch = getopt_long(argc, argv, "c:d:n:t:", longs, NULL)) != -1) {
		rc = parse_one(o, ch, optarg);
		if (rc != 0)
			return rc;
	}
	if (optind != argc)
		return misuse("surplus argument", argv[optind]);
	if (o->addrlen == 0)
		return misuse("--connect is required", NULL);
	if (o->calls == 0 && o->run_ns == 0)
		return misuse("-n or -t is required", NULL);
	if (o->conns == 0 && o->idle == 0 && o->once_rate <= 0)
		return misuse("nobody would call", NULL);
	return 0;
}
