/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message is a row of lines, then a body; in chunks there are lines again.
 * Lines are taken whole: one that is not all there leaves behind how far it
 * has been looked at, and nothing else.
 */
#include "wire/http.h"

#include <string.h>

#include "base/buf.h"
#include "wire/http_text.h"

#define MAX_CHUNK_LINE	256
#define MAX_DIGITS	15		/* of a length, in either base */

enum state {
	AT_START, AT_FIELD, AT_BODY, AT_CHUNK, AT_DATA, AT_TRAILER, AT_CLOSE,
	AT_END
};

enum {
	ASKS_CLOSE = 1,
	ASKS_KEEP = 2
};

static enum http_result
bad(struct http *h, uint16_t status, const char *why)
{
	h->status = status;
	h->why = why;
	return HTTP_BAD;
}

static void
init(struct http *h, uint64_t max_body, bool response)
{
	memset(h, 0, sizeof(*h));
	h->max_body = max_body;
	h->response = response;
}

void
http_init_request(struct http *h, uint64_t max_body)
{
	init(h, max_body, false);
}

void
http_init_response(struct http *h, uint64_t max_body)
{
	init(h, max_body, true);
}

/* How long the line may be that begins at pos. */
static size_t
line_limit(const struct http *h)
{
	size_t left;

	if (h->state == AT_CHUNK)
		return MAX_CHUNK_LINE;
	if (h->state == AT_TRAILER)
		return HTTP_MAX_LINE;
	left = h->pos < HTTP_MAX_HEAD ? HTTP_MAX_HEAD - (size_t)h->pos : 0;
	return left < HTTP_MAX_LINE ? left : HTTP_MAX_LINE;
}

static enum http_result
too_long(struct http *h)
{
	if (h->state == AT_START && !h->response)
		return bad(h, 414, "the request line is too long");
	if (h->state == AT_CHUNK)
		return bad(h, 400, "the line before a chunk is too long");
	return bad(h, 431, "a line, or all of them, are too long");
}

static bool
has_controls(struct tf_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!http_is_text((uint8_t)s.s[i]))
			return true;
	return false;
}

/* The next line, without its end, behind which pos moves. */
static enum http_result
take_line(struct http *h, const uint8_t *p, size_t len, struct tf_str *line)
{
	const uint8_t *from = p + h->pos, *nl = NULL;
	size_t limit = line_limit(h), there = len - (size_t)h->pos;

	if (there > limit)
		there = limit;
	if (there > h->seen)
		nl = memchr(from + h->seen, '\n', there - h->seen);
	if (nl == NULL) {
		h->seen = (uint32_t)there;
		return there == limit ? too_long(h) : HTTP_MORE;
	}
	if (nl == from || nl[-1] != '\r')
		return bad(h, 400, "a line ends without CR");
	*line = (struct tf_str){ (const char *)from,
	    (size_t)(nl - from) - 1 };
	if (has_controls(*line))
		return bad(h, 400, "a control character in a line");
	h->seen = 0;
	h->pos += line->len + 2;
	return HTTP_DONE;
}

/* "HTTP/1.x" at the end of a request line, or at the beginning of a status. */
static bool
take_version(struct http *h, const char *s)
{
	if (memcmp(s, "HTTP/1.", 7) != 0 || !http_is_digit(s[7]))
		return false;
	h->minor = (uint8_t)(s[7] - '0');
	return true;
}

static bool
is_target(struct tf_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.s[i] <= ' ' || s.s[i] >= 0x7f)
			return false;
	return s.len > 0 && (s.s[0] == '/' || (s.len == 1 && s.s[0] == '*') ||
	    http_after_scheme(s) > 0);
}

static enum http_result
take_request_line(struct http *h, struct tf_str line)
{
	uint32_t at = (uint32_t)h->pos - (uint32_t)line.len - 2;
	struct tf_str target, version;
	size_t n = http_token(line);
	const char *space;

	if (n == 0 || n == line.len || line.s[n] != ' ')
		return bad(h, 400, "no request line");
	target = (struct tf_str){ line.s + n + 1, line.len - n - 1 };
	if ((space = memchr(target.s, ' ', target.len)) == NULL)
		return bad(h, 400, "no request line");
	target.len = (size_t)(space - target.s);
	version.s = space + 1;
	version.len = line.len - n - 2 - target.len;
	if (!is_target(target) || version.len != 8)
		return bad(h, 400, "no request line");
	if (!take_version(h, version.s))
		return bad(h, memcmp(version.s, "HTTP/", 5) == 0 ? 505 : 400,
		    "not HTTP/1");
	h->method = (struct http_part){ at, (uint32_t)n };
	h->target = (struct http_part){ at + (uint32_t)n + 1,
	    (uint32_t)target.len };
	return HTTP_DONE;
}

static enum http_result
take_status_line(struct http *h, struct tf_str line)
{
	const char *s = line.s;

	if (line.len < 12 || !take_version(h, s) || s[8] != ' ' ||
	    s[9] < '1' || s[9] > '5' || !http_is_digit(s[10]) ||
	    !http_is_digit(s[11]) || (line.len > 12 && s[12] != ' '))
		return bad(h, 400, "no status line of HTTP/1");
	h->status = (uint16_t)((s[9] - '0') * 100 + (s[10] - '0') * 10 +
	    s[11] - '0');
	return HTTP_DONE;
}

static enum http_result
take_start(struct http *h, struct tf_str line)
{
	enum http_result rc = h->response ? take_status_line(h, line) :
	    take_request_line(h, line);

	h->fields_at = (uint32_t)h->pos;
	h->state = AT_FIELD;
	return rc;
}

static enum http_result
take_length(struct http *h, struct tf_str value)
{
	uint64_t n = 0;

	if (h->has_length)
		return bad(h, 400, "more than one Content-Length");
	if (value.len == 0 || value.len > MAX_DIGITS)
		return bad(h, value.len == 0 ? 400 : 413, "a bad length");
	for (size_t i = 0; i < value.len; i++) {
		if (!http_is_digit(value.s[i]))
			return bad(h, 400, "a bad length");
		n = n * 10 + (uint64_t)(value.s[i] - '0');
	}
	if (n > h->max_body)
		return bad(h, 413, "the body is too large");
	h->has_length = true;
	h->left = h->body_len = n;
	return HTTP_DONE;
}

static enum http_result
take_encoding(struct http *h, struct tf_str value)
{
	if (h->chunked || h->minor == 0)
		return bad(h, 400, "Transfer-Encoding twice, or in HTTP/1.0");
	if (!http_same(value, "chunked"))
		return bad(h, 501, "a transfer encoding that is not chunked");
	h->chunked = true;
	return HTTP_DONE;
}

static enum http_result
take_field(struct http *h, struct tf_str name, struct tf_str value)
{
	if (http_same(name, "Content-Length"))
		return take_length(h, value);
	if (http_same(name, "Transfer-Encoding"))
		return take_encoding(h, value);
	if (http_same(name, "Connection")) {
		if (http_lists(value, "close"))
			h->connection |= ASKS_CLOSE;
		if (http_lists(value, "keep-alive"))
			h->connection |= ASKS_KEEP;
	} else if (http_same(name, "Expect") && !h->response &&
	    h->minor > 0) {
		if (!http_same(value, "100-continue"))
			return bad(h, 417, "something unknown is expected");
		h->expect = true;
	}
	return HTTP_DONE;
}

/* What comes behind a response's head. */
static enum http_result
end_response_head(struct http *h)
{
	uint64_t pos = h->pos, max_body = h->max_body;

	if (h->status == 101)
		return bad(h, 400, "a switch of protocols");
	if (h->status < 200) {
		init(h, max_body, true);
		h->pos = pos;
		return HTTP_DONE;
	}
	h->head_len = (uint32_t)h->pos;
	if (h->status == 204 || h->status == 304) {
		h->left = h->body_len = 0;
		h->chunked = false;
		h->state = AT_END;
	} else if (h->chunked) {
		h->state = AT_CHUNK;
	} else if (h->has_length) {
		h->state = AT_BODY;
	} else {
		h->to_end = h->close = true;
		h->state = AT_CLOSE;
	}
	return HTTP_DONE;
}

static enum http_result
end_head(struct http *h, const uint8_t *p)
{
	if (h->has_length && h->chunked)
		return bad(h, 400, "a length and chunks");
	h->close = h->connection & ASKS_CLOSE || (h->minor == 0 &&
	    !(h->connection & ASKS_KEEP));
	if (h->response)
		return end_response_head(h);
	if (!h->has_length && !h->chunked && http_method(h, p) == HTTP_POST)
		return bad(h, 411, "neither a length nor chunks");
	h->head_len = (uint32_t)h->pos;
	h->state = h->chunked ? AT_CHUNK : AT_BODY;
	return HTTP_DONE;
}

/* A line of the head, or of the trailer, whose fields count for nothing. */
static enum http_result
take_field_line(struct http *h, const uint8_t *p, struct tf_str line)
{
	struct tf_str name, value;

	if (line.len == 0 && h->state == AT_TRAILER) {
		h->state = AT_END;
		return HTTP_DONE;
	}
	if (line.len == 0)
		return end_head(h, p);
	if (++h->n_fields > HTTP_MAX_FIELDS)
		return bad(h, 431, "too many fields");
	if (!http_split(line, &name, &value))
		return bad(h, 400, "no field");
	return h->state == AT_TRAILER ? HTTP_DONE :
	    take_field(h, name, value);
}

static enum http_result
take_chunk_line(struct http *h, struct tf_str line)
{
	uint64_t n;
	size_t digits = http_hex(line, &n);

	if (digits == 0 || digits > MAX_DIGITS ||
	    (digits < line.len && line.s[digits] != ';' &&
	    line.s[digits] != ' ' && line.s[digits] != '\t'))
		return bad(h, 400, "no size of a chunk");
	if (n > h->max_body - h->body_len)
		return bad(h, 413, "the body is too large");
	if (h->pos - h->head_len > h->max_body + h->max_body / 2 + HTTP_SLACK)
		return bad(h, 413, "the body is in too many chunks");
	h->left = n;
	h->body_len += n;
	h->state = n == 0 ? AT_TRAILER : AT_DATA;
	return HTTP_DONE;
}

static enum http_result
take_body(struct http *h, const uint8_t *p, size_t len)
{
	uint64_t there = len - h->pos;

	if (there < h->left)
		return HTTP_MORE;
	if (h->state == AT_BODY) {
		h->pos += h->left;
		h->state = AT_END;
		return HTTP_DONE;
	}
	if (there < h->left + 2)
		return HTTP_MORE;
	if (memcmp(p + h->pos + h->left, "\r\n", 2) != 0)
		return bad(h, 400, "a chunk is not as long as its size");
	h->pos += h->left + 2;
	h->state = AT_CHUNK;
	return HTTP_DONE;
}

static enum http_result
take_rest(struct http *h, size_t len)
{
	if (len - h->head_len > h->max_body)
		return bad(h, 413, "the body is too large");
	h->pos = len;
	h->body_len = len - h->head_len;
	return HTTP_MORE;
}

static enum http_result
step(struct http *h, const uint8_t *p, size_t len)
{
	enum http_result rc;
	struct tf_str line;

	if (h->state == AT_BODY || h->state == AT_DATA)
		return take_body(h, p, len);
	if (h->state == AT_CLOSE)
		return take_rest(h, len);
	if ((rc = take_line(h, p, len, &line)) != HTTP_DONE)
		return rc;
	if (h->state == AT_START)
		return take_start(h, line);
	if (h->state == AT_CHUNK)
		return take_chunk_line(h, line);
	return take_field_line(h, p, line);
}

enum http_result
http_run(struct http *h, const uint8_t *p, size_t len)
{
	enum http_result rc = h->why == NULL ? HTTP_DONE : HTTP_BAD;

	while (rc == HTTP_DONE && h->state != AT_END)
		rc = step(h, p, len);
	return rc;
}

enum http_result
http_end(struct http *h)
{
	if (h->why == NULL && h->state == AT_CLOSE)
		h->state = AT_END;
	if (h->why == NULL && h->state == AT_END)
		return HTTP_DONE;
	return bad(h, 400, "the connection ends within a message");
}
