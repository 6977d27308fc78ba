/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: a call is answered once, by whoever is first, from any thread, with
 * anything that a handler could have said; a token that has been used, or
 * whose call has ended in another way, does nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_service.h"
#include "unit_worker.h"
#include "wire/app_error.h"

static void
setup(void)
{
	bench_setup();
	bench_limits.max_frame = 1 << 20;
	bench_start();
}

/* A connection that has asked. */
static int
ask(const char *text)
{
	struct bytes out = { 0 };
	int fd = bench_tcp();

	frame_text(&out, "later", 7, text, strlen(text));
	peer_send_bytes(fd, &out);
	return fd;
}

static void
expect_text(int fd, int32_t seqid, const char *text)
{
	struct message m;

	ck_assert(peer_read(fd, &m));
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_str_eq(m.name, "later");
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_int_eq(m.text_id, 0);
	ck_assert_uint_eq(m.text_len, strlen(text));
	ck_assert_int_eq(memcmp(m.text, text, m.text_len), 0);
	message_free(&m);
}

/* The last of a connection: it serves, and has nothing else to say. */
static void
done(int fd)
{
	struct bytes out = { 0 };

	frame_call(&out, "ping", 4711);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 4711);
	close(fd);
}

START_TEST(once)
{
	int fd = ask("x");
	struct tf_later t = bench_token();

	ck_assert_int_eq(bench_reply(t, "first"), 0);
	ck_assert_int_eq(bench_reply(t, "second"), -1);
	ck_assert_int_eq(tf_later_fail(t, "third"), -1);
	expect_text(fd, 7, "first");
	ck_assert_int_eq(bench_reply(t, "fourth"), -1);
	done(fd);
}
END_TEST

START_TEST(throws)
{
	const struct unit_refused no = { TF_STR("not today") };
	struct message m;
	int fd = ask("x");
	struct tf_later t = bench_token();

	ck_assert_int_eq(tf_later_throw(t, &unit_refused_type, &no), 0);
	ck_assert_int_eq(tf_later_throw(t, &unit_refused_type, &no), -1);
	ck_assert(peer_read(fd, &m));
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_uint_eq(m.text_len, 9);
	ck_assert_int_eq(memcmp(m.text, "not today", 9), 0);
	message_free(&m);
	done(fd);
}
END_TEST

/* They go to the client, and to the log; the call has been answered. */
START_TEST(mistakes)
{
	char *large = calloc(1, (1 << 20) + 1);
	int fd = ask("x");

	ck_assert_int_eq(tf_later_throw(bench_token(),
	    unit_method("echo")->args, &TF_STR("x")), 0);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 7);
	done(fd);
	fd = ask("x");
	ck_assert_int_eq(tf_later_reply(bench_token(), unit_method("ping"),
	    ""), 0);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 7);
	done(fd);
	fd = ask("x");
	memset(large, 'l', 1 << 20);
	ck_assert_int_eq(bench_reply(bench_token(), large), 0);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 7);
	done(fd);
	fd = ask("x");
	ck_assert_int_eq(tf_later_fail(bench_token(), "%d", 1), 0);
	peer_expect_error(fd, APP_INTERNAL_ERROR, 7);
	done(fd);
	free(large);
}
END_TEST

/* What a handler returns instead counts, and its token does not. */
START_TEST(returned)
{
	struct tf_later t;
	int fd = ask("0 now");

	t = bench_token();
	expect_text(fd, 7, "0 now");
	ck_assert_int_eq(bench_reply(t, "late"), -1);
	done(fd);
	fd = ask("-");
	t = bench_token();
	peer_expect_error(fd, APP_INTERNAL_ERROR, 7);
	ck_assert_int_eq(bench_reply(t, "late"), -1);
	done(fd);
	fd = ask("g");
	t = bench_token();
	peer_expect_error(fd, APP_INTERNAL_ERROR, 7);
	ck_assert_int_eq(bench_reply(t, "late"), -1);
	done(fd);
	fd = ask("n");
	peer_expect_error(fd, APP_INTERNAL_ERROR, 7);
	ck_assert(!bench_has_token());
	done(fd);
}
END_TEST

/* Before the handler has returned, whatever that will be. */
START_TEST(early)
{
	const char *texts[] = { "e", "E" };

	for (int i = 0; i < 2; i++) {
		int fd = ask(texts[i]);
		struct tf_later t = bench_token();

		bench_held();
		ck_assert_int_eq(bench_reply(t, "early"), 0);
		ck_assert_int_eq(bench_reply(t, "again"), -1);
		bench_release();
		expect_text(fd, 7, "early");
		done(fd);
	}
}
END_TEST

START_TEST(oneway)
{
	struct bytes out = { 0 };
	struct tf_later t;
	int fd = bench_tcp();

	frame_text(&out, "whisper", 1, "x", 1);
	frame_call(&out, "ping", 2);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 2);
	t = bench_token();
	ck_assert_int_eq(tf_later_reply(t, unit_method("whisper"), ""), 0);
	ck_assert_int_eq(tf_later_reply(t, unit_method("whisper"), ""), -1);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_CALLS_BEGUN),
	    bench_count(COUNTER_CALLS_ENDED));
	done(fd);
}
END_TEST

START_TEST(nobodys)
{
	const struct tf_later none = { 0, 0 }, odd = { 4711, 3 },
	    far = { 1, UINT32_MAX };
	struct tf_later t;
	int fd = ask("x");

	t = bench_token();
	ck_assert_int_eq(bench_reply(none, "x"), -1);
	ck_assert_int_eq(bench_reply(odd, "x"), -1);
	ck_assert_int_eq(bench_reply(far, "x"), -1);
	t.generation++;
	ck_assert_int_eq(bench_reply(t, "x"), -1);
	t.generation--;
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	expect_text(fd, 7, "x");
	done(fd);
}
END_TEST

static struct tf_later
of_hook(struct tf_call *call)
{
	struct tf_later t = tf_later(call);

	ck_assert_uint_eq(t.generation, 0);
	return t;
}

static int
before(struct tf_call *call)
{
	return bench_reply(of_hook(call), "before") == -1 ? 0 : -1;
}

static bool after_fails;

static void
after(struct tf_call *call, int rc)
{
	ck_assert_int_eq(rc, strcmp(call->method, "later") == 0 ? TF_LATER : 0);
	bench_reply(of_hook(call), "after");
	if (after_fails && rc == TF_LATER)
		tf_fail(call, "in vain");
}

static void
setup_hooks(void)
{
	bench_setup();
	bench_hooks = (struct tf_hooks){ .before = before, .after = after };
	bench_start();
}

/* A hook can have none. */
START_TEST(hooks)
{
	int fd = ask("x");

	ck_assert_int_eq(bench_reply(bench_token(), "x"), 0);
	expect_text(fd, 7, "x");
	done(fd);
}
END_TEST

/* And cannot take the answer from who has: the call is its token's. */
START_TEST(a_hook_that_fails)
{
	struct tf_later t;
	int fd;

	after_fails = true;
	fd = ask("first");
	t = bench_token();
	done(bench_tcp());		/* a call that is used again, perhaps */
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	ck_assert_int_eq(bench_reply(t, "y"), -1);
	expect_text(fd, 7, "x");
	done(fd);
}
END_TEST

#define MANY	300

struct half {
	struct tf_later	*tokens;
	int		 first, won;
};

/* Every second one, the last first; and then those of the other one. */
static void *
answer_half(void *arg)
{
	struct half *h = arg;
	char text[20];

	for (int round = 0; round < 2; round++)
		for (int i = MANY - 1 - (h->first + round) % 2; i >= 0;
		    i -= 2) {
			snprintf(text, sizeof(text), "text %d", i);
			h->won += bench_reply(h->tokens[i], text) == 0;
		}
	return NULL;
}

/* Two threads race for all of them; replies stay in order. */
START_TEST(race)
{
	struct tf_later tokens[MANY];
	struct half h[2] = { { tokens, 0, 0 }, { tokens, 1, 0 } };
	struct bytes out = { 0 };
	int fd = bench_tcp();
	char text[20];
	pthread_t t;

	for (int i = 0; i < MANY; i++) {
		frame_text(&out, "later", i, "x", 1);
		peer_send_bytes(fd, &out);
	}
	for (int i = 0; i < MANY; i++)
		tokens[i] = bench_token();
	ck_assert_int_eq(pthread_create(&t, NULL, answer_half, &h[0]), 0);
	answer_half(&h[1]);
	ck_assert_int_eq(pthread_join(t, NULL), 0);
	ck_assert_int_eq(h[0].won + h[1].won, MANY);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		expect_text(fd, i, text);
	}
	done(fd);
}
END_TEST

/* A token may outlive its worker. */
START_TEST(outlived)
{
	int fd = ask("x");
	struct tf_later t = bench_token();

	bench_order(ORDER_QUIT);
	ck_assert_int_eq(bench_wait(), 1);
	ck_assert_int_eq(bench_reply(t, "x"), -1);
	peer_end(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("later");
	TCase *t = unit_case(s, "tokens"), *h = unit_case(s, "hooks");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_test(t, once);
	tcase_add_test(t, throws);
	tcase_add_test(t, mistakes);
	tcase_add_test(t, returned);
	tcase_add_test(t, early);
	tcase_add_test(t, oneway);
	tcase_add_test(t, nobodys);
	tcase_add_test(t, race);
	tcase_add_test(t, outlived);
	tcase_add_checked_fixture(h, setup_hooks, bench_teardown);
	tcase_add_test(h, hooks);
	tcase_add_test(h, a_hook_that_fails);
	return unit_main(s);
}
