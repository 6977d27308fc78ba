/* SPDX-License-Identifier: Apache-2.0 */
/* See program.h. */
#include "server/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX	(1024 * 1024)

static size_t
read_cmdline(char *text)
{
	FILE *f = fopen("/proc/self/cmdline", "re");
	size_t n = 0;

	if (f == NULL)
		return 0;
	n = fread(text, 1, TEXT_MAX - 1, f);
	fclose(f);
	text[n] = '\0';
	return n;
}

static char **
split(char *text, size_t len)
{
	size_t n = 0, i = 0;
	char **argv;

	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		n++;
	if (n == 0 || (argv = calloc(n + 1, sizeof(*argv))) == NULL)
		return NULL;
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		argv[i++] = text + at;
	return argv;
}

void
program_find(struct program *p)
{
	char path[4096];
	ssize_t n;

	*p = (struct program){ .path = NULL };
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n <= 0 || (p->text = malloc(TEXT_MAX)) == NULL)
		return;
	path[n] = '\0';
	p->argv = split(p->text, read_cmdline(p->text));
	if (p->argv != NULL)
		p->path = strdup(path);
}

void
program_fini(struct program *p)
{
	free(p->path);
	free(p->argv);
	free(p->text);
	*p = (struct program){ .path = NULL };
}
