/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a listener serves, for connections that move: who has been introduced
 * by a proxy stays who it is and is not asked again, and goes by the rules of
 * the worker that it has come to.
 */
#include <sys/socket.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/unit.h"
#include "unit_move.h"
#include "unit_peer.h"

static const char line[] = "PROXY TCP4 10.1.2.3 192.0.2.1 5432 80\r\n";

/* b accepts at the same addresses, as the next generation does. */
static void
next_generation(void)
{
	fd_close(&b.unix_door);
	fd_close(&b.tcp_door);
	b.unix_door = dup(a.unix_door);
	b.tcp_door = dup(a.tcp_door);
	ck_assert_int_ne(b.tcp_door, -1);
	side_start(&b);
}

static int
introduced(void)
{
	int fd = peer_connect(a.tcp_door);

	peer_send(fd, line, sizeof(line) - 1);
	side_ping(fd, 1);
	return fd;
}

START_TEST(once_is_enough)
{
	int fd;

	side_rules[1].proxy = true;
	side_start(&a);
	fd = introduced();
	next_generation();
	drain();
	ck_assert_str_eq(a.notes->peer, "10.1.2.3:5432");
	ck_assert_str_eq(b.notes->peer, "10.1.2.3:5432");
	ck_assert_int_eq(b.notes->uid, -1);
	side_ping(fd, 2);
	/* A second one is none of its business. */
	peer_send(fd, line, sizeof(line) - 1);
	peer_end(fd);
}
END_TEST

/* Declared over TCP, or over a unix socket, to have come by a unix socket. */
START_TEST(a_declared_path)
{
	static const char head[] = "\r\n\r\n\0\r\nQUIT\n\41\61\0\330/x";
	char header[16 + 216] = "";
	int fd;

	memcpy(header, head, sizeof(head) - 1);
	side_rules[_i].proxy = true;
	side_start(&a);
	fd = peer_connect(_i == 0 ? a.unix_door : a.tcp_door);
	peer_send(fd, header, sizeof(header));
	side_ping(fd, 1);
	next_generation();
	drain();
	ck_assert_str_eq(b.notes->peer, "unix:/x");
	ck_assert_int_eq(b.notes->uid, -1);
	side_ping_last(fd, 2);
}
END_TEST

/* Who was here before there was a proxy stays, and who comes is asked. */
START_TEST(a_proxy_from_now_on)
{
	int fd, late;

	side_start(&a);
	fd = side_tcp(&a);
	side_rules[1].proxy = true;
	next_generation();
	drain();
	side_ping_last(fd, 2);
	late = introduced();
	ck_assert_str_eq(b.notes->peer, "10.1.2.3:5432");
	close(late);
	late = peer_connect(b.tcp_door);
	peer_send(late, "\202\41\7\4ping\0", 9);
	peer_end(late);
}
END_TEST

START_TEST(the_rules_of_the_next)
{
	int fd, other;

	side_start(&a);
	fd = side_tcp(&a);
	other = side_unix(&a);
	side_rules[1].off = RULES_COMPACT;
	next_generation();
	drain();
	side_ping_last(other, 2);
	peer_send(fd, "\202\41\7\4ping\0", 9);
	peer_end(fd);
}
END_TEST

/* At an address that the next one does not listen on, all is served. */
START_TEST(an_address_that_is_gone)
{
	int fd;

	side_start(&a);
	fd = side_tcp(&a);
	side_rules[1].off = RULES_COMPACT;
	side_start(&b);
	drain();
	side_ping_last(fd, 2);
}
END_TEST

/* Its header belongs to the worker that reads it: it does not move. */
START_TEST(a_stranger_stays)
{
	int fd, half;

	side_rules[1].proxy = true;
	side_start(&a);
	fd = introduced();
	half = peer_connect(a.tcp_door);
	peer_send(half, line, 9);
	side_barrier(&a, fd);
	next_generation();
	say(&a, ORDER_DRAIN, 0, 0, -1);
	move_one();
	ck_assert(hear_nothing(&a, 100));
	/* Once it is known, it goes like all others. */
	peer_send(half, line + 9, sizeof(line) - 10);
	move_all();
	side_ping_last(half, 3);
	side_ping_last(fd, 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gate move");
	TCase *t = unit_case(s, "move");

	tcase_add_checked_fixture(t, sides_setup, sides_teardown);
	tcase_add_test(t, once_is_enough);
	tcase_add_loop_test(t, a_declared_path, 0, 2);
	tcase_add_test(t, a_proxy_from_now_on);
	tcase_add_test(t, the_rules_of_the_next);
	tcase_add_test(t, an_address_that_is_gone);
	tcase_add_test(t, a_stranger_stays);
	return unit_main(s);
}
