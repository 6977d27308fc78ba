/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a pool; those that it does not know are its clients'. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/parse.h"
#include "client/pool_body.h"

static void
save(struct tf_pool *p, const char *key, const char *value)
{
	struct pool_setting *s;

	p->settings = reallocarray(p->settings, p->nsettings + 1, sizeof(*s));
	if (p->settings == NULL)
		fatal("out of memory: a setting");
	s = &p->settings[p->nsettings++];
	if ((s->key = strdup(key)) == NULL ||
	    (s->value = strdup(value)) == NULL)
		fatal("out of memory: a setting");
}

static int
fail(struct tf_pool *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error, sizeof(p->error), fmt, ap);
	va_end(ap);
	return -1;
}

static int
set_number(struct tf_pool *p, const char *key, const char *value, uint64_t min,
    uint64_t max, uint64_t *n)
{
	uint64_t given;

	if (parse_size(value, &given) == -1 || given < min || given > max)
		return fail(p, "%s: '%s' is not a number from %llu to %llu",
		    key, value, (unsigned long long)min,
		    (unsigned long long)max);
	*n = given;
	return 0;
}

static int
set_time(struct tf_pool *p, const char *key, const char *value, uint64_t *ns)
{
	if (parse_time(value, ns) == 0)
		return 0;
	return fail(p, "%s: '%s' is not a time, such as 500ms or 30s, or off",
	    key, value);
}

static int
set_of_clients(struct tf_pool *p, const char *key, const char *value)
{
	if (tf_client_set(p->model, key, value) == -1)
		return fail(p, "%s", tf_client_error(p->model));
	save(p, key, value);
	return 0;
}

int
tf_pool_set(struct tf_pool *p, const char *key, const char *value)
{
	if (p->refused[0] != '\0')
		return fail(p, "%s", p->refused);
	if (strcmp(key, "max") == 0)
		return set_number(p, key, value, 1, POOL_MAX, &p->max);
	if (strcmp(key, "min") == 0)
		return set_number(p, key, value, 0, POOL_MAX, &p->min);
	if (strcmp(key, "retries") == 0)
		return set_number(p, key, value, 0, 100, &p->retries);
	if (strcmp(key, "retry-budget") == 0)
		return set_number(p, key, value, 0, 100, &p->budget);
	if (strcmp(key, "idle-timeout") == 0)
		return set_time(p, key, value, &p->idle_timeout_ns);
	if (strcmp(key, "wait-timeout") == 0)
		return set_time(p, key, value, &p->wait_timeout_ns);
	if (strcmp(key, "attempt-timeout") == 0)
		return set_time(p, key, value, &p->attempt_timeout_ns);
	return set_of_clients(p, key, value);
}

const char *
tf_pool_error(const struct tf_pool *p)
{
	return p->error;
}
