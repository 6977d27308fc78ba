/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The master's end of a channel: orders wait where the worker does not read,
 * come in order, and are too many at last; but one that is dead has taken all
 * that it ever will, and is not to blame.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/unit.h"
#include "proc/channel.h"

#define MANY	100000		/* orders, more than the kernel would keep */

static struct loop loop;
static struct channel channel;
static int worker;		/* the other end */

static void
ready(struct watch *w, uint32_t events)
{
	(void)w;
	channel_ready(&channel, events);
}

static void
setup(void)
{
	int ends[2];

	ck_assert_int_eq(loop_init(&loop), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    ends), 0);
	ck_assert_int_eq(channel_open(&channel, &loop, ends[0], ready), 0);
	worker = ends[1];
}

static void
teardown(void)
{
	fd_close(&worker);
	channel_close(&channel);
	loop_fini(&loop);
}

/* How many orders are accepted; they are numbered. */
static uint32_t
send_until_refused(void)
{
	struct order o = { .kind = ORDER_SHED };

	while (o.arg < MANY && channel_send(&channel, &o, -1) == 0)
		o.arg++;
	return o.arg;
}

START_TEST(one_that_does_not_read_is_beyond_help)
{
	uint32_t n = send_until_refused();
	struct order o;
	int fd;

	ck_assert_uint_gt(n, 100);
	ck_assert_uint_lt(n, MANY);
	for (uint32_t i = 0; i < n; i++) {
		while (fd_recv(worker, &o, sizeof(o), &fd, MSG_DONTWAIT) ==
		    -1) {
			ck_assert_int_eq(errno, EAGAIN);
			ck_assert_int_ne(loop_turn(&loop), -1);
		}
		ck_assert_uint_eq(o.arg, i);
	}
}
END_TEST

START_TEST(one_that_is_dead_is_not_to_blame)
{
	fd_close(&worker);
	ck_assert_uint_eq(send_until_refused(), MANY);
	ck_assert_uint_eq(channel.nwaiting, 0);
}
END_TEST

START_TEST(one_that_has_died_while_orders_waited)
{
	struct order o = { .kind = ORDER_SHED };

	while (channel.nwaiting == 0)
		ck_assert_int_eq(channel_send(&channel, &o, -1), 0);
	fd_close(&worker);
	ck_assert_int_ne(loop_turn(&loop), -1);
	ck_assert_uint_eq(channel.nwaiting, 0);
	ck_assert_uint_eq(send_until_refused(), MANY);
}
END_TEST

START_TEST(no_channel)
{
	struct order o = { .kind = ORDER_QUIT };

	channel_close(&channel);
	ck_assert_int_eq(channel_send(&channel, &o, -1), -1);
	channel_close(&channel);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("channel");
	TCase *t = unit_case(s, "channel");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_that_does_not_read_is_beyond_help);
	tcase_add_test(t, one_that_is_dead_is_not_to_blame);
	tcase_add_test(t, one_that_has_died_while_orders_waited);
	tcase_add_test(t, no_channel);
	return unit_main(s);
}
