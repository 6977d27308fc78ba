/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of HTTP as pairs, as THeader has them: so programs ask for either
 * in one way.
 */
#include "base/arena.h"
#include "wire/header.h"
#include "wire/http.h"

static struct tf_str
small_letters(struct tf_arena *a, struct tf_str s)
{
	struct tf_str t = tf_strn(a, s.s, s.len);
	char *p = (char *)(uintptr_t)t.s;

	for (size_t i = 0; i < t.len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] += 'a' - 'A';
	return t;
}

void
http_headers(const struct http *h, const uint8_t *p, struct tf_arena *a,
    struct header_info *info)
{
	struct tf_str name, value;
	uint32_t at = 0;

	header_reserve(info, a, h->n_fields);
	while (http_next_field(h, p, &at, &name, &value))
		info->v[info->n++] = (struct header_pair){
		    small_letters(a, name), tf_strn(a, value.s, value.len) };
}
