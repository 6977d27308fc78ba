/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listener behind a proxy: whom its headers make of a connection, however
 * they arrive, and that without one nothing is served, shown to the program or
 * counted for anybody.  The proxy's own listener stays out of it: the barrier
 * is at the other one.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "unit_peer.h"
#include "unit_worker.h"

#define SIGN		"\r\n\r\n\0\r\nQUIT\n"
#define IP4		"\12\1\2\3\300\0\2\1\25\70\0\120"
#define IP6_A		"\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\7"
#define TEN		"\0\0\0\0\0\0\0\0\0\0"
#define HUNDRED		TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define TIMEOUT_NS	(300 * NS_PER_MS)
#define LATE_NS		(3 * NS_PER_S)

static struct {
	int	 connects;
	char	 peer[200];
	long	 pid, uid;
} seen;

static int
note_connect(void *ctx, struct tf_peer *peer)
{
	(void)ctx;
	seen.connects++;
	seen.pid = peer->pid;
	seen.uid = (long)peer->uid;
	strlcpy(seen.peer, peer->addr, sizeof(seen.peer));
	return 0;
}

static void
setup(void)
{
	bench_setup();
	memset(&seen, 0, sizeof(seen));
	bench_hooks.connect = note_connect;
	bench_rules[1].proxy = true;
}

static const struct header {
	const char	*bytes;
	size_t		 n;
	const char	*peer;		/* NULL: as the socket says */
} headers[] = {
#define HEADER(s)	s, sizeof(s) - 1
	{ HEADER("PROXY TCP4 10.1.2.3 192.0.2.1 5432 80\r\n"),
	    "10.1.2.3:5432" },
	{ HEADER("PROXY TCP6 2001:db8::7 ::1 5432 80\r\n"),
	    "[2001:db8::7]:5432" },
	{ HEADER("PROXY UNKNOWN\r\n"), NULL },
	{ HEADER("PROXY UNKNOWN ::1 ::2 3 4\r\n"), NULL },
	{ HEADER(SIGN "\41\21\0\14" IP4), "10.1.2.3:5432" },
	{ HEADER(SIGN "\41\41\0\44" IP6_A IP6_A "\25\70\0\120"),
	    "[2001:db8::7]:5432" },
	{ HEADER(SIGN "\41\61\0\330/a b" HUNDRED "\0\0\0\0/dest" HUNDRED
	    "\0\0\0"), "unix:/a b" },
	{ HEADER(SIGN "\41\61\0\330" HUNDRED HUNDRED TEN "\0\0\0\0\0\0"),
	    "unix" },
	{ HEADER(SIGN "\40\0\0\0"), NULL },		/* LOCAL */
	{ HEADER(SIGN "\40\21\0\14" IP4), NULL },
	{ HEADER(SIGN "\41\0\0\0"), NULL },		/* no family */
	{ HEADER(SIGN "\41\21\0\26" IP4 "\4\0\1x" "\1\0\3a\0b"),
	    "10.1.2.3:5432" },				/* extensions */
};

static void
call(int fd, int seqid)
{
	struct bytes out = { 0 };

	frame_call(&out, "ping", seqid);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", seqid);
}

static void
expect_seen(const struct header *h, int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);
	char text[40];

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(sin.sin_port));
	ck_assert_str_eq(seen.peer, h->peer == NULL ? text : h->peer);
	ck_assert_int_eq(seen.pid, -1);
	ck_assert_int_eq(seen.uid, -1);
}

START_TEST(at_once_with_a_call)
{
	const struct header *h = &headers[_i];
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_tcp();
	bytes_add(&out, h->bytes, h->n);
	frame_call(&out, "ping", 1);
	frame_call(&out, "ping", 2);
	peer_send_bytes(fd, &out);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	peer_expect(fd, PEER_REPLY, "ping", 2);
	ck_assert_int_eq(seen.connects, 1);
	expect_seen(h, fd);
	call(fd, 3);
	close(fd);
}
END_TEST

/* Nothing happens before the last byte of it. */
START_TEST(in_two_parts)
{
	const struct header *h = &headers[_i];
	int fd;

	bench_start();
	bench_barrier();
	for (size_t n = 0; n < h->n; n++) {
		memset(&seen, 0, sizeof(seen));
		fd = bench_tcp();
		peer_send(fd, h->bytes, n);
		bench_barrier();
		ck_assert_int_eq(seen.connects, 0);
		ck_assert(!peer_soon(fd, POLLIN, 0));
		peer_send(fd, h->bytes + n, h->n - n);
		call(fd, 1);
		ck_assert_int_eq(seen.connects, 1);
		expect_seen(h, fd);
		close(fd);
	}
}
END_TEST

START_TEST(byte_by_byte)
{
	const struct header *h = &headers[_i];
	int fd;

	bench_start();
	fd = bench_tcp();
	for (size_t i = 0; i < h->n; i++) {
		peer_send(fd, h->bytes + i, 1);
		bench_barrier();
	}
	call(fd, 1);
	expect_seen(h, fd);
	close(fd);
}
END_TEST

/* Who leaves in the middle of it is not worth a word. */
START_TEST(cut_short)
{
	const struct header *h = &headers[_i];
	int fd;

	bench_start();
	bench_barrier();
	memset(&seen, 0, sizeof(seen));
	for (size_t n = 0; n < h->n; n++) {
		fd = bench_tcp();
		peer_send(fd, h->bytes, n);
		shutdown(fd, SHUT_WR);
		peer_end(fd);
	}
	bench_barrier();
	ck_assert_int_eq(seen.connects, 0);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 0);
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_CLOSED), h->n);
}
END_TEST

/* Whatever follows it, a call that has come along is not begun. */
static const struct header wrong[] = {
	{ HEADER("\0\0\0\11\202\41\7\4ping\0"), NULL },
	{ HEADER("\202\41\7\4ping\0"), NULL },
	{ HEADER("\26\3\1\2\0\1"), NULL },
	{ HEADER("GET / HTTP/1.1\r\n\r\n"), NULL },
	{ HEADER("POST / HTTP/1.1\r\n"), NULL },
	{ HEADER("PROXY TCP4 10.1.2.3 192.0.2.1 5432 80\n"), NULL },
	{ HEADER("PROXY TCP4 10.1.2.3 192.0.2.1 5432\r\n"), NULL },
	{ HEADER("PROXY TCP4 ::1 192.0.2.1 5432 80\r\n"), NULL },
	{ HEADER("PROXY TCP5 10.1.2.3 192.0.2.1 5432 80\r\n"), NULL },
	{ HEADER("PROXY UNKNOWN " HUNDRED "\r\n"), NULL },
	{ HEADER(SIGN "\61\21\0\14" IP4), NULL },
	{ HEADER(SIGN "\41\21\0\13" IP4), NULL },
	{ HEADER(SIGN "\41\21\377\377" IP4), NULL },
	{ HEADER(SIGN "\41\21\0\17" IP4 "\4\0\1"), NULL },
	{ HEADER(SIGN "\42\21\0\14" IP4), NULL },
};

START_TEST(none_or_a_wrong_one)
{
	struct bytes out = { 0 };
	int fd;

	bench_start();
	bench_barrier();
	memset(&seen, 0, sizeof(seen));
	fd = bench_tcp();
	bytes_add(&out, wrong[_i].bytes, wrong[_i].n);
	frame_call(&out, "ping", 1);
	peer_send_bytes(fd, &out);
	peer_end(fd);
	bench_barrier();
	ck_assert_int_eq(seen.connects, 0);
	ck_assert_uint_eq(bench_count(COUNTER_PROTOCOL_ERRORS), 1);
}
END_TEST

START_TEST(a_second_one)
{
	int fd;

	bench_start();
	fd = bench_tcp();
	peer_send(fd, headers[0].bytes, headers[0].n);
	call(fd, 1);
	peer_send(fd, headers[0].bytes, headers[0].n);
	peer_end(fd);
	ck_assert_int_eq(seen.connects, 1);
}
END_TEST

/* It has to come, in time, and all of it. */
START_TEST(too_slow)
{
	uint64_t since, ns;
	int fd;

	bench_limits.frame_timeout_ns = TIMEOUT_NS;
	bench_start();
	bench_barrier();
	memset(&seen, 0, sizeof(seen));
	since = clock_ns();
	fd = bench_tcp();
	for (int i = 0; i < _i && !peer_soon(fd, POLLIN, 0); i++) {
		peer_send(fd, headers[0].bytes + i, 1);
		peer_soon(fd, POLLIN, 20);
	}
	peer_end(fd);
	ns = clock_ns() - since;
	ck_assert_uint_ge(ns, TIMEOUT_NS - 5 * NS_PER_MS);
	ck_assert_uint_lt(ns, LATE_NS);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_FRAME_TIMEOUTS), 1);
	ck_assert_int_eq(seen.connects, 0);
}
END_TEST

/* Then the connection may be idle, and calls have time of their own. */
START_TEST(in_time)
{
	uint64_t end;
	int fd;

	bench_limits.frame_timeout_ns = TIMEOUT_NS;
	bench_start();
	fd = bench_tcp();
	peer_send(fd, headers[0].bytes, headers[0].n);
	end = clock_ns() + TIMEOUT_NS * 3 / 2;
	while (clock_ns() < end)
		bench_barrier();
	call(fd, 1);
	ck_assert_uint_eq(bench_count(COUNTER_FRAME_TIMEOUTS), 0);
	close(fd);
}
END_TEST

static int
from(const char *ip, int port)
{
	char text[100];
	int fd = bench_tcp();

	snprintf(text, sizeof(text), "PROXY TCP4 %s 192.0.2.1 %d 80\r\n", ip,
	    port);
	peer_send(fd, text, strlen(text));
	return fd;
}

/* Clients are counted, not proxies; who is not known yet, not at all. */
START_TEST(max_per_peer)
{
	int first, second, other, third, mute[4];

	bench_limits.max_per_peer = 2;
	bench_start();
	for (int i = 0; i < 4; i++)
		mute[i] = bench_tcp();
	call(first = from("10.1.1.1", 1), 1);
	call(second = from("10.1.1.1", 2), 1);
	call(other = from("10.1.1.2", 1), 1);
	third = from("10.1.1.1", 3);
	peer_end(third);
	bench_barrier();
	ck_assert_uint_eq(bench_count(COUNTER_CONNECTIONS_REFUSED), 1);
	close(first);
	bench_barrier();
	call(third = from("10.1.1.1", 4), 1);
	for (int i = 0; i < 4; i++)
		close(mute[i]);
	close(second);
	close(third);
	close(other);
}
END_TEST

/* Whom a proxy speaks for is not who has connected to the unix socket. */
START_TEST(over_a_unix_socket)
{
	const struct header *h = &headers[_i];
	int fd;

	bench_rules[0].proxy = true;
	bench_start();
	fd = bench_unix();
	peer_send(fd, h->bytes, h->n);
	call(fd, 1);
	ck_assert_str_eq(seen.peer, h->peer == NULL ? "unix" : h->peer);
	ck_assert_int_eq(seen.uid, h->peer == NULL ? (long)getuid() : -1);
	ck_assert_int_eq(seen.pid, h->peer == NULL ? getpid() : -1);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("gate proxy");
	TCase *t = unit_case(s, "proxy");

	tcase_add_checked_fixture(t, setup, bench_teardown);
	tcase_add_loop_test(t, at_once_with_a_call, 0, COUNT(headers));
	tcase_add_loop_test(t, in_two_parts, 0, COUNT(headers));
	tcase_add_loop_test(t, byte_by_byte, 0, COUNT(headers));
	tcase_add_loop_test(t, cut_short, 0, COUNT(headers));
	tcase_add_loop_test(t, none_or_a_wrong_one, 0, COUNT(wrong));
	tcase_add_test(t, a_second_one);
	tcase_add_loop_test(t, too_slow, 0, 3);
	tcase_add_test(t, in_time);
	tcase_add_test(t, max_per_peer);
	tcase_add_loop_test(t, over_a_unix_socket, 0, COUNT(headers));
	return unit_main(s);
}
