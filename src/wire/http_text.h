/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The characters and words of HTTP/1.  None of it depends on the locale.
 */
#ifndef WIRE_HTTP_TEXT_H
#define WIRE_HTTP_TEXT_H

#include <thriftfork/base.h>

static inline bool
http_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What may stand in a line: blanks, tabs, what is no control character. */
static inline bool
http_is_text(uint8_t c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* How many characters of a token s begins with. */
size_t	 http_token(struct tf_str);

/* How many hexadecimal digits, and their value unless there are over 15. */
size_t	 http_hex(struct tf_str, uint64_t *);

/* The length of "http://host" or "https://host" at the beginning; or 0. */
size_t	 http_after_scheme(struct tf_str);

/* Whether s is the word, in any case. */
bool	 http_same(struct tf_str, const char *word);

/* Whether the word is in a list with commas. */
bool	 http_lists(struct tf_str, const char *word);

/* A line as a field, the value without blanks around it; false: it is none. */
bool	 http_split(struct tf_str line, struct tf_str *name,
	    struct tf_str *value);

#endif
