/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker and THeader frames that are compressed, or that are not what they
 * say: those cost their sender an error that it can read, and nothing else.
 */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	bench_limits.zlib_replies = true;
	bench_start();
}

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
	headed_expect_service(fd);
	close(fd);
}
END_TEST

static void
setup_wary(void)
{
	bench_setup();
	bench_start();
}

/* Unless told to, none that harms who asks: zstd alone comes back. */
START_TEST(no_zlib_replies)
{
	struct bytes message = { 0 }, out = { 0 };
	struct message m;
	struct headed h;
	int fd = bench_unix();

	for (int i = 0; i < COUNT(ids); i++) {
		if (!transform_knows(ids[i]))
			continue;
		frame_ints(&message, "big", i, 100000, 0);
		transformed(&out, i, ids[i], message.p + 4, message.n - 4);
		message.n = 0;
		bytes_free(&message);
		peer_send_bytes(fd, &out);
		if (ids[i] == TRANSFORM_ZSTD) {
			expect_transformed(fd, i, ids[i], 100000);
			continue;
		}
		headed_expect(fd, &h, &m);
		ck_assert_uint_eq(m.text_len, 100000);
		message_free(&m);
		headed_free(&h);
	}
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
		headed_expect_service(fd);
	}
	free(zeros);
	close(fd);
}
END_TEST

/* Behind the length: an answer or the end, and nobody else is harmed. */
START_TEST(every_flipped_bit)
{
	struct bytes head = { 0 }, whole = { 0 };
	uint8_t answer[1000];

	head_begin(&head, 2);
	head_pair(&head, 1, "k", "v");
	head_pair(&head, 2, "l", "w");
	headed_ask(&whole, 9, &head, "k");
	for (size_t bit = 8 * 4; bit < 8 * whole.n; bit++) {
		int fd = bench_unix();

		whole.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		peer_send(fd, whole.p, whole.n);
		ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
		ck_assert_uint_lt(peer_take(fd, answer, sizeof(answer)),
		    sizeof(answer));
		whole.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		close(fd);
	}
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN),
	    bench_count(COUNTER_CALLS_ENDED));
	whole.n = 0;
	bytes_free(&whole);
}
END_TEST

enum { SMALL_FRAME = 20000, NOISE = 15000, REPLY_REST = 16 + 6 };

static void
setup_small(void)
{
	bench_setup();
	bench_limits.max_frame = SMALL_FRAME;
	bench_limits.zlib_replies = true;
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
	headed_expect_service(fd);
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

START_TEST(errors)
{
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
	headed_expect_service(fd);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 0);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN),
	    bench_count(COUNTER_CALLS_ENDED));
	close(fd);
}
END_TEST

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
	headed_expect_service(fd);
	whole.n = 0;
	bytes_free(&whole);
	close(fd);
}
END_TEST

static void
setup_tight(void)
{
	bench_setup();
	bench_limits.max_frame = MAX_FRAME;
	bench_limits.max_memory_per_call = 1 << 16;
	bench_start();
}

/* A frame may be larger than what a call may take of memory. */
START_TEST(a_name_that_is_too_long)
{
	struct bytes message = { 0 }, head = { 0 }, out = { 0 };
	char *name = malloc(MAX_FRAME / 2 + 1);
	int fd = bench_unix();

	memset(name, 'a', MAX_FRAME / 2);
	name[MAX_FRAME / 2] = '\0';
	frame_call(&message, name, 5);
	free(name);
	head_begin(&head, 2);
	headed_message(&out, 5, &head, &message);
	peer_send_bytes(fd, &out);
	headed_expect_error(fd, APP_PROTOCOL_ERROR, 5, "too long");
	headed_expect_service(fd);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("header_bad");
	TCase *t = unit_case(s, "header_bad");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_loop_test(t, transforms, 0, COUNT(ids));
	tcase_add_loop_test(t, bombs, 0, COUNT(ids));
	tcase_add_loop_test(t, errors, 0, COUNT(bad));
	tcase_add_test(t, unknown_infos);
	tcase_add_loop_test(t, no_header_at_all, 0, 2);
	tcase_add_test(t, every_truncation);
	tcase_add_test(t, every_flipped_bit);
	t = unit_case(s, "wary");
	tcase_add_checked_fixture(t, setup_wary, bench_teardown);
	tcase_add_test(t, no_zlib_replies);
	t = unit_case(s, "small frames");
	tcase_add_checked_fixture(t, setup_small, bench_teardown);
	tcase_add_test(t, a_reply_that_fits_only_as_it_is);
	t = unit_case(s, "header_tight");
	tcase_add_checked_fixture(t, setup_tight, bench_teardown);
	tcase_add_test(t, a_name_that_is_too_long);
	return unit_main(s);
}
