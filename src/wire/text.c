/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubles are printed with as few digits as read back to the same bits, by
 * trying; printf and strtod are right about digits, but they follow the
 * locale about the point, so they are run in the "C" locale.
 */
#include "wire/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t plain;

static void
make_plain(void)
{
	plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (plain == (locale_t)0)
		fatal("out of memory: a locale");
}

static locale_t
use_plain(void)
{
	pthread_once(&once, make_plain);
	return uselocale(plain);
}

void
double_text(char out[DOUBLE_TEXT], double v)
{
	locale_t before = use_plain();

	/* Only subnormals can need fewer than 15 beside trailing zeros. */
	for (int digits = fabs(v) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
		snprintf(out, DOUBLE_TEXT, "%.*g", digits, v);
		if (strtod(out, NULL) == v)
			break;
	}
	uselocale(before);
}

double
double_scan(const char *text, const char **end)
{
	locale_t before = use_plain();
	char *stop;
	double v = strtod(text, &stop);

	uselocale(before);
	*end = stop;
	return v;
}

double
double_value(const char *text)
{
	return double_scan(text, &text);
}

void
uuid_text(char out[UUID_TEXT], const struct tf_uuid *u)
{
	static const char hex[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		*out++ = hex[u->b[i] >> 4];
		*out++ = hex[u->b[i] & 15];
		if (i == 3 || i == 5 || i == 7 || i == 9)
			*out++ = '-';
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
uuid_value(struct tf_str text, struct tf_uuid *u)
{
	const char *s = text.s;
	int hi, lo;

	if (text.len != UUID_TEXT - 1)
		return false;
	for (int i = 0; i < 16; i++, s += 2) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *s++ != '-')
			return false;
		if ((hi = hex_value(s[0])) == -1 ||
		    (lo = hex_value(s[1])) == -1)
			return false;
		u->b[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static const char digits64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_text(char out[4], const uint8_t *p, size_t n)
{
	uint32_t v = (uint32_t)p[0] << 16;

	if (n > 1)
		v |= (uint32_t)p[1] << 8;
	if (n > 2)
		v |= p[2];
	out[0] = digits64[v >> 18];
	out[1] = digits64[v >> 12 & 63];
	out[2] = n > 1 ? digits64[v >> 6 & 63] : '=';
	out[3] = n > 2 ? digits64[v & 63] : '=';
}

ptrdiff_t
base64_value(uint8_t *out, const char *text, size_t len)
{
	uint8_t *start = out;
	const char *digit;
	uint32_t v = 0;
	int bits = 0;

	if (len % 4 == 0 && len > 0 && text[len - 1] == '=')
		len -= text[len - 2] == '=' ? 2 : 1;
	if (len % 4 == 1)
		return -1;
	for (; len > 0; len--, text++) {
		digit = *text != '\0' ? strchr(digits64, *text) : NULL;
		if (digit == NULL)
			return -1;
		v = v << 6 | (uint32_t)(digit - digits64);
		if ((bits += 6) >= 8) {
			bits -= 8;
			*out++ = (uint8_t)(v >> bits);
		}
	}
	return out - start;
}

size_t
utf8_len(const uint8_t *s, size_t n)
{
	size_t len = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 :
	    *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	if (len > n || len == 0)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] >= 0xa0) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] >= 0x90))
		return 0;
	return len;
}
