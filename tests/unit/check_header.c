/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker and THeader: replies in kind, headers both ways, deadlines.  What
 * is compressed, and what is bad, is in check_header_bad.c.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_headed.h"
#include "unit_worker.h"
#include "wire/app_error.h"

static void
setup(void)
{
	bench_setup();
	bench_start();
}

#define SMALL_FRAME	10000

static void
setup_small(void)
{
	bench_setup();
	bench_limits.max_frame = SMALL_FRAME;
	bench_start();
}

static void
exchange(int fd, unsigned proto, unsigned flags, const char *ask, size_t n,
    const char *answer, size_t answer_len)
{
	struct bytes head = { 0 }, out = { 0 };
	struct headed h;

	head_begin(&head, proto);
	headed_add(&out, -5, &head, ask, n);
	out.p[7] = (uint8_t)flags;
	peer_send_bytes(fd, &out);
	headed_read(fd, &h);
	ck_assert_uint_eq(h.proto, proto);
	ck_assert_int_eq(h.seqid, -5);
	ck_assert_uint_eq(h.flags, flags & 1);
	ck_assert_uint_eq(h.len, answer_len);
	ck_assert_mem_eq(h.payload, answer, answer_len);
	headed_free(&h);
}

#define EXCHANGE(fd, proto, flags, ask, answer)				\
	exchange(fd, proto, flags, ask, sizeof(ask) - 1, answer,	\
	    sizeof(answer) - 1)

/* Same protocol, same number; flags that say something about replies. */
START_TEST(in_kind)
{
	int fd = bench_tcp();

	EXCHANGE(fd, 0, 0, "\x80\1\0\1\0\0\0\4ping\0\0\0\7\0",
	    "\x80\1\0\2\0\0\0\4ping\0\0\0\7\0");
	EXCHANGE(fd, 0, 1, "\0\0\0\4ping\1\0\0\0\7\0",
	    "\x80\1\0\2\0\0\0\4ping\0\0\0\7\0");
	EXCHANGE(fd, 2, 9, "\x82\x21\7\4ping\0", "\x82\x41\7\4ping\0");
	EXCHANGE(fd, 1, 0, "[1,\"ping\",1,7,{}]", "[1,\"ping\",2,7,{}]");
	EXCHANGE(fd, 2, 0, "\x82\x21\7\11twin:ping\0",
	    "\x82\x41\7\4ping\0");
	close(fd);
}
END_TEST

/* As Apache's clients send it over their framed transport. */
START_TEST(in_a_frame)
{
	struct bytes head = { 0 }, in = { 0 }, out = { 0 };
	uint8_t length[4];
	struct headed h;
	int fd = bench_unix();

	for (int i = 0; i < 2; i++) {
		head_begin(&head, 2);
		headed_add(&in, 5, &head, "\x82\x21\5\4ping\0", 9);
		bytes_add(&out, (uint8_t[]){ 0, 0, 0, (uint8_t)in.n }, 4);
		bytes_add(&out, in.p, in.n);
		bytes_free(&in);
	}
	peer_send_bytes(fd, &out);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(peer_take(fd, length, 4), 4);
		headed_read(fd, &h);
		ck_assert_uint_eq(h.len, 9);
		ck_assert_mem_eq(h.payload, "\x82\x41\5\4ping\0", 9);
		ck_assert_mem_eq(length, "\0\0\0", 3);
		ck_assert_uint_eq(length[3], 4 + 10 + 4 + h.len);
		headed_free(&h);
	}
	headed_expect_service(fd);
	close(fd);
}
END_TEST

/* A plain client on the same port, and the same connection. */
START_TEST(among_others)
{
	struct bytes out = { 0 };
	int fd = bench_unix();

	frame_call(&out, "ping", 1);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	headed_expect_service(fd);
	frame_text(&out, "header", 2, "k", 1);
	frame_text(&out, "header", 3, "*", 1);
	peer_send_bytes(fd, &out);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 2);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 3);
	headed_expect_service(fd);
	close(fd);
}
END_TEST

START_TEST(headers)
{
	struct bytes head = { 0 }, out = { 0 };
	int fd = bench_unix();

	head_begin(&head, 2);
	head_pair(&head, 1, "a", "1");
	head_pair(&head, 1, "b", "");
	head_pair(&head, 1, "a", "2");
	headed_ask(&out, 1, &head, "a");
	head_begin(&head, 2);
	headed_ask(&out, 2, &head, "a");
	head_begin(&head, 2);
	head_pair(&head, 1, "a", "1");
	head_pair(&head, 1, "b", "");
	head_pair(&head, 1, "a", "2");
	headed_ask(&out, 3, &head, "*");
	head_begin(&head, 2);
	headed_ask(&out, 4, &head, "*");
	peer_send_bytes(fd, &out);
	headed_expect_text(fd, 1, "2", "asked=a,");
	headed_expect_error(fd, APP_INTERNAL_ERROR, 2, "none");
	headed_expect_text(fd, 3, "b=,a=2,", "asked=*,");
	headed_expect_text(fd, 4, "", "asked=*,");
	close(fd);
}
END_TEST

/* Said once, for all that comes; a message may say something else. */
START_TEST(persistent_headers)
{
	struct bytes head = { 0 }, out = { 0 };
	int fd = bench_unix(), other = bench_unix();

	head_begin(&head, 2);
	head_pair(&head, 2, "stays", "1");
	head_pair(&head, 2, "changes", "1");
	headed_ask(&out, 1, &head, "stays");
	head_begin(&head, 2);
	head_pair(&head, 2, "changes", "2");
	head_pair(&head, 1, "stays", "not now");
	headed_ask(&out, 2, &head, "stays");
	head_begin(&head, 2);
	head_pair(&head, 1, "mine", "3");
	headed_ask(&out, 3, &head, "*");
	peer_send_bytes(fd, &out);
	headed_expect_text(fd, 1, "1", "asked=stays,");
	headed_expect_text(fd, 2, "not now", "asked=stays,");
	headed_expect_text(fd, 3, "mine=3,stays=1,changes=2,", "asked=*,");
	head_begin(&head, 2);
	headed_ask(&out, 4, &head, "*");
	peer_send_bytes(other, &out);
	headed_expect_text(other, 4, "", "asked=*,");
	close(other);
	close(fd);
}
END_TEST

/* 300 for good are too many, but they are not what the 100 before them were. */
START_TEST(too_many_persistent_headers)
{
	struct bytes head = { 0 }, out = { 0 };
	int fd = bench_unix();
	char key[16];

	for (int i = 0; i < 3; i++) {
		head_begin(&head, 2);
		for (int k = 0; k < 100; k++) {
			snprintf(key, sizeof(key), "%d", 100 * i + k);
			head_pair(&head, 2, key, "v");
		}
		headed_ask(&out, i, &head, "42");
	}
	head_begin(&head, 2);
	headed_ask(&out, 3, &head, "199");
	head_begin(&head, 2);
	headed_ask(&out, 4, &head, "299");
	peer_send_bytes(fd, &out);
	headed_expect_text(fd, 0, "v", "asked=42,");
	headed_expect_text(fd, 1, "v", "asked=42,");
	headed_expect_error(fd, APP_PROTOCOL_ERROR, 2, "more persistent");
	headed_expect_text(fd, 3, "v", "asked=199,");
	headed_expect_error(fd, APP_INTERNAL_ERROR, 4, "none");
	ck_assert_uint_eq(bench_count(COUNTER_HEADER_ERRORS), 1);
	close(fd);
}
END_TEST

/* The largest that fits, and one more; the handler hears of it. */
START_TEST(large_headers_of_replies)
{
	static char text[70000];
	struct bytes head = { 0 }, out = { 0 };
	struct message m;
	struct headed h;
	int fd = bench_unix();

	memset(text, 'x', sizeof(text) - 1);
	text[0] = '=';
	text[65400] = '\0';
	head_begin(&head, 2);
	headed_ask(&out, 1, &head, text);
	text[65400] = 'x';
	head_begin(&head, 2);
	headed_ask(&out, 2, &head, text);
	peer_send_bytes(fd, &out);
	headed_expect(fd, &h, &m);
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_uint_eq(m.text_len, 65399);
	ck_assert_uint_ge(strlen(h.pairs), sizeof(h.pairs) - 1);
	message_free(&m);
	headed_free(&h);
	headed_expect_error(fd, APP_INTERNAL_ERROR, 2, "too much");
	headed_expect_service(fd);
	close(fd);
}
END_TEST

static void
ask_within(struct bytes *out, int32_t seqid, const char *ms, const char *text)
{
	struct bytes head = { 0 };

	head_begin(&head, 2);
	head_pair(&head, 1, "client_timeout", ms);
	headed_ask(out, seqid, &head, text);
}

/* A number of milliseconds; nothing else means anything. */
START_TEST(deadlines)
{
	static const char *const none[] = { "0", "", "-1", "1s", " 1",
	    "10000000000000" };
	struct bytes out = { 0 };
	struct message m;
	struct headed h;
	int fd = bench_unix();
	long left;

	for (int i = 0; i < COUNT(none); i++) {
		ask_within(&out, i, none[i], ":left");
		peer_send_bytes(fd, &out);
		headed_expect_text(fd, i, "none", "asked=:left,");
	}
	ask_within(&out, 9, "3600000", ":left");
	peer_send_bytes(fd, &out);
	headed_expect(fd, &h, &m);
	left = strtol(m.text, NULL, 10);
	ck_assert_int_le(left, 3600000);
	ck_assert_int_gt(left, 3500000);
	message_free(&m);
	headed_free(&h);
	close(fd);
}
END_TEST

/* What comes with a call that takes longer than its own client waits. */
START_TEST(calls_that_nobody_waits_for)
{
	struct bytes head = { 0 }, out = { 0 }, note = { 0 };
	uint64_t sent;
	int fd = bench_unix();

	frame_call(&out, "hold", 1);
	ask_within(&out, 2, "20", "client_timeout");
	frame_text(&note, "note", 3, "n", 1);
	head_begin(&head, 2);
	head_pair(&head, 1, "client_timeout", "20");
	headed_message(&out, 3, &head, &note);
	ask_within(&out, 4, "3600000", "client_timeout");
	sent = clock_ns();
	peer_send_bytes(fd, &out);
	bench_held();
	while (clock_ns() < sent + 21 * NS_PER_MS)
		;
	/* They were read before the handler began, and that before now. */
	for (sent = clock_ns(); clock_ns() < sent + 21 * NS_PER_MS; )
		;
	bench_release();
	peer_expect(fd, PEER_REPLY, "hold", 1);
	headed_expect_error(fd, APP_INTERNAL_ERROR, 2, "was not begun");
	headed_expect_text(fd, 4, "3600000", "asked=client_timeout,");
	ck_assert_int_eq(bench_note(), -1);
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_EXPIRED), 2);
	close(fd);
}
END_TEST

/* The answer, which is an exception; false: the end instead. */
static bool
is_refused(int fd)
{
	struct headed h;
	char one;

	ck_assert(peer_soon(fd, POLLIN, PEER_MS));
	if (recv(fd, &one, 1, MSG_PEEK) <= 0)
		return false;
	headed_read(fd, &h);
	ck_assert_uint_gt(h.len, SMALL_FRAME - 500);
	ck_assert_uint_eq(h.payload[1] >> 5, PEER_EXCEPTION);
	headed_free(&h);
	return true;
}

/*
 * The error repeats the name, and may be too large itself: then there is no
 * answer, and who waits for one is told by the end of the connection.
 */
START_TEST(no_room_for_the_error)
{
	static char name[SMALL_FRAME];
	int refused = 0, ended = 0;

	memset(name, 'n', sizeof(name) - 1);
	for (size_t cut = 400; cut > 30; cut -= 10) {
		struct bytes head = { 0 }, message = { 0 }, out = { 0 };
		int fd = bench_unix();

		if (_i == 1)
			frame_text(&out, "later", 0, "x", 1);
		frame_call(&message, name + cut, 1);
		head_begin(&head, 2);
		headed_message(&out, 1, &head, &message);
		frame_call(&out, "ping", 2);
		peer_send_bytes(fd, &out);
		if (_i == 1) {
			ck_assert_int_eq(bench_reply(bench_token(), "x"), 0);
			peer_expect(fd, PEER_REPLY, "later", 0);
		}
		if (is_refused(fd)) {
			refused++;
			peer_expect(fd, PEER_REPLY, "ping", 2);
		} else
			ended++;
		close(fd);
	}
	ck_assert_int_gt(refused, 0);
	ck_assert_int_gt(ended, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("header");
	TCase *t = unit_case(s, "header");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_test(t, in_kind);
	tcase_add_test(t, in_a_frame);
	tcase_add_test(t, among_others);
	tcase_add_test(t, headers);
	tcase_add_test(t, persistent_headers);
	tcase_add_test(t, too_many_persistent_headers);
	tcase_add_test(t, large_headers_of_replies);
	tcase_add_test(t, deadlines);
	tcase_add_test(t, calls_that_nobody_waits_for);
	t = unit_case(s, "small frames");
	tcase_add_checked_fixture(t, setup_small, bench_teardown);
	tcase_add_loop_test(t, no_room_for_the_error, 0, 2);
	return unit_main(s);
}
