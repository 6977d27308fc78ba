/* SPDX-License-Identifier: Apache-2.0 */
/* See manifest.h. */
#include "server/manifest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "serve/registry.h"
#include "server/declare.h"
#include "shm/segment.h"

int
manifest_write(const struct registry *r, const struct declarations *all,
    int fd)
{
	FILE *f = fdopen(dup(fd), "w");
	const struct declared *d;

	if (f == NULL)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		fprintf(f, "%s\t%s\n", r->entries[i].title,
		    r->entries[i].method->name);
	STAILQ_FOREACH(d, &all->list, next)
		fprintf(f, "=%s\t%s\t%s%s%s\n", own_kind_name(d->kind),
		    d->name, d->unit, d->unit[0] != '\0' ? "\t" : "",
		    d->help);
	return fclose(f) == 0 ? 0 : -1;
}

/*
 * An IDL name at p, ended by end; copied to name.  What else it may have is in
 * more.
 */
static int
take_name(const char **p, const char *limit, char end, const char *more,
    char *name, size_t size)
{
	size_t n = 0;

	while (*p < limit && **p != end) {
		unsigned char c = (unsigned char)*(*p)++;

		if (c == '\0' || (!isalnum(c) && c != '_' && c != '.' &&
		    strchr(more, c) == NULL) || n + 1 == size)
			return -1;
		name[n++] = (char)c;
	}
	if (*p == limit || n == 0)
		return -1;
	name[n] = '\0';
	(*p)++;
	return 0;
}

/* A kind's number; -1 if it is none. */
static int
kind_of(const char *text)
{
	const char *name;

	for (unsigned i = 0; (name = own_kind_name(i)) != NULL; i++)
		if (strcmp(name, text) == 0)
			return (int)i;
	return -1;
}

/* Text for people up to the end of the line; the directory checks it. */
static int
take_help(const char **p, const char *limit, char *help, size_t size)
{
	const char *end = memchr(*p, '\n', (size_t)(limit - *p));
	size_t n = end == NULL ? size : (size_t)(end - *p);

	if (n >= size || memchr(*p, '\0', n) != NULL)
		return -1;
	memcpy(help, *p, n);
	help[n] = '\0';
	*p = end + 1;
	return 0;
}

/* -1 without a reason: it is malformed. */
static int
read_declared(const char **p, const char *limit, struct segment *seg,
    char *why, size_t size)
{
	char kind[16], name[SEGMENT_OWN], unit[SEGMENT_UNIT] = "", help[256];

	(*p)++;
	why[0] = '\0';
	if (take_name(p, limit, '\t', "", kind, sizeof(kind)) == -1 ||
	    kind_of(kind) == -1 ||
	    take_name(p, limit, '\t', "", name, sizeof(name)) == -1 ||
	    (kind_of(kind) == SEGMENT_OWN_HISTOGRAM &&
	    take_name(p, limit, '\t', "", unit, sizeof(unit)) == -1) ||
	    take_help(p, limit, help, sizeof(help)) == -1)
		return -1;
	return own_add(seg, (enum segment_own_kind)kind_of(kind), name, unit,
	    help, why, size);
}

static int
read_method(const char **p, const char *limit, struct segment *seg)
{
	char service[1024], method[1024];

	if (take_name(p, limit, '\t', "-/:", service, sizeof(service)) == -1 ||
	    take_name(p, limit, '\n', "", method, sizeof(method)) == -1)
		return -1;
	segment_method_add(seg, service, method);
	return 0;
}

int
manifest_read(const char *text, size_t len, struct segment *seg, char *why,
    size_t size)
{
	const char *p = text, *limit = text + len;
	int rc, n = 0;

	while (p < limit) {
		bool declared = *p == '=';

		why[0] = '\0';
		rc = declared ? read_declared(&p, limit, seg, why, size) :
		    read_method(&p, limit, seg);
		if (rc == -1 && why[0] == '\0')
			snprintf(why, size, "the preflight's report is "
			    "malformed at byte %td", p - text);
		if (rc == -1)
			return -1;
		n += !declared;
	}
	if (n == 0)
		snprintf(why, size, "nothing is served: setup() added no "
		    "service with a handler");
	return n == 0 ? -1 : n;
}

/* One line of those that begin with =: what it is, and its name. */
static void
print_declared(const char *line, int len, FILE *f)
{
	const char *name = memchr(line, '\t', (size_t)len);
	const char *end = memchr(name + 1, '\t',
	    (size_t)(line + len - name - 1));

	fprintf(f, "%.*s %.*s\n", (int)(name - line - 1), line + 1,
	    (int)(end - name - 1), name + 1);
}

static void
print_method(const char *line, int len, FILE *f)
{
	int service = (int)((const char *)memchr(line, '\t', (size_t)len) -
	    line);

	fprintf(f, "%.*s.%.*s\n", service, line, len - service - 1,
	    line + service + 1);
}

void
manifest_print(const char *text, size_t len, FILE *f)
{
	const char *line = text, *end;

	for (; line < text + len; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + len - line));
		(*line == '=' ? print_declared : print_method)(line,
		    (int)(end - line), f);
	}
}
