/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker and the bytes it is sent: frames in any pieces and any number,
 * calls of every kind, and what is no frame, no message or no arguments.  Bad
 * bytes cost their sender an answer or the connection, and nobody else
 * anything.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_worker.h"
#include "wire/app_error.h"

static void
setup(void)
{
	bench_setup();
	bench_limits.max_frame = 1 << 20;
	bench_start();
}

/* It still serves, here and elsewhere. */
static void
expect_service(int fd)
{
	struct bytes out = { 0 };

	frame_call(&out, "ping", 4711);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 4711);
	bench_barrier();
}

START_TEST(results)
{
	struct bytes out = { 0 };
	struct message m;
	int fd = bench_tcp();

	frame_text(&out, "echo", 1, "a\0b", 3);
	frame_text(&out, "size", -2, "four", 4);
	frame_ints(&out, "divide", INT32_MAX, -84, 2);
	peer_send_bytes(fd, &out);
	ck_assert(peer_read(fd, &m));
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_int_eq(m.text_id, 0);
	ck_assert_uint_eq(m.text_len, 3);
	ck_assert_int_eq(memcmp(m.text, "a\0b", 3), 0);
	message_free(&m);
	ck_assert(peer_read(fd, &m));
	ck_assert_int_eq(m.seqid, -2);
	ck_assert_int_eq(m.number_id, 0);
	ck_assert_int_eq(m.number, 4);
	ck_assert(peer_read(fd, &m));
	ck_assert_int_eq(m.seqid, INT32_MAX);
	ck_assert_int_eq(m.number, -42);
	close(fd);
}
END_TEST

START_TEST(failures)
{
	struct bytes out = { 0 };
	struct message m;
	int fd = bench_unix();

	frame_ints(&out, "divide", 1, 1, 0);
	frame_ints(&out, "divide", 2, 1, -1);
	frame_call(&out, "mute", 3);
	frame_call(&out, "absent", 4);
	frame_call(&out, "nonesuch", 5);
	frame_call(&out, "", 6);
	peer_send_bytes(fd, &out);
	ck_assert(peer_read(fd, &m));
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_int_eq(m.number_id, -1);
	ck_assert_str_eq(m.text, "by zero");
	message_free(&m);
	ck_assert(peer_read(fd, &m));
	ck_assert_int_eq(m.type, PEER_EXCEPTION);
	ck_assert_str_eq(m.text, "by -1");
	ck_assert_int_eq(m.number, APP_INTERNAL_ERROR);
	message_free(&m);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 3);
	peer_expect_error(fd, APP_UNKNOWN_METHOD, 4);
	peer_expect_error(fd, APP_UNKNOWN_METHOD, 5);
	peer_expect_error(fd, APP_UNKNOWN_METHOD, 6);
	expect_service(fd);
	ck_assert_uint_eq(bench_count(COUNTER_UNKNOWN_METHODS), 3);
	close(fd);
}
END_TEST

static void
expect_unknown(int fd, int32_t seqid, const char *name, const char *text)
{
	struct message m;

	ck_assert(peer_read(fd, &m));
	ck_assert_int_eq(m.type, PEER_EXCEPTION);
	ck_assert_int_eq(m.number, APP_UNKNOWN_METHOD);
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_str_eq(m.name, name);
	ck_assert_str_eq(m.text, text);
	message_free(&m);
}

/* "service:method": the reply has the method's name alone. */
START_TEST(named_services)
{
	struct bytes out = { 0 };
	struct message m;
	int fd = bench_tcp();

	frame_text(&out, "twin:echo", 1, "a", 1);
	frame_text(&out, "echo", 2, "b", 1);
	frame_ints(&out, "twin:divide", 3, 1, 0);
	frame_text(&out, "twin:note", 4, "n", 1);
	frame_call(&out, "twin:nonesuch", 5);
	frame_call(&out, "other:ping", 6);
	frame_call(&out, "ping:ping", 7);
	frame_call(&out, ":ping", 8);
	frame_call(&out, "twin:", 9);
	frame_call(&out, ":", 10);
	frame_call(&out, "twin:twin:ping", 11);
	frame_call(&out, "twi:ping", 12);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "echo", 1);
	peer_expect(fd, PEER_REPLY, "echo", 2);
	ck_assert(peer_read(fd, &m));
	ck_assert_str_eq(m.name, "divide");
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_str_eq(m.text, "by zero");
	message_free(&m);
	expect_unknown(fd, 5, "nonesuch",
	    "service 'twin' has no method 'nonesuch'");
	expect_unknown(fd, 6, "ping",
	    "unknown service 'other', of method 'ping'");
	expect_unknown(fd, 7, "ping",
	    "unknown service 'ping', of method 'ping'");
	expect_unknown(fd, 8, "ping", "unknown service '', of method 'ping'");
	expect_unknown(fd, 9, "", "service 'twin' has no method ''");
	expect_unknown(fd, 10, "", "unknown service '', of method ''");
	expect_unknown(fd, 11, "twin:ping",
	    "service 'twin' has no method 'twin:ping'");
	expect_unknown(fd, 12, "ping",
	    "unknown service 'twi', of method 'ping'");
	ck_assert_int_eq(bench_note(), 'n');
	expect_service(fd);
	close(fd);
}
END_TEST

/* Sends JSON, in a frame or not, and reads the answer that must come. */
static void
ask_json(int fd, bool framed, const char *text, const char *want)
{
	uint8_t head[4] = { 0, 0, (uint8_t)(strlen(text) >> 8),
	    (uint8_t)strlen(text) };
	size_t skip = framed && *want != '\0' ? 4 : 0, n = strlen(want) + skip;
	char got[1000];

	if (framed)
		peer_send(fd, head, sizeof(head));
	peer_send(fd, text, strlen(text));
	memset(got, 0, sizeof(got));
	for (size_t i = 0; i < n; i++) {
		peer_wait(fd, POLLIN, PEER_MS);
		ck_assert_int_eq(read(fd, got + i, 1), 1);
	}
	ck_assert_str_eq(got + skip, want);
	if (skip > 0)
		ck_assert_int_eq((uint8_t)got[2] << 8 | (uint8_t)got[3],
		    (int)strlen(want));
}

/* Why it is none is said by the reader, in memory of the call's. */
START_TEST(json_that_is_no_call)
{
	static const char head[] = "\0\0\0\15[1,\"pi\\u1ng\",";
	int fd = bench_unix();

	peer_send(fd, head, sizeof(head) - 1);
	peer_end(fd);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 1);
}
END_TEST

START_TEST(json)
{
	int fd = bench_tcp();
	bool framed = _i == 1;

	ask_json(fd, framed, "[1,\"ping\",1,0,{}]", "[1,\"ping\",2,0,{}]");
	ask_json(fd, framed, "[1,\"twin:echo\",1,-2147483648,"
	    "{\"1\":{\"str\":\"]\\\"\\u00e9\\/\"}}]",
	    "[1,\"echo\",2,-2147483648,{\"0\":{\"str\":\"]\\\"\303\251/\"}}]");
	ask_json(fd, framed, "[1,\"divide\",1,7,{\"1\":{\"i32\":1},"
	    "\"2\":{\"i32\":0}}]", "[1,\"divide\",2,7,{\"1\":{\"rec\":"
	    "{\"1\":{\"str\":\"by zero\"}}}}]");
	ask_json(fd, framed, "[1,\"divide\",1,8,{\"1\":{\"i32\":1},"
	    "\"2\":{\"i32\":-1}}]", "[1,\"divide\",3,8,{\"1\":{\"str\":"
	    "\"by -1\"},\"2\":{\"i32\":6}}]");
	ask_json(fd, framed, "[1,\"no\\u0001ne\",1,9,{}]",
	    "[1,\"no\\u0001ne\",3,9,{\"1\":{\"str\":"
	    "\"unknown method 'no\\u0001ne'\"},\"2\":{\"i32\":1}}]");
	ask_json(fd, framed, "[1,\"note\",4,10,{\"1\":{\"str\":\"j\"}}]", "");
	ask_json(fd, framed, "[1,\"note\",1,11,{\"1\":{\"str\":\"k\"}}]", "");
	/* Arguments that cannot be read harm nobody after them. */
	ask_json(fd, framed, "[1,\"divide\",1,12,{\"1\":{\"i32\":1.5}}]",
	    "[1,\"divide\",3,12,{\"1\":{\"str\":\"divide: the arguments "
	    "cannot be read: offset 13: expected '}'\"},\"2\":{\"i32\":7}}]");
	ask_json(fd, framed, "[1,\"ping\",1,13,{},14]",
	    "[1,\"ping\",3,13,{\"1\":{\"str\":\"ping: the arguments cannot "
	    "be read: offset 0: expected ']'\"},\"2\":{\"i32\":7}}]");
	ck_assert_int_eq(bench_note(), 'j');
	ck_assert_int_eq(bench_note(), 'k');
	expect_service(fd);
	close(fd);
}
END_TEST

/* No message, or no call: the connection ends. */
START_TEST(what_is_no_json)
{
	static const char *const bad[] = { "[}", "[1,\"ping\",2,0,{}]",
	    "[1,\"ping\",1,0]", "[2,\"ping\",1,0,{}]", "[]", "[x",
	    "[1,ping,1,0,{}]", "[1,\"ping\",1,99999999999,{}]" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = bench_tcp();

		peer_send(fd, bad[i], strlen(bad[i]));
		peer_expect_end(fd);
		close(fd);
	}
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS),
	    sizeof(bad) / sizeof(bad[0]));
}
END_TEST

START_TEST(byte_by_byte)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();

	frame_text(&out, "echo", 1, "hello", 5);
	frame_ints(&out, "divide", 2, 6, 3);
	for (size_t i = 0; i < out.n; i++) {
		peer_send(fd, out.p + i, 1);
		bench_barrier();
	}
	bytes_free(&out);
	peer_expect(fd, PEER_REPLY, "echo", 1);
	peer_expect(fd, PEER_REPLY, "divide", 2);
	close(fd);
}
END_TEST

/* Three frames in two pieces, cut at every place there is. */
START_TEST(split_at_every_position)
{
	struct bytes out = { 0 };
	int fd = bench_unix();

	frame_text(&out, "echo", 1, "hello", 5);
	frame_call(&out, "ping", 2);
	frame_text(&out, "size", 3, "x", 1);
	for (size_t i = 0; i <= out.n; i++) {
		peer_send(fd, out.p, i);
		bench_barrier();
		peer_send(fd, out.p + i, out.n - i);
		peer_expect(fd, PEER_REPLY, "echo", 1);
		peer_expect(fd, PEER_REPLY, "ping", 2);
		peer_expect(fd, PEER_REPLY, "size", 3);
	}
	bytes_free(&out);
	close(fd);
}
END_TEST

START_TEST(a_hundred_calls_in_one_write)
{
	struct bytes out = { 0 };
	struct message m;
	char text[32];
	int fd = bench_tcp();

	for (int i = 0; i < 100; i++) {
		memset(text, 'a' + i % 26, sizeof(text));
		frame_text(&out, "echo", i, text, (size_t)i % 32);
	}
	peer_send_bytes(fd, &out);
	for (int i = 0; i < 100; i++) {
		ck_assert(peer_read(fd, &m));
		ck_assert_int_eq(m.seqid, i);
		ck_assert_uint_eq(m.text_len, (size_t)i % 32);
		if (m.text_len > 0)
			ck_assert_int_eq(m.text[m.text_len - 1], 'a' + i % 26);
		message_free(&m);
	}
	close(fd);
}
END_TEST

/* Frames of many sizes around those of the buffers, all in flight. */
START_TEST(frames_of_all_sizes)
{
	static char text[200000];
	static const size_t sizes[] = { 4000, 4096, 65500, 65518, 65519, 65520,
	    65521, 65522, 65523, 65536, 3, 131072, 199999, 1, 70000 };
	const int n = COUNT(sizes);
	struct message m;
	int fd = bench_unix();

	for (int i = 0; i < n; i++) {
		struct bytes out = { 0 };

		frame_text(&out, "size", i, text, sizes[i]);
		peer_send_bytes(fd, &out);
	}
	for (int i = 0; i < n; i++) {
		ck_assert(peer_read(fd, &m));
		ck_assert_int_eq(m.seqid, i);
		ck_assert_int_eq(m.number, (int32_t)sizes[i]);
	}
	close(fd);
}
END_TEST

static void
large_frame(size_t bytes)
{
	char *text = calloc(1, bytes);
	struct bytes out = { 0 };
	int fd = bench_unix();

	frame_text(&out, "size", 1, text, bytes);
	bench_send_pieces(fd, &out, 1000);
	peer_expect(fd, PEER_REPLY, "size", 1);
	bytes_free(&out);
	free(text);
	close(fd);
}

START_TEST(a_large_frame_in_small_pieces_is_linear)
{
	bench_linear(large_frame, 1000000);
}
END_TEST

START_TEST(max_frame_is_exact)
{
	const size_t max = 1 << 20, head = 2 + 1 + 1 + 4 + 1 + 3 + 1;
	char *text = calloc(1, max);
	struct bytes out = { 0 };
	int fd = bench_unix();

	frame_text(&out, "size", 1, text, max - head);
	ck_assert_uint_eq(out.n, max + 4);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "size", 1);
	frame_text(&out, "size", 2, text, max - head + 1);
	peer_send(fd, out.p, 4);
	peer_expect_end(fd);
	ck_assert_uint_eq(bench_count(COUNTER_FRAMES_TOO_LARGE), 1);
	bytes_free(&out);
	free(text);
	close(fd);
}
END_TEST

static const struct garbage {
	const char	*bytes;
	size_t		 n;
} garbage[] = {
	{ "\0\0\0\0", 4 },			/* an empty frame */
	{ "\377\377\377\377", 4 },		/* -1 */
	{ "\200\0\0\0", 4 },
	{ "\177\377\377\377", 4 },		/* 2^31 - 1 */
	{ "\0\020\0\1", 4 },			/* max + 1 */
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24 },
	{ "\0\0\0\1\202", 5 },			/* a header cut short */
	{ "\0\0\0\2\202\41", 6 },
	{ "\0\0\0\5\202\41\1\7a", 9 },		/* a name longer than that */
	{ "\0\0\0\6\202\41\1\377\377\377", 10 },
	{ "\0\0\0\6\202\42\1\1a\0", 10 },	/* version 2 */
	{ "\0\0\0\4quux", 8 },
	{ "\0\0\0\1\0", 5 },
	{ "\0\0\0\4\200\1\0\1", 8 },		/* binary, cut short */
};

START_TEST(garbage_is_closed)
{
	struct bytes out = { 0 };
	int fd = bench_unix(), sibling = bench_tcp(), late;

	expect_service(sibling);
	frame_call(&out, "ping", 1);
	bytes_add(&out, garbage[_i].bytes, garbage[_i].n);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	peer_expect_end(fd);
	expect_service(sibling);
	late = bench_unix();
	expect_service(late);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS) +
	    bench_count(COUNTER_FRAMES_TOO_LARGE), 1);
	close(fd);
	close(sibling);
	close(late);
}
END_TEST

START_TEST(message_types_that_are_no_call)
{
	static const int types[] = { 0, PEER_REPLY, PEER_EXCEPTION, 5, 7 };
	struct bytes out = { 0 }, body = { 0 };
	int fd = bench_unix(), sibling = bench_unix();

	bytes_add(&body, "", 1);
	frame_message(&out, types[_i], "ping", 1, &body);
	frame_call(&out, "ping", 2);
	bytes_free(&body);
	peer_send_bytes(fd, &out);
	peer_expect_end(fd);
	expect_service(sibling);
	close(fd);
	close(sibling);
}
END_TEST

static const struct garbage bad_args[] = {
	{ "", 0 },				/* no end */
	{ "\30\5ab\0", 5 },			/* longer than the frame */
	{ "\30\377\377\377\377\7\0", 7 },	/* 2 GB */
	{ "\30\377\377\377\377\377\377\377\377\377\1\0", 12 },
	{ "\30\1a", 3 },			/* no end */
	{ "\37\1a\0", 4 },			/* a type that is none */
	{ "\31\365\377\377\377\7\0", 7 },	/* an endless unknown list */
	{ "\34\34\34\34", 4 },
};

START_TEST(bad_arguments_are_answered)
{
	const struct garbage *g = &bad_args[_i];
	struct bytes out = { 0 },
	    body = { .p = (uint8_t *)(uintptr_t)g->bytes, .n = g->n };
	int fd = bench_unix();

	frame_message(&out, PEER_CALL, "echo", 7, &body);
	frame_text(&out, "size", 8, "next", 4);
	peer_send_bytes(fd, &out);
	peer_expect_error(fd, APP_PROTOCOL_ERROR, 7);
	peer_expect(fd, PEER_REPLY, "size", 8);
	ck_assert_uint_eq(bench_count(COUNTER_ARGUMENT_ERRORS), 1);
	close(fd);
}
END_TEST

START_TEST(arguments_nested_too_deep)
{
	struct bytes out = { 0 }, body = { 0 };
	int fd = bench_unix();

	for (int i = 0; i < 50000; i++)
		bytes_add(&body, "\34", 1);
	for (int i = 0; i < 50001; i++)
		bytes_add(&body, "", 1);
	frame_message(&out, PEER_CALL, "echo", 7, &body);
	bytes_free(&body);
	peer_send_bytes(fd, &out);
	peer_expect_error(fd, APP_PROTOCOL_ERROR, 7);
	expect_service(fd);
	close(fd);
}
END_TEST

/* Whichever side says so, nothing is answered, good or bad. */
START_TEST(oneway_is_never_answered)
{
	struct bytes out = { 0 }, body = { 0 }, bad = { 0 };
	int fd = bench_unix();

	frame_text(&out, "note", 1, "a", 1);
	bytes_text(&body, 1, "b", 1);
	bytes_add(&body, "", 1);
	frame_message(&out, PEER_ONEWAY, "note", 2, &body);
	frame_message(&out, PEER_ONEWAY, "echo", 3, &body);
	frame_message(&out, PEER_ONEWAY, "nonesuch", 4, &body);
	bytes_add(&bad, "\30\7", 2);
	frame_message(&out, PEER_CALL, "note", 5, &bad);
	frame_message(&out, PEER_ONEWAY, "echo", 6, &bad);
	frame_call(&out, "ping", 7);
	bytes_free(&body);
	bytes_free(&bad);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 7);
	ck_assert_int_eq(bench_note(), 'a');
	ck_assert_int_eq(bench_note(), 'b');
	ck_assert_int_eq(bench_note(), -1);
	close(fd);
}
END_TEST

START_TEST(half_close_gets_all_replies)
{
	struct bytes out = { 0 };
	int fd = _i == 0 ? bench_unix() : bench_tcp();

	for (int i = 0; i < 20; i++)
		frame_ints(&out, "big", i, 50000, 0);
	bytes_add(&out, "\0\0\1", 3);	/* and a frame that never comes */
	peer_send_bytes(fd, &out);
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 20; i++)
		peer_expect(fd, PEER_REPLY, "big", i);
	peer_end(fd);
}
END_TEST

/* Clients that leave in the middle of things, in every order. */
START_TEST(clients_that_leave)
{
	const uint64_t deadline = clock_ns() + PEER_MS * NS_PER_MS;
	struct bytes out = { 0 }, big = { 0 };

	frame_text(&out, "echo", 1, "hello", 5);
	for (size_t i = 0; i <= out.n; i++) {
		int fd = i % 2 == 0 ? bench_tcp() : bench_unix();

		peer_send(fd, out.p, i);
		if (i % 3 == 0)
			bench_barrier();
		close(fd);
	}
	for (int i = 0; i < 20; i++)
		frame_ints(&big, "big", 1, 500000, 0);
	for (int i = 0; i < 4; i++) {
		int fd = i % 2 == 0 ? bench_tcp() : bench_unix();

		peer_send(fd, big.p, big.n);
		if (i < 2)
			bench_barrier();
		close(fd);
	}
	bytes_free(&out);
	bytes_free(&big);
	/* The reset of the last ones may still be on its way. */
	while (bench_count(COUNTER_CONNECTIONS_ACCEPTED) -
	    bench_count(COUNTER_CONNECTIONS_CLOSED) != 1) {
		ck_assert_uint_lt(clock_ns(), deadline);
		bench_barrier();
	}
	ck_assert_uint_eq(bench_count(COUNTER_SEND_BACKLOG), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("worker");
	TCase *t = unit_case(s, "worker");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_test(t, results);
	tcase_add_test(t, failures);
	tcase_add_test(t, named_services);
	tcase_add_test(t, json_that_is_no_call);
	tcase_add_loop_test(t, json, 0, 2);
	tcase_add_test(t, what_is_no_json);
	tcase_add_test(t, byte_by_byte);
	tcase_add_test(t, split_at_every_position);
	tcase_add_test(t, a_hundred_calls_in_one_write);
	tcase_add_test(t, frames_of_all_sizes);
	tcase_add_test(t, a_large_frame_in_small_pieces_is_linear);
	tcase_add_test(t, max_frame_is_exact);
	tcase_add_loop_test(t, garbage_is_closed, 0, COUNT(garbage));
	tcase_add_loop_test(t, message_types_that_are_no_call, 0, 5);
	tcase_add_loop_test(t, bad_arguments_are_answered, 0, COUNT(bad_args));
	tcase_add_test(t, arguments_nested_too_deep);
	tcase_add_test(t, oneway_is_never_answered);
	tcase_add_loop_test(t, half_close_gets_all_replies, 0, 2);
	tcase_add_test(t, clients_that_leave);
	return unit_main(s);
}
