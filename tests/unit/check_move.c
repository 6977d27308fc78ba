/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that move from one worker to another: whatever stands in them
 * goes along, no byte is lost or doubled, and the client sees nothing of it.
 * What goes wrong on the way is in check_move_fault.c.
 */
#include <sys/socket.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "serve/move_record.h"
#include "unit_move.h"
#include "unit_peer.h"

static void
expect_moved(unsigned n)
{
	ck_assert_uint_eq(side_count(&a, COUNTER_CONNECTIONS_ACCEPTED), n);
	ck_assert_uint_eq(side_count(&a, COUNTER_CONNECTIONS_MOVED_OUT), n);
	ck_assert_uint_eq(side_count(&a, COUNTER_CONNECTIONS_CLOSED), 0);
	ck_assert_uint_eq(side_count(&a, COUNTER_SEND_BACKLOG), 0);
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_MOVED_IN), n);
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_ACCEPTED), 0);
	ck_assert_int_eq(a.notes->disconnects, (int)n);
	ck_assert_int_eq(b.notes->connects, (int)n);
}

START_TEST(idle_ones)
{
	int fd[40];

	for (int i = 0; i < 40; i++)
		fd[i] = i % 2 == 0 ? side_unix(&a) : side_tcp(&a);
	drain();
	expect_moved(40);
	for (int i = 0; i < 40; i++)
		side_ping_last(fd[i], 7);
	ck_assert_uint_eq(side_count(&b, COUNTER_CALLS_ENDED), 40);
}
END_TEST

START_TEST(the_peer_stays_who_it_was)
{
	int fd = side_unix(&a);

	drain();
	ck_assert_int_eq(b.notes->uid, (long)getuid());
	ck_assert_str_eq(b.notes->peer, a.notes->peer);
	close(fd);
}
END_TEST

START_TEST(the_address_stays_what_it_was)
{
	int fd = side_tcp(&a);

	drain();
	ck_assert_int_eq(strncmp(b.notes->peer, "127.0.0.1:", 10), 0);
	ck_assert_str_eq(b.notes->peer, a.notes->peer);
	ck_assert_int_eq(b.notes->uid, -1);
	close(fd);
}
END_TEST

enum { TEXT = 10000, REPLY = 30000 };

static char text[TEXT];

static void
fill_text(int seed)
{
	for (int i = 0; i < TEXT; i++)
		text[i] = (char)('a' + (i * 7 + i / 251 + seed) % 26);
}

static void
expect_text(int fd, int seqid)
{
	struct message m;

	fill_text(seqid);
	ck_assert(peer_read(fd, &m));
	ck_assert_str_eq(m.name, "echo");
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_uint_eq(m.text_len, TEXT);
	ck_assert_int_eq(memcmp(m.text, text, TEXT), 0);
	message_free(&m);
}

static void
expect_big(int fd, int seqid)
{
	struct message m;

	ck_assert(peer_read(fd, &m));
	ck_assert_str_eq(m.name, "big");
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_uint_eq(m.text_len, REPLY);
	ck_assert_uint_eq(strspn(m.text, "b"), REPLY);
	message_free(&m);
}

/*
 * Batches that end in the middle of a message, until the replies of one do not
 * fit into the socket: output waits then, and behind it the half message.
 */
static int
send_batches(int fd, int watcher, struct bytes *rest)
{
	int n = 0;

	while (side_count(&a, COUNTER_SEND_BACKLOG) == 0) {
		struct bytes out = *rest, echo = { 0 };

		ck_assert_int_lt(++n, 100);
		frame_ints(&out, "big", 2 * n, REPLY, 0);
		fill_text(2 * n + 1);
		frame_text(&echo, "echo", 2 * n + 1, text, TEXT);
		bytes_add(&out, echo.p, 3000);
		*rest = (struct bytes){ 0 };
		bytes_add(rest, echo.p + 3000, echo.n - 3000);
		bytes_free(&echo);
		peer_send_bytes(fd, &out);
		side_barrier(&a, watcher);
	}
	return n;
}

START_TEST(in_the_middle_of_a_reply_and_of_a_message)
{
	struct bytes rest = { 0 };
	int fd = side_unix(&a), watcher = side_unix(&a), n;

	n = send_batches(fd, watcher, &rest);
	ck_assert_uint_le(side_count(&a, COUNTER_SEND_BACKLOG), MOVE_OUTPUT);
	drain();
	expect_moved(2);
	expect_big(fd, 2);
	for (int i = 2; i <= n; i++) {
		expect_text(fd, 2 * i - 1);
		expect_big(fd, 2 * i);
	}
	peer_send_bytes(fd, &rest);
	expect_text(fd, 2 * n + 1);
	side_ping(fd, 5);
	side_ping(watcher, 5);
	ck_assert_uint_eq(side_count(&b, COUNTER_SEND_BACKLOG), 0);
	close(fd);
	close(watcher);
}
END_TEST

/* Cut at every byte: within its length, and without a frame around it. */
static void
send_in_two(size_t head)
{
	struct bytes out = { 0 };
	int watcher = side_unix(&a), fd[64];
	size_t n;
	char c;

	frame_text(&out, "echo", 3, "hello", 5);
	n = out.n - head;
	ck_assert_uint_lt(n, 64);
	for (size_t i = 1; i < n; i++) {
		fd[i] = side_unix(&a);
		peer_send(fd[i], out.p + head, i);
	}
	side_barrier(&a, watcher);
	drain();
	expect_moved((unsigned)n);
	for (size_t i = 1; i < n; i++) {
		peer_send(fd[i], out.p + head + i, n - i);
		if (head == 0)
			peer_expect(fd[i], PEER_REPLY, "echo", 3);
		else {
			peer_wait(fd[i], POLLIN, PEER_MS);
			ck_assert_int_eq(recv(fd[i], &c, 1, 0), 1);
			ck_assert_int_eq((unsigned char)c, 0x82);
		}
		close(fd[i]);
	}
	bytes_free(&out);
	close(watcher);
}

START_TEST(a_frame_in_two)
{
	send_in_two(0);
}
END_TEST

START_TEST(a_message_without_a_frame_in_two)
{
	send_in_two(4);
}
END_TEST

/* What the sender keeps although it is whole is handled by the receiver. */
START_TEST(whole_messages_in_the_record)
{
	struct move_record r;
	struct bytes out = { 0 };
	int fd = offered(ORDER_DRAIN);

	ck_assert_int_eq(move_record_get(&r, heard.record, heard.len), 0);
	for (int i = 0; i < 10; i++)
		frame_call(&out, "ping", i);
	bytes_add(&out, "\0\0", 2);
	r.in = out.p;
	r.in_len = out.n;
	heard.len = move_record_put(heard.record, &r, 1);
	pass_on_taken(1);
	for (int i = 0; i < 10; i++)
		peer_expect(fd, PEER_REPLY, "ping", i);
	bytes_free(&out);
	say(&a, ORDER_TAKEN, 0, 1, -1);
	ck_assert_int_eq(side_wait(&a), 0);
	close(fd);
}
END_TEST

/* b would give it an hour; a says that nearly all of it has gone. */
static void
run_out_of_time(int fd)
{
	struct move_record r;
	uint64_t id = heard.o.id;

	ck_assert_int_eq(move_record_get(&r, heard.record, heard.len), 0);
	ck_assert_uint_le(r.left_ns, 3600 * NS_PER_S);
	ck_assert_uint_gt(r.left_ns, 3500 * NS_PER_S);
	r.left_ns = NS_PER_MS;
	heard.len = move_record_put(heard.record, &r, 1);
	pass_on_taken(1);
	say(&a, ORDER_TAKEN, 0, id, -1);
	peer_end(fd);
}

static void
setup_with_timeouts(void)
{
	sides_setup();
	side_limits.idle_timeout_ns = 3600 * NS_PER_S;
	side_limits.frame_timeout_ns = 3600 * NS_PER_S;
	side_start(&a);
	side_start(&b);
}

START_TEST(the_clock_of_an_idle_one_goes_on)
{
	int fd = offered(ORDER_SHED);

	run_out_of_time(fd);
	ck_assert_uint_eq(side_count(&b, COUNTER_IDLE_TIMEOUTS), 1);
}
END_TEST

START_TEST(the_clock_of_a_frame_goes_on)
{
	int fd = side_unix(&a), watcher = side_unix(&a);

	peer_send(fd, "\0\0\0\t\202", 5);
	side_barrier(&a, watcher);
	say(&a, ORDER_DRAIN, 0, 0, -1);
	move_one();			/* idle ones come first */
	hear(&a, ORDER_OFFER);
	run_out_of_time(fd);
	ck_assert_uint_eq(side_count(&b, COUNTER_FRAME_TIMEOUTS), 1);
	ck_assert_uint_eq(side_count(&b, COUNTER_IDLE_TIMEOUTS), 0);
	close(watcher);
}
END_TEST

/* Nor does a refusal stop it. */
START_TEST(the_clock_of_a_refused_one_goes_on)
{
	struct move_record r;
	uint64_t left[3];
	int fd = side_unix(&a);

	say(&a, ORDER_DRAIN, 0, 0, -1);
	for (int i = 0; i < 3; i++) {
		hear(&a, ORDER_OFFER);
		ck_assert_int_eq(move_record_get(&r, heard.record, heard.len),
		    0);
		left[i] = r.left_ns;
		if (i < 2)
			refuse();
	}
	ck_assert_uint_le(left[2], left[0] - 90 * NS_PER_MS);
	close(fd);
}
END_TEST

/* It has nothing to ask for: what follows the offer is the offer again. */
START_TEST(a_signal_to_one_that_drains)
{
	int fd = offered(ORDER_DRAIN);

	ck_assert_int_eq(kill(a.pid, SIGTERM), 0);
	refuse();
	move_all();
	side_ping_last(fd, 2);
}
END_TEST

/* Who is meant by the descriptor that was heard. */
static bool
is_of(int fd)
{
	struct sockaddr_storage mine = { 0 }, theirs = { 0 };
	socklen_t len = sizeof(mine);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&mine, &len), 0);
	len = sizeof(theirs);
	ck_assert_int_eq(getpeername(heard.fd, (struct sockaddr *)&theirs,
	    &len), 0);
	return memcmp(&mine, &theirs, len) == 0;
}

START_TEST(shed_the_idlest)
{
	int fd[3] = { side_tcp(&a), side_tcp(&a), side_tcp(&a) };

	side_ping(fd[0], 2);
	side_ping(fd[2], 2);
	offer(ORDER_SHED);
	ck_assert(is_of(fd[1]));
	say(&a, ORDER_SHED, 1, 0, -1);
	pass_on_taken(1);
	hear(&a, ORDER_OFFER);
	ck_assert(is_of(fd[0]));
	/* It stays open until told to leave, and serves. */
	side_ping(fd[1], 3);
	side_ping(fd[2], 3);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	say(&a, ORDER_TAKEN, 0, 1, -1);
	say(&a, ORDER_REFUSED, 0, 2, -1);
}
END_TEST

/* Not all are looked at each time; but those that were not, the next. */
START_TEST(shed_of_many)
{
	enum { BUSY = 256, IDLE = 8 };
	int fd[BUSY + IDLE], found = 0;

	for (int i = 0; i < BUSY + IDLE; i++)
		fd[i] = side_tcp(&a);
	for (int i = 0; i < BUSY; i++)
		side_ping(fd[i], 2);
	for (int round = 0; round < 2; round++) {
		say(&a, ORDER_SHED, 1, 0, -1);
		hear(&a, ORDER_OFFER);
		for (int i = BUSY; i < BUSY + IDLE; i++)
			found += is_of(fd[i]);
		ck_assert_int_eq(found, round);
		pass_on_taken((uint64_t)round + 1);
	}
	for (int i = 0; i < BUSY + IDLE; i++)
		close(fd[i]);
}
END_TEST

START_TEST(shed_more_than_there_are)
{
	int fd = side_tcp(&a), other = side_tcp(&a), late;

	say(&a, ORDER_SHED, 1000, 0, -1);
	move_one();
	move_one();
	late = side_tcp(&a);
	ck_assert(hear_nothing(&a, 100));
	side_ping(fd, 2);
	side_ping(other, 2);
	close(fd);
	close(other);
	close(late);
}
END_TEST

START_TEST(what_was_shed_and_refused_is_kept)
{
	int fd = side_tcp(&a);

	offer(ORDER_SHED);
	refuse();
	side_ping(fd, 2);
	/* Twice the pause after which one that drains would offer it again. */
	ck_assert(hear_nothing(&a, 100));
	ck_assert_int_eq(a.notes->disconnects, 0);
	say(&a, ORDER_SHED, 1, 0, -1);
	move_one();
	side_ping_last(fd, 3);
}
END_TEST

/* Who is to leave offers it again, though there is nobody to ask when. */
START_TEST(what_was_shed_and_refused_is_drained)
{
	int fd = offered(ORDER_SHED);

	refuse();
	side_ping(fd, 2);
	say(&a, ORDER_DRAIN, 0, 0, -1);
	move_all();
	side_ping_last(fd, 3);
}
END_TEST

/* No more than the window, however long nobody answers. */
START_TEST(the_window)
{
	enum { N = ORDER_WINDOW + 9 };
	uint64_t ids[ORDER_WINDOW];
	int fd[N];

	for (int i = 0; i < N; i++)
		fd[i] = side_unix(&a);
	say(&a, ORDER_DRAIN, 0, 0, -1);
	for (int i = 0; i < ORDER_WINDOW; i++) {
		hear(&a, ORDER_OFFER);
		ids[i] = heard.o.id;
	}
	ck_assert(hear_nothing(&a, 100));
	for (int i = 0; i < ORDER_WINDOW; i++)
		say(&a, ORDER_REFUSED, 0, ids[i], -1);
	move_all();
	for (int i = 0; i < N; i++)
		side_ping_last(fd[i], 2);
}
END_TEST

/* Nothing is read between offer and answer. */
START_TEST(hands_off_until_the_answer)
{
	struct bytes out = { 0 };
	int fd = offered(ORDER_DRAIN);

	frame_call(&out, "ping", 9);
	peer_send_bytes(fd, &out);
	ck_assert(!peer_soon(fd, POLLIN, 50));
	pass_on_taken(1);
	peer_expect(fd, PEER_REPLY, "ping", 9);
	say(&a, ORDER_TAKEN, 0, 1, -1);
	ck_assert_int_eq(side_wait(&a), 0);
	close(fd);
}
END_TEST

/* A message that is too long to move is waited for. */
START_TEST(a_huge_message)
{
	enum { HUGE = 200000 };
	struct bytes out = { 0 };
	char *s = calloc(1, HUGE);
	int fd = side_unix(&a), watcher = side_unix(&a);

	frame_text(&out, "size", 8, s, HUGE);
	free(s);
	peer_send(fd, out.p, 100000);
	while (side_count(&a, COUNTER_BYTES_RECEIVED) < 100000)
		side_ping(watcher, 2);
	say(&a, ORDER_DRAIN, 0, 0, -1);
	move_one();
	ck_assert(hear_nothing(&a, 100));
	peer_send(fd, out.p + 100000, out.n - 100000);
	peer_expect(fd, PEER_REPLY, "size", 8);
	move_all();
	side_ping(fd, 9);
	bytes_free(&out);
	close(fd);
	close(watcher);
}
END_TEST

START_TEST(a_hook_that_does_not_want_it)
{
	int fd = side_unix(&a);

	b.notes->unwelcome = true;
	drain();
	peer_expect_end(fd);
	ck_assert_int_eq(b.notes->disconnects, 0);
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_MOVED_IN), 1);
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_REFUSED), 1);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("move");
	TCase *t = unit_case(s, "move"), *clocks = unit_case(s, "clocks");

	tcase_add_checked_fixture(t, sides_start, sides_teardown);
	tcase_add_test(t, idle_ones);
	tcase_add_test(t, the_peer_stays_who_it_was);
	tcase_add_test(t, the_address_stays_what_it_was);
	tcase_add_test(t, in_the_middle_of_a_reply_and_of_a_message);
	tcase_add_test(t, a_frame_in_two);
	tcase_add_test(t, a_message_without_a_frame_in_two);
	tcase_add_test(t, whole_messages_in_the_record);
	tcase_add_test(t, a_signal_to_one_that_drains);
	tcase_add_test(t, shed_the_idlest);
	tcase_add_test(t, shed_of_many);
	tcase_add_test(t, shed_more_than_there_are);
	tcase_add_test(t, what_was_shed_and_refused_is_kept);
	tcase_add_test(t, what_was_shed_and_refused_is_drained);
	tcase_add_test(t, the_window);
	tcase_add_test(t, hands_off_until_the_answer);
	tcase_add_test(t, a_huge_message);
	tcase_add_test(t, a_hook_that_does_not_want_it);
	tcase_add_checked_fixture(clocks, setup_with_timeouts, sides_teardown);
	tcase_add_test(clocks, the_clock_of_an_idle_one_goes_on);
	tcase_add_test(clocks, the_clock_of_a_frame_goes_on);
	tcase_add_test(clocks, the_clock_of_a_refused_one_goes_on);
	return unit_main(s);
}
