/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls over HTTP, from the side of a peer that means well: what it is
 * answered, and what ends its connection.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_http.h"
#include "unit_worker.h"
#include "wire/http.h"

#define TIMEOUT_NS	(300 * NS_PER_MS)
#define LATE_NS		(3 * NS_PER_S)
#define KEPT		"\r\nConnection: keep-alive\r\n"
#define CLOSED		"\r\nConnection: close\r\n"

static void
post(struct bytes *to, const char *fields, const char *method, int32_t seqid)
{
	struct bytes frame = { 0 };

	frame_call(&frame, method, seqid);
	http_post(to, "/", fields, &frame);
}

static void
send_post(int fd, const char *fields, const char *method, int32_t seqid)
{
	struct bytes out = { 0 };

	post(&out, fields, method, seqid);
	peer_send_bytes(fd, &out);
}

static void
send_text(int fd, const char *s)
{
	peer_send(fd, s, strlen(s));
}

static void
add_text(struct bytes *to, const char *s)
{
	bytes_add(to, s, strlen(s));
}

static void
expect_last(int fd, int type, const char *name, int32_t seqid)
{
	ck_assert(http_expect_message(fd, type, name, seqid));
	peer_expect_end(fd);
	close(fd);
}

/* A reply with that text, and such a line in its head. */
static void
expect_text(int fd, const char *text, const char *line)
{
	struct response r;
	struct message m;

	ck_assert(http_read(fd, &r, false));
	ck_assert_msg(strstr(r.head, line) != NULL, "%s", r.head);
	message_parse(&m, r.body, r.body + r.len);
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_str_eq(m.text, text);
	message_free(&m);
	response_free(&r);
}

START_TEST(calls)
{
	int fd;

	bench_start();
	fd = bench_tcp();
	for (int i = 0; i < 3; i++) {
		send_post(fd, "Accept: */*\r\n", "ping", i);
		ck_assert(!http_expect_message(fd, PEER_REPLY, "ping", i));
	}
	send_post(fd, &CLOSED[2], "ping", 4);
	expect_last(fd, PEER_REPLY, "ping", 4);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_ENDED), 4);
}
END_TEST

static const struct {
	const char	*ask, *answer;
	size_t		 n, n_answer;
} forms[] = {
#define FORM(ask, answer)	{ ask, answer, sizeof(ask), sizeof(answer) }
	FORM("\x82\x21\x07\4ping", "\x82\x41\x07\4ping"),
	FORM("\x80\1\0\1\0\0\0\4ping\0\0\0\7",
	    "\x80\1\0\2\0\0\0\4ping\0\0\0\7"),
	FORM("\0\0\0\4ping\1\0\0\0\7", "\x80\1\0\2\0\0\0\4ping\0\0\0\7"),
};

/* A message that stands alone needs no version. */
START_TEST(protocols)
{
	struct bytes out = { 0 };
	struct response r;
	int fd;

	bench_start();
	fd = bench_unix();
	http_post_raw(&out, "/", "", "[1,\"ping\",1,7,{}]", 17);
	/* The NUL is the STOP of the arguments. */
	http_post_raw(&out, "/", "", forms[_i].ask, forms[_i].n);
	peer_send_bytes(fd, &out);
	ck_assert(http_read(fd, &r, false));
	ck_assert_str_eq((char *)r.body, "[1,\"ping\",2,7,{}]");
	response_free(&r);
	ck_assert(http_read(fd, &r, false));
	ck_assert_uint_eq(r.len, forms[_i].n_answer);
	ck_assert_mem_eq(r.body, forms[_i].answer, r.len);
	response_free(&r);
	close(fd);
}
END_TEST

/* Requests of every kind, one behind the other. */
static void
add_row(struct bytes *out)
{
	struct bytes frame = { 0 };

	post(out, "", "ping", 1);
	frame_text(&frame, "echo", 2, "0123456789", 10);
	http_post_chunks(out, "/x?y", &frame, 7);
	add_text(out, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	    "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
	post(out, "", "ping", 3);
}

static void
expect_row(int fd)
{
	http_expect_message(fd, PEER_REPLY, "ping", 1);
	http_expect_message(fd, PEER_REPLY, "echo", 2);
	http_expect(fd, 200, "\r\nContent-Type: text/plain\r\n");
	http_expect(fd, 200, "\r\nAllow: POST, OPTIONS\r\n");
	http_expect_message(fd, PEER_REPLY, "ping", 3);
}

START_TEST(in_two_pieces)
{
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_tcp();
	add_row(&out);
	for (size_t i = 0; i <= out.n; i++) {
		peer_send(fd, out.p, i);
		bench_barrier();
		peer_send(fd, out.p + i, out.n - i);
		expect_row(fd);
	}
	bytes_free(&out);
	close(fd);
}
END_TEST

START_TEST(byte_by_byte)
{
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	add_row(&out);
	for (size_t i = 0; i < out.n; i++) {
		peer_send(fd, out.p + i, 1);
		bench_barrier();
	}
	expect_row(fd);
	bytes_free(&out);
	close(fd);
}
END_TEST

START_TEST(pipelined)
{
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	for (int i = 0; i < 2000; i++)
		post(&out, "", "ping", i);
	peer_send_bytes(fd, &out);
	for (int i = 0; i < 2000; i++)
		ck_assert(!http_expect_message(fd, PEER_REPLY, "ping", i));
	close(fd);
}
END_TEST

/* Answers gather while nobody reads them; in the end all are there. */
START_TEST(a_peer_that_does_not_read)
{
	struct bytes out = { 0 }, frame = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	for (int i = 0; i < 100; i++) {
		frame_ints(&frame, "big", i, 100000, 0);
		http_post(&out, "/", i < 99 ? "" : &CLOSED[2], &frame);
	}
	peer_send_bytes(fd, &out);
	bench_barrier();
	ck_assert_uint_lt(bench_count(COUNTER_SEND_BACKLOG), 1 << 20);
	for (int i = 0; i < 100; i++)
		ck_assert(http_expect_message(fd, PEER_REPLY, "big", i) ==
		    (i == 99));
	peer_end(fd);
}
END_TEST

/* What stands behind the last request is not even looked at. */
START_TEST(nothing_follows_the_last)
{
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	post(&out, "Connection: foo, Close\r\n", "ping", 1);
	post(&out, "", "ping", 2);
	peer_send_bytes(fd, &out);
	expect_last(fd, PEER_REPLY, "ping", 1);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN), 1);
}
END_TEST

START_TEST(version_1_0)
{
	static const char ping[] = "Content-Length: 9\r\n\r\n"
	    "\x82\x21\x01\4ping";
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	add_text(&out, "POST / HTTP/1.0\r\nConnection: Keep-Alive\r\n");
	bytes_add(&out, ping, sizeof(ping));
	add_text(&out, "POST / HTTP/1.0\r\n");
	bytes_add(&out, ping, sizeof(ping));
	peer_send_bytes(fd, &out);
	ck_assert(!http_expect_message(fd, PEER_REPLY, "ping", 1));
	expect_last(fd, PEER_REPLY, "ping", 1);
}
END_TEST

START_TEST(expectations)
{
	struct bytes out = { 0 };
	char head[4096];
	int fd;

	bench_start();
	fd = bench_unix();
	/* Who sends the body all the same is not told to. */
	send_post(fd, "Expect: 100-continue\r\n", "ping", 1);
	http_expect_message(fd, PEER_REPLY, "ping", 1);
	post(&out, "", "ping", 2);
	post(&out, "Expect: 100-Continue\r\n", "ping", 3);
	peer_send(fd, out.p, out.n - 9);
	http_expect_message(fd, PEER_REPLY, "ping", 2);
	ck_assert(http_head(fd, head));
	ck_assert_str_eq(head, "HTTP/1.1 100 Continue\r\n\r\n");
	peer_send(fd, out.p + out.n - 9, 8);
	bench_barrier();
	peer_send(fd, out.p + out.n - 1, 1);
	http_expect_message(fd, PEER_REPLY, "ping", 3);
	bytes_free(&out);
	close(fd);
}
END_TEST

START_TEST(oneways)
{
	struct bytes out = { 0 }, frame = { 0 };
	struct response r;
	int fd;

	bench_start();
	fd = bench_unix();
	frame_text(&frame, "note", 1, "n", 1);
	http_post(&out, "/", "", &frame);
	post(&out, "", "ping", 2);
	peer_send_bytes(fd, &out);
	ck_assert(http_read(fd, &r, false));
	ck_assert_int_eq(r.status, 200);
	ck_assert_uint_eq(r.len, 0);
	response_free(&r);
	ck_assert_int_eq(bench_note(), 'n');
	http_expect_message(fd, PEER_REPLY, "ping", 2);
	close(fd);
}
END_TEST

/* Whoever speaks Thrift is answered in Thrift. */
START_TEST(errors_of_thrift)
{
	struct bytes out = { 0 }, frame = { 0 }, body = { 0 };
	int fd;

	bench_limits.max_frame = 10000;
	bench_start();
	fd = bench_unix();
	post(&out, "", "nobody", 1);
	bytes_add(&body, "\x18\x7f", 2);
	frame_message(&frame, PEER_CALL, "echo", 2, &body);
	http_post(&out, "/", "", &frame);
	frame_ints(&frame, "divide", 3, 1, 0);
	http_post(&out, "/", "", &frame);
	frame_ints(&frame, "big", 4, 20000, 0);
	http_post(&out, "/", "", &frame);
	post(&out, "", "ping", 5);
	peer_send_bytes(fd, &out);
	http_expect_message(fd, PEER_EXCEPTION, "nobody", 1);
	http_expect_message(fd, PEER_EXCEPTION, "echo", 2);
	http_expect_message(fd, PEER_REPLY, "divide", 3);
	http_expect_message(fd, PEER_EXCEPTION, "big", 4);
	http_expect_message(fd, PEER_REPLY, "ping", 5);
	bytes_free(&body);
	close(fd);
}
END_TEST

START_TEST(probes)
{
	struct response r;
	int fd;

	bench_start();
	fd = bench_tcp();
	send_text(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert(http_read(fd, &r, false));
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_eq((char *)r.body, "OK\n");
	response_free(&r);
	send_text(fd, "HEAD /?probe HTTP/1.1\r\n\r\n");
	ck_assert(http_read(fd, &r, true));
	ck_assert_int_eq(r.status, 200);
	response_free(&r);
	send_text(fd, "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n");
	http_expect(fd, 200, "\r\nAllow: POST, OPTIONS\r\n");
	ck_assert_uint_eq(bench_count(COUNTER_HTTP_REFUSED), 0);
	send_text(fd, "GET /.env HTTP/1.1\r\n\r\n");
	http_expect(fd, 405, "\r\nAllow: POST, OPTIONS\r\n");
	send_text(fd, "PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab");
	http_expect(fd, 405, KEPT);
	send_text(fd, "HEAD /x HTTP/1.0\r\n\r\n");
	ck_assert(http_read(fd, &r, true));
	ck_assert_int_eq(r.status, 405);
	response_free(&r);
	peer_end(fd);
	ck_assert_uint_eq(bench_count(COUNTER_HTTP_REFUSED), 3);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 0);
}
END_TEST

START_TEST(one_path)
{
	static const char *const others[] = { "/", "/thrift/", "/thrif",
	    "/Thrift", "/%74hrift" };
	static const char *const same[] = { "/thrift", "/thrift?a=b",
	    "http://x:1/thrift" };
	struct bytes out = { 0 }, frame = { 0 };
	int fd;

	bench_http_path = "/thrift";
	bench_start();
	fd = bench_unix();
	for (int i = 0; i < COUNT(others); i++) {
		frame_call(&frame, "ping", 1);
		http_post(&out, others[i], "", &frame);
		peer_send_bytes(fd, &out);
		http_expect(fd, 404, KEPT);
	}
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN), 0);
	for (int i = 0; i < COUNT(same); i++) {
		frame_call(&frame, "ping", i);
		http_post(&out, same[i], "", &frame);
		peer_send_bytes(fd, &out);
		http_expect_message(fd, PEER_REPLY, "ping", i);
	}
	send_text(fd, "GET / HTTP/1.1\r\n\r\nGET /thrift HTTP/1.1\r\n\r\n"
	    "GET /x HTTP/1.1\r\n\r\n");
	http_expect(fd, 200, KEPT);
	http_expect(fd, 405, KEPT);
	http_expect(fd, 404, KEPT);
	close(fd);
}
END_TEST

START_TEST(idle_between_requests)
{
	uint64_t since;
	int fd;

	bench_limits.idle_timeout_ns = TIMEOUT_NS;
	bench_start();
	fd = bench_unix();
	send_post(fd, "", "ping", 1);
	http_expect_message(fd, PEER_REPLY, "ping", 1);
	since = clock_ns();
	peer_end(fd);
	ck_assert_uint_lt(clock_ns() - since, LATE_NS);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_IDLE_TIMEOUTS), 1);
}
END_TEST

/* Half a request is waited for; its answer says that it is the last one. */
START_TEST(stopping)
{
	struct bytes out = { 0 };
	int half, idle, probe, busy;

	bench_start();
	half = bench_unix();
	idle = bench_unix();
	probe = bench_unix();
	busy = bench_unix();
	send_post(idle, "", "ping", 1);
	http_expect_message(idle, PEER_REPLY, "ping", 1);
	post(&out, "", "ping", 2);
	peer_send(half, out.p, out.n / 2);
	send_text(probe, "GET / HTTP/1.1\r\n");
	bench_barrier();
	send_post(busy, "", "hold", 3);
	bench_held();
	bench_order(ORDER_STOP);
	bench_release();
	http_expect_message(busy, PEER_REPLY, "hold", 3);
	peer_end(busy);
	peer_end(idle);
	peer_send(half, out.p + out.n / 2, out.n - out.n / 2);
	expect_last(half, PEER_REPLY, "ping", 2);
	send_text(probe, "\r\n");
	http_expect(probe, 503, CLOSED);
	peer_end(probe);
	bytes_free(&out);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

/* What has come by then is answered; the last answer alone is the last. */
START_TEST(stopping_with_requests_under_way)
{
	struct bytes out = { 0 };
	int busy, fd;

	bench_start();
	busy = bench_unix();
	fd = bench_unix();
	send_post(fd, "", "ping", 0);
	http_expect_message(fd, PEER_REPLY, "ping", 0);
	send_post(busy, "", "hold", 1);
	bench_held();
	bench_order(ORDER_STOP);
	for (int i = 0; i < 3; i++)
		post(&out, "", "ping", i);
	peer_send_bytes(fd, &out);
	bench_release();
	for (int i = 0; i < 2; i++)
		ck_assert(!http_expect_message(fd, PEER_REPLY, "ping", i));
	http_expect_message(fd, PEER_REPLY, "ping", 2);
	peer_end(fd);
	close(busy);
	ck_assert_int_eq(bench_wait(), 0);
}
END_TEST

/* Fields of the request, found whatever their letters, and of the response. */
START_TEST(headers)
{
	struct bytes out = { 0 }, frame = { 0 };
	char long_value[3001] = "=";
	int fd;

	bench_start();
	fd = bench_unix();
	frame_text(&frame, "header", 1, "traceparent", 11);
	http_post(&out, "/", "TraceParent:  00-ab-cd-01 \r\n", &frame);
	peer_send_bytes(fd, &out);
	expect_text(fd, "00-ab-cd-01", "\r\nasked: traceparent\r\n");
	frame_text(&frame, "header", 2, "*", 1);
	http_post_raw(&out, "/", "A: 1\r\nB:\r\n", frame.p + 4, frame.n - 4);
	peer_send_bytes(fd, &out);
	bytes_free(&frame);
	expect_text(fd, "host=x,a=1,b=,content-length=14,", "");
	memset(long_value + 1, 'v', sizeof(long_value) - 2);
	frame_text(&frame, "header", 3, long_value, sizeof(long_value) - 1);
	http_post(&out, "/", "", &frame);
	peer_send_bytes(fd, &out);
	expect_text(fd, long_value + 1, "\r\nmuch: vvv");
	frame_text(&frame, "header", 4, "absent", 6);
	http_post(&out, "/", "", &frame);
	peer_send_bytes(fd, &out);
	ck_assert(!http_expect_message(fd, PEER_EXCEPTION, "header", 4));
	frame_text(&frame, "header", 5, "=a\r\nX: y", 9);
	http_post(&out, "/", "", &frame);
	peer_send_bytes(fd, &out);
	ck_assert(!http_expect_message(fd, PEER_EXCEPTION, "header", 5));
	close(fd);
}
END_TEST

/* A handler cannot say where its response ends. */
START_TEST(fields_that_are_not_set)
{
	static const char *const names[] = { "Content-Length", "content-type",
	    "Transfer-Encoding", "CONNECTION", "Upgrade", "", "a b", "a:",
	    "a\n" };

	for (int i = 0; i < COUNT(names); i++)
		ck_assert(!http_out_takes((struct tf_str){ names[i],
		    strlen(names[i]) }, TF_STR("1")));
	ck_assert(http_out_takes(TF_STR("X-Length"), TF_STR("1")));
	ck_assert(!http_out_takes(TF_STR("X-Length"), TF_STR("\r")));
}
END_TEST

/* Between requests each message tells again what it is. */
START_TEST(beside_other_dialects)
{
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	for (int i = 0; i < 3; i++) {
		post(&out, "", "ping", i);
		frame_call(&out, "ping", i + 10);
	}
	peer_send_bytes(fd, &out);
	for (int i = 0; i < 3; i++) {
		http_expect_message(fd, PEER_REPLY, "ping", i);
		peer_expect(fd, PEER_REPLY, "ping", i + 10);
	}
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_server");
	TCase *t = unit_case(s, "http_server");

	tcase_add_checked_fixture(t, bench_setup, bench_teardown);
	tcase_add_test(t, calls);
	tcase_add_loop_test(t, protocols, 0, COUNT(forms));
	tcase_add_test(t, in_two_pieces);
	tcase_add_test(t, byte_by_byte);
	tcase_add_test(t, pipelined);
	tcase_add_test(t, a_peer_that_does_not_read);
	tcase_add_test(t, nothing_follows_the_last);
	tcase_add_test(t, version_1_0);
	tcase_add_test(t, expectations);
	tcase_add_test(t, oneways);
	tcase_add_test(t, errors_of_thrift);
	tcase_add_test(t, probes);
	tcase_add_test(t, one_path);
	tcase_add_test(t, idle_between_requests);
	tcase_add_test(t, stopping);
	tcase_add_test(t, stopping_with_requests_under_way);
	tcase_add_test(t, headers);
	tcase_add_test(t, fields_that_are_not_set);
	tcase_add_test(t, beside_other_dialects);
	return unit_main(s);
}
