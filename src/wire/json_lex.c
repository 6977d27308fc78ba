/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON's grammar below the level of values.
 */
#include "wire/json_lex.h"

#include <stdio.h>
#include <string.h>

#include "wire/read.h"
#include "wire/text.h"

bool
json_fail(struct json *j, enum wire_err err, const char *text,
    const char *name)
{
	struct tf_str s;
	size_t at = (size_t)(j->r->p - j->start);

	if (j->r->err != WIRE_OK)
		return false;
	s = name == NULL ?
	    tf_strf(j->r->arena, "offset %zu: %s", at, text) :
	    tf_strf(j->r->arena, "offset %zu: %s: %.64s", at, text, name);
	read_set_error(j->r, err, s.s);
	return false;
}

static bool
fail_expected(struct json *j, char mark)
{
	char text[] = "expected '.'";

	if (j->r->p == j->r->end)
		return json_fail(j, WIRE_SHORT, "input ends too early", NULL);
	text[sizeof(text) - 3] = mark;
	return json_fail(j, WIRE_BAD, text, NULL);
}

bool
json_take(struct json *j, char mark)
{
	return json_try(j, mark) || fail_expected(j, mark);
}

bool
json_more(struct json *j, char closing, bool *first)
{
	bool comma = !*first;

	*first = false;
	if (j->r->err != WIRE_OK || json_try(j, closing))
		return false;
	return !comma || json_take(j, ',');
}

bool
json_word(struct json *j, const char *word)
{
	size_t n = strlen(word);

	json_peek(j);
	if (read_left(j->r, j->r->p) < n || memcmp(j->r->p, word, n) != 0)
		return false;
	j->r->p += n;
	return true;
}

/* Four hexadecimal digits at p; -1: they are not. */
static int32_t
hex4(const uint8_t *p)
{
	int32_t v = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = p[i], low = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if (low >= 'a' && low <= 'f')
			v = v << 4 | (low - 'a' + 10);
		else
			return -1;
	}
	return v;
}

static uint8_t *
put_utf8(uint8_t *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (uint8_t)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (uint8_t)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*out++ = (uint8_t)(0xe0 | c >> 12);
		} else {
			*out++ = (uint8_t)(0xf0 | c >> 18);
			*out++ = (uint8_t)(0x80 | (c >> 12 & 63));
		}
		*out++ = (uint8_t)(0x80 | (c >> 6 & 63));
	}
	*out++ = (uint8_t)(0x80 | (c & 63));
	return out;
}

/*
 * What a \u stands for, its digits at p; the escape ends at *next.  A pair of
 * surrogates is one character; a lone one is returned if it is 0xdc80 ..
 * 0xdcff, which may stand for a byte, and any other is an error, -1.
 */
static int32_t
unicode_escape(const uint8_t *p, const uint8_t *end, const uint8_t **next)
{
	int32_t hi, lo;

	if (end - p < 4 || (hi = hex4(p)) == -1)
		return -1;
	*next = p + 4;
	if (hi < 0xd800 || hi > 0xdfff || (hi >= 0xdc80 && hi <= 0xdcff))
		return hi;
	if (hi > 0xdbff || end - p < 10 || p[4] != '\\' || p[5] != 'u' ||
	    (lo = hex4(p + 6)) < 0xdc00 || lo > 0xdfff)
		return -1;
	*next = p + 10;
	return 0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00);
}

/*
 * Resolves the escape whose backslash is before p; NULL: there is none such.
 * bytes: a lone surrogate may stand for a byte.
 */
static const uint8_t *
unescape(const uint8_t *p, const uint8_t *end, uint8_t **out, bool bytes)
{
	const char *from = "\"\\/bfnrt", *to = "\"\\/\b\f\n\r\t", *hit;
	int32_t c;

	if (p == end)
		return NULL;
	if (*p == 'u') {
		if ((c = unicode_escape(p + 1, end, &p)) == -1)
			return NULL;
		if (c >= 0xdc80 && c <= 0xdcff) {
			if (!bytes)
				return NULL;
			*(*out)++ = (uint8_t)(c - 0xdc00);
		} else
			*out = put_utf8(*out, (uint32_t)c);
		return p;
	}
	if (*p == '\0' || (hit = strchr(from, *p)) == NULL)
		return NULL;
	*(*out)++ = (uint8_t)to[hit - from];
	return p + 1;
}

/* The closing quote of a string that starts at p, or NULL. */
static const uint8_t *
string_end(const uint8_t *p, const uint8_t *end)
{
	for (; p < end && *p != '"'; p++)
		if (*p == '\\' && ++p == end)
			break;
	return p < end ? p : NULL;
}

bool
json_raw_string(struct json *j, const char **s, size_t *len)
{
	struct wire_reader *r = j->r;
	const uint8_t *end;

	if (!json_take(j, '"'))
		return false;
	if ((end = string_end(r->p, r->end)) == NULL)
		return json_fail(j, WIRE_SHORT, "string does not end", NULL);
	*s = (const char *)r->p;
	*len = (size_t)(end - r->p);
	r->p = end + 1;
	return true;
}

bool
json_string(struct json *j, struct tf_str *s)
{
	struct wire_reader *r = j->r;
	const uint8_t *p, *end;
	uint8_t *out;
	size_t len;

	if (!json_raw_string(j, &s->s, &len))
		return false;
	p = (const uint8_t *)s->s;
	end = p + len;
	if ((out = read_alloc(r, len + 1)) == NULL)
		return false;
	s->s = (char *)out;
	while (p < end) {
		if (likely(*p != '\\' && (*p >= 0x20 || j->thrift))) {
			*out++ = *p++;
			continue;
		}
		r->p = p;
		if (*p != '\\')
			return json_fail(j, WIRE_BAD,
			    "control character in a string", NULL);
		if ((p = unescape(p + 1, end, &out, !j->thrift)) == NULL)
			return json_fail(j, WIRE_BAD, "bad escape", NULL);
	}
	*out = '\0';
	s->len = (size_t)((char *)out - s->s);
	r->p = end + 1;
	return true;
}

bool
json_base64(struct json *j, struct tf_str *v)
{
	ptrdiff_t n;
	uint8_t *out;

	if (!json_string(j, v))
		return false;
	/* The text is in the arena, and there the bytes may replace it. */
	out = (uint8_t *)(uintptr_t)v->s;
	if ((n = base64_value(out, v->s, v->len)) == -1)
		return json_fail(j, WIRE_BAD, "bad base64", NULL);
	out[n] = '\0';
	v->len = (size_t)n;
	return true;
}

static const char *
skip_digits(const char *s)
{
	while (*s >= '0' && *s <= '9')
		s++;
	return s;
}

/* Whether s is a number as JSON spells it. */
static bool
is_number(const char *s)
{
	const char *start;

	s += *s == '-';
	start = s;
	if ((s = skip_digits(s)) == start || (*start == '0' && s > start + 1))
		return false;
	if (*s == '.') {
		start = ++s;
		if ((s = skip_digits(s)) == start)
			return false;
	}
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '+' || *s == '-';
		start = s;
		if ((s = skip_digits(s)) == start)
			return false;
	}
	return *s == '\0';
}

bool
json_number(struct json *j, struct tf_str *s)
{
	struct wire_reader *r = j->r;
	const uint8_t *p, *start;

	if (json_peek(j) == '"') {
		start = r->p;
		if (!json_string(j, s))
			return false;
	} else {
		start = p = r->p;
		while (p < r->end && ((*p >= '0' && *p <= '9') ||
		    (*p != '\0' && strchr("+-.eE", *p) != NULL)))
			p++;
		if (read_str(r, start, (size_t)(p - start), s) == NULL)
			return false;
		r->p = p;
	}
	if (is_number(s->s) && strlen(s->s) == s->len)
		return true;
	r->p = start;
	return json_fail(j, start == r->end ? WIRE_SHORT : WIRE_BAD,
	    "expected a number", NULL);
}
