/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of one method, "call-timeout.Service.method": an option that is for
 * all methods, and exceptions from it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "server/option_def.h"

static const enum option_id ids[] = { OPTION_call_timeout, OPTION_threaded,
    OPTION_slow_call };

/* Whose prefix key has; and what follows that and the dot. */
static const struct option_def *
split(const char *key, const char **method)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct option_def *d = &option_defs[ids[i]];
		size_t len = strlen(d->key);

		if (strncmp(key, d->key, len) != 0 || key[len] != '.')
			continue;
		*method = key + len + 1;
		return d;
	}
	return NULL;
}

bool
method_is_key(const char *key)
{
	const char *method;

	return split(key, &method) != NULL;
}

static struct method_setting *
find(const struct settings *s, enum option_id id, const char *method)
{
	for (size_t i = 0; i < s->nmethods; i++)
		if (s->methods[i].id == id &&
		    strcmp(s->methods[i].method, method) == 0)
			return &s->methods[i];
	return NULL;
}

static struct method_setting *
put(struct settings *s, enum option_id id, const char *method, uint64_t n)
{
	struct method_setting *m = find(s, id, method);

	if (m == NULL) {
		m = reallocarray(s->methods, s->nmethods + 1, sizeof(*m));
		if (m == NULL)
			fatal("out of memory: settings");
		s->methods = m;
		m += s->nmethods++;
		*m = (struct method_setting){ .id = id,
		    .method = option_copy(method) };
	}
	m->n = n;
	return m;
}

/* The service may have dots. */
int
method_set(struct settings *s, const char *key, const char *value, char *why,
    size_t size)
{
	const char *method;
	const struct option_def *d = split(key, &method);
	const char *dot = strrchr(method, '.');
	uint64_t n;

	if (dot == NULL || dot == method || dot[1] == '\0') {
		snprintf(why, size, "%s: a method is written "
		    "%s.Service.method", key, d->key);
		return -1;
	}
	if (option_number(d, key, value, &n, why, size) == -1)
		return -1;
	put(s, (enum option_id)(d - option_defs), method, n);
	return 0;
}

bool
method_given(const struct settings *s, const char *key)
{
	const char *method;
	const struct option_def *d = split(key, &method);

	return d != NULL &&
	    find(s, (enum option_id)(d - option_defs), method) != NULL;
}

void
methods_merge(struct settings *s, const struct settings *file)
{
	for (size_t i = 0; i < file->nmethods; i++) {
		const struct method_setting *m = &file->methods[i];

		if (find(s, m->id, m->method) == NULL)
			put(s, m->id, m->method, m->n)->from_file = true;
	}
}

void
methods_again(struct settings *next, const struct settings *s)
{
	for (size_t i = 0; i < s->nmethods; i++) {
		const struct method_setting *m = &s->methods[i];

		if (!m->from_file)
			put(next, m->id, m->method, m->n);
	}
}

bool
methods_are_same(const struct settings *a, const struct settings *b)
{
	if (a->nmethods != b->nmethods)
		return false;
	for (size_t i = 0; i < a->nmethods; i++) {
		const struct method_setting *x = &a->methods[i];
		const struct method_setting *y = find(b, x->id, x->method);

		if (y == NULL || y->n != x->n)
			return false;
	}
	return true;
}

void
methods_clear(struct settings *s)
{
	while (s->nmethods > 0)
		free(s->methods[--s->nmethods].method);
	free(s->methods);
	s->methods = NULL;
}

/* Of a service that was added under a name, the name is meant. */
static uint64_t
value_of(const struct settings *s, enum option_id id, uint64_t otherwise,
    const char *service, const char *method)
{
	size_t len = strcspn(service, ":");

	for (size_t i = 0; i < s->nmethods; i++) {
		const struct method_setting *m = &s->methods[i];

		if (m->id == id && strncmp(m->method, service, len) == 0 &&
		    m->method[len] == '.' &&
		    strcmp(m->method + len + 1, method) == 0)
			return m->n;
	}
	return otherwise;
}

uint64_t
settings_call_timeout(const struct settings *s, const char *service,
    const char *method)
{
	return value_of(s, OPTION_call_timeout, s->call_timeout, service,
	    method);
}

uint64_t
settings_slow_call(const struct settings *s, const char *service,
    const char *method)
{
	return value_of(s, OPTION_slow_call, s->slow_call, service, method);
}

bool
settings_threaded(const struct settings *s, const char *service,
    const char *method, bool annotated)
{
	uint64_t n = value_of(s, OPTION_threaded, s->threaded, service,
	    method);

	return s->threads != 0 && (n == SETTING_AUTO ? annotated : n != 0);
}
