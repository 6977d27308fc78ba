/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool and two servers that do what the test wants, each a thread behind a
 * door: who is asked, how often, and who gets which client.
 */
#include <thriftfork/pool.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/client_body.h"
#include "client/pool_body.h"
#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_service.h"

#define SERVERS		2
#define CONNECTIONS	32		/* of a server, in its life */

enum mood {
	ANSWER,
	REFUSE,			/* closes a connection at once */
	DROP,			/* reads the call and closes */
	LARGE,			/* answers more than a client may read */
	SILENT			/* reads the call */
};

static struct server {
	int		 door, end[2];
	pthread_t	 thread;
	_Atomic enum mood mood;
	_Atomic int	 asked, connected;
	struct pollfd	 fds[2 + CONNECTIONS];
	nfds_t		 n;
} servers[SERVERS];
static char addrs[128];
static struct tf_pool *pool;
static struct tf_method often;	/* size(), which is idempotent */
static int fds;

static void
hang_up(struct server *s, nfds_t i)
{
	close(s->fds[i].fd);
	s->fds[i] = s->fds[--s->n];
}

static void
reply(int fd, int32_t seqid)
{
	struct bytes out = { 0 }, body = { .p = (uint8_t[]){ 5, 0, 8, 0 },
	    .n = 4 };

	frame_message(&out, PEER_REPLY, "size", seqid, &body);
	peer_send_bytes(fd, &out);
}

static void
serve(struct server *s, nfds_t i)
{
	struct message m;

	if (!peer_read(s->fds[i].fd, &m)) {
		hang_up(s, i);
		return;
	}
	s->asked++;
	if (s->mood == ANSWER)
		reply(s->fds[i].fd, m.seqid);
	else if (s->mood == LARGE)
		peer_send(s->fds[i].fd, "\0\2\0\0\x82", 5);
	else if (s->mood == DROP)
		hang_up(s, i);
	message_free(&m);
}

static void
let_in(struct server *s)
{
	int fd = accept(s->door, NULL, NULL);

	ck_assert_int_ne(fd, -1);
	s->connected++;
	if (s->mood == REFUSE || s->n == 2 + CONNECTIONS) {
		close(fd);
		return;
	}
	s->fds[s->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void *
play(void *arg)
{
	struct server *s = arg;

	s->fds[0] = (struct pollfd){ .fd = s->end[0], .events = POLLIN };
	s->fds[1] = (struct pollfd){ .fd = s->door, .events = POLLIN };
	s->n = 2;
	while (poll(s->fds, s->n, -1) > 0 && s->fds[0].revents == 0) {
		for (nfds_t i = s->n; i-- > 2;)
			if (s->fds[i].revents != 0)
				serve(s, i);
		if (s->fds[1].revents != 0)
			let_in(s);
	}
	while (s->n > 2)
		hang_up(s, 2);
	return NULL;
}

static unsigned
port_of(int door)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);

	ck_assert_int_eq(getsockname(door, (struct sockaddr *)&in, &len), 0);
	return ntohs(in.sin_port);
}

static void
open_server(struct server *s)
{
	s->door = peer_door(AF_INET);
	s->mood = ANSWER;
	s->asked = s->connected = 0;
	ck_assert_int_eq(pipe(s->end), 0);
	ck_assert_int_eq(pthread_create(&s->thread, NULL, play, s), 0);
}

static void
close_server(struct server *s)
{
	close(s->end[1]);
	ck_assert_int_eq(pthread_join(s->thread, NULL), 0);
	close(s->end[0]);
	close(s->door);
}

static void
set(const char *key, const char *value)
{
	ck_assert_msg(tf_pool_set(pool, key, value) == 0, "%s",
	    tf_pool_error(pool));
}

static void
setup(void)
{
	fds = peer_fds();
	for (int i = 0; i < SERVERS; i++)
		open_server(&servers[i]);
	snprintf(addrs, sizeof(addrs), "127.0.0.1:%u,127.0.0.1:%u",
	    port_of(servers[0].door), port_of(servers[1].door));
	pool = tf_pool_new(addrs);
	set("timeout", "5s");
	often = *unit_method("size");
	often.flags |= TF_IDEMPOTENT;
}

static void
teardown(void)
{
	tf_pool_free(pool);
	for (int i = 0; i < SERVERS; i++)
		close_server(&servers[i]);
	ck_assert_int_eq(peer_fds(), fds);
}

/* 4, or -1. */
static int
size_by(struct tf_client *c, const struct tf_method *m)
{
	const struct unit_text args = { TF_STR("four") };
	const struct unit_divide_result *r;
	void *result;

	if (tf_client_call(c, m, &args, &result) == -1)
		return -1;
	r = result;
	ck_assert(r->has_success);
	return r->success;
}

static int
size(const struct tf_method *m)
{
	struct tf_client *c = tf_pool_borrow(pool);
	int n = size_by(c, m);

	tf_pool_return(pool, c);
	return n;
}

static const struct tf_method *
once(void)
{
	return unit_method("size");
}

static int
asked(void)
{
	return servers[0].asked + servers[1].asked;
}

static struct tf_pool_stat
stat_now(void)
{
	struct tf_pool_stat s;

	tf_pool_stat(pool, &s);
	return s;
}

static void
mood(enum mood first, enum mood second)
{
	servers[0].mood = first;
	servers[1].mood = second;
}

START_TEST(both_are_asked_and_connections_kept)
{
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(size(once()), 4);
	ck_assert_int_eq(servers[0].asked, 10);
	ck_assert_int_eq(servers[1].asked, 10);
	ck_assert_int_eq(servers[0].connected + servers[1].connected, 2);
	ck_assert_uint_eq(stat_now().calls, 20);
	ck_assert_uint_eq(stat_now().clients, 2);
	ck_assert_uint_eq(stat_now().lent, 0);
}
END_TEST

START_TEST(who_is_not_there_is_not_missed)
{
	close_server(&servers[0]);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(size(once()), 4);
	ck_assert_int_eq(servers[1].asked, 20);
	ck_assert_uint_eq(stat_now().failed, 0);
	ck_assert_uint_le(stat_now().retries, 2);
	open_server(&servers[0]);
}
END_TEST

START_TEST(what_may_have_been_seen_is_not_asked_again)
{
	mood(DROP, DROP);
	ck_assert_int_eq(size(once()), -1);
	ck_assert_int_eq(asked(), 1);
	ck_assert_uint_eq(stat_now().retries, 0);
	ck_assert_uint_eq(stat_now().failed, 1);
}
END_TEST

START_TEST(but_for_what_is_idempotent)
{
	mood(DROP, ANSWER);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(size(&often), 4);
	ck_assert_int_eq(servers[0].asked, 1);
	ck_assert_int_eq(servers[1].asked, 6);
	ck_assert_uint_eq(stat_now().retries, 1);
}
END_TEST

START_TEST(and_that_not_for_ever)
{
	struct tf_client *c = tf_pool_borrow(pool);

	mood(DROP, DROP);
	ck_assert_int_eq(size_by(c, &often), -1);
	ck_assert_int_eq(asked(), 3);
	ck_assert_ptr_nonnull(strstr(tf_client_error(c), "in 3 tries"));
	tf_pool_return(pool, c);
}
END_TEST

START_TEST(the_budget_ends)
{
	set("retry-budget", "0");
	set("retries", "3");
	mood(DROP, DROP);
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(size(&often), -1);
	ck_assert_uint_eq(stat_now().retries, 100);
	ck_assert_int_eq(asked(), 140);
}
END_TEST

START_TEST(a_late_answer_is_asked_for_elsewhere)
{
	set("attempt-timeout", "50ms");
	mood(SILENT, ANSWER);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(size(&often), 4);
	ck_assert_uint_eq(stat_now().failed, 0);
	ck_assert_uint_ge(stat_now().retries, 1);
}
END_TEST

/* If nobody else is to be asked, it has all the time there is. */
START_TEST(a_late_answer_is_awaited_without_a_budget)
{
	uint64_t began = clock_ns();

	set("attempt-timeout", "20ms");
	set("timeout", "300ms");
	pool->saved = 0;
	mood(SILENT, SILENT);
	ck_assert_int_eq(size(&often), -1);
	ck_assert_uint_ge(clock_ns() - began, 300 * NS_PER_MS);
	ck_assert_int_eq(asked(), 1);
}
END_TEST

/* Of many calls that are under way, those whose repetition can be paid for. */
START_TEST(who_is_cut_short_can_be_asked_again)
{
	struct tf_client *a = tf_pool_borrow(pool), *b = tf_pool_borrow(pool);
	const uint64_t far = clock_ns() + 3600 * NS_PER_S;

	set("attempt-timeout", "50ms");
	set("retry-budget", "0");
	pool->saved = 2 * RETRY;
	lease_begin(a->lease, far);
	lease_begin(b->lease, far);
	ck_assert_uint_lt(lease_until(a->lease, &often), far);
	ck_assert_uint_eq(lease_until(b->lease, &often), far);
	ck_assert(!lease_again(a->lease, &often, FAULT_NONE));
	ck_assert_uint_lt(lease_until(b->lease, &often), far);
	ck_assert_uint_lt(lease_until(b->lease, &often), far);
	ck_assert(lease_again(b->lease, &often, FAULT_LATE));
	ck_assert_uint_eq(lease_until(b->lease, &often), far);
	ck_assert(lease_again(b->lease, &often, FAULT_BROKEN));
	ck_assert(!lease_again(b->lease, &often, FAULT_BROKEN));
	ck_assert_uint_eq(pool->saved, 0);
	ck_assert_uint_eq(pool->reserved, 0);
	tf_pool_return(pool, a);
	tf_pool_return(pool, b);
}
END_TEST

/* It is the server's answer, and another one would say the same. */
START_TEST(an_answer_of_no_use_is_one)
{
	set("max-frame", "64K");
	mood(LARGE, ANSWER);
	for (int i = 0; i < 20; i++)
		size(i % 4 < 2 ? once() : &often);
	ck_assert_int_ge(servers[0].asked, 2);
	ck_assert_uint_eq(stat_now().retries, 0);
	ck_assert_uint_eq(stat_now().failed, servers[0].asked);
	ck_assert_uint_eq(pool->backends.v[0].down_until_ns, 0);
}
END_TEST

/* Nor does a oneway that was sent to one say that it is well. */
START_TEST(who_is_late_is_late_whatever_else_is_sent)
{
	const struct unit_text args = { TF_STR("n") };
	struct tf_client *c;
	void *result;

	tf_pool_free(pool);
	*strchr(addrs, ',') = '\0';
	pool = tf_pool_new(addrs);
	set("timeout", "30ms");
	servers[0].mood = SILENT;
	c = tf_pool_borrow(pool);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(size_by(c, once()), -1);
		ck_assert_uint_eq(c->lease->pool->backends.v[0].late, i + 1);
		ck_assert_int_eq(tf_client_call(c, unit_method("note"), &args,
		    &result), 0);
	}
	ck_assert_uint_ne(c->lease->pool->backends.v[0].down_until_ns, 0);
	tf_pool_return(pool, c);
}
END_TEST

START_TEST(the_timeout_is_that_of_all_tries)
{
	struct tf_client *c = tf_pool_borrow(pool);
	uint64_t began = clock_ns();

	ck_assert_int_eq(tf_client_set(c, "timeout", "300ms"), 0);
	mood(SILENT, SILENT);
	ck_assert_int_eq(size_by(c, &often), -1);
	ck_assert_uint_ge(clock_ns() - began, 300 * NS_PER_MS);
	ck_assert_uint_lt(clock_ns() - began, 3 * NS_PER_S);
	tf_pool_return(pool, c);
}
END_TEST

START_TEST(nobody_there_at_all)
{
	struct tf_client *c = tf_pool_borrow(pool);

	for (int i = 0; i < SERVERS; i++)
		close_server(&servers[i]);
	ck_assert_int_eq(size_by(c, once()), -1);
	ck_assert_ptr_nonnull(strstr(tf_client_error(c), "onnection refused"));
	tf_pool_return(pool, c);
	for (int i = 0; i < SERVERS; i++)
		open_server(&servers[i]);
}
END_TEST

START_TEST(one_that_was_set_and_reached_nobody)
{
	struct tf_client *c = tf_pool_borrow(pool);

	ck_assert_int_eq(tf_client_set(c, "timeout", "4s"), 0);
	for (int i = 0; i < SERVERS; i++)
		close_server(&servers[i]);
	ck_assert_int_eq(size_by(c, once()), -1);
	tf_pool_return(pool, c);
	for (int i = 0; i < SERVERS; i++)
		open_server(&servers[i]);
}
END_TEST

/* What fails before the call is sent can be tried elsewhere. */
START_TEST(a_handshake_that_fails_shows_nobody_the_call)
{
	char urls[128];
	struct tf_client *c;

	snprintf(urls, sizeof(urls), "tls://127.0.0.1:%u,tls://127.0.0.1:%u",
	    port_of(servers[0].door), port_of(servers[1].door));
	tf_pool_free(pool);
	pool = tf_pool_new(urls);
	mood(REFUSE, REFUSE);
	c = tf_pool_borrow(pool);
	ck_assert_int_eq(size_by(c, once()), -1);
	ck_assert_msg(strstr(tf_client_error(c), " tries") != NULL, "%s",
	    tf_client_error(c));
	tf_pool_return(pool, c);
	ck_assert_int_gt(servers[0].connected, 0);
	ck_assert_int_gt(servers[1].connected, 0);
}
END_TEST

/* A borrower in a thread of its own. */
static void *
borrow_once(void *arg)
{
	int *n = arg;

	*n = size(once());
	return NULL;
}

START_TEST(who_waits_is_served)
{
	struct tf_client *c;
	pthread_t thread;
	int n = 0;

	set("max", "1");
	set("wait-timeout", "off");
	c = tf_pool_borrow(pool);
	ck_assert_int_eq(pthread_create(&thread, NULL, borrow_once, &n), 0);
	while (stat_now().waiting == 0)
		poll(NULL, 0, 1);
	tf_pool_return(pool, c);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(n, 4);
	ck_assert_uint_eq(stat_now().clients, 1);
}
END_TEST

START_TEST(who_waits_in_vain_is_told)
{
	struct tf_client *c, *none;

	set("max", "1");
	set("wait-timeout", "50ms");
	c = tf_pool_borrow(pool);
	none = tf_pool_borrow(pool);
	ck_assert_int_eq(size_by(none, once()), -1);
	ck_assert_ptr_nonnull(strstr(tf_client_error(none), "all are lent"));
	tf_pool_return(pool, none);
	ck_assert_int_eq(size_by(c, once()), 4);
	tf_pool_return(pool, c);
	ck_assert_uint_eq(stat_now().refused, 1);
	ck_assert_uint_eq(stat_now().clients, 1);
}
END_TEST

START_TEST(what_a_borrower_sets_ends_with_the_loan)
{
	struct tf_client *c = tf_pool_borrow(pool);

	ck_assert_int_eq(tf_client_set(c, "protocol", "json"), 0);
	ck_assert_int_eq(tf_client_header(c, "k", "v"), 0);
	tf_pool_return(pool, c);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(size(once()), 4);
}
END_TEST

START_TEST(idlers_are_closed_but_for_the_minimum)
{
	struct tf_client *c[4];

	set("min", "1");
	set("idle-timeout", "1ms");
	for (int i = 0; i < 4; i++)
		c[i] = tf_pool_borrow(pool);
	for (int i = 0; i < 4; i++)
		tf_pool_return(pool, c[i]);
	poll(NULL, 0, 5);		/* time is what this is about */
	tf_pool_return(pool, tf_pool_borrow(pool));
	ck_assert_uint_le(stat_now().clients, 2);
	ck_assert_uint_ge(stat_now().clients, 1);
}
END_TEST

START_TEST(a_connection_that_the_server_closed_is_no_failure)
{
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(size(once()), 4);
	close_server(&servers[0]);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(size(once()), 4);
	ck_assert_uint_eq(stat_now().failed, 0);
	open_server(&servers[0]);
}
END_TEST

/* None of them is used, rather than some of them without a word. */
START_TEST(too_many_addresses)
{
	char list[65 * 32] = "", one[32];
	struct tf_client *c;

	for (int i = 0; i < 65; i++) {
		snprintf(one, sizeof(one), "127.0.0.1:%d,", 1 + i);
		strlcat(list, one, sizeof(list));
	}
	tf_pool_free(pool);
	pool = tf_pool_new(list);
	ck_assert_ptr_nonnull(strstr(tf_pool_error(pool), "65 addresses"));
	ck_assert_int_eq(tf_pool_set(pool, "max", "2"), -1);
	ck_assert_ptr_nonnull(strstr(tf_pool_error(pool), "65 addresses"));
	c = tf_pool_borrow(pool);
	ck_assert_int_eq(size_by(c, unit_method("size")), -1);
	ck_assert_ptr_nonnull(strstr(tf_client_error(c), "65 addresses"));
	tf_pool_return(pool, c);
}
END_TEST

START_TEST(settings_are_checked)
{
	static const char *const bad[][2] = { { "max", "0" }, { "min", "-1" },
	    { "idle-timeout", "5" }, { "retries", "many" },
	    { "retry-budget", "101" }, { "protocol", "morse" },
	    { "nonsense", "1" } };

	for (int i = 0; i < COUNT(bad); i++) {
		ck_assert_int_eq(tf_pool_set(pool, bad[i][0], bad[i][1]), -1);
		ck_assert_ptr_nonnull(strstr(tf_pool_error(pool), bad[i][0]));
	}
	ck_assert_int_eq(size(once()), 4);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pool");
	TCase *t = unit_case(s, "pool");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, both_are_asked_and_connections_kept);
	tcase_add_test(t, who_is_not_there_is_not_missed);
	tcase_add_test(t, what_may_have_been_seen_is_not_asked_again);
	tcase_add_test(t, but_for_what_is_idempotent);
	tcase_add_test(t, and_that_not_for_ever);
	tcase_add_test(t, the_budget_ends);
	tcase_add_test(t, a_late_answer_is_asked_for_elsewhere);
	tcase_add_test(t, a_late_answer_is_awaited_without_a_budget);
	tcase_add_test(t, who_is_cut_short_can_be_asked_again);
	tcase_add_test(t, an_answer_of_no_use_is_one);
	tcase_add_test(t, who_is_late_is_late_whatever_else_is_sent);
	tcase_add_test(t, the_timeout_is_that_of_all_tries);
	tcase_add_test(t, nobody_there_at_all);
	tcase_add_test(t, one_that_was_set_and_reached_nobody);
	tcase_add_test(t, a_handshake_that_fails_shows_nobody_the_call);
	tcase_add_test(t, who_waits_is_served);
	tcase_add_test(t, who_waits_in_vain_is_told);
	tcase_add_test(t, what_a_borrower_sets_ends_with_the_loan);
	tcase_add_test(t, idlers_are_closed_but_for_the_minimum);
	tcase_add_test(t, a_connection_that_the_server_closed_is_no_failure);
	tcase_add_test(t, too_many_addresses);
	tcase_add_test(t, settings_are_checked);
	return unit_main(s);
}
