/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves that go wrong: a refusal brings the connection back, whatever its
 * reason; a death on the way leaves it with exactly one of the two, or with
 * none where nobody can know.  Here are also the other orders about who
 * accepts what.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "lib/unit.h"
#include "unit_move.h"
#include "unit_peer.h"

static void
refused_by_b(void)
{
	pass_on(&b, 4711);
	hear(&b, ORDER_REFUSED);
	ck_assert_uint_eq(heard.o.id, 4711);
}

/* b refuses what is passed on to it; a hears so and serves it again. */
static void
expect_refusal(int fd)
{
	int open = b.notes->connects - b.notes->disconnects;
	uint64_t id = heard.o.id;

	refused_by_b();
	say(&a, ORDER_REFUSED, 0, id, -1);
	side_ping(fd, 17);
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_MOVED_IN), 0);
	ck_assert_int_eq(b.notes->connects - b.notes->disconnects, open);
}

START_TEST(refused_and_offered_again)
{
	int fd = side_unix(&a);
	uint64_t since;

	say(&a, ORDER_DRAIN, 0, 0, -1);
	for (int i = 0; i < 3; i++) {
		hear(&a, ORDER_OFFER);
		since = clock_ns();
		refuse();
		side_ping(fd, i);
		hear(&a, ORDER_OFFER);
		ck_assert_uint_ge(clock_ns() - since, 45 * NS_PER_MS);
		refuse();
	}
	move_all();
	side_ping_last(fd, 9);
}
END_TEST

START_TEST(no_descriptor_free)
{
	struct rlimit none, old;
	int fd = side_unix(&a);

	ck_assert_int_eq(prlimit(b.pid, RLIMIT_NOFILE, NULL, &old), 0);
	none = (struct rlimit){ 3, old.rlim_max };
	ck_assert_int_eq(prlimit(b.pid, RLIMIT_NOFILE, &none, NULL), 0);
	offer(ORDER_DRAIN);
	expect_refusal(fd);
	ck_assert_int_eq(prlimit(b.pid, RLIMIT_NOFILE, &old, NULL), 0);
	move_all();
	side_ping_last(fd, 9);
}
END_TEST

START_TEST(a_record_that_is_not_understood)
{
	int fd = offered(ORDER_SHED);

	heard.record[4]++;		/* the version */
	expect_refusal(fd);
	offer(ORDER_SHED);
	heard.len = 0;
	expect_refusal(fd);
	close(fd);
}
END_TEST

START_TEST(an_offer_without_a_descriptor)
{
	int fd = offered(ORDER_SHED);

	fd_close(&heard.fd);
	expect_refusal(fd);
	close(fd);
}
END_TEST

START_TEST(a_descriptor_that_cannot_be_watched)
{
	int fd = offered(ORDER_SHED);

	ck_assert_int_eq(dup2(memfd_create("x", 0), heard.fd), heard.fd);
	expect_refusal(fd);
	close(fd);
}
END_TEST

static void
setup_small(void)
{
	sides_setup();
	side_start(&a);
	side_limits.max_connections = 1;
	side_start(&b);
}

START_TEST(no_room_for_connections)
{
	int fd = side_unix(&a), other = side_unix(&b);

	offer(ORDER_SHED);
	expect_refusal(fd);
	close(fd);
	close(other);
}
END_TEST

START_TEST(one_that_leaves_takes_nothing)
{
	static const enum order_kind how[] = { ORDER_DRAIN, ORDER_STOP };
	int fd = side_unix(&a), other = side_unix(&b);

	/* Half a frame keeps it until b has been heard. */
	peer_send(other, "\0\0\0\t\202", 5);
	say(&b, how[_i], 0, 0, -1);
	if (how[_i] == ORDER_DRAIN)
		hear(&b, ORDER_OFFER);
	offer(ORDER_SHED);
	refused_by_b();
	say(&a, ORDER_REFUSED, 0, 1, -1);
	side_ping_last(fd, 3);
	close(other);
}
END_TEST

/* ---- channels that are full */

static void
small_channel(int fd)
{
	int size = 1;			/* as small as there are */

	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
	    sizeof(size)), 0);
}

START_TEST(no_room_for_offers)
{
	enum { N = 12 };
	struct bytes out = { 0 };
	int fd[N];

	sides_setup();
	small_channel(a.theirs);
	side_start(&a);
	side_start(&b);
	for (int i = 0; i < N; i++) {
		fd[i] = side_unix(&a);
		frame_text(&out, "echo", i, "0123456789", 10);
		peer_send(fd[i], out.p, 12);
		bytes_free(&out);
	}
	say(&a, ORDER_DRAIN, 0, 0, -1);
	peer_wait(a.channel, POLLIN, PEER_MS);
	ck_assert(!peer_soon(fd[0], POLLIN, 100));
	move_all();
	for (int i = 0; i < N; i++) {
		frame_text(&out, "echo", i, "0123456789", 10);
		peer_send(fd[i], out.p + 12, out.n - 12);
		bytes_free(&out);
		peer_expect(fd[i], PEER_REPLY, "echo", i);
		close(fd[i]);
	}
	ck_assert_uint_eq(side_count(&a, COUNTER_CONNECTIONS_MOVED_OUT), N);
	sides_teardown();
}
END_TEST

/* A second descriptor of the worker's end, to fill it from here. */
START_TEST(no_room_for_the_answer)
{
	struct order junk = { .kind = ORDER_READY };
	int fd, other, filler, n = 0;

	sides_setup();
	small_channel(b.theirs);
	filler = dup(b.theirs);
	side_start(&a);
	side_start(&b);
	while (send(filler, &junk, sizeof(junk), MSG_DONTWAIT) != -1)
		n++;
	ck_assert_int_eq(errno, EAGAIN);
	close(filler);
	fd = side_unix(&a);
	offer(ORDER_SHED);
	pass_on(&b, 4711);
	other = side_unix(&b);
	side_barrier(&b, other);
	ck_assert_int_eq(b.notes->connects, 2);	/* it had come as far as this */
	ck_assert_int_eq(b.notes->disconnects, 1);
	for (; n > 0; n--)
		hear(&b, ORDER_READY);
	hear(&b, ORDER_REFUSED);
	ck_assert_uint_eq(heard.o.id, 4711);
	/* It came and went back. */
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_MOVED_IN), 1);
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_MOVED_OUT), 1);
	say(&a, ORDER_REFUSED, 0, 1, -1);
	side_ping(fd, 3);
	/* And it does take the next. */
	say(&a, ORDER_SHED, 1, 0, -1);
	move_one();
	side_ping_last(fd, 4);
	close(other);
	sides_teardown();
}
END_TEST

/* ---- deaths */

START_TEST(the_sender_dies_after_its_offer)
{
	int fd = offered(ORDER_DRAIN);

	side_kill(&a);
	pass_on_taken(1);
	side_ping_last(fd, 2);
}
END_TEST

START_TEST(the_receiver_dies_before_its_answer)
{
	int fd = offered(ORDER_DRAIN);

	ck_assert_int_eq(kill(b.pid, SIGSTOP), 0);
	pass_on(&b, 1);
	side_kill(&b);
	/* Left unread, the offer is an error before it is the end. */
	peer_wait(b.channel, POLLHUP, PEER_MS);
	say(&a, ORDER_REFUSED, 0, 1, -1);
	side_ping(fd, 2);
	hear(&a, ORDER_OFFER);
	ck_assert_uint_ne(heard.o.id, 1);
	close(fd);
}
END_TEST

START_TEST(the_receiver_dies_after_its_answer)
{
	int fd = side_unix(&a);

	say(&a, ORDER_DRAIN, 0, 0, -1);
	move_one();
	ck_assert_int_eq(side_wait(&a), 0);
	side_ping(fd, 2);
	side_kill(&b);
	peer_end(fd);
}
END_TEST

/* What was offered may be somebody else's; the rest is finished as ever. */
START_TEST(the_master_dies)
{
	struct bytes out = { 0 };
	int fd = side_unix(&a), other, taken;

	offer(ORDER_SHED);
	taken = heard.fd;
	heard.fd = -1;
	other = side_unix(&a);
	frame_call(&out, "ping", 5);
	peer_send_bytes(other, &out);
	fd_close(&a.channel);
	peer_expect(other, PEER_REPLY, "ping", 5);
	peer_end(other);
	ck_assert_int_eq(side_wait(&a), 0);
	ck_assert(!peer_soon(fd, POLLIN, 0));	/* ours is open yet */
	close(taken);
	peer_expect_end(fd);
	ck_assert_uint_eq(side_count(&a, COUNTER_CONNECTIONS_CLOSED), 2);
	ck_assert_uint_eq(side_count(&a, COUNTER_CLOSED_DRAIN), 1);
	ck_assert_uint_eq(side_count(&a, COUNTER_CLOSED_STOP), 1);
	ck_assert_int_eq(a.notes->disconnects, 2);
	close(fd);
}
END_TEST

/* What it had said before is heard all the same. */
START_TEST(the_master_dies_after_its_answer)
{
	int fd = offered(ORDER_DRAIN);

	ck_assert_int_eq(kill(a.pid, SIGSTOP), 0);
	pass_on_taken(1);
	say(&a, ORDER_TAKEN, 0, 1, -1);
	fd_close(&a.channel);
	ck_assert_int_eq(kill(a.pid, SIGCONT), 0);
	ck_assert_int_eq(side_wait(&a), 0);
	ck_assert_uint_eq(side_count(&a, COUNTER_CONNECTIONS_MOVED_OUT), 1);
	side_ping_last(fd, 2);
}
END_TEST

START_TEST(stop_ends_a_drain)
{
	int fd = offered(ORDER_DRAIN);

	fd_close(&heard.fd);
	say(&a, ORDER_STOP, 0, 0, -1);
	ck_assert(!peer_soon(fd, POLLIN, 50));	/* it waits for the answer */
	refuse();
	peer_end(fd);
	ck_assert_int_eq(side_wait(&a), 0);
	ck_assert_uint_eq(side_count(&a, COUNTER_CONNECTIONS_NOT_MOVED), 1);
	ck_assert_uint_eq(side_count(&a, COUNTER_CLOSED_DRAIN), 1);
}
END_TEST

START_TEST(quit_ends_a_drain)
{
	int fd = offered(ORDER_DRAIN);

	fd_close(&heard.fd);
	say(&a, ORDER_QUIT, 0, 0, -1);
	peer_end(fd);
	ck_assert_int_eq(side_wait(&a), 1);
}
END_TEST

/* Answers to what was never asked do no harm. */
START_TEST(answers_from_nowhere)
{
	int fd = side_unix(&a);

	say(&a, ORDER_TAKEN, 0, 77, -1);
	say(&a, ORDER_REFUSED, 0, 0, -1);
	side_ping_last(fd, 2);
}
END_TEST

/* ---- listening sockets */

START_TEST(listen_and_unlisten)
{
	int door = peer_door(AF_INET), fd, later;

	say(&a, ORDER_LISTEN, 7, 0, door);
	fd = peer_connect(door);
	side_ping(fd, 1);
	say(&a, ORDER_UNLISTEN, 7, 0, -1);
	side_barrier(&a, fd);
	later = peer_connect(door);
	peer_wait(door, POLLIN, PEER_MS);	/* it waits in the queue */
	side_ping(fd, 2);
	peer_wait(door, POLLIN, 0);
	say(&a, ORDER_LISTEN, 8, 0, door);
	side_ping(later, 3);
	/* The same name again is another socket. */
	close(door);
	door = peer_door(AF_INET);
	say(&a, ORDER_LISTEN, 8, 0, door);
	close(fd);
	fd = peer_connect(door);
	side_ping_last(fd, 4);
	close(later);
	close(door);
}
END_TEST

START_TEST(unlisten_an_inherited_one)
{
	int fd = side_tcp(&a), waiting;

	say(&a, ORDER_UNLISTEN, order_key(1, 0), 0, -1);
	say(&a, ORDER_UNLISTEN, order_key(1, 0), 0, -1);
	side_barrier(&a, fd);
	waiting = peer_connect(a.tcp_door);
	side_barrier(&a, fd);
	peer_wait(a.tcp_door, POLLIN, PEER_MS);
	say(&b, ORDER_LISTEN, 99, 0, a.tcp_door);
	side_ping(waiting, 1);
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_ACCEPTED), 1);
	close(waiting);
	close(fd);
}
END_TEST

/* One that drains leaves the sockets as they are: others serve them. */
START_TEST(a_drain_leaves_the_queue)
{
	int fd;

	say(&a, ORDER_DRAIN, 0, 0, -1);
	ck_assert_int_eq(side_wait(&a), 0);
	fd = peer_connect(a.tcp_door);
	say(&b, ORDER_LISTEN, 99, 0, a.tcp_door);
	side_ping_last(fd, 1);
}
END_TEST

/* At the end of all, what is queued on an adopted one is taken, too. */
START_TEST(stop_with_an_adopted_one)
{
	struct bytes out = { 0 };
	int door = peer_door(AF_INET), fd;

	ck_assert_int_eq(kill(a.pid, SIGSTOP), 0);
	say(&a, ORDER_LISTEN, 7, 0, door);
	say(&a, ORDER_STOP, 0, 0, -1);
	fd = peer_connect(door);
	frame_call(&out, "ping", 1);
	peer_send_bytes(fd, &out);
	ck_assert_int_eq(kill(a.pid, SIGCONT), 0);
	peer_expect(fd, PEER_REPLY, "ping", 1);
	peer_end(fd);
	ck_assert_int_eq(side_wait(&a), 0);
	ck_assert_int_eq(accept(door, NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);	/* nobody listens */
	close(door);
}
END_TEST

static void
setup_kept(void)
{
	sides_setup();
	side_doors_kept = true;
	side_start(&a);
	side_start(&b);
}

/*
 * Who has been let in may ask, whatever the kernel sends to orphans; who comes
 * later is served by others.
 */
START_TEST(the_death_of_the_master)
{
	int fd, later;

	ck_assert_int_eq(kill(a.pid, SIGSTOP), 0);
	fd = peer_connect(a.tcp_door);
	close(a.channel);
	a.channel = -1;
	ck_assert_int_eq(kill(a.pid, SIGTERM), 0);
	ck_assert_int_eq(kill(a.pid, SIGCONT), 0);
	while (side_count(&a, COUNTER_CONNECTIONS_ACCEPTED) == 0)
		sched_yield();
	side_ping(fd, 1);
	side_ping(fd, 2);
	peer_expect_end(fd);
	close(fd);
	ck_assert_int_eq(side_wait(&a), 0);
	later = peer_connect(a.tcp_door);
	say(&b, ORDER_LISTEN, 99, 0, a.tcp_door);
	side_ping_last(later, 1);
}
END_TEST

START_TEST(a_signal_while_it_drains)
{
	int fd = side_unix(&a);

	kill(a.pid, SIGTERM);
	hear(&a, ORDER_LEAVING);
	side_ping(fd, 2);
	drain();
	side_ping_last(fd, 3);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("move fault");
	TCase *t = unit_case(s, "fault"), *small = unit_case(s, "small");
	TCase *full = unit_case(s, "full"), *kept = unit_case(s, "kept");

	tcase_add_checked_fixture(t, sides_start, sides_teardown);
	tcase_add_test(t, refused_and_offered_again);
	tcase_add_test(t, no_descriptor_free);
	tcase_add_test(t, a_record_that_is_not_understood);
	tcase_add_test(t, an_offer_without_a_descriptor);
	tcase_add_test(t, a_descriptor_that_cannot_be_watched);
	tcase_add_loop_test(t, one_that_leaves_takes_nothing, 0, 2);
	tcase_add_test(t, the_sender_dies_after_its_offer);
	tcase_add_test(t, the_receiver_dies_before_its_answer);
	tcase_add_test(t, the_receiver_dies_after_its_answer);
	tcase_add_test(t, the_master_dies);
	tcase_add_test(t, the_master_dies_after_its_answer);
	tcase_add_test(t, stop_ends_a_drain);
	tcase_add_test(t, quit_ends_a_drain);
	tcase_add_test(t, answers_from_nowhere);
	tcase_add_test(t, listen_and_unlisten);
	tcase_add_test(t, unlisten_an_inherited_one);
	tcase_add_test(t, a_drain_leaves_the_queue);
	tcase_add_test(t, stop_with_an_adopted_one);
	tcase_add_test(t, a_signal_while_it_drains);
	tcase_add_checked_fixture(small, setup_small, sides_teardown);
	tcase_add_test(small, no_room_for_connections);
	tcase_add_test(full, no_room_for_offers);
	tcase_add_test(full, no_room_for_the_answer);
	tcase_add_checked_fixture(kept, setup_kept, sides_teardown);
	tcase_add_test(kept, the_death_of_the_master);
	return unit_main(s);
}
