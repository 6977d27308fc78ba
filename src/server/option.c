/* SPDX-License-Identifier: Apache-2.0 */
/* What options.def says, as a table, and the few functions that read it. */
#include "server/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/parse.h"

#define TIME_MAX	(UINT64_C(365) * 86400 * NS_PER_S)

enum option_type {
	TYPE_LISTEN, TYPE_TEXT, TYPE_AUTO, TYPE_COUNT, TYPE_SIZE, TYPE_TIME
};

struct option_def {
	const char	*key, *preset, *help;
	size_t		 member;
	uint64_t	 min, max;
	enum option_type type;
	int		 letter;
};

static const struct option_def defs[] = {
#define OPTION(member, key, letter, type, preset, min, max, help)	\
	{ key, preset, help, offsetof(struct settings, member), min, max, \
	    TYPE_##type, letter },
#include "server/options.def"
};
#define NDEFS	(sizeof(defs) / sizeof(defs[0]))

static int
set_listen(struct settings *s, const char *value, char *why, size_t size)
{
	if (s->nlisten == LISTEN_MAX) {
		snprintf(why, size, "listen: more than %d addresses",
		    LISTEN_MAX);
		return -1;
	}
	for (unsigned i = 0; i < s->nlisten; i++)
		if (strcmp(s->listen[i], value) == 0) {
			snprintf(why, size, "listen: %s is given twice", value);
			return -1;
		}
	if ((s->listen[s->nlisten] = strdup(value)) == NULL)
		fatal("out of memory: settings");
	s->nlisten++;
	return 0;
}

/* A name becomes part of file names. */
static int
set_name(struct settings *s, const char *value, char *why, size_t size)
{
	size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (n == 0 || value[n] != '\0' || n > 60 || value[0] == '.') {
		snprintf(why, size, "name: '%s' is not 1 to 60 of the letters, "
		    "digits, '.', '_', '-', or begins with '.'", value);
		return -1;
	}
	free(s->name);
	if ((s->name = strdup(value)) == NULL)
		fatal("out of memory: settings");
	return 0;
}

static int
parse_number(const struct option_def *d, const char *value, uint64_t *n)
{
	switch (d->type) {
	case TYPE_AUTO:
		if (strcmp(value, "auto") == 0) {
			*n = SETTING_AUTO;
			return 0;
		}
		return parse_size(value, n);
	case TYPE_TIME:
		return parse_time(value, n);
	default:
		return parse_size(value, n);
	}
}

static bool
in_range(const struct option_def *d, uint64_t n, const char *value)
{
	if (d->type == TYPE_AUTO && strcmp(value, "auto") == 0)
		return true;
	return n >= d->min && n <= d->max;
}

static const char *
form_of(const struct option_def *d)
{
	switch (d->type) {
	case TYPE_AUTO:
		return "a number or auto";
	case TYPE_SIZE:
		return "a number of bytes, such as 500K or 16M";
	case TYPE_TIME:
		return d->min == 0 ? "a time, such as 500ms or 30s, or off" :
		    "a time, such as 500ms or 30s";
	default:
		return "a number";
	}
}

static int
set_number(struct settings *s, const struct option_def *d, const char *value,
    char *why, size_t size)
{
	uint64_t n;

	if (parse_number(d, value, &n) == -1) {
		snprintf(why, size, "%s: '%s' is not %s", d->key, value,
		    form_of(d));
		return -1;
	}
	if (!in_range(d, n, value)) {
		if (d->type == TYPE_TIME)
			snprintf(why, size, "%s: '%s' is out of range", d->key,
			    value);
		else
			snprintf(why, size, "%s: '%s' is not from %llu to %llu",
			    d->key, value, (unsigned long long)d->min,
			    (unsigned long long)d->max);
		return -1;
	}
	memcpy((char *)s + d->member, &n, sizeof(n));
	return 0;
}

int
settings_set(struct settings *s, const char *key, const char *value, char *why,
    size_t size)
{
	for (size_t i = 0; i < NDEFS; i++) {
		if (strcmp(defs[i].key, key) != 0)
			continue;
		if (defs[i].type == TYPE_LISTEN)
			return set_listen(s, value, why, size);
		if (defs[i].type == TYPE_TEXT)
			return set_name(s, value, why, size);
		return set_number(s, &defs[i], value, why, size);
	}
	snprintf(why, size, "there is no setting '%s'", key);
	return -1;
}

void
settings_init(struct settings *s)
{
	char why[256];

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < NDEFS; i++)
		if (defs[i].type != TYPE_LISTEN && defs[i].type != TYPE_TEXT &&
		    set_number(s, &defs[i], defs[i].preset, why,
		    sizeof(why)) == -1)
			fatal("bug: options.def: %s", why);
}

void
settings_fini(struct settings *s)
{
	while (s->nlisten > 0)
		free(s->listen[--s->nlisten]);
	free(s->name);
	s->name = NULL;
}

int
settings_complete(struct settings *s, char *why, size_t size)
{
	for (size_t i = 0; i < NDEFS; i++)
		if (defs[i].type == TYPE_LISTEN && s->nlisten == 0)
			return set_listen(s, defs[i].preset, why, size);
	return 0;
}

const char *
settings_key(int letter)
{
	for (size_t i = 0; i < NDEFS; i++)
		if (defs[i].letter != 0 && defs[i].letter == letter)
			return defs[i].key;
	return NULL;
}

void
settings_getopt(char *string, size_t size)
{
	size_t len = strlen(string);

	for (size_t i = 0; i < NDEFS && len + 3 < size; i++)
		if (defs[i].letter != 0) {
			string[len++] = (char)defs[i].letter;
			string[len++] = ':';
		}
	string[len] = '\0';
}

/* Help text in a column of its own, broken at spaces. */
static void
print_wrapped(FILE *f, const char *text, int indent, int width)
{
	while (*text != '\0') {
		int n = (int)strlen(text);

		if (n > width)
			for (n = width; n > 0 && text[n] != ' '; n--)
				;
		fprintf(f, "%.*s\n", n, text);
		text += n;
		if (*text == ' ')
			fprintf(f, "%*s", indent, "");
		text += strspn(text, " ");
	}
}

void
settings_help(FILE *f)
{
	for (size_t i = 0; i < NDEFS; i++) {
		char flag[8] = "";

		if (defs[i].letter != 0)
			snprintf(flag, sizeof(flag), "-%c", defs[i].letter);
		fprintf(f, "  %-3s %-20s %-15s ", flag, defs[i].key,
		    defs[i].preset);
		print_wrapped(f, defs[i].help, 43, 36);
	}
}
