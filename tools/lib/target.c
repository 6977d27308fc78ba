/* SPDX-License-Identifier: Apache-2.0 */
/* See target.h. */
#include "target.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <thriftfork/client.h>

#include "idl.h"
#include "json_where.h"
#include "load.h"
#include "tables.h"

#define MAX_INPUT	(64u << 20)	/* bytes of JSON from standard input */

const char target_options_help[] =
    "  -I DIR       look for included files in DIR, too\n"
    "  -p PROTOCOL  compact (default), binary or json\n"
    "  -f FRAMING   framed (default), unframed or header\n"
    "  -H KEY=VALUE send a header, with -f header or in HTTP\n"
    "  -o KEY=VALUE any setting of a client, such as transforms=zlib;\n"
    "               if ADDR is tls:// or https://: tls-ca=FILE, tls-key=FILE,\n"
    "               tls-certificate=FILE, tls-verify=no\n"
    "  -s NAME      what the server calls the service, if it has several\n"
    "               (TMultiplexedProtocol)\n"
    "  -T TIME      give up after TIME, 10s by default\n";

const char target_operands_help[] =
    "ADDR is HOST:PORT, :PORT (loopback), unix:/path or "
    "http://HOST:PORT/PATH.\n"
    "\n"
    "JSON is an object with the arguments by name; - reads it from standard "
    "input.\n";

/* Room for all arguments there are. */
static struct target_pair *
pairs_new(int argc)
{
	struct target_pair *pairs = calloc((size_t)argc + 1, sizeof(*pairs));

	if (pairs == NULL)
		err(1, NULL);
	return pairs;
}

void
target_init(struct target *t, int argc)
{
	*t = (struct target){ .protocol = "compact", .framing = "framed",
	    .service = "", .timeout = "10s", .settings = pairs_new(argc),
	    .headers = pairs_new(argc), .idl = idl_new(),
	    .arena = tf_arena_new(0) };
}

void
target_fini(struct target *t)
{
	if (t->tables != NULL)
		idl_tables_free(t->tables);
	idl_free(t->idl);
	tf_arena_free(t->arena);
	free(t->settings);
	free(t->headers);
}

static void
add(struct target_pair *to, char *text)
{
	char *value = strchr(text, '=');

	if (value == NULL)
		errx(2, "'%s' is not KEY=VALUE", text);
	*value = '\0';
	*to = (struct target_pair){ text, value + 1 };
}

bool
target_option(struct target *t, int letter, char *arg)
{
	switch (letter) {
	case 'I':
		idl_add_dir(t->idl, arg);
		break;
	case 'p':
		t->protocol = arg;
		break;
	case 'f':
		t->framing = arg;
		break;
	case 'H':
		add(&t->headers[t->nheaders++], arg);
		break;
	case 'o':
		add(&t->settings[t->nsettings++], arg);
		break;
	case 's':
		t->service = arg;
		break;
	case 'T':
		t->timeout = arg;
		break;
	default:
		return false;
	}
	return true;
}

bool
target_operands(struct target *t, int argc, char **argv)
{
	if (argc < 3 || argc > 4)
		return false;
	t->addr = argv[0];
	t->file = argv[1];
	t->name = argv[2];
	t->json = argc == 4 ? argv[3] : "{}";
	return true;
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

/* Ends the program: there is no such service, or it has no such method. */
static void
refuse_name(struct idl_file *file, const char *service, const char *method)
{
	const struct idl_def *d = idl_find_service(file, service);
	const char *better = NULL;

	if (d == NULL) {
		better = suggest_name(file->idl, &file->services, service);
		errx(2, "there is no service %s%s%s", service,
		    better == NULL ? "" : ": ", better == NULL ? "" : better);
	}
	for (; d != NULL && better == NULL; d = d->base)
		better = suggest_name(file->idl, &d->by_name, method);
	errx(2, "there is no method %s.%s%s%s", service, method,
	    better == NULL ? "" : ": ", better == NULL ? "" : better);
}

/* "Calculator.calculate", "shared.Base.get" */
static void
find_method(struct target *t, struct idl_file *file)
{
	const char *dot = strrchr(t->name, '.'), *service;

	if (dot == NULL)
		errx(2, "'%s' is not SERVICE.METHOD", t->name);
	service = tf_strn(t->arena, t->name, (size_t)(dot - t->name)).s;
	t->method = idl_table_method(t->tables, service, dot + 1);
	if (t->method == NULL)
		refuse_name(file, service, dot + 1);
}

void
target_load(struct target *t)
{
	struct idl_file *file = idl_load(t->idl, t->file);

	if (file == NULL)
		exit(1);
	t->tables = idl_tables_new(file);
	find_method(t, file);
}

/* Ends the program; why begins with the offset, if there is one. */
static void
refuse_args(const struct target *t, struct tf_str json, const char *why)
{
	char place[200] = "";
	size_t at;

	if (sscanf(why, "offset %zu", &at) == 1)
		json_where(json.s, json.len, at, place, sizeof(place));
	errx(2, "the arguments of %s: %s%s%s", t->method->name, place,
	    place[0] == '\0' ? "" : ": ", why);
}

void
target_read_args(struct target *t)
{
	const struct tf_type *type = t->method->args;
	struct tf_str json = { t->json, strlen(t->json) };
	const char *why;
	ptrdiff_t end;

	t->args = tf_alloc(t->arena, 1, type->size);
	if (strcmp(t->json, "-") == 0)
		json = read_input(t->arena);
	end = tf_decode(type, TF_JSON, json.s, json.len, t->arena, t->args,
	    &why);
	if (end == -1)
		refuse_args(t, json, why);
	while ((size_t)end < json.len && strchr(" \t\r\n", json.s[end]))
		end++;
	if ((size_t)end < json.len)
		errx(2, "the arguments of %s: offset %td: text after the end",
		    t->method->name, end);
}

int
target_apply(const struct target *t, target_set_fn *set, target_set_fn *header,
    void *client)
{
	const struct target_pair *p;

	if (set(client, "protocol", t->protocol) == -1 ||
	    set(client, "framing", t->framing) == -1 ||
	    set(client, "service", t->service) == -1 ||
	    set(client, "timeout", t->timeout) == -1)
		return -1;
	for (p = t->settings; p->key != NULL; p++)
		if (set(client, p->key, p->value) == -1)
			return -1;
	for (p = t->headers; p->key != NULL; p++)
		if (header(client, p->key, p->value) == -1)
			return -1;
	return 0;
}

static int
set(void *client, const char *key, const char *value)
{
	return tf_client_set(client, key, value);
}

static int
set_header(void *client, const char *key, const char *value)
{
	return tf_client_header(client, key, value);
}

struct tf_client *
target_client(const struct target *t)
{
	struct tf_client *c = tf_client_new(t->addr);

	if (target_apply(t, set, set_header, c) == -1)
		errx(2, "%s", tf_client_error(c));
	return c;
}
