/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thriftfork call: calls any method of any server, from its IDL file alone.
 * Arguments come as JSON by name, the result goes out as JSON.  The work is
 * done by others: the IDL front end makes tables, the client makes the call.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <thriftfork.h>
#include <thriftfork/stat.h>

#include "answer.h"
#include "target.h"

static int
usage(FILE *f, int status)
{
	fprintf(f, "usage: thriftfork call [-I DIR]... [-p PROTOCOL] "
	    "[-f FRAMING] [-H KEY=VALUE]...\n           [-o KEY=VALUE]... "
	    "[-s NAME] [-T TIME] ADDR FILE.thrift\n           SERVICE.METHOD "
	    "[JSON|-]\n");
	if (status == 0)
		fprintf(f, "\n%s\n%s"
		    "Example: thriftfork call :9090 "
		    "calc.thrift Calculator.calculate \\\n"
		    "    '{\"logid\": 1, \"w\": {\"num1\": 2, \"num2\": 3, "
		    "\"op\": \"ADD\"}}'\n", target_options_help,
		    target_operands_help);
	return status;
}

/* 0, or the exit status plus one. */
static int
parse(struct target *t, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int letter;

	while ((letter = getopt_long(argc, argv, TARGET_LETTERS "h", longs,
	    NULL)) != -1)
		switch (letter) {
		case 'h':
			return usage(stdout, 0) + 1;
		case 'V':
			printf("thriftfork %s\n", tf_version());
			return 1;
		default:
			if (!target_option(t, letter, optarg))
				return usage(stderr, 2) + 1;
		}
	if (!target_operands(t, argc - optind, argv + optind))
		return usage(stderr, 2) + 1;
	return 0;
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
print_result(const struct target *t, const void *result)
{
	static const char head[] = "{\"success\":";
	struct tf_str json = to_json(t->arena, t->method->result, result);

	if (json.len > sizeof(head) &&
	    memcmp(json.s, head, sizeof(head) - 1) == 0)
		printf("%.*s\n", (int)(json.len - sizeof(head)),
		    json.s + sizeof(head) - 1);
}

/* Whether the server answered with an error, but without a word of its own. */
static bool
is_mute(const char *error)
{
	size_t n = strlen(error);

	return n >= 2 && strcmp(error + n - 2, ": ") == 0;
}

static int
print_failure(const struct target *t, const void *result,
    const struct tf_client *c)
{
	const char *error = tf_client_error(c);
	const struct tf_field *f;
	const void *x;
	struct tf_str json;
	char *text;
	size_t size;

	if ((f = answer_thrown(t->method, result, &x)) != NULL) {
		json = to_json(t->arena, f->type, x);
		warnx("%s threw %s %.*s", t->method->name, f->type->name,
		    (int)json.len, json.s);
		return 1;
	}
	/* The server's words may be any bytes. */
	size = 4 * strlen(error) + 1;
	text = tf_alloc(t->arena, size, 1);
	tf_stat_escape(error, text, size);
	warnx("%s%s", text, is_mute(error) ?
	    answer_error_name(tf_client_error_type(c)) : "");
	return 1;
}

static int
run(struct target *t)
{
	struct tf_client *c;
	void *result;
	int status = 0;

	target_load(t);
	c = target_client(t);
	target_read_args(t);
	if (tf_client_call(c, t->method, t->args, &result) == -1)
		status = print_failure(t, result, c);
	else if (result != NULL)
		print_result(t, result);
	tf_client_free(c);
	return status;
}

int
main(int argc, char **argv)
{
	struct target t;
	int status;

	target_init(&t, argc);
	if ((status = parse(&t, argc, argv)) != 0)
		status--;
	else
		status = run(&t);
	target_fini(&t);
	if (fflush(stdout) == EOF)
		err(1, "standard output");
	return status;
}
