/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client and THeader: what it says, in every protocol, and what it takes
 * for an answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit.h"
#include "serve/call.h"
#include "unit_client.h"
#include "unit_headed.h"
#include "unit_service.h"
#include "wire/app_error.h"
#include "wire/transform.h"

static void
speak_header(void)
{
	ck_assert_int_eq(tf_client_set(c, "framing", "header"), 0);
}

static void
assert_size(void)
{
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
}

/* The next request, in compact protocol, with these headers. */
static void
asked(int fd, int32_t seqid, const char *pairs)
{
	struct headed h;
	struct message m;

	headed_expect(fd, &h, &m);
	ck_assert_str_eq(m.name, "size");
	ck_assert_int_eq(m.type, PEER_CALL);
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_str_eq(m.text, "four");
	ck_assert_str_eq(h.pairs, pairs);
	message_free(&m);
	headed_free(&h);
}

static void
answer(int fd, int32_t seqid, struct bytes *head)
{
	struct bytes message = { 0 }, out = { 0 };

	scene_add(&message, PEER_REPLY, "size", seqid, FOUR);
	headed_message(&out, seqid, head, &message);
	peer_send_bytes(fd, &out);
}

static void
answer_four(int fd, int32_t seqid)
{
	struct bytes head = { 0 };

	head_begin(&head, 2);
	answer(fd, seqid, &head);
}

static void
hears_headers(void)
{
	static const char *const pairs[] = { "client_timeout=5000,",
	    "a=1,client_timeout=5000,", "a=1,b=,client_timeout=5000,",
	    "b=,a=2,client_timeout=5000,", "a=2,client_timeout=5000,",
	    "a=2,client_timeout=7,", "a=2,", "a=2,client_timeout=1," };
	int fd = take();

	for (int i = 0; i < COUNT(pairs); i++) {
		asked(fd, i + 1, pairs[i]);
		answer_four(fd, i + 1);
	}
	peer_end(fd);
}

/* They stay until they are changed, whatever the number of calls. */
START_TEST(headers)
{
	act(hears_headers);
	speak_header();
	assert_size();
	ck_assert_int_eq(tf_client_header(c, "a", "1"), 0);
	assert_size();
	ck_assert_int_eq(tf_client_header(c, "b", ""), 0);
	assert_size();
	ck_assert_int_eq(tf_client_header(c, "a", "2"), 0);
	ck_assert_int_eq(tf_client_header(c, "nonesuch", NULL), 0);
	assert_size();
	ck_assert_int_eq(tf_client_header(c, "b", NULL), 0);
	assert_size();
	ck_assert_int_eq(tf_client_header(c, "client_timeout", "7"), 0);
	assert_size();
	ck_assert_int_eq(tf_client_header(c, "client_timeout", NULL), 0);
	ck_assert_int_eq(tf_client_set(c, "timeout", "off"), 0);
	assert_size();
	ck_assert_int_eq(tf_client_set(c, "timeout", "5s"), 0);
	ck_assert_int_eq(tf_client_header(c, "client_timeout", "1"), 0);
	assert_size();
	tf_client_free(c);
	c = NULL;
}
END_TEST

START_TEST(too_many_headers)
{
	char key[16], *large = malloc(70000);

	memset(large, 'x', 69999);
	large[69999] = '\0';
	ck_assert_int_eq(tf_client_header(c, "a", large), -1);
	assert_error("header 'a'");
	large[60000] = '\0';
	ck_assert_int_eq(tf_client_header(c, "a", large), 0);
	ck_assert_int_eq(tf_client_header(c, "b", large), -1);
	ck_assert_int_eq(tf_client_header(c, "a", "small"), 0);
	for (int i = 1; i < 256; i++) {
		snprintf(key, sizeof(key), "%d", i);
		ck_assert_int_eq(tf_client_header(c, key, ""), 0);
	}
	ck_assert_int_eq(tf_client_header(c, "256", ""), -1);
	ck_assert_int_eq(tf_client_header(c, "255", "new"), 0);
	ck_assert_int_eq(tf_client_header(c, "255", NULL), 0);
	ck_assert_int_eq(tf_client_header(c, "256", ""), 0);
	free(large);
}
END_TEST

static void
tells_of_parents(void)
{
	static const char *const pairs[] = {
		"client_timeout=5000,traceparent=00-1,tracestate=x=y,",
		"client_timeout=5000,traceparent=00-2,",
		"client_timeout=5000,", "client_timeout=5000," };
	int fd = take();

	for (int i = 0; i < COUNT(pairs); i++) {
		asked(fd, i + 1, pairs[i]);
		answer_four(fd, i + 1);
	}
	peer_end(fd);
}

/* A parent and its state, a parent, a state alone, nothing at all. */
START_TEST(passing_on)
{
	static struct header_pair pairs[] = {
		{ TF_STR_INIT("tracestate"), TF_STR_INIT("x=y") },
		{ TF_STR_INIT("traceparent"), TF_STR_INIT("00-1") },
		{ TF_STR_INIT("other"), TF_STR_INIT("not passed on") },
		{ TF_STR_INIT("traceparent"), TF_STR_INIT("00-2") },
	};
	struct call_headers h = { .asked = { .v = pairs, .n = 3 } };
	struct call handled = { .headers = &h };

	act(tells_of_parents);
	speak_header();
	ck_assert_int_eq(tf_client_header(c, "client_timeout", "5000"), 0);
	ck_assert_int_eq(tf_client_pass_on(c, &handled.pub), 0);
	assert_size();
	h.asked = (struct header_info){ .v = pairs + 2, .n = 2 };
	ck_assert_int_eq(tf_client_pass_on(c, &handled.pub), 0);
	assert_size();
	h.asked = (struct header_info){ .v = pairs, .n = 1 };
	ck_assert_int_eq(tf_client_pass_on(c, &handled.pub), 0);
	assert_size();
	handled.headers = NULL;
	ck_assert_int_eq(tf_client_pass_on(c, &handled.pub), 0);
	assert_size();
	tf_client_free(c);
	c = NULL;
}
END_TEST

static void
answers_with_headers(void)
{
	struct bytes head = { 0 }, body = { 0 }, message = { 0 }, out = { 0 };
	int fd = take();

	asked(fd, 1, "client_timeout=5000,");
	head_begin(&head, 2);
	head_pair(&head, 1, "a", "1");
	head_pair(&head, 2, "b", "2");
	answer(fd, 1, &head);
	asked(fd, 2, "client_timeout=5000,");
	head_begin(&head, 2);
	head_pair(&head, 1, "a", "error");
	bytes_text(&body, 1, "no", 2);
	bytes_int(&body, 1, 6);
	bytes_add(&body, "", 1);
	frame_message(&message, PEER_EXCEPTION, "size", 2, &body);
	body.n = 0;
	bytes_free(&body);
	headed_message(&out, 2, &head, &message);
	peer_send_bytes(fd, &out);
	asked(fd, 3, "client_timeout=5000,");
	answer_four(fd, 3);
	peer_end(fd);
}

static void
assert_header(const char *key, const char *value)
{
	const struct tf_str *s = tf_client_reply_header(c, key);

	if (value == NULL)
		ck_assert_ptr_null(s);
	else {
		ck_assert_ptr_nonnull(s);
		ck_assert_str_eq(s->s, value);
		ck_assert_uint_eq(s->len, strlen(value));
	}
}

/* Of the last answer only, be it a result or an error. */
START_TEST(headers_of_replies)
{
	act(answers_with_headers);
	speak_header();
	assert_header("a", NULL);
	assert_size();
	assert_header("a", "1");
	assert_header("b", "2");
	assert_header("c", NULL);
	ck_assert_int_eq(call_size(), -1);
	ck_assert_int_eq(tf_client_error_type(c), APP_INTERNAL_ERROR);
	assert_header("a", "error");
	assert_header("b", NULL);
	assert_size();
	assert_header("a", NULL);
	tf_client_free(c);
	c = NULL;
}
END_TEST

static const struct {
	const char	*name;
	unsigned	 id;
	const char	*ask, *answer;
	size_t		 ask_len, answer_len;
} protocols[] = {
#define P(name, id, ask, answer) \
	{ name, id, ask, answer, sizeof(ask) - 1, sizeof(answer) - 1 }
	P("binary", 0, "\x80\1\0\1\0\0\0\4size\0\0\0\1\13\0\1\0\0\0\4four\0",
	    "\x80\1\0\2\0\0\0\4size\0\0\0\1\10\0\0\0\0\0\4\0"),
	P("json", 1, "[1,\"size\",1,1,{\"1\":{\"str\":\"four\"}}]",
	    "[1,\"size\",2,1,{\"0\":{\"i32\":4}}]"),
	P("compact", 2, "\x82\x21\1\4size\x18\4four\0",
	    "\x82\x41\1\4size\5\0\10\0"),
};

static int asked_in, answered_in;

static void
speaks_protocols(void)
{
	struct bytes head = { 0 }, out = { 0 };
	struct headed h;
	int fd = take();

	headed_read(fd, &h);
	ck_assert_uint_eq(h.proto, protocols[asked_in].id);
	ck_assert_int_eq(h.seqid, 1);
	ck_assert_uint_eq(h.len, protocols[asked_in].ask_len);
	ck_assert_mem_eq(h.payload, protocols[asked_in].ask, h.len);
	headed_free(&h);
	head_begin(&head, protocols[answered_in].id);
	headed_add(&out, 1, &head, protocols[answered_in].answer,
	    protocols[answered_in].answer_len);
	peer_send_bytes(fd, &out);
	peer_end(fd);
}

/* Each answered in each: errors, for one, may come in another. */
START_TEST(all_protocols)
{
	asked_in = _i / COUNT(protocols);
	answered_in = _i % COUNT(protocols);
	act(speaks_protocols);
	speak_header();
	ck_assert_int_eq(tf_client_set(c, "protocol",
	    protocols[asked_in].name), 0);
	assert_size();
	tf_client_free(c);
	c = NULL;
}
END_TEST

static const uint32_t both[] = { TRANSFORM_ZLIB, TRANSFORM_ZSTD };

static void
unpacks(void)
{
	struct transform *t = transform_new();
	struct transform_bytes bytes;
	struct bytes head = { 0 }, message = { 0 }, out = { 0 };
	struct message m;
	struct headed h;
	const char *why;
	int fd = take();

	headed_read(fd, &h);
	ck_assert_uint_eq(h.ntransforms, 2);
	bytes = (struct transform_bytes){ h.payload, h.len };
	ck_assert_int_eq(transform_undo(t, both, 2, &bytes, 1000, &why),
	    TRANSFORM_DONE);
	message_parse(&m, bytes.p, bytes.p + bytes.len);
	ck_assert_str_eq(m.text, "four");
	message_free(&m);
	headed_free(&h);
	scene_add(&message, PEER_REPLY, "size", 1, FOUR);
	bytes = (struct transform_bytes){ message.p + 4, message.n - 4 };
	ck_assert_int_eq(transform_apply(t, both, 1, &bytes, 1000, &why),
	    TRANSFORM_DONE);
	head_begin_transformed(&head, 2, TRANSFORM_ZLIB);
	headed_add(&out, 1, &head, bytes.p, bytes.len);
	message.n = 0;
	bytes_free(&message);
	peer_send_bytes(fd, &out);
	peer_end(fd);
	transform_free(t);
}

/* Two on the way there, one on the way back. */
START_TEST(transforms)
{
	if (!transform_knows(TRANSFORM_ZLIB) ||
	    !transform_knows(TRANSFORM_ZSTD))
		return;
	act(unpacks);
	speak_header();
	ck_assert_int_eq(tf_client_set(c, "transforms", "zlib+zstd"), 0);
	assert_size();
	tf_client_free(c);
	c = NULL;
}
END_TEST

START_TEST(transforms_that_are_none)
{
	static const char *const bad[] = { "", "zlib+", "+zlib", "gzip",
	    "zlib+none", "zli", "zlib zstd", "none+zlib",
	    "zlib+zlib+zlib+zlib+zlib" };

	for (int i = 0; i < COUNT(bad); i++) {
		ck_assert_int_eq(tf_client_set(c, "transforms", bad[i]), -1);
		assert_error("transforms");
	}
	ck_assert_int_eq(tf_client_set(c, "transforms", "none"), 0);
	ck_assert_int_eq(tf_client_set(c, "framing", "headers"), -1);
	assert_error("framing");
}
END_TEST

#define MESSAGE	"\x82\x41\1\4size\5\0\10\0"

static const struct {
	const char	*frame;
	size_t		 len;
	const char	*why;
} bad[] = {
#define B(frame, why)	{ frame, sizeof(frame) - 1, why }
	B(MESSAGE, "no THeader"),
	B("\x0f\xff\0\0\0\0\0\1\0", "no THeader"),
	B("\x0f\xff\0\0\0\0\0\1\0\2\2\0\0\0", "larger than its frame"),
	B("\x0f\xff\0\0\0\0\0\1\0\1\4\0\0\0" MESSAGE, "no such protocol"),
	B("\x0f\xff\0\0\0\0\0\1\0\1\2\1\3\0" MESSAGE, "no such transform"),
	B("\x0f\xff\0\0\0\0\0\1\0\1\2\1\1\0" MESSAGE, ""),
	B("\x0f\xff\0\0\0\0\0\1\0\1\2\0\1\4" MESSAGE, "more pairs"),
	B("\x0f\xff\0\0\0\0\0\1\0\1\2\0\0\0", "ends too early"),
	B("\x0f\xff\0\0\0\0\0\1\0\1\0\0\0\0" MESSAGE, ""),
};
static int which;

static void
answers_badly(void)
{
	uint8_t length[4] = { 0, 0, 0, (uint8_t)bad[which].len };
	int fd = take();

	asked(fd, 1, "client_timeout=5000,");
	peer_send(fd, length, 4);
	peer_send(fd, bad[which].frame, bad[which].len);
	peer_end(fd);
}

/* None of it is an answer, and the connection is not used again. */
START_TEST(bad_replies)
{
	which = _i;
	act(answers_badly);
	speak_header();
	ck_assert_int_eq(call_size(), -1);
	ck_assert_int_eq(tf_client_error_type(c), -1);
	assert_error(addr);
	assert_error(bad[_i].why);
}
END_TEST

static void
answers_with_a_bomb(void)
{
	struct transform *t = transform_new();
	uint8_t *zeros = calloc(1, 1 << 20);
	struct transform_bytes bytes = { zeros, 1 << 20 };
	struct bytes head = { 0 }, out = { 0 };
	const char *why;
	int fd = take();

	asked(fd, 1, "client_timeout=5000,");
	ck_assert_int_eq(transform_apply(t, both, 1, &bytes, 1 << 20, &why),
	    TRANSFORM_DONE);
	head_begin_transformed(&head, 2, TRANSFORM_ZLIB);
	headed_add(&out, 1, &head, bytes.p, bytes.len);
	peer_send_bytes(fd, &out);
	peer_end(fd);
	free(zeros);
	transform_free(t);
}

START_TEST(bombs)
{
	if (!transform_knows(TRANSFORM_ZLIB))
		return;
	act(answers_with_a_bomb);
	speak_header();
	ck_assert_int_eq(tf_client_set(c, "max-frame", "100000"), 0);
	ck_assert_int_eq(call_size(), -1);
	assert_error("too large");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client_header");
	TCase *t = unit_client_case(s, "client_header");

	tcase_add_test(t, headers);
	tcase_add_test(t, too_many_headers);
	tcase_add_test(t, passing_on);
	tcase_add_test(t, headers_of_replies);
	tcase_add_loop_test(t, all_protocols, 0,
	    COUNT(protocols) * COUNT(protocols));
	tcase_add_test(t, transforms);
	tcase_add_test(t, transforms_that_are_none);
	tcase_add_loop_test(t, bad_replies, 0, COUNT(bad));
	tcase_add_test(t, bombs);
	return unit_main(s);
}
