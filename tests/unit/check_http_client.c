/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls over HTTP: what the client sends, byte for byte, and what it takes for
 * an answer.
 */
#include <thriftfork/pool.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit_client.h"
#include "unit_http.h"
#include "unit_service.h"

#define OK		"HTTP/1.1 200 OK\r\n"
#define LENGTH(n)	"Content-Length: " #n "\r\n\r\n"
#define REPLY		"\x82\x41\x01\4size\5\0\10\0"

/* A new client, for this path of the door. */
static void
go_to(const char *format)
{
	char url[200];

	tf_client_free(c);
	snprintf(url, sizeof(url), format, strrchr(addr, ':'));
	c = tf_client_new(url);
	ck_assert_int_eq(tf_client_set(c, "timeout", "5s"), 0);
}

static void
end(void)
{
	tf_client_free(c);
	c = NULL;
}

/* The next request of a connection, a call of size() with that seqid. */
static void
asked(int fd, const char *path, int seqid)
{
	uint8_t body[15], want[] = "\x82\x21\0\4size\x18\4four";
	char head[4096], start[200];

	ck_assert(http_head(fd, head));
	snprintf(start, sizeof(start), "POST %s HTTP/1.1\r\nHost: 127.0.0.1%s"
	    "\r\n", path, strrchr(addr, ':'));
	ck_assert_msg(strncmp(head, start, strlen(start)) == 0, "%s", head);
	ck_assert_ptr_nonnull(strstr(head,
	    "\r\nContent-Type: application/x-thrift\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nContent-Length:"));
	ck_assert_ptr_nonnull(strstr(head, " 15\r\n"));
	ck_assert_uint_eq(peer_take(fd, body, 15), 15);
	want[2] = (uint8_t)seqid;
	ck_assert_mem_eq(body, want, 15);
}

static void
kept(void)
{
	static const char plain[] = OK LENGTH(12) REPLY,
	    chunks[] = "HTTP/1.1 100 Continue\r\n\r\n" OK
	    "transfer-encoding: Chunked\r\n\r\n6;x\r\n" "\x82\x41\x02\4si"
	    "\r\n6\r\nze\5\0\10\0\r\n" "0\r\nX: y\r\n\r\n";
	int fd = take();

	asked(fd, "/service?a=b", 1);
	peer_send(fd, plain, sizeof(plain) - 1);
	asked(fd, "/service?a=b", 2);
	for (size_t i = 0; i < sizeof(chunks) - 1; i++)
		peer_send(fd, chunks + i, 1);
	peer_end(fd);
}

START_TEST(a_connection_is_kept)
{
	act(kept);
	go_to("http://127.0.0.1%s/service?a=b#c");
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	end();
}
END_TEST

/* By the header, by the version, by the connection's end, by more bytes. */
static const char *const lasts[] = {
	OK "Connection: close\r\n" LENGTH(12),
	"HTTP/1.0 200 OK\r\n" LENGTH(12),
	"HTTP/1.0 200 Fine\r\n\r\n",
	OK LENGTH(12),
};

static void
not_kept(void)
{
	for (int i = 0; i < COUNT(lasts); i++) {
		int fd = take();

		asked(fd, "/", i + 1);
		peer_send(fd, lasts[i], strlen(lasts[i]));
		peer_send(fd, "\x82\x41", 2);
		peer_send(fd, &(uint8_t){ (uint8_t)(i + 1) }, 1);
		peer_send(fd, &REPLY[3], sizeof(REPLY) - 4 + (i == 3));
		shutdown(fd, SHUT_WR);
		peer_end(fd);
	}
}

START_TEST(a_connection_is_not_kept)
{
	act(not_kept);
	go_to("http://127.0.0.1%s");
	for (int i = 0; i < COUNT(lasts); i++)
		ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	end();
}
END_TEST

static const struct {
	const char	*answer, *why;
} failures[] = {
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\n",
	    "HTTP status 404" },
	{ "HTTP/1.1 502 Bad Gateway\r\n\r\n<html>", "HTTP status 502" },
	{ "HTTP/1.1 204 No Content\r\n\r\n", "HTTP status 204" },
	{ "HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", "HTTP status 301" },
	{ OK LENGTH(0), "the reply cannot be read" },
	{ OK LENGTH(6) "<html>", "the reply cannot be read" },
	{ OK LENGTH(20) "\x82", "ends within a message" },
	{ OK "Content-Le", "the server closed the connection" },
	{ "", "the server closed the connection" },
	{ OK "Content-Length: 16384001\r\n\r\n", "the body is too large" },
	{ OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\n.",
	    "more than one Content-Length" },
	{ OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", "no size of a chunk" },
	{ "\0\0\0\4", "the server closed the connection" },
	{ "SSH-2.0-x\r\n", "no status line of HTTP/1" },
};

static void
fails(void)
{
	for (int i = 0; i < COUNT(failures); i++) {
		int fd = take();

		asked(fd, "/x", i + 1);
		peer_send(fd, failures[i].answer, strlen(failures[i].answer));
		shutdown(fd, SHUT_WR);
		peer_end(fd);
	}
}

/* Each with the address, and a connection of its own. */
START_TEST(what_is_no_answer)
{
	act(fails);
	go_to("http://127.0.0.1%s/x");
	for (int i = 0; i < COUNT(failures); i++) {
		ck_assert_int_eq(call_size(), -1);
		assert_error(failures[i].why);
		assert_error("http://127.0.0.1:");
		ck_assert_int_eq(tf_client_error_type(c), -1);
	}
	end();
}
END_TEST

static void
headed(void)
{
	static const char answer[] = OK "X-Reply: 1\r\nX-EMPTY:\r\n" LENGTH(12)
	    REPLY;
	char head[4096];
	uint8_t body[15];
	int fd = take();

	ck_assert(http_head(fd, head));
	ck_assert_uint_eq(peer_take(fd, body, 15), 15);
	ck_assert_ptr_nonnull(strstr(head, "\r\ntraceparent: 00-ab\r\n"));
	ck_assert_ptr_null(strstr(head, "gone"));
	peer_send(fd, answer, sizeof(answer) - 1);
	peer_end(fd);
}

/* As fields of the request and of the answer, but none of HTTP's own. */
START_TEST(headers)
{
	act(headed);
	go_to("http://127.0.0.1%s/");
	ck_assert_int_eq(tf_client_header(c, "traceparent", "00-ab"), 0);
	ck_assert_int_eq(tf_client_header(c, "gone", "x"), 0);
	ck_assert_int_eq(tf_client_header(c, "gone", NULL), 0);
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	ck_assert_str_eq(tf_client_reply_header(c, "x-reply")->s, "1");
	ck_assert_str_eq(tf_client_reply_header(c, "x-empty")->s, "");
	ck_assert_ptr_null(tf_client_reply_header(c, "x-other"));
	ck_assert_int_eq(tf_client_header(c, "X", "a\r\nY: b"), 0);
	ck_assert_int_eq(call_size(), -1);
	assert_error("a header that HTTP does not carry");
	ck_assert_int_eq(tf_client_header(c, "X", NULL), 0);
	ck_assert_int_eq(tf_client_header(c, "Content-Length", "3"), 0);
	ck_assert_int_eq(call_size(), -1);
	end();
}
END_TEST

static void
notes(void)
{
	static const char *const answers[] = { OK LENGTH(0), OK LENGTH(2),
	    "HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 500 No\r\n" LENGTH(0) };
	char head[4096];
	int fd = take();

	for (int i = 0; i < COUNT(answers); i++) {
		uint8_t body[12];

		if (i > 1)
			fd = take();
		ck_assert(http_head(fd, head));
		ck_assert_uint_eq(peer_take(fd, body, 12), 12);
		ck_assert_int_eq(body[1], PEER_ONEWAY << 5 | 1);
		peer_send(fd, answers[i], strlen(answers[i]));
		/* What is still to come is not waited for. */
		if (i > 0)
			peer_end(fd);
	}
}

/* A oneway is answered in HTTP, or it is not known to have arrived. */
START_TEST(oneways)
{
	const struct unit_text args = { TF_STR("n") };
	void *result;

	act(notes);
	go_to("http://127.0.0.1%s/");
	for (int i = 0; i < 3; i++)
		ck_assert_msg(call("note", &args, &result) == 0, "%s",
		    tf_client_error(c));
	ck_assert_int_eq(call("note", &args, &result), -1);
	assert_error("HTTP status 500");
	end();
}
END_TEST

static void
second(void)
{
	static const char answer[] = OK LENGTH(12) "\x82\x41\x02\4size"
	    "\5\0\10\0";
	int fd = take();

	asked(fd, "/second", 2);
	peer_send(fd, answer, sizeof(answer) - 1);
	peer_end(fd);
}

/* What is sent to one that could be reached names that one. */
START_TEST(another_one_of_a_pool)
{
	int nobody = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(in);
	struct tf_pool *pool;
	char urls[200];

	ck_assert_int_eq(bind(nobody, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(getsockname(nobody, (struct sockaddr *)&in, &len), 0);
	snprintf(urls, sizeof(urls), "http://127.0.0.1:%u/first,"
	    "http://127.0.0.1%s/second", ntohs(in.sin_port),
	    strrchr(addr, ':'));
	end();
	act(second);
	ck_assert_ptr_nonnull(pool = tf_pool_new(urls));
	c = tf_pool_borrow(pool);
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	tf_pool_return(pool, c);
	c = NULL;
	tf_pool_free(pool);
	close(nobody);
}
END_TEST

/* What the first server says to the first request. */
static const char *const cuts[] = {
	OK "Content-Length: 100\r\n\r\n\x82",
	OK "Transfer-Encoding: chunked\r\n\r\n6\r\n\x82",
	"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n"
	    "Content-Length: 0\r\n\r\n"
};
static int cut;

static void
cut_off(void)
{
	static const char answer[] = OK "X-Good: 1\r\n" LENGTH(12)
	    "\x82\x41\x02\4size" "\5\0\10\0";
	int fd = take();

	asked(fd, "/", 1);
	peer_send(fd, cuts[cut], strlen(cuts[cut]));
	close(fd);
	fd = take();
	asked(fd, "/", 2);
	peer_send(fd, answer, sizeof(answer) - 1);
	peer_end(fd);
}

/* It was no answer: what can be asked again is, and has headers of its own. */
START_TEST(an_answer_that_is_cut_off)
{
	const struct unit_text args = { TF_STR("four") };
	struct tf_method often = *unit_method("size");
	struct tf_pool *pool;
	char url[100];
	void *result;

	often.flags |= TF_IDEMPOTENT;
	snprintf(url, sizeof(url), "http://127.0.0.1%s/", strrchr(addr, ':'));
	end();
	cut = _i;
	act(cut_off);
	ck_assert_ptr_nonnull(pool = tf_pool_new(url));
	c = tf_pool_borrow(pool);
	ck_assert_msg(tf_client_call(c, &often, &args, &result) == 0, "%s",
	    tf_client_error(c));
	ck_assert_str_eq(tf_client_reply_header(c, "x-good")->s, "1");
	ck_assert_ptr_null(tf_client_reply_header(c, "retry-after"));
	tf_pool_return(pool, c);
	c = NULL;
	tf_pool_free(pool);
}
END_TEST

START_TEST(addresses)
{
	static const char *const bad[] = { "http://", "http:///x", "http://[",
	    "http://127.0.0.1:x/", "http://127.0.0.1/a b",
	    "http://127.0.0.1/\r\nX: y", "http://a\r\nX: y/",
	    "https://127.0.0.1:x/", "ftp://127.0.0.1/" };

	for (int i = 0; i < COUNT(bad); i++) {
		tf_client_free(c);
		c = tf_client_new(bad[i]);
		ck_assert_int_eq(call_size(), -1);
		ck_assert_str_ne(tf_client_error(c), "");
	}
	end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_client");
	TCase *t = unit_client_case(s, "http_client");

	tcase_add_test(t, a_connection_is_kept);
	tcase_add_test(t, a_connection_is_not_kept);
	tcase_add_test(t, what_is_no_answer);
	tcase_add_test(t, headers);
	tcase_add_test(t, oneways);
	tcase_add_test(t, another_one_of_a_pool);
	tcase_add_loop_test(t, an_answer_that_is_cut_off, 0, COUNT(cuts));
	tcase_add_test(t, addresses);
	return unit_main(s);
}
