/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_http.h. */
#include "unit_http.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add(struct bytes *to, const char *s)
{
	bytes_add(to, s, strlen(s));
}

static void
begin(struct bytes *to, const char *path, const char *fields)
{
	add(to, "POST ");
	add(to, path);
	add(to, " HTTP/1.1\r\nHost: x\r\n");
	add(to, fields);
}

void
http_post_raw(struct bytes *to, const char *path, const char *fields,
    const void *body, size_t n)
{
	char line[64];

	begin(to, path, fields);
	snprintf(line, sizeof(line), "content-length: %zu\r\n\r\n", n);
	add(to, line);
	bytes_add(to, body, n);
}

void
http_post(struct bytes *to, const char *path, const char *fields,
    struct bytes *frame)
{
	http_post_raw(to, path, fields, frame->p + 4, frame->n - 4);
	bytes_free(frame);
}

void
http_post_chunks(struct bytes *to, const char *path, struct bytes *frame,
    size_t chunk)
{
	char line[64];
	size_t n;

	begin(to, path, "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t i = 4; i < frame->n; i += n) {
		n = frame->n - i < chunk ? frame->n - i : chunk;
		snprintf(line, sizeof(line), "%zX;x=y\r\n", n);
		add(to, line);
		bytes_add(to, frame->p + i, n);
		add(to, "\r\n");
	}
	add(to, "0\r\nX-Trailer: t\r\n\r\n");
	bytes_free(frame);
}

bool
http_head(int fd, char *head)
{
	size_t n = 0;

	while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0) {
		ck_assert_uint_lt(n, 4095);
		if (peer_take(fd, (uint8_t *)head + n, 1) == 0) {
			ck_assert_uint_eq(n, 0);
			return false;
		}
		n++;
	}
	head[n] = '\0';
	return true;
}

bool
http_read(int fd, struct response *r, bool to_head)
{
	const char *length;

	*r = (struct response){ 0 };
	if (!http_head(fd, r->head))
		return false;
	ck_assert_int_eq(sscanf(r->head, "HTTP/1.1 %d ", &r->status), 1);
	length = strstr(r->head, "\r\nContent-Length: ");
	ck_assert_msg(length != NULL, "%s", r->head);
	r->len = to_head ? 0 : strtoul(length + 18, NULL, 10);
	r->body = malloc(r->len + 1);
	ck_assert_uint_eq(peer_take(fd, r->body, r->len), r->len);
	r->body[r->len] = '\0';
	return true;
}

void
response_free(struct response *r)
{
	free(r->body);
	r->body = NULL;
}

void
http_expect(int fd, int status, const char *line)
{
	struct response r;

	ck_assert_msg(http_read(fd, &r, false), "the end instead of %d",
	    status);
	ck_assert_msg(r.status == status, "not %d: %s", status, r.head);
	ck_assert_msg(strstr(r.head, line) != NULL, "no %s: %s", line,
	    r.head);
	response_free(&r);
}

bool
http_expect_message(int fd, int type, const char *name, int32_t seqid)
{
	struct response r;
	struct message m;
	bool last;

	ck_assert_msg(http_read(fd, &r, false), "the end instead of %s %d",
	    name, seqid);
	ck_assert_msg(r.status == 200, "%s", r.head);
	ck_assert_ptr_nonnull(strstr(r.head,
	    "\r\nContent-Type: application/x-thrift\r\n"));
	message_parse(&m, r.body, r.body + r.len);
	ck_assert_msg(m.type == type, "type %d: %s", m.type,
	    m.text == NULL ? "" : m.text);
	ck_assert_str_eq(m.name, name);
	ck_assert_int_eq(m.seqid, seqid);
	message_free(&m);
	last = strstr(r.head, "\r\nConnection: close\r\n") != NULL;
	ck_assert(last || strstr(r.head, "\r\nConnection: keep-alive\r\n"));
	response_free(&r);
	return last;
}
