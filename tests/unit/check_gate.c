/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener that does not serve all that a worker can: every form of a message
 * against every word that can be switched off, what is heard by those who come
 * with something else, and that nobody else feels it.
 */
#include <sys/socket.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_worker.h"

#define FRAME(n)	"\0\0\0" n
#define COMPACT		"\202\41\7\4ping\0"
#define BINARY		"\200\1\0\1\0\0\0\4ping\0\0\0\7\0"
#define OLD_BINARY	"\0\0\0\4ping\1\0\0\0\7\0"
#define JSON		"[1,\"ping\",1,7,{}]"
/* Its payload's bytes and its protocol; a stream that is not compressed. */
#define HEADER(n, proto) \
	"\0\0\0" n "\17\377\0\0\0\0\0\7\0\1" proto "\0\0\0"
#define STORED(n, not_n) "\170\1\0" n "\0" not_n "\377"
#define FORM(s)		s, sizeof(s) - 1

static const struct form {
	const char	*bytes;
	size_t		 n;
	unsigned	 words;		/* which it needs */
} forms[] = {
	{ FORM(FRAME("\11") COMPACT), RULES_COMPACT | RULES_FRAMED },
	{ FORM(COMPACT), RULES_COMPACT | RULES_UNFRAMED },
	{ FORM(FRAME("\21") BINARY), RULES_BINARY | RULES_FRAMED },
	{ FORM(BINARY), RULES_BINARY | RULES_UNFRAMED },
	{ FORM(FRAME("\16") OLD_BINARY), RULES_BINARY | RULES_FRAMED },
	{ FORM(FRAME("\21") JSON), RULES_JSON | RULES_FRAMED },
	{ FORM(JSON), RULES_JSON | RULES_UNFRAMED },
	{ FORM(HEADER("\27", "\2") COMPACT), RULES_HEADER },
#ifdef HAVE_ZLIB
	{ FORM(STORED("\15", "\362") FRAME("\11") COMPACT),
	    RULES_COMPACT | RULES_ZLIB },
	{ FORM(STORED("\21", "\356") JSON), RULES_JSON | RULES_ZLIB },
#endif
};
#define NWORDS	8

/* A listener that has all words but these serves it, or ends it unanswered. */
static void
expect_form(const struct form *f, unsigned off, bool served)
{
	uint64_t errors = bench_count(COUNTER_PROTOCOL_ERRORS);
	char answer[200];
	int fd = bench_tcp();

	peer_send(fd, f->bytes, f->n);
	if (served) {
		peer_wait(fd, POLLIN, PEER_MS);
		ck_assert_msg(recv(fd, answer, sizeof(answer), 0) >= 9,
		    "refused without %#x", off);
		close(fd);
	} else
		peer_end(fd);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS) - errors,
	    !served);
}

static void
each_form(unsigned off)
{
	bench_rules[1].off = (uint16_t)off;
	bench_start();
	for (int i = 0; i < COUNT(forms); i++)
		expect_form(&forms[i], off, (forms[i].words & off) == 0);
}

START_TEST(one_word_off)
{
	each_form(1u << _i);
}
END_TEST

START_TEST(one_word_on)
{
	each_form(0xff & ~(1u << _i));
}
END_TEST

START_TEST(two_words_on)
{
	each_form(0xff & ~forms[_i].words);
}
END_TEST

/* What begins differently; the barrier is at the other listener. */
static const struct form others[] = {
	{ FORM("POST / HTTP/1.1\r\n"), RULES_HTTP },
	{ FORM("GET / HTTP/1.0\r\n\r\n"), RULES_HTTP },
	{ FORM("\170\234\1\2\3"), RULES_ZLIB },
	{ FORM("\0\0\0\16\17\377\0\0\0\0\0\1\0\1\0\0\0\0"), RULES_HEADER },
	{ FORM("\0\0\0\11" COMPACT), RULES_FRAMED | RULES_HEADER },
};

START_TEST(other_dialects_off)
{
	bench_rules[1].off = (uint16_t)others[_i].words;
	bench_start();
	expect_form(&others[_i], others[_i].words, false);
}
END_TEST

/* Refused as soon as it is known, not when all of it has come. */
START_TEST(half_a_message_is_refused)
{
	struct form begun = { FORM("\202\41\7\377\377\3ping"), 0 };

	bench_rules[1].off = RULES_UNFRAMED;
	bench_start();
	expect_form(&begun, 0, false);
}
END_TEST

/* A connection is refused at the message that it must not send. */
START_TEST(later_messages)
{
	struct bytes out = { 0 };
	int fd;

	bench_rules[1].off = RULES_BINARY;
	bench_start();
	fd = bench_tcp();
	frame_call(&out, "ping", 1);
	frame_call(&out, "ping", 2);
	bytes_add(&out, forms[2].bytes, forms[2].n);
	frame_call(&out, "ping", 3);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	peer_expect(fd, PEER_REPLY, "ping", 2);
	peer_end(fd);
}
END_TEST

/* A THeader has room for an answer that says so, and what follows is served. */
START_TEST(a_protocol_in_theader)
{
	static const struct form binary = { FORM(HEADER("\37", "\0") BINARY),
	    0 }, compact = { FORM(HEADER("\27", "\2") COMPACT), 0 };
	static const char said[] = "its protocol is switched off here";
	char answer[300];
	ssize_t n;
	int fd;

	bench_rules[1].off = RULES_BINARY;
	bench_start();
	fd = bench_tcp();
	peer_send(fd, binary.bytes, binary.n);
	peer_wait(fd, POLLIN, PEER_MS);
	n = recv(fd, answer, sizeof(answer), 0);
	ck_assert_int_gt(n, 0);
	ck_assert_ptr_nonnull(memmem(answer, (size_t)n, said,
	    sizeof(said) - 1));
	ck_assert_uint_eq(bench_count(COUNTER_HEADER_ERRORS), 1);
	peer_send(fd, compact.bytes, compact.n);
	peer_wait(fd, POLLIN, PEER_MS);
	ck_assert_int_eq(recv(fd, answer, sizeof(answer), 0), 27);
	close(fd);
}
END_TEST

#define POST(n, body)	"POST / HTTP/1.1\r\nContent-Length: " n "\r\n\r\n" body

/* In HTTP there is an answer, too, and then the end. */
START_TEST(a_protocol_in_http)
{
	static const struct form binary = { FORM(POST("17", BINARY)), 0 },
	    json = { FORM(POST("17", JSON)), 0 };
	char answer[1000];
	int fd;

	bench_rules[1].off = RULES_BINARY | RULES_FRAMED | RULES_UNFRAMED;
	bench_start();
	fd = bench_tcp();
	peer_send(fd, json.bytes, json.n);
	peer_wait(fd, POLLIN, PEER_MS);
	ck_assert_int_gt(recv(fd, answer, sizeof(answer), 0), 50);
	ck_assert_mem_eq(answer, "HTTP/1.1 200 ", 13);
	peer_send(fd, binary.bytes, binary.n);
	peer_wait(fd, POLLIN, PEER_MS);
	ck_assert_int_gt(recv(fd, answer, sizeof(answer), 0), 15);
	ck_assert_mem_eq(answer, "HTTP/1.1 400 ", 13);
	peer_end(fd);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 1);
}
END_TEST

START_TEST(nothing_without_tls)
{
	bench_rules[1].tls = RULES_TLS_ON;
	bench_start();
	for (int i = 0; i < COUNT(forms); i++)
		expect_form(&forms[i], 0, false);
	for (int i = 0; i < COUNT(others); i++)
		expect_form(&others[i], 0, false);
}
END_TEST

/* Off, or there is no certificate: a client of TLS is told so. */
START_TEST(an_alert_for_tls)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 2, 40 };
	uint8_t hello[600] = { 22, 3, 1, 2, 0, 1, 0 }, got[20];
	int fd;

	bench_rules[1].tls = _i == 0 ? RULES_TLS_OFF : RULES_TLS_AUTO;
	bench_start();
	fd = bench_tcp();
	peer_send(fd, hello, _i == 2 ? 3 : sizeof(hello));
	peer_wait(fd, POLLIN, PEER_MS);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), sizeof(alert));
	ck_assert_mem_eq(got, alert, sizeof(alert));
	/* What comes later is not looked at. */
	peer_send(fd, COMPACT, 9);
	bench_barrier();
	peer_end(fd);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 1);
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTION_ERRORS), 0);
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_CLOSED), 1);
}
END_TEST

/* Behind calls that have been answered. */
START_TEST(an_alert_behind_replies)
{
	struct bytes out = { 0 };
	uint8_t got[20];
	int fd;

	bench_start();
	fd = bench_tcp();
	frame_call(&out, "ping", 1);
	bytes_add(&out, "\26\3\3\2\0\1", 6);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	peer_wait(fd, POLLIN, PEER_MS);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 7);
	peer_end(fd);
}
END_TEST

static const struct form strangers[] = {
	{ FORM("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 0 },
	{ FORM("\1\0\0\0\5PLAIN\5\0\0\0\0"), 0 },
	{ FORM("BIGF\0\0\0\0\0\0\0\0"), 0 },
	{ FORM("SSH-2.0-OpenSSH_9.2\r\n"), 0 },
	{ FORM("\377\0\1\2\3\4\5\6\7"), 0 },
	{ FORM("PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n"), 0 },
	{ FORM("\r\n\r\n\0\r\nQUIT\n\40\0\0\0"), 0 },
};

START_TEST(those_who_want_something_else)
{
	bench_start();
	expect_form(&strangers[_i], 0, false);
}
END_TEST

/* A scan of ports is no error, and neither is who has changed his mind. */
START_TEST(those_who_say_nothing)
{
	static const struct linger at_once = { 1, 0 };
	int fd;

	bench_start();
	for (int i = 0; i < 30; i++) {
		fd = bench_tcp();
		if (i % 3 == 2)
			peer_send(fd, "POS", 3);
		if (i % 3 == 1)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
			    sizeof(at_once));
		close(fd);
	}
	bench_barrier();
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 0);
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_CLOSED), 30);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gate");
	TCase *t = unit_case(s, "gate");

	tcase_add_checked_fixture(t, bench_setup, bench_teardown);
	tcase_add_loop_test(t, one_word_off, 0, NWORDS);
	tcase_add_loop_test(t, one_word_on, 0, NWORDS);
	tcase_add_loop_test(t, two_words_on, 0, COUNT(forms));
	tcase_add_loop_test(t, other_dialects_off, 0, COUNT(others));
	tcase_add_test(t, half_a_message_is_refused);
	tcase_add_test(t, later_messages);
	tcase_add_test(t, a_protocol_in_theader);
	tcase_add_test(t, a_protocol_in_http);
	tcase_add_test(t, nothing_without_tls);
	tcase_add_loop_test(t, an_alert_for_tls, 0, 3);
	tcase_add_test(t, an_alert_behind_replies);
	tcase_add_loop_test(t, those_who_want_something_else, 0,
	    COUNT(strangers));
	tcase_add_test(t, those_who_say_nothing);
	return unit_main(s);
}
