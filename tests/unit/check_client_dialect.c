/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the client says, byte for byte, and what it takes for an answer, where
 * that is not the framed compact protocol: names of services, JSON.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit_client.h"
#include "unit_peer.h"
#include "unit_service.h"
#include "wire/app_error.h"

static void
named_calls(void)
{
	static const char *const names[] = { "twin:size", "other:size",
	    "size" };
	struct message m;
	int fd = take();

	for (int32_t i = 0; i < 3; i++) {
		ck_assert(peer_read(fd, &m));
		ck_assert_str_eq(m.name, names[i]);
		message_free(&m);
		scene_say(fd, PEER_REPLY, "size", i + 1, FOUR);
	}
	peer_expect_end(fd);
	close(fd);
}

/* Of several that the server has; the connection stays the same. */
START_TEST(service)
{
	act(named_calls);
	ck_assert_int_eq(tf_client_set(c, "service", "twin"), 0);
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	ck_assert_int_eq(tf_client_set(c, "service", "other"), 0);
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	ck_assert_int_eq(tf_client_set(c, "service", ""), 0);
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	tf_client_free(c);
	c = NULL;
}
END_TEST

static const char json_call[] =
    "[1,\"twin:size\",1,%d,{\"1\":{\"str\":\"four\"}}]";

static void
asked_in_json(int fd, int seqid)
{
	char want[100], got[100] = "";
	int n = snprintf(want, sizeof(want), json_call, seqid);

	for (int i = 0; i < n; i++) {
		peer_wait(fd, POLLIN, PEER_MS);
		ck_assert_int_eq(read(fd, got + i, 1), 1);
	}
	ck_assert_str_eq(got, want);
}

static void
json_answers(void)
{
	static const char *const answers[] = {
		"[1,\"size\",2,1,{\"0\":{\"i32\":4}}]",
		"[1,\"size\",3,2,{\"1\":{\"str\":\"n]{o\"},"
		    "\"2\":{\"i32\":6}}]",
		"[1,\"size\",2,3,{\"1\":{\"rec\":{\"1\":{\"str\":"
		    "\"by zero\"}}}}]",
		"[1,\"size\",2,4,{}]",
	};
	int fd = take();

	for (int i = 0; i < 4; i++) {
		asked_in_json(fd, i + 1);
		for (const char *p = answers[i]; *p != '\0'; p++)
			peer_send(fd, p, 1);
	}
	peer_expect_end(fd);
	close(fd);
}

/* Without a frame: a result, an error, an exception, nothing. */
START_TEST(json)
{
	const struct unit_text args = { TF_STR("four") };
	const struct unit_divide_result *r;
	void *result;

	act(json_answers);
	ck_assert_int_eq(tf_client_set(c, "protocol", "json"), 0);
	ck_assert_int_eq(tf_client_set(c, "framing", "unframed"), 0);
	ck_assert_int_eq(tf_client_set(c, "service", "twin"), 0);
	ck_assert_msg(call_size() == 4, "%s", tf_client_error(c));
	ck_assert_int_eq(call_size(), -1);
	assert_error("n]{o");
	ck_assert_int_eq(tf_client_error_type(c), APP_INTERNAL_ERROR);
	ck_assert_int_eq(call("size", &args, &result), -1);
	r = result;
	ck_assert_str_eq(r->no->why.s, "by zero");
	ck_assert_int_eq(call_size(), -1);
	ck_assert_int_eq(tf_client_error_type(c), APP_MISSING_RESULT);
	tf_client_free(c);
	c = NULL;
}
END_TEST

static void
bad_json(void)
{
	static const char *const answers[] = { "[1,\"size\",2,1,{]}",
	    "[1,\"size\",2,2,{\"0\":{\"i32\":4}}}", "[1,\"size\",2,3,}]",
	    "[2,\"size\",2,4,{\"0\":{\"i32\":4}}]",
	    "[1,\"size\",2,5,{\"0\":{\"i32\":4}},6]" };

	for (int i = 0; i < 5; i++) {
		int fd = take();

		asked_in_json(fd, i + 1);
		peer_send(fd, answers[i], strlen(answers[i]));
		peer_expect_end(fd);
		close(fd);
	}
}

START_TEST(what_is_no_json)
{
	act(bad_json);
	ck_assert_int_eq(tf_client_set(c, "protocol", "json"), 0);
	ck_assert_int_eq(tf_client_set(c, "framing", "unframed"), 0);
	ck_assert_int_eq(tf_client_set(c, "service", "twin"), 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(call_size(), -1);
		ck_assert_int_eq(tf_client_error_type(c), -1);
		assert_error(addr);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client_dialect");
	TCase *t = unit_client_case(s, "client_dialect");

	tcase_add_test(t, service);
	tcase_add_test(t, json);
	tcase_add_test(t, what_is_no_json);
	return unit_main(s);
}
