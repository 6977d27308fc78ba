/* SPDX-License-Identifier: Apache-2.0 */
/* The settings: how they begin, how they are set, and what belongs together. */
#include "server/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/clock.h"
#include "io/tls.h"
#include "proc/privilege.h"
#include "server/option_def.h"
#include "shm/lane.h"		/* for a limit in options.def */

#define TIME_MAX	(UINT64_C(365) * 86400 * NS_PER_S)

const struct option_def option_defs[NOPTIONS] = {
#define OPTION(member, key, letter, type, preset, min, max, help)	\
	{ key, preset, help, offsetof(struct settings, member), min, max, \
	    TYPE_##type, letter },
#include "server/options.def"
};

static const struct option_def *
find_part(const char *key, size_t len)
{
	for (size_t i = 0; i < NOPTIONS; i++)
		if (strlen(option_defs[i].key) == len &&
		    memcmp(option_defs[i].key, key, len) == 0)
			return &option_defs[i];
	return NULL;
}

static const struct option_def *
find(const char *key)
{
	return find_part(key, strlen(key));
}

char *
option_copy(const char *text)
{
	char *new = strdup(text);

	if (new == NULL)
		fatal("out of memory: settings");
	return new;
}

static void
put_text(struct settings *s, const struct option_def *d, char *text)
{
	char *p = (char *)s + d->member, *old;

	memcpy(&old, p, sizeof(old));
	free(old);
	memcpy(p, &text, sizeof(text));
}

static char *
get_text(const struct settings *s, const struct option_def *d)
{
	char *text;

	memcpy(&text, (const char *)s + d->member, sizeof(text));
	return text;
}

static struct addresses *
list_of(struct settings *s, const struct option_def *d)
{
	return (void *)((char *)s + d->member);
}

static const struct addresses *
const_list_of(const struct settings *s, const struct option_def *d)
{
	return (const void *)((const char *)s + d->member);
}

static int
set_one(struct settings *s, const struct option_def *d, const char *value,
    char *why, size_t size)
{
	uint64_t n;

	if (d->type == TYPE_LISTEN)
		return listen_set(s, value, why, size);
	if (d->type == TYPE_ADDRESSES)
		return addresses_set(list_of(s, d), !s->given[d - option_defs],
		    d->key, value, why, size);
	if (option_is_text(d)) {
		if (option_text_ok(d, value, why, size) == -1)
			return -1;
		put_text(s, d, option_copy(value));
		return 0;
	}
	if (option_number(d, d->key, value, &n, why, size) == -1)
		return -1;
	memcpy((char *)s + d->member, &n, sizeof(n));
	return 0;
}

int
settings_set(struct settings *s, const char *key, const char *value, char *why,
    size_t size)
{
	const struct option_def *d;

	if (method_is_key(key))
		return method_set(s, key, value, why, size);
	if ((d = find(key)) == NULL) {
		snprintf(why, size, "%s: there is no such setting", key);
		return -1;
	}
	if (set_one(s, d, value, why, size) == -1)
		return -1;
	s->given[d - option_defs] = true;
	return 0;
}

bool
settings_has(const char *key, size_t len)
{
	return find_part(key, len) != NULL;
}

bool
settings_given(const struct settings *s, const char *key)
{
	const struct option_def *d = find(key);

	if (d != NULL)
		return s->given[d - option_defs];
	return method_given(s, key);
}

bool
settings_repeats(const char *key)
{
	const struct option_def *d = find(key);

	return d != NULL && (d->type == TYPE_LISTEN ||
	    d->type == TYPE_ADDRESSES);
}

static void
copy_one(struct settings *s, const struct settings *from,
    const struct option_def *d)
{
	if (d->type == TYPE_LISTEN)
		listen_copy(s, from);
	else if (d->type == TYPE_ADDRESSES)
		addresses_copy(list_of(s, d), const_list_of(from, d));
	else if (option_is_text(d))
		put_text(s, d, option_copy(get_text(from, d)));
	else
		memcpy((char *)s + d->member, (const char *)from + d->member,
		    sizeof(uint64_t));
}

void
settings_merge(struct settings *s, struct settings *file)
{
	for (size_t i = 0; i < NOPTIONS; i++)
		if (file->given[i] && !s->given[i])
			copy_one(s, file, &option_defs[i]);
	methods_merge(s, file);
	settings_fini(file);
}

void
settings_init(struct settings *s)
{
	char why[256];

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < NOPTIONS; i++)
		if (!option_is_text(&option_defs[i]) && set_one(s,
		    &option_defs[i], option_defs[i].preset, why,
		    sizeof(why)) == -1)
			fatal("bug: options.def: %s", why);
}

void
settings_fini(struct settings *s)
{
	listen_clear(s);
	for (size_t i = 0; i < NOPTIONS; i++)
		if (option_defs[i].type == TYPE_ADDRESSES)
			addresses_clear(list_of(s, &option_defs[i]));
		else if (option_is_text(&option_defs[i]) &&
		    option_defs[i].type != TYPE_LISTEN)
			put_text(s, &option_defs[i], NULL);
	methods_clear(s);
	memset(s->given, 0, sizeof(s->given));
}

void
settings_again(struct settings *next, const struct settings *s)
{
	settings_init(next);
	for (size_t i = 0; i < NOPTIONS; i++)
		if (s->given[i]) {
			copy_one(next, s, &option_defs[i]);
			next->given[i] = true;
		}
	methods_again(next, s);
}

static bool
same(const struct settings *a, const struct settings *b,
    const struct option_def *d)
{
	const char *x, *y;

	if (d->type == TYPE_LISTEN)
		return listen_is_same(a, b);
	if (d->type == TYPE_ADDRESSES)
		return addresses_are_same(const_list_of(a, d),
		    const_list_of(b, d));
	if (!option_is_text(d))
		return memcmp((const char *)a + d->member,
		    (const char *)b + d->member, sizeof(uint64_t)) == 0;
	x = get_text(a, d);
	y = get_text(b, d);
	return x == NULL || y == NULL ? x == y : strcmp(x, y) == 0;
}

int
settings_may_follow(const struct settings *s, const struct settings *next,
    char *why, size_t size)
{
	static const enum option_id fixed[] = { OPTION_listen, OPTION_admin,
	    OPTION_admin_agent, OPTION_name, OPTION_max_workers,
	    OPTION_backlog, OPTION_daemon, OPTION_pidfile, OPTION_log };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!same(s, next, &option_defs[fixed[i]])) {
			snprintf(why, size, "%s: cannot be changed by a "
			    "reload", option_defs[fixed[i]].key);
			return -1;
		}
	if (next->workers == 0) {
		snprintf(why, size, "workers: cannot become 0 by a reload");
		return -1;
	}
	return 0;
}

bool
settings_same_but_files(const struct settings *a, const struct settings *b)
{
	for (size_t i = 0; i < NOPTIONS; i++)
		if (i != OPTION_tls_certificate && i != OPTION_tls_key &&
		    !same(a, b, &option_defs[i]))
			return false;
	return methods_are_same(a, b) && memcmp(a->listen_rules,
	    b->listen_rules, a->nlisten * sizeof(a->listen_rules[0])) == 0;
}

static int
check_tls(const struct settings *s, char *why, size_t size)
{
	const char *other = s->tls_key != NULL ? "tls-key:" :
	    s->tls_client_ca != NULL ? "tls-client-ca:" : NULL;

	for (unsigned i = 0; i < s->nlisten; i++)
		if (s->listen_rules[i].tls == RULES_TLS_ON)
			other = "listen: tls=on";
	if (s->tls_certificate == NULL && other != NULL)
		snprintf(why, size, "%s needs a tls-certificate", other);
	else if (s->tls_certificate != NULL && !tls_is_built_in())
		snprintf(why, size, "tls-certificate: TLS is not built in");
	else
		return 0;
	return -1;
}

/* A daemon has none of the standard descriptors. */
static bool
wants_stream(const struct settings *s)
{
	return s->access_log != NULL && (strcmp(s->access_log, "-") == 0 ||
	    strcmp(s->access_log, "stderr") == 0);
}

int
settings_check(const struct settings *s, char *why, size_t size)
{
	bool to_stderr = s->log == NULL || strcmp(s->log, "stderr") == 0;

	if (s->workers != SETTING_AUTO && s->workers > s->max_workers)
		snprintf(why, size, "workers: %llu is more than max-workers, "
		    "%llu", (unsigned long long)s->workers,
		    (unsigned long long)s->max_workers);
	else if (s->daemon && to_stderr)
		snprintf(why, size, "daemon: has no standard error to log to; "
		    "set log to a file or to syslog");
	else if (s->daemon && wants_stream(s))
		snprintf(why, size, "daemon: has no standard output for the "
		    "access log; set access-log to a file");
	else if (s->daemon && s->workers == 0)
		snprintf(why, size, "daemon: needs a master, and workers is "
		    "0");
	else if (s->workers == 0 && s->admin.n + s->admin_agent.n > 0)
		snprintf(why, size, "%s: needs a master, and workers is 0",
		    s->admin.n > 0 ? "admin" : "admin-agent");
	else if (s->workers == 0 && (s->user != NULL || s->group != NULL))
		snprintf(why, size, "%s: needs a worker to give privilege up "
		    "in, and workers is 0", s->user != NULL ? "user" : "group");
	else if (check_tls(s, why, size) == 0)
		return privilege_check(s->user, s->group, why, size);
	return -1;
}

int
settings_complete(struct settings *s, char *why, size_t size)
{
	if (s->nlisten > 0)
		return 0;
	return listen_set(s, option_defs[OPTION_listen].preset, why, size);
}
