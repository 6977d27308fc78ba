/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing HTTP/1.1.  The length stands before a body that is written in place,
 * so room is left for it: its digits, with blanks before them.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "wire/http.h"
#include "wire/http_text.h"

#define LENGTH_DIGITS	11

struct reason {
	int		 status;
	const char	*text;
};

static const struct reason reasons[] = {
	{ 200, "OK" }, { 204, "No Content" }, { 400, "Bad Request" },
	{ 404, "Not Found" }, { 405, "Method Not Allowed" },
	{ 411, "Length Required" }, { 413, "Content Too Large" },
	{ 414, "URI Too Long" }, { 417, "Expectation Failed" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *
reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Unknown";
}

static void
put(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

static bool
is_value(struct tf_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!http_is_text((uint8_t)s.s[i]))
			return false;
	return true;
}

static void
begin(struct http_out *o, struct buf *b)
{
	*o = (struct http_out){ .b = b, .at = b->len };
}

static void
put_length(struct http_out *o)
{
	put(o->b, "Content-Type: application/x-thrift\r\nContent-Length: ");
	o->at_length = o->b->len;
	put(o->b, "          0\r\n");
}

int
http_out_request(struct http_out *o, struct buf *b, const char *path,
    const char *host)
{
	begin(o, b);
	for (const char *s = path; *s != '\0'; s++)
		if (*s <= ' ' || *s >= 0x7f)
			return -1;
	if (path[0] != '/' || !is_value((struct tf_str){ host, strlen(host) }))
		return -1;
	put(b, "POST ");
	put(b, path);
	put(b, " HTTP/1.1\r\nHost: ");
	put(b, host);
	put(b, "\r\nAccept: application/x-thrift\r\n");
	put_length(o);
	return 0;
}

static void
put_status(struct buf *b, int status, bool close)
{
	char line[16];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	put(b, line);
	put(b, reason_of(status));
	put(b, close ? "\r\nConnection: close\r\n" :
	    "\r\nConnection: keep-alive\r\n");
}

void
http_out_response(struct http_out *o, struct buf *b, int status, bool close)
{
	begin(o, b);
	put_status(b, status, close);
	put_length(o);
}

static bool
is_field(struct tf_str name, struct tf_str value)
{
	return name.len > 0 && http_token(name) == name.len && is_value(value);
}

bool
http_out_takes(struct tf_str name, struct tf_str value)
{
	static const char *const ours[] = { "connection", "content-length",
	    "content-type", "expect", "host", "keep-alive", "te", "trailer",
	    "transfer-encoding", "upgrade" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (http_same(name, ours[i]))
			return false;
	return is_field(name, value);
}

int
http_out_field(struct http_out *o, struct tf_str name, struct tf_str value)
{
	if (!is_field(name, value))
		return -1;
	buf_put(o->b, name.s, name.len);
	put(o->b, ": ");
	buf_put(o->b, value.s, value.len);
	put(o->b, "\r\n");
	return 0;
}

void
http_out_body(struct http_out *o)
{
	put(o->b, "\r\n");
	o->at_body = o->b->len;
}

int
http_out_end(struct http_out *o)
{
	size_t len = o->b->len - o->at_body;
	char digits[LENGTH_DIGITS + 1];

	if (o->b->over || snprintf(digits, sizeof(digits), "%*zu",
	    LENGTH_DIGITS, len) != LENGTH_DIGITS) {
		o->b->len = o->at;
		return -1;
	}
	memcpy(o->b->p + o->at_length, digits, LENGTH_DIGITS);
	return 0;
}

int
http_out_refusal(struct buf *b, int status, bool close, bool to_head)
{
	const char *text = reason_of(status);
	size_t at = b->len;
	char line[64];

	put_status(b, status, close);
	if (status == 405)
		put(b, "Allow: " HTTP_ALLOW "\r\n");
	snprintf(line, sizeof(line), "Content-Length: %zu\r\n\r\n",
	    strlen(text) + 1);
	put(b, "Content-Type: text/plain\r\n");
	put(b, line);
	if (!to_head) {
		put(b, text);
		put(b, "\n");
	}
	if (!b->over)
		return 0;
	b->len = at;
	return -1;
}

int
http_out_continue(struct buf *b)
{
	static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";

	return buf_put(b, line, sizeof(line) - 1);
}
