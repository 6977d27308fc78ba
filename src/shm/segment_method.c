/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of methods.  The master appends what a preflight has found; a
 * worker looks its own methods up by name, once, when it starts.
 */
#include <stdio.h>
#include <string.h>

#include "shm/segment_body.h"

static int
method_search(const struct segment *s, unsigned count, const char *service,
    const char *method)
{
	const struct segment_method *m;
	unsigned i;

	for (i = 1; i < count; i++) {
		m = segment_entry(s, &s->at.methods, i);
		if (strncmp(m->service, service, sizeof(m->service)) == 0 &&
		    strncmp(m->method, method, sizeof(m->method)) == 0)
			return (int)i;
	}
	return 0;
}

/* How many entries may be read: never more than there are. */
static unsigned
method_count(const struct segment *s)
{
	uint64_t n = word_published(&segment_head(s)->methods_published);

	return (unsigned)(n < s->at.methods.count ? n : s->at.methods.count);
}

int
segment_method_add(struct segment *s, const char *service, const char *method)
{
	struct segment_method *m;
	int known;

	/* Another master may have added some, and not have become one. */
	if (method_count(s) > s->methods)
		s->methods = method_count(s);
	known = method_search(s, s->methods, service, method);
	if (known != 0)
		return known;
	if (s->methods == s->at.methods.count ||
	    strlen(service) >= sizeof(m->service) ||
	    strlen(method) >= sizeof(m->method))
		return 0;
	m = segment_entry(s, &s->at.methods, s->methods);
	strlcpy(m->service, service, sizeof(m->service));
	strlcpy(m->method, method, sizeof(m->method));
	word_publish(&segment_head(s)->methods_published, ++s->methods);
	return (int)s->methods - 1;
}

int
segment_method_find(const struct segment *s, const char *service,
    const char *method)
{
	return method_search(s, method_count(s), service, method);
}

bool
segment_method_served(const struct segment *s, const char *service,
    const char *method)
{
	const struct segment_method *m;
	unsigned i, n = method_count(s);
	size_t len = strlen(service);

	for (i = 1; i < n; i++) {
		m = segment_entry(s, &s->at.methods, i);
		if (len < sizeof(m->service) &&
		    memcmp(m->service, service, len) == 0 &&
		    (m->service[len] == '\0' || m->service[len] == ':') &&
		    strncmp(m->method, method, sizeof(m->method)) == 0)
			return true;
	}
	return false;
}

int
segment_method_name(const struct segment *s, unsigned method, char *buf,
    size_t size)
{
	const struct segment_method *m;

	if (method == 0 || method >= method_count(s))
		return snprintf(buf, size, "other");
	m = segment_entry(s, &s->at.methods, method);
	return snprintf(buf, size, "%.*s.%.*s", SEGMENT_METHOD - 1, m->service,
	    SEGMENT_METHOD - 1, m->method);
}
