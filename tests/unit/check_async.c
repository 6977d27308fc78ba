/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client that does not wait, against servers that answer out of order, too
 * late, twice, to nobody, in pieces, or not at all.  A reply reaches its own
 * call or none, each call is told once how it has ended, and the next one
 * works.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit_async.h"
#include "unit_service.h"
#include "wire/app_error.h"

#define MANY	50

static struct probe probes[300];

static void
reset(void)
{
	memset(probes, 0, sizeof(probes));
}

/* A call that works, over a new connection. */
static void
works_anew(void)
{
	struct probe p = { 0 };
	int fd;

	fly(&p);
	fd = accepted();
	reply(fd, asked_at(fd, "size"), 99);
	until(p.told > 0);
	ended_well(&p, 99);
	close(fd);
}

/* Over the one that is there. */
static void
works_on(int fd)
{
	struct probe p = { 0 };

	fly(&p);
	reply(fd, asked_at(fd, "size"), 98);
	until(p.told > 0);
	ended_well(&p, 98);
	ck_assert(!peer_soon(porch, POLLIN, 0));
}

static int
begin(int n, int32_t *seqids)
{
	int fd;

	reset();
	for (int i = 0; i < n; i++)
		fly(&probes[i]);
	fd = accepted();
	for (int i = 0; i < n; i++)
		seqids[i] = asked_at(fd, "size");
	return fd;
}

static void
all_failed(int n, const char *why)
{
	until(probes[n - 1].told > 0);
	for (int i = 0; i < n; i++)
		ended_badly(&probes[i], why);
}

START_TEST(replies_in_any_order)
{
	int32_t ids[MANY];
	int fd = begin(MANY, ids);

	for (int i = 0; i < MANY; i++) {
		int k = (i * 17 + 5) % MANY;

		reply(fd, ids[k], k);
		until(probes[k].told > 0);
		ended_well(&probes[k], k);
	}
	works_on(fd);
	close(fd);
}
END_TEST

/* All of them in one piece, or a byte at a time. */
START_TEST(replies_in_pieces)
{
	size_t piece = _i == 0 ? SIZE_MAX : (size_t)_i;
	struct bytes b = { 0 };
	int32_t ids[MANY];
	int fd = begin(MANY, ids);

	for (int i = MANY - 1; i >= 0; i--)
		add_reply(&b, ids[i], i * 1000);
	for (size_t at = 0, n; at < b.n; at += n) {
		n = b.n - at < piece ? b.n - at : piece;
		peer_send(fd, b.p + at, n);
		turn(0);
	}
	until(probes[0].told > 0);
	for (int i = 0; i < MANY; i++)
		ended_well(&probes[i], i * 1000);
	bytes_free(&b);
	close(fd);
}
END_TEST

START_TEST(a_reply_to_a_call_that_was_cancelled)
{
	int32_t ids[3];
	int fd = begin(3, ids);

	tf_flight_cancel(probes[1].flight);
	reply(fd, ids[1], 1);
	reply(fd, ids[2], 2);
	reply(fd, ids[0], 0);
	until(probes[0].told > 0);
	ended_well(&probes[0], 0);
	ended_well(&probes[2], 2);
	ck_assert_int_eq(probes[1].told, 0);
	works_on(fd);
	close(fd);
}
END_TEST

/* It comes when the same client has made other calls, and reaches none. */
START_TEST(a_reply_that_is_too_late)
{
	int32_t ids[2], last;
	struct probe p = { 0 };
	int fd;

	set("timeout", "60ms");
	fd = begin(2, ids);
	reply(fd, ids[1], 1);
	until(probes[1].told > 0);
	until(probes[0].told > 0);
	ended_badly(&probes[0], "no answer in time");
	ended_badly(&probes[0], where);
	ck_assert_int_eq(probes[0].type, -1);
	set("timeout", "5s");
	fly(&p);
	last = asked_at(fd, "size");
	reply(fd, ids[0], 0);
	turn_ms(5);
	ck_assert_int_eq(p.told, 0);
	reply(fd, last, 7);
	until(p.told > 0);
	ended_well(&p, 7);
	close(fd);
}
END_TEST

/* Nothing was heard of it since: the next call goes elsewhere. */
START_TEST(a_server_that_says_nothing)
{
	int32_t ids[2];
	int fd;

	set("timeout", "40ms");
	fd = begin(2, ids);
	all_failed(2, "no answer in time");
	set("timeout", "5s");
	works_anew();
	peer_expect_end(fd);
	close(fd);
}
END_TEST

/* More than can be remembered: none is forgotten, the connection ends. */
START_TEST(graves_are_bounded)
{
	struct probe kept = { 0 };
	int fd;

	reset();
	fly(&kept);
	fd = accepted();
	for (int i = 0; i < 256; i++) {
		fly(&probes[0]);
		tf_flight_cancel(probes[0].flight);
	}
	turn_ms(5);
	ck_assert_int_eq(kept.told, 0);
	fly(&probes[0]);
	tf_flight_cancel(probes[0].flight);
	until(kept.told > 0);
	ended_badly(&kept, "without an answer");
	ck_assert_int_eq(probes[0].told, 0);
	works_anew();
	close(fd);
}
END_TEST

START_TEST(a_reply_that_nobody_has_asked_for)
{
	int32_t ids[3];
	int fd = begin(3, ids);

	reply(fd, ids[0], 5);
	reply(fd, ids[2] + 1, 6);
	reply(fd, ids[1], 7);
	until(probes[2].told > 0);
	ended_well(&probes[0], 5);
	ended_badly(&probes[1], "nobody has made");
	ended_badly(&probes[2], "nobody has made");
	works_anew();
	close(fd);
}
END_TEST

START_TEST(a_reply_that_comes_twice)
{
	int32_t ids[2];
	int fd = begin(2, ids);

	reply(fd, ids[0], 5);
	reply(fd, ids[0], 6);
	until(probes[1].told > 0);
	ended_well(&probes[0], 5);
	ended_badly(&probes[1], "nobody has made");
	works_anew();
	close(fd);
}
END_TEST

/* Its number is right, and nothing else of it. */
static const struct {
	int		 type;
	const char	*name, *body;
	size_t		 n;
	const char	*why;
} wrong[] = {
	{ PEER_REPLY, "echo", "\5\0\10\0", 4, "not a reply to this method" },
	{ PEER_CALL, "size", "\5\0\10\0", 4, "not a reply to this method" },
	{ PEER_ONEWAY, "size", "\5\0\10\0", 4, "not a reply to this method" },
	{ PEER_REPLY, "size", "\5\0", 2, "cannot be read" },
	{ PEER_REPLY, "size", "\x08\0\x7f" "x", 4, "cannot be read" },
	{ PEER_EXCEPTION, "size", "\x18\x7f", 2, "cannot be read" },
};

START_TEST(a_reply_that_is_wrong)
{
	struct bytes b = { 0 }, body = {
	    .p = (uint8_t *)(uintptr_t)wrong[_i].body, .n = wrong[_i].n };
	int32_t ids[3];
	int fd = begin(3, ids);

	reply(fd, ids[2], 2);
	frame_message(&b, wrong[_i].type, wrong[_i].name, ids[1], &body);
	add_reply(&b, ids[0], 0);
	peer_send_bytes(fd, &b);
	until(probes[0].told > 0);
	ended_well(&probes[2], 2);
	ended_badly(&probes[1], wrong[_i].why);
	ended_badly(&probes[0], "the reply to another call");
	works_anew();
	close(fd);
}
END_TEST

static const struct {
	const char	*bytes;
	size_t		 n;
	const char	*why;
} noise[] = {
	{ "\177\377\377\377", 4, "no frame" },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", 28, "no frame" },
	{ "\0\0\0\0", 4, "cannot be read" },
	{ "\0\0\0\3abc", 7, "cannot be read" },
	{ "\0\0\0\2\x82\x21", 6, "cannot be read" },
};

START_TEST(bytes_that_are_no_reply)
{
	int32_t ids[3];
	int fd = begin(3, ids);

	peer_send(fd, noise[_i].bytes, noise[_i].n);
	all_failed(3, noise[_i].why);
	works_anew();
	close(fd);
}
END_TEST

/* The last reply is cut, at each of its bytes. */
START_TEST(a_server_that_closes_with_many_under_way)
{
	struct bytes b = { 0 };
	int32_t ids[MANY];
	size_t whole;
	int fd = begin(MANY, ids);

	add_reply(&b, ids[20], 20);
	whole = b.n;
	add_reply(&b, ids[21], 21);
	ck_assert_int_lt(whole + (size_t)_i, b.n);
	peer_send(fd, b.p, whole + (size_t)_i);
	close(fd);
	until(probes[MANY - 1].told > 0);
	ended_well(&probes[20], 20);
	for (int i = 0; i < MANY; i++)
		if (i != 20)
			ended_badly(&probes[i], "closed the connection");
	bytes_free(&b);
	works_anew();
}
END_TEST

/* Between two calls, seen by the loop before the next one or not. */
START_TEST(a_server_that_closes_in_between)
{
	int32_t id;
	int fd = begin(1, &id);

	reply(fd, id, 1);
	until(probes[0].told > 0);
	close(fd);
	if (_i == 1)
		turn_ms(5);
	works_anew();
}
END_TEST

/* A name of two addresses, of which only the second one answers. */
START_TEST(the_next_address)
{
	connect_with(knows("localhost") ? "localhost" : "127.0.0.1");
	works_anew();
}
END_TEST

START_TEST(errors_that_are_answers)
{
	struct bytes b = { 0 }, text = { 0 };
	int32_t ids[2];
	int fd = begin(2, ids);

	bytes_text(&text, 1, "no such thing", 13);
	bytes_int(&text, 1, APP_INTERNAL_ERROR);
	bytes_add(&text, "", 1);
	frame_message(&b, PEER_EXCEPTION, "size", ids[0], &text);
	peer_send_bytes(fd, &b);
	frame_message(&b, PEER_REPLY, "size", ids[1],
	    &(struct bytes){ .p = (uint8_t[]){ 0 }, .n = 1 });
	peer_send_bytes(fd, &b);
	until(probes[1].told > 0);
	ended_badly(&probes[0], "no such thing");
	ck_assert_int_eq(probes[0].type, APP_INTERNAL_ERROR);
	ended_badly(&probes[1], "no result");
	ck_assert_int_eq(probes[1].type, APP_MISSING_RESULT);
	bytes_free(&text);
	works_on(fd);
	close(fd);
}
END_TEST

/* It ends when it has been sent; an answer to it is not taken for another. */
START_TEST(a_oneway)
{
	struct probe p = { 0 };
	struct bytes b = { 0 }, none = { .p = (uint8_t[]){ 0 }, .n = 1 };
	int32_t id;
	int fd;

	fly_to(&p, "note");
	fd = accepted();
	id = asked_at(fd, "note");
	until(p.told > 0);
	ck_assert_int_eq(p.told, 1);
	ck_assert_int_eq(p.rc, 0);
	frame_message(&b, PEER_EXCEPTION, "note", id, &none);
	peer_send_bytes(fd, &b);
	turn_ms(5);
	works_on(fd);
	close(fd);
}
END_TEST

static void
finish_wrongly(struct probe *p)
{
	const void *result = p;

	ck_assert_int_eq(tf_flight_finish(p->flight, unit_method("echo"),
	    &result), -1);
	ck_assert_ptr_null(result);
	tf_flight_cancel(p->flight);		/* which it is too late for */
}

START_TEST(finished_as_another_method)
{
	struct probe p = { .then = finish_wrongly };
	const void *result;
	int fd;

	fly(&p);
	ck_assert_int_eq(tf_flight_finish(p.flight, unit_method("size"),
	    &result), -1);
	ck_assert(strstr(tf_flight_error(p.flight), "not ended") != NULL);
	fd = accepted();
	reply(fd, asked_at(fd, "size"), 3);
	until(p.told > 0);
	ck_assert_int_eq(p.rc, 0);
	ck_assert_int_eq(p.value, 3);
	close(fd);
}
END_TEST

static void
cancel_the_others(struct probe *p)
{
	for (int i = 0; i < 10; i++)
		if (&probes[i] != p && probes[i].flight != NULL)
			tf_flight_cancel(probes[i].flight);
}

/* They have been answered already, but not been told. */
START_TEST(cancelled_by_another_of_the_same_batch)
{
	struct bytes b = { 0 };
	int32_t ids[10];
	int fd = begin(10, ids);

	for (int i = 0; i < 10; i++) {
		probes[i].then = cancel_the_others;
		if (i % 2 == 0)
			add_reply(&b, ids[i], i);
	}
	peer_send_bytes(fd, &b);
	until(probes[0].told > 0);
	turn_ms(5);
	ended_well(&probes[0], 0);
	for (int i = 1; i < 10; i++)
		ck_assert_int_eq(probes[i].told, 0);
	for (int i = 1; i < 10; i += 2)
		reply(fd, ids[i], i);
	works_on(fd);
	close(fd);
}
END_TEST

static void
free_client(struct probe *p)
{
	(void)p;
	tf_async_free(client);
	client = NULL;
}

START_TEST(freed_by_a_function_of_its_own)
{
	struct bytes b = { 0 };
	int32_t ids[10];
	int fd = begin(10, ids);

	probes[0].then = free_client;
	for (int i = 0; i < 5; i++)
		add_reply(&b, ids[i], i);
	peer_send_bytes(fd, &b);
	until(probes[0].told > 0);
	for (int i = 0; i < 5; i++)
		ended_well(&probes[i], i);
	for (int i = 5; i < 10; i++)
		ended_badly(&probes[i], "has been freed");
	peer_expect_end(fd);
	close(fd);
}
END_TEST

static struct probe again;

static void
once_more(struct probe *p)
{
	(void)p;
	fly(&again);
}

static struct tf_async *doomed;

static void
free_doomed(struct probe *p)
{
	(void)p;
	tf_async_free(doomed);
}

/* After a reply, after a failure, or as it is freed: the first one counts. */
START_TEST(freed_by_each_of_its_functions)
{
	int32_t ids[5];
	int fd = begin(5, ids);

	doomed = client;
	client = NULL;
	for (int i = 0; i < 5; i++)
		probes[i].then = free_doomed;
	if (_i == 0)
		reply(fd, ids[4], 4);
	else if (_i == 1)
		shutdown(fd, SHUT_WR);
	else
		tf_async_free(doomed);
	until(probes[0].told > 0);
	for (int i = 0; i < 4; i++)
		ended_badly(&probes[i], _i == 1 ? "" : "has been freed");
	if (_i == 0)
		ended_well(&probes[4], 4);
	turn_ms(2);
	peer_expect_end(fd);
	close(fd);
}
END_TEST

START_TEST(calls_that_begin_as_the_client_is_freed)
{
	int32_t ids[2];
	int fd = begin(2, ids);

	again = (struct probe){ .told = 0 };
	probes[0].then = once_more;
	tf_async_free(client);
	client = NULL;
	ended_badly(&probes[0], "has been freed");
	ended_badly(&probes[1], "has been freed");
	turn_ms(2);
	ck_assert_int_eq(again.told, 0);
	close(fd);
}
END_TEST

/* One that fails at once and is begun again does not keep the loop. */
START_TEST(begun_again_in_its_function)
{
	struct probe p = { .then = once_more };
	struct tf_timer *t;

	again = (struct probe){ .then = once_more };
	close(porch);
	porch = -1;
	t = tf_timer_new(loop, (void (*)(void *))tf_loop_stop, loop);
	tf_timer_set(t, 20);
	fly(&p);
	ck_assert_int_eq(tf_loop_run(loop), 0);
	tf_timer_free(t);
	ck_assert_int_eq(p.told, 1);
	ck_assert_int_gt(again.told, 1);
}
END_TEST

START_TEST(settings_while_calls_are_under_way)
{
	int32_t id;
	int fd = begin(1, &id);

	ck_assert_int_eq(tf_async_set(client, "protocol", "binary"), -1);
	ck_assert(strstr(tf_async_error(client), "under way") != NULL);
	reply(fd, id, 1);
	until(probes[0].told > 0);
	ended_well(&probes[0], 1);
	ck_assert_int_eq(tf_async_set(client, "protocol", "morse"), -1);
	ck_assert_int_eq(tf_async_set(client, "colour", "blue"), -1);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("async");
	TCase *t = unit_async_case(s, "async");

	tcase_add_test(t, replies_in_any_order);
	tcase_add_loop_test(t, replies_in_pieces, 0, 14);
	tcase_add_test(t, a_reply_to_a_call_that_was_cancelled);
	tcase_add_test(t, a_reply_that_is_too_late);
	tcase_add_test(t, a_server_that_says_nothing);
	tcase_add_test(t, graves_are_bounded);
	tcase_add_test(t, a_reply_that_nobody_has_asked_for);
	tcase_add_test(t, a_reply_that_comes_twice);
	tcase_add_loop_test(t, a_reply_that_is_wrong, 0, COUNT(wrong));
	tcase_add_loop_test(t, bytes_that_are_no_reply, 0, COUNT(noise));
	tcase_add_loop_test(t, a_server_that_closes_with_many_under_way, 0,
	    16);
	tcase_add_loop_test(t, a_server_that_closes_in_between, 0, 2);
	tcase_add_test(t, the_next_address);
	tcase_add_test(t, errors_that_are_answers);
	tcase_add_test(t, a_oneway);
	tcase_add_test(t, finished_as_another_method);
	tcase_add_test(t, cancelled_by_another_of_the_same_batch);
	tcase_add_test(t, freed_by_a_function_of_its_own);
	tcase_add_test(t, calls_that_begin_as_the_client_is_freed);
	tcase_add_loop_test(t, freed_by_each_of_its_functions, 0, 3);
	tcase_add_test(t, begun_again_in_its_function);
	tcase_add_test(t, settings_while_calls_are_under_way);
	return unit_main(s);
}
