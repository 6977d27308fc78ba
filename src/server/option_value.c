/* SPDX-License-Identifier: Apache-2.0 */
/* What values look like: the forms of each type, and what to say of others. */
#include "server/option_def.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/parse.h"

static int
parse_octal(const char *text, uint64_t *n)
{
	const char *p = text;

	for (*n = 0; *p >= '0' && *p <= '7' && p - text < 8; p++)
		*n = *n * 8 + (uint64_t)(*p - '0');
	return p != text && *p == '\0' ? 0 : -1;
}

struct word {
	const char	*text;
	uint64_t	 n;
};

/* Words stand for their number whatever the range; parse takes the rest. */
static const struct form {
	const char	*text;		/* "'x' is not ..." */
	int		(*parse)(const char *, uint64_t *);
	struct word	 words[5];
} forms[NOPTION_TYPES] = {
	[TYPE_AUTO] = { "a number or auto", parse_size,
	    { { "auto", SETTING_AUTO } } },
	[TYPE_COUNT] = { "a number", parse_size, { { NULL, 0 } } },
	[TYPE_SIZE] = { "a number of bytes, such as 500K or 16M", parse_size,
	    { { NULL, 0 } } },
	[TYPE_TIME] = { "a time, such as 500ms or 30s", parse_time,
	    { { NULL, 0 } } },
	[TYPE_BOOL] = { "yes or no", NULL, { { "yes", 1 }, { "no", 0 } } },
	[TYPE_SWITCH] = { "on or off", NULL, { { "on", 1 }, { "off", 0 } } },
	[TYPE_CHOICE] = { "auto, yes or no", NULL,
	    { { "auto", SETTING_AUTO }, { "yes", 1 }, { "no", 0 } } },
	[TYPE_LEVEL] = { "error, warn, info or debug", NULL,
	    { { "error", LOG_L_ERROR }, { "warn", LOG_L_WARN },
	    { "info", LOG_L_INFO }, { "debug", LOG_L_DEBUG } } },
	[TYPE_FORMAT] = { "text or json", NULL,
	    { { "text", 0 }, { "json", 1 } } },
	[TYPE_MASK] = { "an octal number, such as 027, or keep", parse_octal,
	    { { "keep", SETTING_KEEP } } },
	[TYPE_LIMIT] = { "a number or keep", parse_size,
	    { { "keep", SETTING_KEEP } } },
	[TYPE_CORE] = { "a number of bytes, unlimited or keep", parse_size,
	    { { "keep", SETTING_KEEP }, { "unlimited", RLIM_INFINITY } } },
};

static const struct word *
find_word(const struct form *form, const char *value)
{
	for (const struct word *w = form->words; w->text != NULL; w++)
		if (strcmp(w->text, value) == 0)
			return w;
	return NULL;
}

static void
tell_range(const struct option_def *d, const char *key, const char *value,
    char *why, size_t size)
{
	if (d->type == TYPE_TIME)
		snprintf(why, size, "%s: '%s' is out of range", key, value);
	else if (d->type == TYPE_MASK)
		snprintf(why, size, "%s: '%s' is not from %03llo to %llo", key,
		    value, (unsigned long long)d->min,
		    (unsigned long long)d->max);
	else
		snprintf(why, size, "%s: '%s' is not from %llu to %llu", key,
		    value, (unsigned long long)d->min,
		    (unsigned long long)d->max);
}

int
option_number(const struct option_def *d, const char *key, const char *value,
    uint64_t *n, char *why, size_t size)
{
	const struct form *form = &forms[d->type];
	const struct word *word = find_word(form, value);

	if (word != NULL) {
		*n = word->n;
		return 0;
	}
	if (form->parse == NULL || form->parse(value, n) == -1) {
		snprintf(why, size, "%s: '%s' is not %s%s", key, value,
		    form->text, d->type == TYPE_TIME && d->min == 0 ?
		    ", or off" : "");
		return -1;
	}
	if (*n < d->min || *n > d->max) {
		tell_range(d, key, value, why, size);
		return -1;
	}
	return 0;
}

/* A name becomes part of file names. */
static int
name_ok(const char *value, char *why, size_t size)
{
	size_t n = strspn(value, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (n > 0 && value[n] == '\0' && n <= 60 && value[0] != '.')
		return 0;
	snprintf(why, size, "name: '%s' is not 1 to 60 of the letters, "
	    "digits, '.', '_', '-', or begins with '.'", value);
	return -1;
}

/* A path needs a slash, or each mistyped word would become a file. */
static int
log_ok(const struct option_def *d, const char *value, char *why, size_t size)
{
	static const char *const words[] = { "syslog", "off", "-" };
	bool access = d->type == TYPE_ACCESS;
	bool word = strcmp(value, "stderr") == 0;

	for (size_t i = access ? 1 : 0; i < (access ? 3 : 1); i++)
		word = word || strcmp(value, words[i]) == 0;
	if (word || strchr(value, '/') != NULL)
		return 0;
	snprintf(why, size, "%s: '%s' is not %s or a path with a slash in it",
	    d->key, value, access ? "off, -, stderr" : "stderr, syslog");
	return -1;
}

/* As http_path() finds it in a request. */
static int
path_ok(const struct option_def *d, const char *value, char *why, size_t size)
{
	const char *p = value;

	while (*p > ' ' && *p < 0x7f && *p != '?' && *p != '#')
		p++;
	if (value[0] == '/' && *p == '\0')
		return 0;
	snprintf(why, size, "%s: '%s' is no path, such as /thrift", d->key,
	    value);
	return -1;
}

int
option_text_ok(const struct option_def *d, const char *value, char *why,
    size_t size)
{
	if (d->type == TYPE_NAME)
		return name_ok(value, why, size);
	if (d->type == TYPE_LOG || d->type == TYPE_ACCESS)
		return log_ok(d, value, why, size);
	if (d->type == TYPE_PATH)
		return path_ok(d, value, why, size);
	if (*value != '\0')
		return 0;
	snprintf(why, size, "%s: is empty", d->key);
	return -1;
}
