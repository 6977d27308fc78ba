/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that comes from the IDL and must not break the C it is put into, and
 * members in columns.
 */
#include <ctype.h>
#include <string.h>

#include "gen.h"

/* Bytes of a well-formed UTF-8 sequence at s; 0 if there is none. */
static size_t
utf8_length(const char *s)
{
	uint8_t c = (uint8_t)*s;
	size_t n, i;

	n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ?
	    3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && (uint8_t)s[1] < 0xa0) ||
	    (c == 0xed && (uint8_t)s[1] > 0x9f) ||
	    (c == 0xf0 && (uint8_t)s[1] < 0x90) ||
	    (c == 0xf4 && (uint8_t)s[1] > 0x8f))
		return 0;
	return n;
}

/* Marks that change the direction of text, which compilers warn about. */
static bool
is_bidi(const char *s)
{
	return memcmp(s, "\xe2\x80", 2) == 0 ? (uint8_t)s[2] == 0x8e ||
	    (uint8_t)s[2] == 0x8f || ((uint8_t)s[2] >= 0xaa &&
	    (uint8_t)s[2] <= 0xae) : memcmp(s, "\xe2\x81", 2) == 0 &&
	    (uint8_t)s[2] >= 0xa6 && (uint8_t)s[2] <= 0xa9;
}

/* One character of a comment; the bytes it took. */
static size_t
put_comment_char(FILE *out, const char *s)
{
	size_t n = utf8_length(s);

	if (n == 0 || (n == 1 && iscntrl((uint8_t)*s) && *s != '\t') ||
	    (n == 3 && is_bidi(s))) {
		putc('?', out);
		return n == 0 ? 1 : n;
	}
	if ((s[0] == '/' && s[1] == '*') || (s[0] == '*' && s[1] == '/')) {
		fprintf(out, "%c ", s[0]);
		return 1;
	}
	fwrite(s, 1, n, out);
	return n;
}

void
put_doc(FILE *out, const char *doc, const char *indent)
{
	const char *p;
	bool many;

	if (doc == NULL)
		return;
	many = strchr(doc, '\n') != NULL;
	fprintf(out, many ? "%s/*\n%s *" : "%s/*", indent, indent);
	if (*doc != '\n')
		putc(' ', out);
	for (p = doc; *p != '\0';) {
		if (*p != '\n') {
			p += put_comment_char(out, p);
			continue;
		}
		fprintf(out, "\n%s *", indent);
		if (*++p != '\n')
			putc(' ', out);
	}
	if (many)
		fprintf(out, "\n%s", indent);
	fputs(" */\n", out);
}

void
put_member(FILE *out, const char *type, const char *name, bool pointer,
    size_t width)
{
	size_t column;

	fprintf(out, "\t%s", type);
	width = width / 8 * 8 + 8;
	for (column = strlen(type) / 8 * 8; column + 8 <= width; column += 8)
		putc('\t', out);
	fprintf(out, "%s%s", pointer ? "*" : "", name);
}

/* The columns of n bytes, and the bytes, with hard blanks as blanks. */
static void
put_word(FILE *out, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		putc(s[i] == HARD[0] ? ' ' : s[i], out);
}

static size_t
text_width(const char *s)
{
	size_t width = 0;

	for (; *s != '\0'; s++)
		width = *s == '\t' ? width / 8 * 8 + 8 : width + 1;
	return width;
}

void
put_wrapped(FILE *out, size_t column, const char *indent, const char *text)
{
	size_t n, gap = 0, start = text_width(indent);
	bool first = true;

	for (; *text != '\0'; text += n + gap) {
		n = strcspn(text, " ");
		if (!first && column + gap + n > 80) {
			fprintf(out, "\n%s", indent);
			column = start;
		} else if (!first) {
			fprintf(out, "%*s", (int)gap, "");
			column += gap;
		}
		put_word(out, text, n);
		column += n;
		gap = strspn(text + n, " ");
		first = false;
	}
}

void
put_comment(FILE *out, const char *text)
{
	fputs("/*\n * ", out);
	put_wrapped(out, 3, " * ", text);
	fputs("\n */\n", out);
}
