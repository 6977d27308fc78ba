/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker and THeader: replies in kind, headers both ways, deadlines; and
 * frames that are not what they say, which cost their sender an error that it
 * can read, and nothing else.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "lib/unit.h"
#include "unit_headed.h"
#include "unit_worker.h"
#include "wire/app_error.h"
#include "wire/transform.h"

enum { MAX_FRAME = 1 << 20 };

static void
setup(void)
{
	bench_setup();
	bench_limits.max_frame = MAX_FRAME;
	bench_start();
}

/* Still in step, and still told what it was. */
static void
expect_service(int fd)
{
	struct bytes head = { 0 }, out = { 0 };

	head_begin(&head, 2);
	head_pair(&head, 1, "k", "v");
	headed_ask(&out, 4711, &head, "k");
	peer_send_bytes(fd, &out);
	headed_expect_text(fd, 4711, "v", "asked=k,");
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

/* A plain client on the same port, and the same connection. */
START_TEST(among_others)
{
	struct bytes out = { 0 };
	int fd = bench_unix();

	frame_call(&out, "ping", 1);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	expect_service(fd);
	frame_text(&out, "header", 2, "k", 1);
	frame_text(&out, "header", 3, "*", 1);
	peer_send_bytes(fd, &out);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 2);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 3);
	expect_service(fd);
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
	char key[8];

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
	expect_service(fd);
	close(fd);
}
END_TEST

/* Of what the transform makes of a payload. */
static void
add_transformed(struct bytes *out, int32_t seqid, struct bytes *head,
    uint32_t id, const void *p, size_t len)
{
	struct transform *t = transform_new();
	struct transform_bytes bytes = { p, len };
	const char *why;

	if (transform_knows(id))
		ck_assert_int_eq(transform_apply(t, &id, 1, &bytes, 64 << 20,
		    &why), TRANSFORM_DONE);
	headed_add(out, seqid, head, bytes.p, bytes.len);
	transform_free(t);
}

static void
transformed(struct bytes *out, int32_t seqid, uint32_t id, const void *p,
    size_t len)
{
	struct bytes head = { 0 };

	head_begin_transformed(&head, 2, id);
	add_transformed(out, seqid, &head, id, p, len);
}

static void
expect_transformed(int fd, int32_t seqid, uint32_t id, size_t len)
{
	struct transform *t = transform_new();
	struct transform_bytes bytes;
	struct message m;
	struct headed h;
	const char *why;

	headed_read(fd, &h);
	ck_assert_uint_eq(h.ntransforms, 1);
	ck_assert_uint_eq(h.transform, id);
	bytes = (struct transform_bytes){ h.payload, h.len };
	ck_assert_int_eq(transform_undo(t, &id, 1, &bytes, 64 << 20, &why),
	    TRANSFORM_DONE);
	message_parse(&m, bytes.p, bytes.p + bytes.len);
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_uint_eq(m.text_len, len);
	message_free(&m);
	headed_free(&h);
	transform_free(t);
}

static const uint32_t ids[] = { TRANSFORM_ZLIB, TRANSFORM_ZSTD };

START_TEST(transforms)
{
	struct bytes message = { 0 }, out = { 0 };
	int fd = bench_unix();

	if (!transform_knows(ids[_i]))
		return;
	for (int i = 1; i < 4; i++) {
		frame_ints(&message, "big", i, i * 100000, 0);
		transformed(&out, i, ids[_i], message.p + 4, message.n - 4);
		message.n = 0;
		bytes_free(&message);
	}
	peer_send_bytes(fd, &out);
	for (int i = 1; i < 4; i++)
		expect_transformed(fd, i, ids[_i], (size_t)i * 100000);
	expect_service(fd);
	close(fd);
}
END_TEST

/* Small on the wire, and larger than a message may be. */
START_TEST(bombs)
{
	uint8_t *zeros = calloc(1, 4 * MAX_FRAME);
	struct bytes out = { 0 };
	int fd = bench_unix();

	if (transform_knows(ids[_i])) {
		transformed(&out, 1, ids[_i], zeros, 4 * MAX_FRAME);
		ck_assert_uint_lt(out.n, 10000);
		peer_send_bytes(fd, &out);
		headed_expect_error(fd, APP_INVALID_TRANSFORM, 1, "too large");
		expect_service(fd);
	}
	free(zeros);
	close(fd);
}
END_TEST

enum { SMALL_FRAME = 20000, NOISE = 15000, REPLY_REST = 16 + 6 };

static void
setup_small(void)
{
	bench_setup();
	bench_limits.max_frame = SMALL_FRAME;
	bench_start();
}

static void
add_noise(struct bytes *head, unsigned kind, const char *key, size_t n)
{
	static char text[NOISE + 1];
	static uint32_t x = 1;

	for (size_t i = 0; i < n; i++)
		do
			x = x * 1664525 + 1013904223;
		while ((text[i] = (char)(x >> 24)) == '\0');
	text[n] = '\0';
	head_pair(head, kind, key, text);
}

/*
 * Noise that comes in two frames, and back in one of the largest size: as
 * it is, for zlib makes noise longer.
 */
START_TEST(a_reply_that_fits_only_as_it_is)
{
	struct bytes head = { 0 }, ask = { 0 }, out = { 0 };
	struct message m;
	struct headed h;
	int fd = bench_unix();

	head_begin(&head, 2);
	add_noise(&head, 2, "b", NOISE);
	headed_ask(&out, 1, &head, "*");
	peer_send_bytes(fd, &out);
	headed_expect(fd, &h, &m);
	message_free(&m);
	headed_free(&h);
	head_begin_transformed(&head, 2, TRANSFORM_ZLIB);
	add_noise(&head, 1, "a", SMALL_FRAME - NOISE - REPLY_REST);
	frame_text(&ask, "header", 2, "*", 1);
	add_transformed(&out, 2, &head, TRANSFORM_ZLIB, ask.p + 4, ask.n - 4);
	bytes_free(&ask);
	peer_send_bytes(fd, &out);
	headed_expect(fd, &h, &m);
	if (transform_knows(TRANSFORM_ZLIB)) {
		ck_assert_int_eq(m.type, PEER_REPLY);
		ck_assert_uint_eq(h.len, SMALL_FRAME);
	} else
		ck_assert_int_eq(m.number, APP_INVALID_TRANSFORM);
	ck_assert_str_eq(h.pairs, "");
	message_free(&m);
	headed_free(&h);
	expect_service(fd);
	close(fd);
}
END_TEST

struct bad {
	const char	*head;
	size_t		 head_len;
	const char	*payload;
	int		 error;
	const char	*part;
};

#define H(lit)	lit, sizeof(lit) - 1
#define PING	"\x82\x21\7\4ping"	/* and a NUL */

START_TEST(errors)
{
	static const struct bad bad[] = {
		{ H("\3\0\0"), PING, APP_INVALID_PROTOCOL, "protocol" },
		{ H("\xff\xff\xff\xff\x0f\0\0"), PING,
		    APP_INVALID_PROTOCOL, "protocol" },
		{ H("\2\1\2"), PING, APP_INVALID_TRANSFORM, "transform" },
		{ H("\2\2\1\6"), PING, APP_INVALID_TRANSFORM, "transform" },
		{ H("\2\5\0\0\0\0\0"), PING, APP_PROTOCOL_ERROR, "too many" },
		{ H("\2\0\1\x80"), PING, APP_PROTOCOL_ERROR,
		    "varint" },
		{ H("\2\0\1\1\1k\x7fv"), PING, APP_PROTOCOL_ERROR,
		    "past the header" },
		{ H("\2\0\1\xff\xff\3\0"), PING, APP_PROTOCOL_ERROR,
		    "more pairs" },
		{ H("\2\0"), "\x82\x41\7\4ping", APP_INVALID_MESSAGE_TYPE,
		    "no call" },
		{ H("\2\0"), "[1,\"ping\",1,7,{}]", APP_PROTOCOL_ERROR,
		    "compact" },
		{ H("\0\0"), PING, APP_PROTOCOL_ERROR, "" },
		{ H("\1\0"), PING, APP_PROTOCOL_ERROR, "" },
		{ H("\2\1\1"), PING, APP_INVALID_TRANSFORM, "" },
		{ H("\2\0"), "", APP_PROTOCOL_ERROR, "" },
	};
	const struct bad *b = &bad[_i];
	struct bytes head = { 0 }, out = { 0 };
	struct headed h;
	int fd = bench_tcp();

	bytes_add(&head, b->head, b->head_len);
	headed_add(&out, 77, &head, b->payload, strlen(b->payload) + 1);
	peer_send_bytes(fd, &out);
	if (b->head[0] < 2 && b->error == APP_PROTOCOL_ERROR) {
		/* In the protocol that the client has said it speaks. */
		headed_read(fd, &h);
		ck_assert_uint_eq(h.proto, (unsigned)b->head[0]);
		ck_assert_int_eq(h.seqid, 77);
		headed_free(&h);
	} else
		headed_expect_error(fd, b->error, 77, b->part);
	expect_service(fd);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 0);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN),
	    bench_count(COUNTER_CALLS_ENDED));
	close(fd);
}
END_TEST
#define NBAD 14

/* An info of an unknown kind has no length: what follows is not looked at. */
START_TEST(unknown_infos)
{
	struct bytes head = { 0 }, out = { 0 };
	int fd = bench_tcp();

	head_begin(&head, 2);
	head_pair(&head, 1, "a", "1");
	head_pair(&head, 3, "b", "2");
	head_pair(&head, 1, "c", "3");
	headed_ask(&out, 1, &head, "*");
	peer_send_bytes(fd, &out);
	headed_expect_text(fd, 1, "a=1,", "asked=*,");
	close(fd);
}
END_TEST

/* Too short for what its first bytes say that it is. */
START_TEST(no_header_at_all)
{
	static const uint8_t frames[][15] = {
		{ 0, 0, 0, 2, 0x0f, 0xff },
		{ 0, 0, 0, 9, 0x0f, 0xff, 0, 0, 0, 0, 0, 1, 0 },
	};
	int fd = bench_tcp();

	peer_send(fd, frames[_i], 4u + frames[_i][3]);
	peer_end(fd);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 1);
	bench_barrier();
}
END_TEST

/* In a frame that is as long as what is left: an answer, and in step. */
START_TEST(every_truncation)
{
	struct bytes head = { 0 }, whole = { 0 };
	struct message m;
	struct headed h;
	int fd = bench_unix();

	head_begin(&head, 2);
	head_pair(&head, 1, "k", "v");
	headed_ask(&whole, 9, &head, "k");
	for (size_t n = 10; n < whole.n - 4; n++) {
		whole.p[3] = (uint8_t)n;
		peer_send(fd, whole.p, 4 + n);
		headed_expect(fd, &h, &m);
		ck_assert_int_eq(m.type, PEER_EXCEPTION);
		ck_assert_int_eq(m.number, APP_PROTOCOL_ERROR);
		ck_assert_int_eq(m.seqid, 9);
		message_free(&m);
		headed_free(&h);
	}
	expect_service(fd);
	whole.n = 0;
	bytes_free(&whole);
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

int
main(void)
{
	Suite *s = suite_create("header");
	TCase *t = unit_case(s, "header");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_test(t, in_kind);
	tcase_add_test(t, among_others);
	tcase_add_test(t, headers);
	tcase_add_test(t, persistent_headers);
	tcase_add_test(t, too_many_persistent_headers);
	tcase_add_test(t, large_headers_of_replies);
	tcase_add_loop_test(t, transforms, 0, COUNT(ids));
	tcase_add_loop_test(t, bombs, 0, COUNT(ids));
	tcase_add_loop_test(t, errors, 0, NBAD);
	tcase_add_test(t, unknown_infos);
	tcase_add_loop_test(t, no_header_at_all, 0, 2);
	tcase_add_test(t, every_truncation);
	tcase_add_test(t, deadlines);
	tcase_add_test(t, calls_that_nobody_waits_for);
	t = unit_case(s, "small frames");
	tcase_add_checked_fixture(t, setup_small, bench_teardown);
	tcase_add_test(t, a_reply_that_fits_only_as_it_is);
	return unit_main(s);
}
