/* SPDX-License-Identifier: Apache-2.0 */
/* See access_trace.h. */
#include "serve/access_trace.h"

#include <string.h>

#include "serve/call.h"

#define DIGITS	32
#define AT	3			/* behind the version */

/* n digits; of a hexadecimal number in small letters. */
static bool
is_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdef") >= n;
}

/* "00-<32 digits>-<16 digits>-<2 digits>", or more in versions to come. */
struct tf_str
access_trace(const struct call_headers *h)
{
	static const char none[] = "00000000000000000000000000000000";
	const struct tf_str *v = call_header(h, TF_STR("traceparent"));

	if (v == NULL || v->len < AT + DIGITS + 1 + 16 + 1 + 2 ||
	    !is_hex(v->s, 2) || memcmp(v->s, "ff", 2) == 0 || v->s[2] != '-' ||
	    !is_hex(v->s + AT, DIGITS) || v->s[AT + DIGITS] != '-' ||
	    memcmp(v->s + AT, none, DIGITS) == 0)
		return TF_STR("");
	return (struct tf_str){ v->s + AT, DIGITS };
}
