/* SPDX-License-Identifier: Apache-2.0 */
/* See manifest.h. */
#include "server/manifest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "serve/registry.h"
#include "shm/segment.h"

int
manifest_write(const struct registry *r, int fd)
{
	FILE *f = fdopen(dup(fd), "w");

	if (f == NULL)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		fprintf(f, "%s\t%s\n", r->entries[i].title,
		    r->entries[i].method->name);
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

int
manifest_read(const char *text, size_t len, struct segment *seg, char *why,
    size_t size)
{
	const char *p = text, *limit = text + len;
	char service[1024], method[1024];
	int n = 0;

	while (p < limit) {
		if (take_name(&p, limit, '\t', "-/:", service,
		    sizeof(service)) == -1 ||
		    take_name(&p, limit, '\n', "", method,
		    sizeof(method)) == -1) {
			snprintf(why, size, "the preflight's report is "
			    "malformed at byte %td", p - text);
			return -1;
		}
		segment_method_add(seg, service, method);
		n++;
	}
	if (n == 0)
		snprintf(why, size, "nothing is served: setup() added no "
		    "service with a handler");
	return n == 0 ? -1 : n;
}

void
manifest_print(const char *text, size_t len, FILE *f)
{
	for (size_t i = 0; i < len; i++)
		fputc(text[i] == '\t' ? '.' : text[i], f);
}
