/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1: requests and responses end where they should however their bytes
 * arrive, and what could be read in two ways is not read at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "unit_wire.h"
#include "wire/http.h"

#define MAX_BODY 100000

static struct http h;
static uint8_t *message;
static size_t given;

/* The message in steps, each in memory that ends where it does. */
static enum http_result
run(const char *bytes, size_t len, size_t step, bool response)
{
	enum http_result rc = HTTP_MORE;

	if (response)
		http_init_response(&h, MAX_BODY);
	else
		http_init_request(&h, MAX_BODY);
	for (given = 0; given < len && rc == HTTP_MORE;) {
		given = given + step < len ? given + step : len;
		free(message);
		message = exact_copy(bytes, given);
		rc = http_run(&h, message, given);
	}
	return rc;
}

static void
teardown(void)
{
	free(message);
	message = NULL;
}

/* All of text is one message; it is found in any steps, and no sooner. */
static void
whole(const char *text, bool response)
{
	size_t len = strlen(text);
	char *longer = malloc(len + 5);

	ck_assert_ptr_nonnull(longer);
	memcpy(longer, text, len);
	memcpy(longer + len, "POST ", 5);
	for (size_t step = 1; step <= len + 5; step += step < 40 ? 1 : 37) {
		ck_assert_msg(run(longer, len + 5, step, response) ==
		    HTTP_DONE, "steps of %zu: %s", step, h.why);
		ck_assert_uint_eq(h.pos, len);
	}
	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(run(text, n, len, response), HTTP_MORE);
	free(longer);
	ck_assert_int_eq(run(text, len, len, response), HTTP_DONE);
}

static void
body_is(const char *text)
{
	struct tf_str body;
	struct buf b;

	buf_init(&b, h.body_len);
	ck_assert_int_eq(http_body(&h, message, &b, &body), 0);
	ck_assert_uint_eq(body.len, strlen(text));
	ck_assert_int_eq(memcmp(body.s, text, body.len), 0);
	buf_fini(&b);
}

/* The value of the first such field; or s NULL. */
static struct tf_str
field(const char *wanted)
{
	struct tf_str name, value;
	uint32_t at = 0;

	while (http_next_field(&h, message, &at, &name, &value))
		if (name.len == strlen(wanted) &&
		    strncasecmp(name.s, wanted, name.len) == 0)
			return value;
	return (struct tf_str){ NULL, 0 };
}

static void
field_is(const char *name, const char *value)
{
	struct tf_str s = field(name);

	ck_assert_ptr_nonnull(s.s);
	ck_assert_uint_eq(s.len, strlen(value));
	ck_assert_int_eq(memcmp(s.s, value, s.len), 0);
}

static void
path_is(const char *path)
{
	struct tf_str s = http_path(&h, message);

	ck_assert_msg(s.len == strlen(path) &&
	    memcmp(s.s, path, s.len) == 0, "%.*s", (int)s.len, s.s);
}

static void
refused(const char *text, bool response, int status)
{
	for (size_t step = 1; step <= strlen(text); step++) {
		ck_assert_msg(run(text, strlen(text), step, response) ==
		    HTTP_BAD, "in steps of %zu: %s", step, text);
		ck_assert_msg(h.status == status, "%d (%s): %s", h.status,
		    h.why, text);
		ck_assert_ptr_nonnull(h.why);
		ck_assert_int_eq(http_run(&h, message, given), HTTP_BAD);
	}
}

#define BAD_HEAD(head, code)						\
	refused("POST / HTTP/1.1\r\n" head "\r\n\r\n", false, code)

START_TEST(from_apache)
{
	whole("POST /service HTTP/1.1\r\nHost: localhost\r\n"
	    "Content-Type: application/x-thrift\r\nContent-Length: 5\r\n"
	    "Accept: application/x-thrift\r\n"
	    "User-Agent: Thrift/0.17.0 (C++/THttpClient)\r\n\r\n\x82!\x01\x03"
	    "a", false);
	ck_assert_int_eq(http_method(&h, message), HTTP_POST);
	path_is("/service");
	field_is("user-agent", "Thrift/0.17.0 (C++/THttpClient)");
	ck_assert_ptr_null(field("Accep").s);
	body_is("\x82!\x01\x03" "a");
	ck_assert(!h.close);
	whole("POST / HTTP/1.1\r\nAccept-Encoding: identity\r\n"
	    "Host: [::1]:9090\r\nContent-Type: application/x-thrift\r\n"
	    "Content-Length: 0\r\nUser-Agent: Python/THttpClient\r\n\r\n",
	    false);
	body_is("");
}
END_TEST

START_TEST(responses)
{
	whole("HTTP/1.1 200 OK\r\nServer: Thrift/0.17.0\r\n"
	    "Access-Control-Allow-Origin: *\r\n"
	    "Content-Type: application/x-thrift\r\nContent-Length: 2\r\n"
	    "Connection: Keep-Alive\r\n\r\nok", true);
	ck_assert_int_eq(h.status, 200);
	ck_assert(!h.close);
	body_is("ok");
	whole("HTTP/1.0 200 \r\ncontent-length: 2\r\n\r\nok", true);
	ck_assert(h.close);
	whole("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102\r\nA: b\r\n\r\n"
	    "HTTP/1.1 404 Not Found\r\nX: y\r\nContent-Length: 1\r\n\r\nx",
	    true);
	ck_assert_int_eq(h.status, 404);
	field_is("X", "y");
	ck_assert_ptr_null(field("A").s);
	body_is("x");
	whole("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", true);
	body_is("");
	whole("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "2\r\nok\r\n0\r\n\r\n", true);
	body_is("ok");
}
END_TEST

START_TEST(responses_that_end_with_the_connection)
{
	const char text[] = "HTTP/1.1 200 OK\r\n\r\nall of it";

	ck_assert_int_eq(run(text, strlen(text), 3, true), HTTP_MORE);
	ck_assert(h.close);
	ck_assert_int_eq(http_end(&h), HTTP_DONE);
	body_is("all of it");
	ck_assert_int_eq(run(text, 18, 3, true), HTTP_MORE);
	ck_assert_int_eq(http_end(&h), HTTP_BAD);
	refused("HTTP/1.1 99 OK\r\n", true, 400);
	refused("HTTP/2.0 200 OK\r\n", true, 400);
	refused("HTTP/1.1 2000 OK\r\n", true, 400);
	refused("HTTP/1.1 101 Switching\r\n\r\n", true, 400);
}
END_TEST

START_TEST(chunks)
{
	whole("POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n"
	    "4\r\nWiki\r\n5;a=b;c=\"d\"\r\npedia\r\n0A\r\n\r\nchunks\r\n\r\n"
	    "000\r\nX-Trailer: y\r\nContent-Length: 3\r\n\r\n", false);
	ck_assert_uint_eq(h.body_len, 19);
	body_is("Wikipedia\r\nchunks\r\n");
	whole("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    false);
	body_is("");
#define CHUNKS(rest, code) BAD_HEAD("Transfer-Encoding: chunked\r\n\r\n" rest, \
	code)
	CHUNKS("3\r\nabcde", 400);
	CHUNKS("\r\n", 400);
	CHUNKS("x\r\n", 400);
	CHUNKS("-1\r\n", 400);
	CHUNKS("0x1\r\n", 400);
	CHUNKS("1g\r\n", 400);
	CHUNKS("1\nx\r\n", 400);
	CHUNKS("2\r\nab\n\n", 400);
	CHUNKS("0\r\nno field", 400);
	CHUNKS("0\r\nA: b\r\n c: d", 400);
	CHUNKS("186A1\r\n", 413);
	CHUNKS("7fffffffffffffff\r\n", 400);
	CHUNKS("ffffffffffffffff1\r\n", 400);
	CHUNKS("fffffffffffffff\r\n", 413);
	CHUNKS("2\r\nab\r\n1869f\r\n", 413);
}
END_TEST

START_TEST(smuggling)
{
	BAD_HEAD("Content-Length: 1\r\nTransfer-Encoding: chunked", 400);
	BAD_HEAD("Transfer-Encoding: chunked\r\nContent-Length: 1", 400);
	BAD_HEAD("Content-Length: 1\r\nContent-Length: 1", 400);
	BAD_HEAD("Content-Length: 1\r\ncontent-length: 2", 400);
	BAD_HEAD("Content-Length: 1, 1", 400);
	BAD_HEAD("Content-Length: +1", 400);
	BAD_HEAD("Content-Length: -1", 400);
	BAD_HEAD("Content-Length: 0x1", 400);
	BAD_HEAD("Content-Length: 1 1", 400);
	BAD_HEAD("Content-Length:", 400);
	BAD_HEAD("Content-Length : 1", 400);
	BAD_HEAD(" Content-Length: 1", 400);
	BAD_HEAD("A: b\r\n Content-Length: 1", 400);
	BAD_HEAD("A: b\r\n\tfolded", 400);
	BAD_HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
	    400);
	BAD_HEAD("Transfer-Encoding: gzip, chunked", 501);
	BAD_HEAD("Transfer-Encoding: chunked, identity", 501);
	BAD_HEAD("Transfer-Encoding: \"chunked\"", 501);
	BAD_HEAD("Transfer-Encoding: \x0b" "chunked", 400);
	BAD_HEAD("Transfer-Encoding", 400);
	BAD_HEAD(": x", 400);
	BAD_HEAD("A\xff: x", 400);
	BAD_HEAD("A: x\ry", 400);
	BAD_HEAD("A: x\ny: z", 400);
	BAD_HEAD("A: \x7f", 400);
	refused("POST / HTTP/1.1\nContent-Length: 1\n\n", false, 400);
	refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", false,
	    400);
	/* A name that begins another one is another one. */
	whole("POST / HTTP/1.1\r\nT: chunked\r\nTransfer: chunked\r\n"
	    "Content-Len: 5\r\nContent-Lengthy: 7\r\nContent-Length: 1\r\n"
	    "\r\nx", false);
}
END_TEST

START_TEST(refusals)
{
	BAD_HEAD("Host: x", 411);
	BAD_HEAD("Content-Length: 100001", 413);
	BAD_HEAD("Content-Length: 99999999999999999999", 413);
	BAD_HEAD("Expect: 200-ok", 417);
	refused("POST / HTTP/2.0\r\n", false, 505);
	refused("POST / HTTP/0.9\r\n", false, 505);
	refused("POST / http/1.1\r\n", false, 400);
	refused("POST / HTTP/1.10\r\n", false, 400);
	refused("POST /\r\n", false, 400);
	refused("POST  / HTTP/1.1\r\n", false, 400);
	refused("POST / x HTTP/1.1\r\n", false, 400);
	refused("POST service HTTP/1.1\r\n", false, 400);
	refused("POST /\x80 HTTP/1.1\r\n", false, 400);
	refused("POST\r\n", false, 400);
	refused(" / HTTP/1.1\r\n", false, 400);
	refused("\r\n", false, 400);
}
END_TEST

START_TEST(methods_and_paths)
{
	whole("GET /health?x=/y HTTP/1.1\r\n\r\n", false);
	ck_assert_int_eq(http_method(&h, message), HTTP_GET);
	path_is("/health");
	whole("HEAD http://host:1/a/b?c HTTP/1.0\r\n\r\n", false);
	ck_assert_int_eq(http_method(&h, message), HTTP_HEAD);
	path_is("/a/b");
	whole("OPTIONS * HTTP/1.1\r\n\r\n", false);
	ck_assert_int_eq(http_method(&h, message), HTTP_OPTIONS);
	path_is("*");
	whole("PUT HTTPS://host HTTP/1.1\r\nContent-Length: 2\r\n\r\nab",
	    false);
	ck_assert_int_eq(http_method(&h, message), HTTP_OTHER);
	path_is("/");
	whole("post / HTTP/1.1\r\n\r\n", false);
	ck_assert_int_eq(http_method(&h, message), HTTP_OTHER);
}
END_TEST

START_TEST(keeping_the_connection)
{
	static const struct { const char *head; bool close; } cases[] = {
		{ "1.1\r\n", false }, { "1.0\r\n", true },
		{ "1.1\r\nConnection: close\r\n", true },
		{ "1.1\r\nConnection: Upgrade, Close\r\n", true },
		{ "1.1\r\nconnection: closed\r\n", false },
		{ "1.0\r\nConnection: Keep-Alive\r\n", false },
		{ "1.0\r\nConnection: keep-alive\r\nConnection: close\r\n",
		    true },
	};
	char text[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/%s\r\n",
		    cases[i].head);
		whole(text, false);
		ck_assert_msg(h.close == cases[i].close, "%s", text);
	}
}
END_TEST

START_TEST(expecting)
{
	const char text[] = "POST / HTTP/1.1\r\nExpect: 100-Continue\r\n"
	    "Content-Length: 2\r\n\r\nab";
	size_t head = strlen(text) - 2;

	whole(text, false);
	ck_assert_int_eq(run(text, head - 1, 5, false), HTTP_MORE);
	ck_assert_uint_eq(h.head_len, 0);
	ck_assert_int_eq(run(text, head, 5, false), HTTP_MORE);
	ck_assert_uint_eq(h.head_len, head);
	ck_assert(h.expect);
	whole("POST / HTTP/1.0\r\nExpect: 100-continue\r\n"
	    "Content-Length: 0\r\n\r\n", false);
	ck_assert(!h.expect);
}
END_TEST

/* A long message: head, then n times the same, in steps of any size. */
static enum http_result
long_one(const char *head, const char *again, size_t n, size_t step)
{
	size_t len = strlen(head), each = strlen(again);
	char *text = malloc(len + n * each + 1);
	enum http_result rc;

	ck_assert_ptr_nonnull(text);
	memcpy(text, head, len);
	for (size_t i = 0; i < n; i++)
		memcpy(text + len + i * each, again, each);
	rc = run(text, len + n * each, step, false);
	free(text);
	return rc;
}

#define LONG_ONE(head, again, n, code) do {				\
	for (size_t step = 97; step < 100000; step = step * 2 + 1) {	\
		ck_assert_int_eq(long_one(head, again, n, step),	\
		    HTTP_BAD);						\
		ck_assert_int_eq(h.status, code);			\
	}								\
} while (0)

START_TEST(limits)
{
	LONG_ONE("POST /", "x", HTTP_MAX_LINE, 414);
	LONG_ONE("POST / HTTP/1.1\r\nA: ", "x", HTTP_MAX_LINE, 431);
	LONG_ONE("POST / HTTP/1.1\r\n", "A: b\r\n", HTTP_MAX_FIELDS + 1, 431);
	LONG_ONE("POST / HTTP/1.1\r\n", "A: 3456789012345678901234567890123"
	    "4567890123456789012345678901234567890123456789012345678901234567"
	    "8901234567890123456789012345678901234567890123456789012345678901"
	    "2345678901234567890123456789012345678901234567890\r\n", 99, 431);
	ck_assert_uint_le(given, HTTP_MAX_HEAD + 100000);
	LONG_ONE("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;",
	    "x", 300, 400);
	/* Chunks of a byte each, and no more than a body and a half. */
	LONG_ONE("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
	    "1;234567890123456789012345678901234567890123456789\r\nx\r\n",
	    5000, 413);
	ck_assert_uint_le(h.pos, MAX_BODY * 3 / 2 + HTTP_SLACK + 200);
	LONG_ONE("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
	    "A: b\r\n", HTTP_MAX_FIELDS + 1, 431);
	ck_assert_int_eq(long_one("POST / HTTP/1.1\r\nContent-Length: "
	    "100000\r\n\r\n", "x", MAX_BODY, 1000), HTTP_DONE);
}
END_TEST

static const struct {
	bool		 response;
	const char	*text;
} turned[] = {
	{ false, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
	    "Connection: close\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n" },
	{ false, "POST http://h/ HTTP/1.0\r\nContent-Length: 3\r\n"
	    "Connection: keep-alive\r\n\r\nabc" },
	{ true, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\n\r\n" },
	{ true, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" },
	{ true, "HTTP/1.0 200 OK\r\n\r\nabc" },
};

/* Turning over any bit changes what is read, but no more than that. */
START_TEST(bits)
{
	bool response = turned[_i].response;
	char *text = strdup(turned[_i].text);
	size_t len = strlen(text);
	enum http_result rc;
	struct tf_str body;
	struct buf b;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		buf_init(&b, MAX_BODY);
		rc = run(text, len, 9, response);
		if (rc == HTTP_MORE)
			rc = http_end(&h);
		if (rc == HTTP_DONE) {
			ck_assert_int_eq(http_body(&h, message, &b, &body),
			    0);
			ck_assert_uint_le(body.len, len);
		}
		buf_fini(&b);
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
	free(text);
}
END_TEST

static struct tf_str
str(const char *s)
{
	return (struct tf_str){ s, strlen(s) };
}

START_TEST(writing)
{
	struct http_out o;
	struct buf b;

	buf_init(&b, 10000);
	ck_assert_int_eq(http_out_request(&o, &b, "/service", "localhost:1"),
	    0);
	ck_assert_int_eq(http_out_field(&o, str("X-A"), str("b c")), 0);
	http_out_body(&o);
	buf_put(&b, "body", 5);
	b.len--;
	ck_assert_int_eq(http_out_end(&o), 0);
	whole((char *)b.p, false);
	path_is("/service");
	field_is("host", "localhost:1");
	field_is("x-a", "b c");
	field_is("content-length", "4");
	body_is("body");
	buf_fini(&b);
}
END_TEST

START_TEST(writing_responses)
{
	struct http_out o;
	struct buf b;

	buf_init(&b, 10000);
	http_out_response(&o, &b, 200, false);
	http_out_body(&o);
	buf_put(&b, "abcdefghijkl", 13);
	b.len--;
	ck_assert_int_eq(http_out_end(&o), 0);
	whole((char *)b.p, true);
	ck_assert_int_eq(h.status, 200);
	ck_assert(!h.close);
	body_is("abcdefghijkl");
	b.len = 0;
	ck_assert_int_eq(http_out_continue(&b), 0);
	ck_assert_int_eq(http_out_refusal(&b, 405, true, false), 0);
	buf_put(&b, "", 1);
	whole((char *)b.p, true);
	field_is("allow", "POST, OPTIONS");
	ck_assert(h.close);
	body_is("Method Not Allowed\n");
	b.len = 0;
	ck_assert_int_eq(http_out_refusal(&b, 404, false, true), 0);
	ck_assert_int_eq(memcmp(b.p + b.len - 4, "\r\n\r\n", 4), 0);
	buf_fini(&b);
}
END_TEST

START_TEST(not_written)
{
	static const char *const names[] = { "", "a b", "a:", "a\r\nb",
	    "\xff" };
	static const char *const values[] = { "a\rb", "a\nb", "\r\nX: y",
	    "\x01", "\x7f" };
	struct http_out o;
	struct buf b;

	buf_init(&b, 140);
	http_out_response(&o, &b, 200, true);
	for (size_t i = 0; i < 5; i++) {
		ck_assert_int_eq(http_out_field(&o, str(names[i]), str("x")),
		    -1);
		ck_assert_int_eq(http_out_field(&o, str("x"), str(values[i])),
		    -1);
	}
	ck_assert_int_eq(http_out_field(&o, str("x"),
	    (struct tf_str){ "\0", 1 }), -1);
	http_out_body(&o);
	buf_put(&b, "0123456789012345678901234567890123456789", 40);
	ck_assert_int_eq(http_out_end(&o), -1);
	ck_assert_uint_eq(b.len, 0);
	buf_reset(&b, 0);
	ck_assert_int_eq(http_out_request(&o, &b, "/a b", "h"), -1);
	ck_assert_int_eq(http_out_request(&o, &b, "a", "h"), -1);
	ck_assert_int_eq(http_out_request(&o, &b, "/", "h\r\nX: y"), -1);
	ck_assert_uint_eq(b.len, 0);
	buf_fini(&b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wire_http");
	TCase *t = unit_case(s, "http");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, from_apache);
	tcase_add_test(t, responses);
	tcase_add_test(t, responses_that_end_with_the_connection);
	tcase_add_test(t, chunks);
	tcase_add_test(t, smuggling);
	tcase_add_test(t, refusals);
	tcase_add_test(t, methods_and_paths);
	tcase_add_test(t, keeping_the_connection);
	tcase_add_test(t, expecting);
	tcase_add_test(t, limits);
	tcase_add_loop_test(t, bits, 0, COUNT(turned));
	t = unit_case(s, "writing");
	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, writing);
	tcase_add_test(t, writing_responses);
	tcase_add_test(t, not_written);
	return unit_main(s);
}
