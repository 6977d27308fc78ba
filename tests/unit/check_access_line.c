/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the access log: what they look like, whatever strangers have put
 * into them; which calls they are of; and what counts as a trace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log_batch.h"
#include "lib/unit.h"
#include "serve/access.h"
#include "serve/access_line.h"
#include "serve/access_trace.h"
#include "serve/call.h"

static const struct access_who text_who = { .time = "2026-11-21T02:14:27.361Z",
    .pid = 1075, .worker = 3 };
static const struct access_who json_who = { .time = "2026-11-21T02:14:27.361Z",
    .pid = 1075, .worker = 3, .json = true };

static const struct access_line plain = { .peer = "127.0.0.1:4711",
    .service = "Calculator", .method = TF_STR_INIT("add"), .seqid = -7,
    .outcome = "ok", .bytes_in = 31, .bytes_out = 21, .wait_ns = 3999,
    .time_ns = UINT64_C(12345678901), .protocol = "compact",
    .transport = "framed", .sample = 1 };

static const struct access_line all = { .peer = "[::1]:80", .service = "a:S",
    .method = TF_STR_INIT("m"), .seqid = INT32_MIN, .outcome = "exception",
    .exception = "Refused", .error = "failed", .gone = true,
    .bytes_in = UINT64_MAX, .protocol = "json", .transport = "http",
    .zlib = true, .tls = "CN=x,O=y",
    .trace = TF_STR_INIT("4bf92f3577b34da6a3ce929d0e0e4736"),
    .sample = 1000 };

/* Without its newline, which must be the only one. */
static const char *
made(const struct access_who *who, const struct access_line *l)
{
	static char line[LOG_LINE + 1];
	size_t n = access_line(who, l, line);

	ck_assert_uint_le(n, LOG_LINE);
	ck_assert_ptr_eq(memchr(line, '\n', n), line + n - 1);
	line[n - 1] = '\0';
	ck_assert_uint_eq(strlen(line), n - 1);
	return line;
}

START_TEST(as_text)
{
	ck_assert_str_eq(made(&text_who, &plain),
	    "2026-11-21T02:14:27.361Z pid=1075 worker=3 peer=127.0.0.1:4711 "
	    "method=Calculator.add seqid=-7 outcome=ok bytes_in=31 "
	    "bytes_out=21 wait_us=3 time_us=12345678 protocol=compact "
	    "transport=framed sample=1");
	ck_assert_str_eq(made(&text_who, &all),
	    "2026-11-21T02:14:27.361Z pid=1075 worker=3 peer=[::1]:80 "
	    "method=a:S.m seqid=-2147483648 outcome=exception "
	    "exception=Refused error=failed gone=true "
	    "bytes_in=18446744073709551615 bytes_out=0 wait_us=0 time_us=0 "
	    "protocol=json transport=http zlib=true tls=\"CN=x,O=y\" "
	    "trace=4bf92f3577b34da6a3ce929d0e0e4736 sample=1000");
}
END_TEST

START_TEST(as_json)
{
	ck_assert_str_eq(made(&json_who, &plain),
	    "{\"time\":\"2026-11-21T02:14:27.361Z\",\"pid\":1075,\"worker\":3,"
	    "\"peer\":\"127.0.0.1:4711\",\"method\":\"Calculator.add\","
	    "\"seqid\":-7,\"outcome\":\"ok\",\"bytes_in\":31,\"bytes_out\":21,"
	    "\"wait_us\":3,\"time_us\":12345678,\"protocol\":\"compact\","
	    "\"transport\":\"framed\",\"sample\":1}");
	ck_assert_str_eq(made(&json_who, &all),
	    "{\"time\":\"2026-11-21T02:14:27.361Z\",\"pid\":1075,\"worker\":3,"
	    "\"peer\":\"[::1]:80\",\"method\":\"a:S.m\",\"seqid\":-2147483648,"
	    "\"outcome\":\"exception\",\"exception\":\"Refused\","
	    "\"error\":\"failed\",\"gone\":true,"
	    "\"bytes_in\":18446744073709551615,\"bytes_out\":0,\"wait_us\":0,"
	    "\"time_us\":0,\"protocol\":\"json\",\"transport\":\"http\","
	    "\"zlib\":true,\"tls\":\"CN=x,O=y\","
	    "\"trace\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"sample\":1000}");
}
END_TEST

START_TEST(what_was_lost)
{
	char line[LOG_LINE + 1];

	line[access_line_lost(&text_who, 57, line)] = '\0';
	ck_assert_str_eq(line,
	    "2026-11-21T02:14:27.361Z pid=1075 worker=3 lost=57\n");
	line[access_line_lost(&json_who, 57, line)] = '\0';
	ck_assert_str_eq(line, "{\"time\":\"2026-11-21T02:14:27.361Z\","
	    "\"pid\":1075,\"worker\":3,\"lost\":57}\n");
}
END_TEST

/* A method that nobody serves is called what its client says. */
static const struct {
	struct tf_str	 name;
	const char	*text, *json;
} names[] = {
	{ TF_STR_INIT(""), "\"\"", "\"\"" },
	{ TF_STR_INIT("a.b-c:d/é"), "\"a.b-c:d/\\xc3\\xa9\"",
	    "\"a.b-c:d/é\"" },
	{ TF_STR_INIT("two words"), "\"two words\"", "\"two words\"" },
	{ TF_STR_INIT("x outcome=ok"), "\"x outcome=ok\"",
	    "\"x outcome=ok\"" },
	{ TF_STR_INIT("a=b"), "\"a=b\"", "\"a=b\"" },
	{ TF_STR_INIT("\" x=\""), "\"\\\" x=\\\"\"", "\"\\\" x=\\\"\"" },
	{ TF_STR_INIT("\\"), "\"\\\\\"", "\"\\\\\"" },
	{ TF_STR_INIT("a\nb\r\tc"), "\"a\\x0ab\\x0d\\x09c\"",
	    "\"a\\u000ab\\u000d\\u0009c\"" },
	{ TF_STR_INIT("a\0b"), "\"a\\x00b\"", "\"a\\u0000b\"" },
	{ TF_STR_INIT("\033[2J\177"), "\"\\x1b[2J\\x7f\"",
	    "\"\\u001b[2J\\u007f\"" },
	{ TF_STR_INIT("\302\233\302\240"), "\"\\xc2\\x9b\\xc2\\xa0\"",
	    "\"\\u009b\302\240\"" },		/* C1, and what is none */
	{ TF_STR_INIT("\377\200"), "\"\\xff\\x80\"", "\"\\ufffd\\ufffd\"" },
	{ TF_STR_INIT("\303"), "\"\\xc3\"", "\"\\ufffd\"" },
	{ TF_STR_INIT("\355\240\200"), "\"\\xed\\xa0\\x80\"",
	    "\"\\ufffd\\ufffd\\ufffd\"" },	/* a surrogate */
};

static void
assert_has(const char *line, const char *before, const char *value,
    const char *after)
{
	char want[200];

	snprintf(want, sizeof(want), "%s%s%s", before, value, after);
	ck_assert_msg(strstr(line, want) != NULL, "no %s in %s", want, line);
}

START_TEST(strange_names)
{
	struct access_line l = plain;

	l.service = NULL;
	l.method = names[_i].name;
	assert_has(made(&text_who, &l), " method=", names[_i].text, " seqid=");
	assert_has(made(&json_who, &l), ",\"method\":", names[_i].json,
	    ",\"seqid\":");
}
END_TEST

/* After the quotes of a value nothing of it follows, whatever it was. */
static void
assert_is_in_order(const char *s, bool json)
{
	unsigned quotes = 0, keys = 0, wrong = 0;
	const char *line = s;

	for (; *s != '\0'; s++) {
		wrong += (unsigned char)*s < ' ' || *s == 0x7f ||
		    (!json && (unsigned char)*s > '~');
		if (quotes % 2 == 1 && *s == '\\')
			wrong += *++s == '\0';
		else if (*s == '"')
			quotes++;
		else if (quotes % 2 == 0)
			keys += *s == (json ? ':' : '=');
	}
	/* The time has no key in text. */
	ck_assert_msg(wrong == 0 && quotes % 2 == 0 &&
	    keys == (json ? 20 : 19), "%s", line);
}

/* Any bytes, of any length, in all texts at once. */
START_TEST(anything)
{
	static char bytes[3000], five[5][3000];
	struct access_line l = all;
	size_t n;

	srand((unsigned)_i);
	for (int round = 0; round < 100; round++) {
		for (int k = 0; k < 5; k++) {
			n = (size_t)rand() % (round % 2 ? sizeof(bytes) : 20);
			for (size_t i = 0; i < n; i++)
				five[k][i] = (char)(rand() >> 7);
			five[k][n] = '\0';
		}
		l.peer = five[0];
		l.service = five[1];
		l.method = (struct tf_str){ five[2], n };
		l.exception = five[3];
		l.tls = five[4];
		assert_is_in_order(made(&text_who, &l), false);
		assert_is_in_order(made(&json_who, &l), true);
	}
}
END_TEST

START_TEST(the_longest_line_fits)
{
	static char many[4000];
	struct access_line l = all;

	memset(many, '\001', sizeof(many) - 1);
	l.peer = l.service = l.exception = l.tls = many;
	l.method = (struct tf_str){ many, sizeof(many) - 1 };
	l.bytes_out = l.wait_ns = l.time_ns = l.sample = UINT64_MAX;
	l.outcome = "exception";
	l.error = "abandoned";
	l.protocol = "compact";
	l.transport = "unframed";
	assert_is_in_order(made(&text_who, &l), false);
	assert_is_in_order(made(&json_who, &l), true);
	/* It is cut between characters. */
	ck_assert_ptr_nonnull(strstr(made(&json_who, &l), "\\u0001\""));
	many[0] = 'x';
	ck_assert_ptr_nonnull(strstr(made(&json_who, &l), "\\u0001\""));
}
END_TEST

/* ---- which calls */

static const uint64_t rates[] = { 1, 2, 3, 10, 1000 };

START_TEST(one_of_each_n)
{
	const uint64_t n = rates[_i];
	struct access_sample s, same;
	unsigned hits, other = 0;

	access_sample_init(&s, n, (uint16_t[]){ 1, 2, 3 });
	access_sample_init(&same, n, (uint16_t[]){ 1, 2, 3 });
	for (int row = 0; row < 100; row++) {
		hits = 0;
		for (uint64_t i = 0; i < n; i++) {
			bool hit = access_sample_next(&s);

			hits += hit;
			other += hit != access_sample_next(&same);
		}
		ck_assert_uint_eq(hits, 1);
		ck_assert_uint_eq(other, 0);
	}
}
END_TEST

/*
 * Every place of a row has its share, 5 standard deviations apart, and so has
 * each pair of neighbours in two rows: a rhythm of the calls is not favoured.
 */
START_TEST(sampling_is_fair)
{
	enum { N = 8, ROWS = 64000 };
	unsigned place[N] = { 0 }, next[N] = { 0 }, at = 0, last = 0;
	struct access_sample s;

	access_sample_init(&s, N, (uint16_t[]){ 77, (uint16_t)_i, 5 });
	for (int row = 0; row < ROWS; row++) {
		for (unsigned i = 0; i < N; i++)
			if (access_sample_next(&s))
				at = i;
		place[at]++;
		next[(at + N - last) % N]++;
		last = at;
	}
	for (unsigned i = 0; i < N; i++) {
		/* 8000, and the square root of 7000 is 84 */
		ck_assert_int_le(abs((int)place[i] - ROWS / N), 420);
		ck_assert_int_le(abs((int)next[i] - ROWS / N), 420);
	}
}
END_TEST

START_TEST(no_sampling)
{
	struct access_sample s;
	unsigned hits = 0;

	access_sample_init(&s, 0, (uint16_t[]){ 1, 2, 3 });
	for (int i = 0; i < 1000; i++)
		hits += access_sample_next(&s);
	ck_assert_uint_eq(hits, 0);
}
END_TEST

/* ---- traces */

#define ID	"4bf92f3577b34da6a3ce929d0e0e4736"

static const struct {
	const char	*value, *trace;
} traces[] = {
	{ "00-" ID "-00f067aa0ba902b7-01", ID },
	{ "01-" ID "-00f067aa0ba902b7-01-more", ID },
	{ "ff-" ID "-00f067aa0ba902b7-01", "" },
	{ "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "" },
	{ "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "" },
	{ "00-" ID "-00f067aa0ba902b7-0", "" },
	{ "00-4bf92f3577b34da6a3ce929d0e0e473\n-00f067aa0ba902b7-01", "" },
	{ "00-" ID "0-0f067aa0ba902b7-01", "" },
	{ "0x-" ID "-00f067aa0ba902b7-01", "" },
	{ "00 " ID "-00f067aa0ba902b7-01", "" },
	{ "00-", "" },
	{ "", "" },
};

START_TEST(trace)
{
	struct header_pair pair = { TF_STR("traceparent"),
	    { traces[_i].value, strlen(traces[_i].value) } };
	struct call_headers h = { .asked = { &pair, 1, 1 } };
	struct tf_str got = access_trace(&h);

	ck_assert_uint_eq(got.len, strlen(traces[_i].trace));
	ck_assert_int_eq(memcmp(got.s, traces[_i].trace, got.len), 0);
	pair.key = TF_STR("tracestate");
	ck_assert_uint_eq(access_trace(&h).len, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("access_line");
	TCase *t = unit_case(s, "access_line");

	tcase_add_test(t, as_text);
	tcase_add_test(t, as_json);
	tcase_add_test(t, what_was_lost);
	tcase_add_loop_test(t, strange_names, 0, COUNT(names));
	tcase_add_loop_test(t, anything, 0, 5);
	tcase_add_test(t, the_longest_line_fits);
	tcase_add_loop_test(t, one_of_each_n, 0, COUNT(rates));
	tcase_add_loop_test(t, sampling_is_fair, 0, 3);
	tcase_add_test(t, no_sampling);
	tcase_add_loop_test(t, trace, 0, COUNT(traces));
	return unit_main(s);
}
