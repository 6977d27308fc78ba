/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library says at which offset a JSON text is wrong.  People want the name
 * of the field: it is found by walking there once more, over strings and
 * brackets only, with the innermost levels in a stack.
 */
#include "json_where.h"

#include <stdbool.h>
#include <stdio.h>

#define MAX_LEVELS	16	/* deeper ones are not named */

struct level {
	bool		 list;
	unsigned	 index;		/* in a list */
	const char	*key;		/* in an object; NULL: none yet */
	int		 len;
};

struct walk {
	struct level	 level[MAX_LEVELS];
	size_t		 depth;
	const char	*string;	/* the last one */
	int		 string_len;
};

/* Past the end of a string that begins behind at; where it ends. */
static size_t
skip_string(const char *text, size_t len, size_t at)
{
	while (at < len && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	return at < len ? at : len;
}

static void
enter(struct walk *w, bool list)
{
	if (w->depth < MAX_LEVELS)
		w->level[w->depth] = (struct level){ .list = list };
	w->depth++;
}

static struct level *
innermost(struct walk *w)
{
	if (w->depth == 0 || w->depth > MAX_LEVELS)
		return NULL;
	return &w->level[w->depth - 1];
}

static void
punctuation(struct walk *w, char c)
{
	struct level *l = innermost(w);

	switch (c) {
	case '{':
	case '[':
		enter(w, c == '[');
		break;
	case '}':
	case ']':
		w->depth -= w->depth > 0;
		break;
	case ':':
		if (l != NULL && !l->list) {
			l->key = w->string;
			l->len = w->string_len;
		}
		break;
	case ',':
		if (l != NULL) {
			l->index++;
			l->key = NULL;
		}
		break;
	}
}

static void
print(const struct walk *w, char *to, size_t size)
{
	const struct level *l;
	size_t used = 0;
	int n;

	to[0] = '\0';
	for (size_t i = 0; i < w->depth && i < MAX_LEVELS; i++) {
		l = &w->level[i];
		if (!l->list && l->key == NULL)
			return;
		n = l->list ? snprintf(to + used, size - used, "[%u]",
		    l->index) : snprintf(to + used, size - used, "%s%.*s",
		    used > 0 ? "." : "", l->len, l->key);
		if (n < 0 || (used += (size_t)n) >= size)
			return;
	}
}

void
json_where(const char *text, size_t len, size_t at, char *to, size_t size)
{
	struct walk w = { .depth = 0 };
	size_t end;

	for (size_t i = 0; i < at && i < len; i++) {
		if (text[i] != '"') {
			punctuation(&w, text[i]);
			continue;
		}
		end = skip_string(text, len, i + 1);
		w.string = text + i + 1;
		w.string_len = (int)(end - i - 1);
		i = end;
	}
	print(&w, to, size);
}
