/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doc comments: what is written between stars, without the stars.
 */
#include <string.h>

#include "lex.h"

struct line {
	const char	*s;
	size_t		 len;
};
TF_LIST_OF(lines, struct line);

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
trim_left(struct line *l, size_t n)
{
	while (n-- > 0 && l->len > 0 && is_blank(*l->s)) {
		l->s++;
		l->len--;
	}
}

static void
trim_right(struct line *l)
{
	while (l->len > 0 && is_blank(l->s[l->len - 1]))
		l->len--;
}

static void
split(struct tf_arena *arena, const char *s, size_t len, struct lines *out)
{
	const char *end = s + len, *nl;
	struct line *l;

	for (;;) {
		nl = memchr(s, '\n', (size_t)(end - s));
		l = TF_PUSH(arena, out);
		l->s = s;
		l->len = (size_t)((nl == NULL ? end : nl) - s);
		trim_right(l);
		if (nl == NULL)
			return;
		s = nl + 1;
	}
}

static size_t
indent(const struct line *l)
{
	size_t n = 0;

	while (n < l->len && is_blank(l->s[n]))
		n++;
	return n;
}

/* Removes leading stars if each line after the first that has text has one. */
static void
strip_stars(struct lines *lines)
{
	struct line *l;
	uint32_t i;

	for (i = 1; i < lines->n; i++) {
		l = &lines->v[i];
		if (l->len > 0 && l->s[indent(l)] != '*')
			return;
	}
	for (i = 1; i < lines->n; i++) {
		l = &lines->v[i];
		if (l->len == 0)
			continue;
		trim_left(l, l->len);
		l->s++;
		l->len--;
	}
}

static void
strip_indent(struct lines *lines)
{
	size_t least = SIZE_MAX;
	uint32_t i;

	for (i = 1; i < lines->n; i++)
		if (lines->v[i].len > 0 && indent(&lines->v[i]) < least)
			least = indent(&lines->v[i]);
	for (i = 1; i < lines->n; i++)
		trim_left(&lines->v[i], least);
	trim_left(&lines->v[0], lines->v[0].len);
}

const char *
doc_clean(struct tf_arena *arena, const char *s, size_t len)
{
	struct lines lines = { NULL, 0, 0 };
	char *out, *p;
	uint32_t i, first = 0;

	split(arena, s, len, &lines);
	strip_stars(&lines);
	strip_indent(&lines);
	while (first < lines.n && lines.v[first].len == 0)
		first++;
	while (lines.n > first && lines.v[lines.n - 1].len == 0)
		lines.n--;
	if (first == lines.n)
		return NULL;
	p = out = tf_alloc(arena, 1, len + 2);
	for (i = first; i < lines.n; i++) {
		if (i > first)
			*p++ = '\n';
		memcpy(p, lines.v[i].s, lines.v[i].len);
		p += lines.v[i].len;
	}
	return out;
}
