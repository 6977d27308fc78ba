/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes that bench sends, and what it makes of those that come, against
 * messages written by hand from the descriptions of the protocols.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/message.h"
#include "lib/unit.h"
#include "unit/unit_service.h"
#include "unit/unit_wire.h"

/* divide(a = 3, b = -1); number 8192 + 5. */
#define COMPACT_CALL "\x82\x21\x85\x40\x06" "divide\x15\x06\x15\x01\x00"
#define BINARY_CALL "\x80\x01\x00\x01\x00\x00\x00\x06" "divide"		\
    "\x00\x00\x20\x05\x08\x00\x01\x00\x00\x00\x03\x08\x00\x02"		\
    "\xff\xff\xff\xff\x00"

/* Heads of replies to it. */
#define C_REPLY	"\x82\x41\x85\x40\x06" "divide"
#define C_ERROR	"\x82\x61\x85\x40\x06" "divide"
#define B_REPLY	"\x80\x01\x00\x02\x00\x00\x00\x06" "divide\x00\x00\x20\x05"
#define B_ERROR	"\x80\x01\x00\x03\x00\x00\x00\x06" "divide\x00\x00\x20\x05"

struct sample {
	enum outcome_kind kind;
	int		 which;
	const char	*words;
	const char	*compact, *binary;
	size_t		 compact_len, binary_len;
};
#define SAMPLE(kind, which, words, compact, binary)			\
	{ kind, which, words, compact, binary, sizeof(compact) - 1,	\
	    sizeof(binary) - 1 }

static const struct sample samples[] = {
	SAMPLE(RETURNED, 0, "", C_REPLY "\x05\x00\x0a\x00",
	    B_REPLY "\x08\x00\x00\x00\x00\x00\x05\x00"),
	SAMPLE(RETURNED, 0, "", C_REPLY "\x05\x00\x80\x80\x04\x00",
	    B_REPLY "\x08\x00\x00\x00\x00\x80\x00\x00"),
	SAMPLE(THREW, 1, "", C_REPLY "\x1c\x18\x02no\x00\x00",
	    B_REPLY "\x0c\x00\x01\x0b\x00\x01\x00\x00\x00\x02no\x00\x00"),
	SAMPLE(ERROR, 6, "out", C_ERROR "\x18\x03out\x15\x0c\x00",
	    B_ERROR "\x0b\x00\x01\x00\x00\x00\x03out\x08\x00\x02"
	    "\x00\x00\x00\x06\x00"),
	SAMPLE(ERROR, 0, "", C_ERROR "\x00", B_ERROR "\x00"),
	SAMPLE(WRONG, 0, "a reply without a result", C_REPLY "\x00",
	    B_REPLY "\x00"),
	SAMPLE(WRONG, 0, "a reply with a field that the method has not",
	    C_REPLY "\x25\x02\x00",
	    B_REPLY "\x08\x00\x02\x00\x00\x00\x01\x00"),
};

static struct message m;

static void
init(enum tf_protocol protocol, bool framed, bool check)
{
	static const struct unit_pair args = { 3, -1 };
	const char *why = "";

	ck_assert_msg(message_init(&m, unit_method("divide"), protocol, framed,
	    check, "", &args, &why) == 0, "%s", why);
}

static void
teardown(void)
{
	message_fini(&m);
}

static void
stamped_is(const char *lit, size_t len)
{
	size_t frame = m.framed ? 4 : 0;

	message_stamp(&m, m.bytes, 4711);
	message_stamp(&m, m.bytes, MESSAGE_SEQS + 5);
	ck_assert_uint_eq(m.len, len + frame);
	ck_assert_mem_eq(m.bytes + frame, lit, len);
	if (m.framed) {
		ck_assert_mem_eq(m.bytes, "\0\0\0", 3);
		ck_assert_uint_eq(m.bytes[3], len);
	}
}

START_TEST(requests)
{
	bool framed = _i & 1;

	if (_i & 2) {
		init(TF_BINARY, framed, false);
		stamped_is(BINARY_CALL, sizeof(BINARY_CALL) - 1);
	} else {
		init(TF_COMPACT, framed, false);
		stamped_is(COMPACT_CALL, sizeof(COMPACT_CALL) - 1);
	}
}
END_TEST

START_TEST(requests_of_other_kinds)
{
	const struct unit_text args = { TF_STR("x") };
	const char *why;

	ck_assert_int_eq(message_init(&m, unit_method("note"), TF_COMPACT,
	    false, false, "two", &args, &why), 0);
	message_stamp(&m, m.bytes, 0);
	ck_assert_uint_eq(m.len, 5 + 8 + 4);
	ck_assert_mem_eq(m.bytes, "\x82\x81\x80\x40\x08two:note\x18\x01x\x00",
	    m.len);
}
END_TEST

/* The reply, framed if the message is, in a block of just that size. */
static uint8_t *
reply(const struct sample *s, size_t *len)
{
	const char *lit = m.protocol == TF_BINARY ? s->binary : s->compact;
	size_t n = m.protocol == TF_BINARY ? s->binary_len : s->compact_len;
	size_t frame = m.framed ? 4 : 0;
	uint8_t *p = calloc(1, n + frame);

	if (m.framed)
		p[3] = (uint8_t)n;
	memcpy(p + frame, lit, n);
	*len = n + frame;
	return p;
}

static void
expect(const struct sample *s, const struct outcome *o)
{
	ck_assert_int_eq(o->kind, s->kind);
	if (s->kind == THREW || s->kind == ERROR)
		ck_assert_int_eq(o->which, s->which);
	/* Who decodes does not see fields that are not declared. */
	if (s->kind == WRONG && m.check)
		return;
	ck_assert_uint_eq(o->words.len, strlen(s->words));
	ck_assert_mem_eq(o->words.s, s->words, o->words.len);
}

/* Each sample, after another, as far as it has come, and twice. */
START_TEST(replies)
{
	struct outcome o;
	uint8_t *p, *part;
	uint32_t seq = 0;
	size_t len, size;

	init(_i & 1 ? TF_BINARY : TF_COMPACT, _i & 2, _i & 4);
	for (int i = 0; i < 2 * COUNT(samples); i++) {
		p = reply(&samples[i / 2], &len);
		for (size_t n = 0; n < len; n++) {
			part = exact_copy(p, n);
			ck_assert_int_eq(message_read(&m, part, n, &size, &seq,
			    &o), MESSAGE_MORE);
			free(part);
		}
		ck_assert_int_eq(message_read(&m, p, len, &size, &seq, &o),
		    MESSAGE_WHOLE);
		ck_assert_uint_eq(size, len);
		ck_assert_uint_eq(seq, 5);
		expect(&samples[i / 2], &o);
		free(p);
	}
}
END_TEST

/* What follows is not looked at. */
START_TEST(one_after_the_other)
{
	uint8_t *first, *second, both[200];
	size_t n, k, size;
	struct outcome o;
	uint32_t seq;

	init(_i & 1 ? TF_BINARY : TF_COMPACT, _i & 2, false);
	for (int i = 0; i < COUNT(samples); i++)
		for (int j = 0; j < COUNT(samples); j++) {
			first = reply(&samples[i], &n);
			second = reply(&samples[j], &k);
			memcpy(both, first, n);
			memcpy(both + n, second, k);
			ck_assert_int_eq(message_read(&m, both, n + k, &size,
			    &seq, &o), MESSAGE_WHOLE);
			ck_assert_uint_eq(size, n);
			expect(&samples[i], &o);
			free(first);
			free(second);
		}
}
END_TEST

/* What is no reply to any request of this connection. */
static const struct bad {
	bool		 binary, framed;
	const char	*bytes;
	size_t		 len;
} bad[] = {
#define BAD(binary, framed, lit) { binary, framed, lit, sizeof(lit) - 1 }
	BAD(false, true, "\x82\x41\x85\x40"),
	BAD(false, true, "HTTP/1.1 400 Bad Request\r\n"),
	BAD(false, true, "\x00\x00\x00\x02\x80\x01"),
	BAD(false, true, "\x00\x00\x00\x00"),
	BAD(false, true, "\x00\x00\x00\x05\x82\x41\x05\x00\x00"),
	BAD(false, true, "\x00\x00\x00\x05\x82\x41\x85\x40\x7f"),
	BAD(false, true, "\x00\x00\x00\x06\x82\x42\x85\x40\x00\x00"),
	BAD(false, false, "\x00"),
	BAD(false, false, "\x80\x01\x00\x02"),
	BAD(true, true, "\x00\x00\x00\x06\x82\x41\x85\x40\x00\x00"),
	BAD(true, true, "\x00\x00\x00\x0d\x80\x01\x00\x02\xff\xff\xff\xff"
	    "\x00\x00\x20\x05\x00"),
	BAD(true, false, "\x82\x41\x85\x40\x00\x00"),
};

START_TEST(bad_replies)
{
	const struct bad *b = &bad[_i];
	uint8_t *p = exact_copy(b->bytes, b->len);
	struct outcome o = { .kind = RETURNED };
	uint32_t seq;
	size_t size;

	init(b->binary ? TF_BINARY : TF_COMPACT, b->framed, false);
	ck_assert_int_eq(message_read(&m, p, b->len, &size, &seq, &o),
	    MESSAGE_BAD);
	ck_assert_int_eq(o.kind, WRONG);
	ck_assert_uint_gt(o.words.len, 10);
	free(p);
}
END_TEST

/* An exception that the IDL gives no id stands before the result. */
struct value_result {
	bool			 has_success;
	int32_t			 success;
	struct unit_refused	*no;
};
static const struct tf_field value_fields[] = {
	{ "no", &unit_refused_type, offsetof(struct value_result, no), 0, -1,
	    TF_T_STRUCT, TF_POINTER },
	{ "success", NULL, offsetof(struct value_result, success),
	    offsetof(struct value_result, has_success), 0, TF_T_I32,
	    TF_OPTIONAL },
};
static void *value_plan, *void_plan;
static const struct tf_type value_result = {
	.name = "value_result", .fields = value_fields, .plan = &value_plan,
	.size = sizeof(struct value_result), .n = 2, .kind = TF_T_STRUCT
};
static const struct tf_type void_result = {
	.name = "void_result", .fields = value_fields, .plan = &void_plan,
	.size = sizeof(struct value_result), .n = 1, .kind = TF_T_STRUCT
};

static const struct sample unnumbered[] = {
	SAMPLE(THREW, 0, "", C_REPLY "\x0c\x01\x18\x02no\x00\x00",
	    B_REPLY "\x0c\xff\xff\x0b\x00\x01\x00\x00\x00\x02no\x00\x00"),
	SAMPLE(RETURNED, 0, "", C_REPLY "\x05\x00\x0a\x00",
	    B_REPLY "\x08\x00\x00\x00\x00\x00\x05\x00"),
	SAMPLE(WRONG, 0, "a reply without a result", C_REPLY "\x00",
	    B_REPLY "\x00"),
};

START_TEST(exceptions_without_ids)
{
	struct tf_method method = *unit_method("divide");
	static const struct unit_pair args = { 3, -1 };
	struct outcome o;
	uint32_t seq;
	size_t len, size;
	uint8_t *p;
	bool is_void = _i & 8;

	method.result = is_void ? &void_result : &value_result;
	ck_assert_int_eq(message_init(&m, &method, _i & 1 ? TF_BINARY :
	    TF_COMPACT, _i & 2, _i & 4, "", &args, NULL), 0);
	for (int i = 0; i < COUNT(unnumbered); i += is_void ? 2 : 1) {
		p = reply(&unnumbered[i], &len);
		ck_assert_int_eq(message_read(&m, p, len, &size, &seq, &o),
		    MESSAGE_WHOLE);
		if (is_void && unnumbered[i].kind == WRONG)
			ck_assert_int_eq(o.kind, RETURNED);
		else
			expect(&unnumbered[i], &o);
		free(p);
	}
}
END_TEST

START_TEST(check_decodes)
{
	static const char lit[] = "\x00\x00\x00\x0f" C_REPLY "\x05\x00\x0a\x00";
	static const char cut[] = "\x00\x00\x00\x0e" C_REPLY "\x05\x00\x0a";
	static const char more[] = "\x00\x00\x00\x10" C_REPLY
	    "\x05\x00\x0a\x00\x00";
	/* A string instead of the number: a field to be skipped. */
	static const char other[] = "\x00\x00\x00\x10" C_REPLY
	    "\x08\x00\x01x\x00";
	struct outcome o;
	uint32_t seq;
	size_t size;

	init(TF_COMPACT, true, _i);
#define READS(lit, as) do {						\
	ck_assert_int_eq(message_read(&m, (const uint8_t *)(lit),	\
	    sizeof(lit) - 1, &size, &seq, &o), MESSAGE_WHOLE);		\
	ck_assert_int_eq(o.kind, as);					\
} while (0)
	READS(lit, RETURNED);
	READS(cut, _i ? WRONG : RETURNED);
	READS(more, _i ? WRONG : RETURNED);
	READS(other, _i ? WRONG : RETURNED);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("bench_message");
	TCase *t = unit_case(s, "message");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(t, requests, 0, 4);
	tcase_add_test(t, requests_of_other_kinds);
	tcase_add_loop_test(t, replies, 0, 8);
	tcase_add_loop_test(t, one_after_the_other, 0, 4);
	tcase_add_loop_test(t, bad_replies, 0, COUNT(bad));
	tcase_add_loop_test(t, exceptions_without_ids, 0, 16);
	tcase_add_loop_test(t, check_decodes, 0, 2);
	return unit_main(s);
}
