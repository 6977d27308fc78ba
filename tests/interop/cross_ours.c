/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our side of cross-codec.py, a filter: one request per line, one answer per
 * line.  Bytes are in hexadecimal, PROTOCOL is compact, binary or json; what
 * fails answers "!" and why.
 *
 *	build PROTOCOL			the extremes, encoded
 *	check PROTOCOL BYTES		are these the extremes?  "ok"
 *	recode TYPE FROM TO BYTES	decoded and encoded again
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cross_value.h"

static const struct {
	const char		*name;
	const struct tf_type	*type;
} types[] = {
	{ "All", &cross_all_type },
	{ "Choice", &cross_choice_type },
	{ "Lax", &cross_lax_type },
	{ "Old", &cross_old_type },
	{ "OldScalars", &cross_old_scalars_type },
	{ "Optionals", &cross_optionals_type },
	{ "Scalars", &cross_scalars_type },
	{ "Strict", &cross_strict_type }
};

static const struct tf_type *
find_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	errx(2, "no type '%s'", name);
}

static enum tf_protocol
find_protocol(const char *name)
{
	if (strcmp(name, "compact") == 0)
		return TF_COMPACT;
	if (strcmp(name, "binary") == 0)
		return TF_BINARY;
	if (strcmp(name, "json") == 0)
		return TF_JSON;
	if (strcmp(name, "tjson") == 0)
		return TF_TJSON;
	errx(2, "no protocol '%s'", name);
}

static const char digits[] = "0123456789abcdef";

static unsigned
digit(char c)
{
	const char *at = memchr(digits, c, 16);

	if (at == NULL)
		errx(2, "no hexadecimal");
	return (unsigned)(at - digits);
}

/* A block of exactly the size of the bytes: a sanitizer sees its end. */
static struct tf_str
from_hex(const char *text)
{
	size_t n = strlen(text) / 2;
	char *bytes = malloc(n > 0 ? n : 1);

	if (bytes == NULL)
		err(2, NULL);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(digit(text[2 * i]) << 4 |
		    digit(text[2 * i + 1]));
	return (struct tf_str){ bytes, n };
}

static void
put_hex(struct tf_str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		putchar(digits[(unsigned char)bytes.s[i] >> 4]);
		putchar(digits[bytes.s[i] & 15]);
	}
	putchar('\n');
}

static void *
decode(const struct tf_type *type, const char *protocol, const char *hex,
    struct tf_arena *arena)
{
	void *value = tf_alloc(arena, 1, type->size);
	struct tf_str bytes = from_hex(hex);
	const char *why = NULL;
	ptrdiff_t n;

	/* Nothing of what was there may shine through. */
	memset(value, 0xa5, type->size);
	n = tf_decode(type, find_protocol(protocol), bytes.s, bytes.len,
	    arena, value, &why);
	free((void *)(uintptr_t)bytes.s);
	if (n != -1 && (size_t)n == bytes.len)
		return value;
	printf("!%s\n", n == -1 ? why : "bytes were left");
	return NULL;
}

static void
encode(const struct tf_type *type, const char *protocol, const void *value,
    struct tf_arena *arena)
{
	struct tf_str bytes;
	const char *why = NULL;

	if (tf_encode(type, find_protocol(protocol), value, arena, &bytes,
	    &why) == -1)
		printf("!%s\n", why);
	else
		put_hex(bytes);
}

static void
check(const char *protocol, const char *hex, struct tf_arena *arena)
{
	const struct cross_all *got;
	struct cross_all want;
	const char *what;

	got = decode(&cross_all_type, protocol, hex, arena);
	if (got == NULL)
		return;
	value_build(arena, &want);
	if ((what = value_differs(got)) != NULL)
		printf("!not so: %s\n", what);
	else if (!tf_equal(&cross_all_type, got, &want))
		printf("!not equal\n");
	else
		printf("ok\n");
}

static void
answer(char *line, struct tf_arena *arena)
{
	const char *words[5] = { "", "", "", "", "" };
	struct cross_all all;
	const void *value;

	for (size_t i = 0; i < 5 && line != NULL; i++)
		words[i] = strsep(&line, " \n");
	if (strcmp(words[0], "build") == 0) {
		value_build(arena, &all);
		encode(&cross_all_type, words[1], &all, arena);
	} else if (strcmp(words[0], "check") == 0) {
		check(words[1], words[2], arena);
	} else if (strcmp(words[0], "recode") == 0) {
		value = decode(find_type(words[1]), words[2], words[4], arena);
		if (value != NULL)
			encode(find_type(words[1]), words[3], value, arena);
	} else {
		errx(2, "no request '%s'", words[0]);
	}
}

int
main(void)
{
	struct tf_arena *arena = tf_arena_new(0);
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) != -1) {
		answer(line, arena);
		fflush(stdout);
		tf_arena_reset(arena);
	}
	free(line);
	tf_arena_free(arena);
	return 0;
}
