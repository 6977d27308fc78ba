/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thriftfork call: calls any method of any server, from its IDL file alone.
 * Arguments come as JSON by name, the result goes out as JSON.  The work is
 * done by others: the IDL front end makes tables, the client makes the call.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thriftfork.h>

#include "idl.h"
#include "tables.h"

#define MAX_INPUT	(64u << 20)	/* bytes of JSON from standard input */

struct call_args {
	const char	*timeout, *protocol, *framing, *service;
	const char	*addr, *file, *method, *json;
	char		**settings, **headers;	/* KEY=VALUE, up to NULL */
	struct idl	*idl;
};

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: thriftfork call [-I DIR]... [-p PROTOCOL] "
	    "[-f FRAMING] [-H KEY=VALUE]...\n           [-o KEY=VALUE]... "
	    "[-s NAME] [-T TIME] ADDR FILE.thrift\n           SERVICE.METHOD "
	    "[JSON|-]\n");
	if (status == 0)
		fprintf(f, "\n"
		    "  -I DIR       look for included files in DIR, too\n"
		    "  -p PROTOCOL  compact (default), binary or json\n"
		    "  -f FRAMING   framed (default), unframed or header\n"
		    "  -H KEY=VALUE send a header, with -f header or in HTTP\n"
		    "  -o KEY=VALUE any setting of a client, such as "
		    "transforms=zlib;\n"
		    "               if ADDR is tls:// or https://: "
		    "tls-ca=FILE, tls-key=FILE,\n"
		    "               tls-certificate=FILE, tls-verify=no\n"
		    "  -s NAME      what the server calls the service, if it "
		    "has several\n"
		    "               (TMultiplexedProtocol)\n"
		    "  -T TIME      give up after TIME, 10s by default\n"
		    "\n"
		    "ADDR is HOST:PORT, :PORT (loopback), unix:/path or "
		    "http://HOST:PORT/PATH.\n"
		    "\n"
		    "JSON is an object with the arguments by name; - reads it "
		    "from standard input.\nExample: thriftfork call :9090 "
		    "calc.thrift Calculator.calculate \\\n"
		    "    '{\"logid\": 1, \"w\": {\"num1\": 2, \"num2\": 3, "
		    "\"op\": \"ADD\"}}'\n");
	return status;
}

static void
add(char **list, char *text)
{
	if (strchr(text, '=') == NULL)
		errx(2, "'%s' is not KEY=VALUE", text);
	while (*list != NULL)
		list++;
	*list = text;
}

/* 0, or the exit status plus one. */
static int
parse(struct call_args *a, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "I:p:f:H:o:s:T:h", longs,
	    NULL)) != -1)
		switch (letter) {
		case 'I':
			idl_add_dir(a->idl, optarg);
			break;
		case 'p':
			a->protocol = optarg;
			break;
		case 'f':
			a->framing = optarg;
			break;
		case 'H':
			add(a->headers, optarg);
			break;
		case 'o':
			add(a->settings, optarg);
			break;
		case 's':
			a->service = optarg;
			break;
		case 'T':
			a->timeout = optarg;
			break;
		case 'h':
			return usage(stdout, 0) + 1;
		case 'V':
			printf("thriftfork %s\n", tf_version());
			return 1;
		default:
			return usage(stderr, 2) + 1;
		}
	argc -= optind;
	argv += optind;
	if (argc < 3 || argc > 4)
		return usage(stderr, 2) + 1;
	a->addr = argv[0];
	a->file = argv[1];
	a->method = argv[2];
	a->json = argc == 4 ? argv[3] : "{}";
	return 0;
}

static struct tf_str
read_input(struct tf_arena *arena)
{
	size_t len = 0, size = 65536, n;
	char *text = tf_alloc(arena, size, 1), *more;

	while ((n = fread(text + len, 1, size - len, stdin)) > 0) {
		len += n;
		if (len > MAX_INPUT)
			errx(1, "standard input: more than %u bytes",
			    MAX_INPUT);
		if (len < size)
			continue;
		more = tf_alloc(arena, size * 2, 1);
		memcpy(more, text, len);
		text = more;
		size *= 2;
	}
	if (ferror(stdin))
		err(1, "standard input");
	return (struct tf_str){ text, len };
}

/* "Calculator.calculate", "shared.Base.get" */
static const struct tf_method *
find_method(struct idl_tables *t, const char *name)
{
	const char *dot = strrchr(name, '.');
	const struct tf_method *m;
	char *service;

	if (dot == NULL)
		errx(2, "'%s' is not SERVICE.METHOD", name);
	if ((service = strndup(name, (size_t)(dot - name))) == NULL)
		err(1, NULL);
	if ((m = idl_table_method(t, service, dot + 1)) == NULL)
		errx(2, "there is no method %s", name);
	free(service);
	return m;
}

static void *
read_args(struct tf_arena *arena, const struct tf_method *m, const char *text)
{
	struct tf_str json = { text, strlen(text) };
	void *args = tf_alloc(arena, 1, m->args->size);
	const char *why;
	ptrdiff_t end;

	if (strcmp(text, "-") == 0)
		json = read_input(arena);
	end = tf_decode(m->args, TF_JSON, json.s, json.len, arena, args, &why);
	if (end == -1)
		errx(2, "the arguments of %s: %s", m->name, why);
	while ((size_t)end < json.len && strchr(" \t\r\n", json.s[end]))
		end++;
	if ((size_t)end < json.len)
		errx(2, "the arguments of %s: offset %td: text after the end",
		    m->name, end);
	return args;
}

static struct tf_str
to_json(struct tf_arena *arena, const struct tf_type *type, const void *value)
{
	struct tf_str json;
	const char *why;

	if (tf_encode(type, TF_JSON, value, arena, &json, &why) == -1)
		errx(1, "the result: %s", why);
	return json;
}

/* The result struct holds nothing but {"success":VALUE}: show the value. */
static void
print_result(struct tf_arena *arena, const struct tf_method *m,
    const void *result)
{
	static const char head[] = "{\"success\":";
	struct tf_str json = to_json(arena, m->result, result);

	if (json.len > sizeof(head) &&
	    memcmp(json.s, head, sizeof(head) - 1) == 0)
		printf("%.*s\n", (int)(json.len - sizeof(head)),
		    json.s + sizeof(head) - 1);
}

/* The names that Apache gives to what TApplicationException says. */
static const char *
error_name(int type)
{
	static const char *const names[] = {
		"UNKNOWN", "UNKNOWN_METHOD", "INVALID_MESSAGE_TYPE",
		"WRONG_METHOD_NAME", "BAD_SEQUENCE_ID", "MISSING_RESULT",
		"INTERNAL_ERROR", "PROTOCOL_ERROR", "INVALID_TRANSFORM",
		"INVALID_PROTOCOL", "UNSUPPORTED_CLIENT_TYPE"
	};
	static char other[40];

	if (type >= 0 && type < (int)(sizeof(names) / sizeof(names[0])))
		return names[type];
	snprintf(other, sizeof(other), "TApplicationException of type %d",
	    type);
	return other;
}

/* Whether the server answered with an error, but without a word of its own. */
static bool
is_mute(const char *error)
{
	size_t n = strlen(error);

	return n >= 2 && strcmp(error + n - 2, ": ") == 0;
}

static int
print_failure(struct tf_arena *arena, const struct tf_method *m,
    const void *result, const struct tf_client *c)
{
	const struct tf_field *f;
	const void *x;
	struct tf_str json;

	for (uint32_t i = 0; result != NULL && i < m->result->n; i++) {
		f = &m->result->fields[i];
		if (f->id == 0)
			continue;
		memcpy(&x, (const char *)result + f->off, sizeof(x));
		if (x == NULL)
			continue;
		json = to_json(arena, f->type, x);
		warnx("%s threw %s %.*s", m->name, f->type->name,
		    (int)json.len, json.s);
		return 1;
	}
	warnx("%s%s", tf_client_error(c), is_mute(tf_client_error(c)) ?
	    error_name(tf_client_error_type(c)) : "");
	return 1;
}

typedef int set_fn(struct tf_client *, const char *, const char *);

static void
set_all(struct tf_client *c, char *const *list, set_fn *set)
{
	for (; *list != NULL; list++) {
		char *value = strchr(*list, '=');

		*value++ = '\0';
		if (set(c, *list, value) == -1)
			errx(2, "%s", tf_client_error(c));
	}
}

static int
call(const struct call_args *a, const struct tf_method *m,
    struct tf_arena *arena)
{
	struct tf_client *c = tf_client_new(a->addr);
	void *args, *result;
	int status = 0;

	if (tf_client_set(c, "protocol", a->protocol) == -1 ||
	    tf_client_set(c, "framing", a->framing) == -1 ||
	    tf_client_set(c, "service", a->service) == -1 ||
	    tf_client_set(c, "timeout", a->timeout) == -1)
		errx(2, "%s", tf_client_error(c));
	set_all(c, a->settings, tf_client_set);
	set_all(c, a->headers, tf_client_header);
	args = read_args(arena, m, a->json);
	if (tf_client_call(c, m, args, &result) == -1)
		status = print_failure(arena, m, result, c);
	else if (result != NULL)
		print_result(arena, m, result);
	tf_client_free(c);
	return status;
}

static int
run(const struct call_args *a)
{
	struct idl_tables *tables;
	struct tf_arena *arena;
	struct idl_file *file;
	int status;

	if ((file = idl_load(a->idl, a->file)) == NULL)
		return 1;
	arena = tf_arena_new(0);
	tables = idl_tables_new(file);
	status = call(a, find_method(tables, a->method), arena);
	idl_tables_free(tables);
	tf_arena_free(arena);
	return status;
}

/* Room for all arguments there are. */
static char **
list_new(int argc)
{
	char **list = calloc((size_t)argc + 1, sizeof(*list));

	if (list == NULL)
		err(1, NULL);
	return list;
}

int
main(int argc, char **argv)
{
	struct call_args a = { .protocol = "compact", .framing = "framed",
	    .service = "", .timeout = "10s",
	    .idl = idl_new(), .settings = list_new(argc),
	    .headers = list_new(argc) };
	int status;

	if ((status = parse(&a, argc, argv)) != 0)
		status--;
	else
		status = run(&a);
	idl_free(a.idl);
	free(a.settings);
	free(a.headers);
	if (fflush(stdout) == EOF)
		err(1, "standard output");
	return status;
}
