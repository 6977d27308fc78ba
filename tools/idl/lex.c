/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lexer, written by hand because it must survive any bytes and because
 * the numbers of IDL are odd: 010 is ten, 1. is an error, e10 is a name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "lex.h"

static const char *const keywords[] = {
	"async", "binary", "bool", "byte", "const", "cpp_include", "cpp_type",
	"double", "enum", "exception", "extends", "i16", "i32", "i64", "i8",
	"include", "list", "map", "namespace", "oneway", "optional", "required",
	"service", "set", "string", "struct", "throws", "typedef", "union",
	"uuid", "void", "xsd_all", "xsd_attrs", "xsd_nillable", "xsd_optional",
};

static int
compare_word(const void *key, const void *word)
{
	return strcmp(key, *(const char *const *)word);
}

static bool
is_keyword(const char *name)
{
	return bsearch(name, keywords, sizeof(keywords) / sizeof(keywords[0]),
	    sizeof(keywords[0]), compare_word) != NULL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_name(char c)
{
	return is_name_start(c) || is_digit(c);
}

static char
peek(const struct lexer *lx, size_t n)
{
	return (size_t)(lx->end - lx->p) > n ? lx->p[n] : '\0';
}

static struct idl_loc
make_loc(const struct lexer *lx, const char *from, const char *to)
{
	return (struct idl_loc){ lx->file, (uint32_t)(from - lx->file->text),
	    (uint32_t)(to - from) };
}

void
lexer_init(struct lexer *lx, struct idl_file *file)
{
	*lx = (struct lexer){ .idl = file->idl, .file = file, .p = file->text,
	    .end = file->text + file->len, .newline = true };
	if (file->len >= 3 && memcmp(lx->p, "\xef\xbb\xbf", 3) == 0)
		lx->p += 3;
}

static void
skip_line(struct lexer *lx)
{
	const char *nl = memchr(lx->p, '\n', (size_t)(lx->end - lx->p));

	lx->p = nl == NULL ? lx->end : nl;
}

static void
skip_comment(struct lexer *lx)
{
	const char *start = lx->p, *p, *body;

	for (p = start + 2; p < lx->end; p++) {
		p = memchr(p, '*', (size_t)(lx->end - p));
		if (p == NULL || p + 1 == lx->end)
			break;
		if (p[1] != '/')
			continue;
		lx->p = p + 2;
		body = start + 2;
		while (body < p && *body == '*')
			body++;
		if (start[2] == '*' && body < p) {
			lx->doc = start + 3;
			lx->doc_end = p;
		}
		return;
	}
	idl_error(lx->idl, make_loc(lx, start, start + 2), "close it with */",
	    "this comment never ends");
	lx->p = lx->end;
}

static void
skip_blank(struct lexer *lx)
{
	while (lx->p < lx->end) {
		switch (*lx->p) {
		case '\n':
			lx->newline = true;
			/* FALLTHROUGH */
		case ' ':
		case '\t':
		case '\r':
			lx->p++;
			continue;
		case '#':
			skip_line(lx);
			continue;
		case '/':
			if (peek(lx, 1) == '/') {
				skip_line(lx);
				continue;
			}
			if (peek(lx, 1) == '*') {
				skip_comment(lx);
				continue;
			}
			return;
		default:
			return;
		}
	}
}

static void
lex_name(struct lexer *lx, struct token *t)
{
	const char *start = lx->p;

	while (is_name(peek(lx, 0)) ||
	    (peek(lx, 0) == '.' && is_name(peek(lx, 1))))
		lx->p++;
	t->loc = make_loc(lx, start, lx->p);
	t->text = tf_strn(lx->idl->arena, start, t->loc.len).s;
	if (strcmp(t->text, "true") == 0 || strcmp(t->text, "false") == 0) {
		t->kind = TOK_INT;
		t->i = t->text[0] == 't';
	} else
		t->kind = is_keyword(t->text) ? TOK_KEYWORD : TOK_ID;
}

static void
too_big(struct lexer *lx, struct token *t)
{
	idl_error(lx->idl, t->loc, "integers have 64 bits",
	    "this integer is too big");
}

static void
lex_hex(struct lexer *lx, struct token *t, const char *start)
{
	uint64_t u;
	char *end;

	lx->p += 2;
	errno = 0;
	u = strtoull(lx->p, &end, 16);
	lx->p = end;
	t->kind = TOK_INT;
	t->loc = make_loc(lx, start, lx->p);
	if (errno == ERANGE || u > INT64_MAX)
		too_big(lx, t);
	else
		t->i = *start == '-' ? -(int64_t)u : (int64_t)u;
}

/* Moves over [0-9]*, a fraction and an exponent; whether it is a double. */
static bool
scan_number(struct lexer *lx)
{
	bool real = false;
	size_t sign;

	while (is_digit(peek(lx, 0)))
		lx->p++;
	if (peek(lx, 0) == '.' && is_digit(peek(lx, 1))) {
		real = true;
		lx->p++;
		while (is_digit(peek(lx, 0)))
			lx->p++;
	}
	if (peek(lx, 0) == 'e' || peek(lx, 0) == 'E') {
		sign = peek(lx, 1) == '+' || peek(lx, 1) == '-';
		if (is_digit(peek(lx, 1 + sign))) {
			real = true;
			lx->p += 1 + sign;
			while (is_digit(peek(lx, 0)))
				lx->p++;
		}
	}
	return real;
}

static void
lex_number(struct lexer *lx, struct token *t)
{
	const char *start = lx->p;

	if (*lx->p == '+' || *lx->p == '-')
		lx->p++;
	if (peek(lx, 0) == '0' && peek(lx, 1) == 'x' &&
	    strchr("0123456789abcdefABCDEF", peek(lx, 2)) != NULL &&
	    peek(lx, 2) != '\0') {
		lex_hex(lx, t, start);
		return;
	}
	t->kind = scan_number(lx) ? TOK_DOUBLE : TOK_INT;
	t->loc = make_loc(lx, start, lx->p);
	errno = 0;
	if (t->kind == TOK_INT) {
		t->i = strtoll(start, NULL, 10);
		if (errno == ERANGE)
			too_big(lx, t);
		return;
	}
	t->d = strtod(start, NULL);
	if (errno == ERANGE && (t->d > 1 || t->d < -1))
		idl_lint(lx->idl, t->loc, NULL,
		    "this number is out of range and becomes infinity");
}

static bool
is_escape(char c)
{
	return c != '\0' && strchr("rnt\"'\\", c) != NULL;
}

static char
unescape(char c)
{
	return c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

/* Past the end of the literal at p, or NULL if it has none on its line. */
static const char *
find_quote(const struct lexer *lx)
{
	const char *p;

	for (p = lx->p + 1; p < lx->end && *p != '\n'; p++) {
		if (*p == *lx->p)
			return p + 1;
		if (*p == '\\' && p + 1 < lx->end && p[1] != '\n')
			p++;
	}
	return NULL;
}

static void
lex_literal(struct lexer *lx, struct token *t)
{
	const char *start = lx->p, *p, *end = find_quote(lx);
	char *to;

	t->kind = TOK_LITERAL;
	t->s = tf_strn(lx->idl->arena, "", 0);
	if (end == NULL) {
		t->loc = make_loc(lx, start, start + 1);
		idl_error(lx->idl, t->loc, "strings end on the line they begin "
		    "on; write \\n for a line break", "this string never ends");
		skip_line(lx);
		return;
	}
	lx->p = end;
	t->loc = make_loc(lx, start, end);
	to = tf_alloc(lx->idl->arena, 1, (size_t)(end - start));
	t->s.s = to;
	for (p = start + 1; p < end - 1; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		if (!is_escape(*++p))
			idl_error(lx->idl, make_loc(lx, p - 1, p + 1),
			    "the escapes are \\r \\n \\t \\\" \\' \\\\",
			    "unknown escape in a string");
		*to++ = unescape(*p);
	}
	t->s.len = (size_t)(to - t->s.s);
}

static bool
starts_number(const struct lexer *lx)
{
	size_t sign = peek(lx, 0) == '+' || peek(lx, 0) == '-';

	return is_digit(peek(lx, sign)) ||
	    (peek(lx, sign) == '.' && is_digit(peek(lx, sign + 1)));
}

/* Reports and skips a run of bytes that begin no token. */
static void
skip_stray(struct lexer *lx)
{
	const char *start = lx->p;

	while (lx->p < lx->end && !is_name(*lx->p) &&
	    (*lx->p == '\0' || strchr(" \t\r\n:;,{}()=<>[]*&\"'#/", *lx->p) ==
	    NULL))
		lx->p++;
	if (lx->p == start)
		lx->p++;
	if (*start == '\0')
		idl_error(lx->idl, make_loc(lx, start, lx->p),
		    "is this an IDL file?", "a NUL byte");
	else
		idl_error(lx->idl, make_loc(lx, start, lx->p), NULL,
		    "this is no part of the language");
}

void
lexer_next(struct lexer *lx, struct token *t)
{
	char c;

	*t = (struct token){ .kind = TOK_EOF };
	for (;;) {
		skip_blank(lx);
		if (lx->p == lx->end ||
		    lx->idl->nerrors > IDL_MAX_ERRORS) {
			t->loc = make_loc(lx, lx->end, lx->end);
			t->first = true;
			return;
		}
		t->first = lx->newline;
		c = *lx->p;
		if (is_name_start(c))
			lex_name(lx, t);
		else if (starts_number(lx))
			lex_number(lx, t);
		else if (c == '"' || c == '\'')
			lex_literal(lx, t);
		else if (c != '\0' && strchr(":;,{}()=<>[]*&", c) != NULL) {
			t->kind = TOK_SYMBOL;
			t->symbol = c;
			lx->p++;
			t->loc = make_loc(lx, lx->p - 1, lx->p);
		} else {
			skip_stray(lx);
			continue;
		}
		break;
	}
	lx->newline = false;
	if (lx->doc != NULL)
		t->doc = doc_clean(lx->idl->arena, lx->doc,
		    (size_t)(lx->doc_end - lx->doc));
	lx->doc = NULL;
}
