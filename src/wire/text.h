/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values whose text form takes thought: doubles, UUIDs, bytes as base64,
 * and what is UTF-8.
 * None of it depends on the locale.
 */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include <thriftfork/base.h>

#define DOUBLE_TEXT	32
#define UUID_TEXT	37

/* The shortest decimal that reads back as v; v is finite. */
void	 double_text(char out[DOUBLE_TEXT], double v);

/* The value of a decimal that is known to be one. */
double	 double_value(const char *text);

/* The same of what may be none: the end of what has been used is at *end. */
double	 double_scan(const char *text, const char **end);

void	 uuid_text(char out[UUID_TEXT], const struct tf_uuid *);
bool	 uuid_value(struct tf_str text, struct tf_uuid *);

/* Four bytes of text, padded, for the first n <= 3 bytes at p. */
void	 base64_text(char out[4], const uint8_t *p, size_t n);

/*
 * Decodes text, padded or not, to out, which may be the text itself.  The
 * number of bytes, or -1.
 */
ptrdiff_t base64_value(uint8_t *out, const char *text, size_t len);

/*
 * The length of the UTF-8 sequence at s, which has n > 0 bytes; 0: there is
 * none.
 */
size_t	 utf8_len(const uint8_t *s, size_t n);

#endif
