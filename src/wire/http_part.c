/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking things up in a message whose end has been found.  There is no index
 * of its fields: a head is short, and few are asked for.
 */
#include <string.h>

#include "base/buf.h"
#include "wire/http.h"
#include "wire/http_text.h"

static struct tf_str
part(const uint8_t *p, struct http_part x)
{
	return (struct tf_str){ (const char *)p + x.at, x.len };
}

enum http_method
http_method(const struct http *h, const uint8_t *p)
{
	static const char *const names[] = {
		[HTTP_POST] = "POST", [HTTP_GET] = "GET",
		[HTTP_HEAD] = "HEAD", [HTTP_OPTIONS] = "OPTIONS",
	};
	struct tf_str s = part(p, h->method);

	for (int i = 0; i < HTTP_OTHER; i++)
		if (s.len == strlen(names[i]) &&
		    memcmp(s.s, names[i], s.len) == 0)
			return (enum http_method)i;
	return HTTP_OTHER;
}

struct tf_str
http_path(const struct http *h, const uint8_t *p)
{
	struct tf_str s = part(p, h->target);
	size_t n = http_after_scheme(s);
	const char *query;

	s.s += n;
	s.len -= n;
	if ((query = memchr(s.s, '?', s.len)) != NULL)
		s.len = (size_t)(query - s.s);
	return s.len > 0 ? s : (struct tf_str){ "/", 1 };
}

bool
http_next_field(const struct http *h, const uint8_t *p, uint32_t *at,
    struct tf_str *name, struct tf_str *value)
{
	struct tf_str line;
	const uint8_t *nl;

	if (*at == 0)
		*at = h->fields_at;
	if (*at + 2 >= h->head_len)
		return false;
	nl = memchr(p + *at, '\n', h->head_len - *at);
	line.s = (const char *)p + *at;
	line.len = (size_t)(nl - (p + *at)) - 1;
	*at += (uint32_t)line.len + 2;
	return http_split(line, name, value);
}

/* The chunks have been checked by http_run(). */
static int
join_chunks(const struct http *h, const uint8_t *p, struct buf *out)
{
	struct tf_str line = { (const char *)p + h->head_len, 0 };
	const char *nl;
	uint64_t n;

	for (;;) {
		line.len = (size_t)(h->pos - (uint64_t)(line.s -
		    (const char *)p));
		nl = memchr(line.s, '\n', line.len);
		if (http_hex(line, &n) == 0 || n == 0 || nl == NULL)
			return 0;
		if (buf_put(out, nl + 1, (size_t)n) == -1)
			return -1;
		line.s = nl + 1 + n + 2;
	}
}

int
http_body(const struct http *h, const uint8_t *p, struct buf *out,
    struct tf_str *body)
{
	size_t at = out->len;

	*body = (struct tf_str){ (const char *)p + h->head_len,
	    (size_t)h->body_len };
	if (!h->chunked)
		return 0;
	if (join_chunks(h, p, out) == -1)
		return -1;
	*body = h->body_len == 0 ? (struct tf_str){ "", 0 } :
	    (struct tf_str){ (const char *)out->p + at, (size_t)h->body_len };
	return 0;
}
