/* SPDX-License-Identifier: Apache-2.0 */
/* Words of HTTP/1, as RFC 9110 has them. */
#include "wire/http_text.h"

#include <string.h>

#define MAX_DIGITS	15

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_token(char c)
{
	return http_is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

size_t
http_token(struct tf_str s)
{
	size_t n = 0;

	while (n < s.len && is_token(s.s[n]))
		n++;
	return n;
}

size_t
http_hex(struct tf_str s, uint64_t *v)
{
	size_t n = 0;
	char c;

	for (*v = 0; n < s.len && n <= MAX_DIGITS; n++) {
		c = lower(s.s[n]);
		if (http_is_digit(c))
			*v = *v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*v = *v << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	return n;
}

bool
http_same(struct tf_str s, const char *word)
{
	size_t n = strlen(word);

	if (s.len != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (lower(s.s[i]) != lower(word[i]))
			return false;
	return true;
}

size_t
http_after_scheme(struct tf_str s)
{
	static const char *const schemes[] = { "http://", "https://" };
	const char *slash;

	for (int i = 0; i < 2; i++) {
		size_t n = strlen(schemes[i]);

		if (s.len <= n || !http_same((struct tf_str){ s.s, n },
		    schemes[i]))
			continue;
		slash = memchr(s.s + n, '/', s.len - n);
		return slash == NULL ? s.len : (size_t)(slash - s.s);
	}
	return 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct tf_str
trimmed(struct tf_str s)
{
	while (s.len > 0 && is_blank(s.s[0])) {
		s.s++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.s[s.len - 1]))
		s.len--;
	return s;
}

bool
http_lists(struct tf_str s, const char *word)
{
	const char *comma;
	struct tf_str part;

	for (;;) {
		part = s;
		if ((comma = memchr(s.s, ',', s.len)) != NULL)
			part.len = (size_t)(comma - s.s);
		if (http_same(trimmed(part), word))
			return true;
		if (comma == NULL)
			return false;
		s.s += part.len + 1;
		s.len -= part.len + 1;
	}
}

bool
http_split(struct tf_str line, struct tf_str *name, struct tf_str *value)
{
	size_t n = http_token(line);

	if (n == 0 || n == line.len || line.s[n] != ':')
		return false;
	*name = (struct tf_str){ line.s, n };
	*value = trimmed((struct tf_str){ line.s + n + 1, line.len - n - 1 });
	return true;
}
