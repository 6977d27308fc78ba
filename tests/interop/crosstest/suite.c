/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options are refused rather than passed over: a run that has not tried what
 * its name says must not be counted as a success.
 */
#include "suite.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS(a)	(a), sizeof(a) / sizeof((a)[0])

static const struct suite_word protocols[] = {
	{ "binary", false, false, { { "protocol", "binary" } } },
	{ "compact", false, false, { { "protocol", "compact" } } },
	{ "json", false, false, { { "protocol", "json" } } },
	{ "multi", true, false, { { "protocol", "binary" } } },
	{ "multic", true, false, { { "protocol", "compact" } } },
	{ "multij", true, false, { { "protocol", "json" } } },
	{ "header", false, false, { { "framing", "header" } } },
	{ "multih", true, false, { { "framing", "header" } } },
};

static const struct suite_word transports[] = {
	{ "buffered", false, false, { { "framing", "unframed" } } },
	{ "framed", false, false, { { "framing", "framed" } } },
	{ "http", false, true, { { "framing", "unframed" } } },
	{ "zlib", false, false, { { "framing", "unframed" },
	    { "zlib", "yes" } } },
};

enum {
	HOST = 256, PORT, DOMAIN_SOCKET, TRANSPORT, PROTOCOL, NO_INSANE,
	SSL, ACCEPTED, REFUSED
};

/*
 * Accepted is what makes no difference to a server of this kind, and --zlib,
 * which comes with --transport=zlib.
 */
static const struct option options[] = {
	{ "host", required_argument, NULL, HOST },
	{ "port", required_argument, NULL, PORT },
	{ "domain-socket", required_argument, NULL, DOMAIN_SOCKET },
	{ "transport", required_argument, NULL, TRANSPORT },
	{ "protocol", required_argument, NULL, PROTOCOL },
	{ "workers", required_argument, NULL, 'n' },
	{ "testloops", required_argument, NULL, 'n' },
	{ "noinsane", no_argument, NULL, NO_INSANE },
	{ "server-type", required_argument, NULL, ACCEPTED },
	{ "processor-events", no_argument, NULL, ACCEPTED },
	{ "multiplex", no_argument, NULL, ACCEPTED },
	{ "ssl", no_argument, NULL, SSL },
	{ "zlib", no_argument, NULL, ACCEPTED },
	{ "abstract-namespace", no_argument, NULL, REFUSED },
	{ NULL, 0, NULL, 0 }
};

static int
choose(const struct suite_word **chosen, const struct suite_word *words,
    size_t n, const char *kind, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i].name, name) == 0) {
			*chosen = &words[i];
			return 0;
		}
	fprintf(stderr, "%s: no %s '%s' here; there are", kind, kind, name);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %s", words[i].name);
	fprintf(stderr, "\n");
	return -1;
}

static int
take_count(struct suite *s, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (*value == '\0' || *end != '\0' || n < 1 || n > 1000) {
		fprintf(stderr, "-n: '%s' is no number from 1 to 1000\n",
		    value);
		return -1;
	}
	s->workers = value;
	s->loops = (int)n;
	return 0;
}

static int
take(struct suite *s, int letter, int index)
{
	switch (letter) {
	case HOST:
		s->host = optarg;
		return 0;
	case PORT:
		s->port = optarg;
		return 0;
	case DOMAIN_SOCKET:
		s->path = optarg;
		return 0;
	case TRANSPORT:
		return choose(&s->transport, WORDS(transports), "transport",
		    optarg);
	case PROTOCOL:
		return choose(&s->protocol, WORDS(protocols), "protocol",
		    optarg);
	case SSL:
		s->tls = true;
		return 0;
	case NO_INSANE:
		s->insane = false;
		return 0;
	case 'n':
		return take_count(s, optarg);
	case ACCEPTED:
		return 0;
	case REFUSED:
		fprintf(stderr, "--%s is not supported\n", options[index].name);
		return -1;
	default:
		return -1;
	}
}

int
suite_parse(struct suite *s, int argc, char **argv)
{
	int letter, index = 0;

	*s = (struct suite){ .protocol = protocols, .transport = transports,
	    .host = "localhost", .port = "9090", .workers = "2", .loops = 1,
	    .insane = true };
	while ((letter = getopt_long(argc, argv, "n:", options, &index)) != -1)
		if (take(s, letter, index) == -1)
			return -1;
	if (optind == argc)
		return 0;
	fprintf(stderr, "'%s' is no option\n", argv[optind]);
	return -1;
}

void
suite_address(const struct suite *s, char *text, int size)
{
	if (s->path != NULL)
		snprintf(text, (size_t)size, "unix:%s", s->path);
	else
		snprintf(text, (size_t)size, "%s:%s", s->host, s->port);
}
