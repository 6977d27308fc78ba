/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How JSON spells strings, numbers and bytes.
 */
#include "wire/json_put.h"

#include <math.h>
#include <stdio.h>

#include "base/decimal.h"
#include "wire/text.h"

int
json_put_fail(struct json_out *o, const char *why)
{
	if (o->why == NULL)
		o->why = why;
	return -1;
}

int
json_put_over(struct json_out *o)
{
	return json_put_fail(o, "JSON exceeds its size limit");
}

int
json_put_text(struct json_out *o, const char *s)
{
	return json_put(o, s, strlen(s));
}

int
json_put_quoted(struct json_out *o, const char *s)
{
	json_put(o, "\"", 1);
	json_put_text(o, s);
	return json_put(o, "\"", 1);
}

int
json_put_int(struct json_out *o, int64_t v, bool quoted)
{
	char text[1 + DECIMAL_MAX + 2], *end = text + sizeof(text), *p = end;

	if (quoted)
		*--p = '"';
	p = decimal_put_signed(p, v);
	if (quoted)
		*--p = '"';
	return json_put(o, p, (size_t)(end - p));
}

int
json_put_double(struct json_out *o, double v, bool quoted)
{
	char text[DOUBLE_TEXT];

	if (isnan(v))
		return json_put_text(o, "\"NaN\"");
	if (isinf(v))
		return json_put_text(o, v > 0 ? "\"Infinity\"" :
		    "\"-Infinity\"");
	double_text(text, v);
	return quoted ? json_put_quoted(o, text) : json_put_text(o, text);
}

int
json_put_base64(struct json_out *o, struct tf_str bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.s;
	size_t n = bytes.len, len;
	uint8_t *text = buf_need(o->b, 2 + (n + 2) / 3 * 4);

	if (text == NULL)
		return json_put_over(o);
	*text++ = '"';
	for (; n > 0; p += len, n -= len, text += 4) {
		len = n < 3 ? n : 3;
		base64_text((char *)text, p, len);
	}
	*text++ = '"';
	o->b->len = (size_t)(text - o->b->p);
	return 0;
}

/* U+0080 to U+009F, which a terminal obeys as it does those of ASCII. */
static bool
is_control(const uint8_t *s, size_t n)
{
	return n > 1 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0;
}

/* What may not stand in a string as it is; how many bytes that is. */
static size_t
put_escaped(struct json_out *o, const uint8_t *s, size_t n)
{
	const char *from = "\"\\\b\f\n\r\t", *to = "\"\\bfnrt", *hit;
	bool control = is_control(s, n);
	unsigned c = control ? s[1] : *s;
	char text[8];

	if (c != '\0' && (hit = strchr(from, (int)c)) != NULL)
		snprintf(text, sizeof(text), "\\%c", to[hit - from]);
	else
		snprintf(text, sizeof(text), "\\u%04x",
		    c < 0x80 || control ? c : 0xdc00u + c);
	json_put_text(o, text);
	return control ? 2 : 1;
}

/* The bytes at s that may stand as they are; 0: *s may not. */
static size_t
plain_len(const uint8_t *s, size_t n, bool raw)
{
	if (*s < 0x20 || *s == '"' || *s == '\\')
		return 0;
	if (raw || *s < 0x7f)
		return 1;
	return *s == 0x7f || is_control(s, n) ? 0 : utf8_len(s, n);
}

int
json_put_string(struct json_out *o, struct tf_str str, bool raw)
{
	const uint8_t *s = (const uint8_t *)str.s, *plain = s;
	size_t n = str.len, len;

	json_put(o, "\"", 1);
	for (; n > 0; s += len, n -= len) {
		if ((len = plain_len(s, n, raw)) > 0)
			continue;
		json_put(o, plain, (size_t)(s - plain));
		len = put_escaped(o, s, n);
		plain = s + len;
	}
	json_put(o, plain, (size_t)(s - plain));
	return json_put(o, "\"", 1);
}
