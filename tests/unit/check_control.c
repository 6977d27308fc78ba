/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket, the master's side: clients side by side, words that are
 * no verb, descriptors handed out, clients that send and never read, and a
 * master that is out of descriptors.  Nothing of it blocks the loop.
 */
#include "proc/control.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "lib/unit.h"
#include "unit_peer.h"

static struct loop loop;
static struct control control;
static struct sockaddr_un sun;
static socklen_t sun_len;
static int door, fds, requests;
static char last[CONTROL_BYTES];

static void
answer(struct control_client *c, const char *request, void *arg)
{
	ck_assert_ptr_eq(arg, last);
	strlcpy(last, request, sizeof(last));
	requests++;
	if (strcmp(request, "status") == 0)
		control_answer(c, "ok", door);
	else if (strcmp(request, "stop") == 0)
		control_wait(c, CONTROL_STOP);
	else if (strcmp(request, "reload") == 0)
		control_wait(c, CONTROL_RELOAD);
	else
		control_answer(c, "error: no such verb", -1);
}

static void
setup(void)
{
	fds = peer_fds();
	sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	door = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(door, (struct sockaddr *)&sun,
	    sizeof(sa_family_t)), 0);
	sun_len = sizeof(sun);
	ck_assert_int_eq(getsockname(door, (struct sockaddr *)&sun, &sun_len),
	    0);
	ck_assert_int_eq(listen(door, 16), 0);
	ck_assert_int_eq(loop_init(&loop), 0);
	ck_assert_int_eq(control_open(&control, &loop, door, answer, last),
	    0);
}

static void
teardown(void)
{
	control_close(&control);
	loop_fini(&loop);
	close(door);
	ck_assert_int_eq(peer_fds(), fds);
}

static int
client(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sun_len), 0);
	return fd;
}

static void
ask(int fd, const char *text, size_t n)
{
	ck_assert_int_eq(send(fd, text, n, MSG_DONTWAIT), (ssize_t)n);
}

/* Turns the loop as long as there is something to do. */
static void
settle(void)
{
	for (int i = 0; peer_soon(loop.epoll_fd, POLLIN, 0); i++) {
		ck_assert_int_lt(i, 5000);
		ck_assert_int_eq(loop_turn(&loop), 0);
	}
}

static void
expect(int fd, const char *text)
{
	char got[CONTROL_BYTES];
	ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	ck_assert_str_eq(got, text);
}

START_TEST(two_clients)
{
	int a = client(), b = client();

	ask(b, "hello", 5);
	ask(a, "status", 6);
	settle();
	ck_assert_int_eq(requests, 2);
	expect(b, "error: no such verb");
	ask(b, "again", 5);
	settle();
	ck_assert_str_eq(last, "again");
	expect(b, "error: no such verb");
	expect(a, "ok");
	close(a);
	settle();
	ask(b, "still", 5);
	settle();
	expect(b, "error: no such verb");
	close(b);
}
END_TEST

START_TEST(a_descriptor_is_handed_out)
{
	struct sockaddr_un got = { 0 };
	socklen_t len = sizeof(got);
	int a = client(), fd;
	char text[16];

	ask(a, "status", 6);
	settle();
	ck_assert_int_eq(fd_recv(a, text, sizeof(text), &fd, 0), 2);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&got, &len), 0);
	ck_assert_int_eq(memcmp(&got, &sun, sun_len), 0);
	close(fd);
	close(a);
}
END_TEST

#define NO_TEXT	"error: the request is too long or no text"

/* As long as may be, and longer; the word before a NUL is no request. */
START_TEST(odd_requests)
{
	static char text[2000] = "status";
	int a = client();

	memset(text + 6, 'x', sizeof(text) - 6);
	ask(a, text, CONTROL_BYTES - 1);
	settle();
	ck_assert_uint_eq(strlen(last), CONTROL_BYTES - 1);
	expect(a, "error: no such verb");
	ck_assert_int_eq(requests, 1);
	for (size_t n = CONTROL_BYTES; n <= sizeof(text); n += 744) {
		ask(a, text, n);
		settle();
		expect(a, NO_TEXT);
	}
	ask(a, "status\0", 7);
	ask(a, "stop\0now", 8);
	ask(a, "\0", 1);
	settle();
	for (int i = 0; i < 3; i++)
		expect(a, NO_TEXT);
	ck_assert_int_eq(requests, 1);
	close(a);
}
END_TEST

/* The kernel cuts it; what is left of it must not be taken for a verb. */
START_TEST(a_request_that_was_cut)
{
	static char text[1000] = "status";
	int a = client();

	memset(text + 6, '\0', sizeof(text) - 6);
	ask(a, text, sizeof(text));
	settle();
	expect(a, NO_TEXT);
	ck_assert_int_eq(requests, 0);
	close(a);
}
END_TEST

START_TEST(who_waits_is_told_at_the_end)
{
	int a = client(), b = client(), gone = client();

	ask(a, "stop", 4);
	ask(gone, "stop", 4);
	ask(b, "other", 5);
	settle();
	expect(b, "error: no such verb");
	close(gone);
	expect(a, "wait");
	ck_assert_int_eq(recv(a, last, 1, MSG_DONTWAIT), -1);
	control_close(&control);
	expect(a, "ok");
	expect(a, "");
	expect(b, "");
	close(a);
	close(b);
}
END_TEST

START_TEST(each_waits_for_its_own)
{
	int stop = client(), reload = client(), late = client();

	ask(stop, "stop", 4);
	ask(reload, "reload", 6);
	settle();
	expect(stop, "wait");
	expect(reload, "wait");
	control_complete(&control, CONTROL_SCALE, "not this");
	control_complete(&control, CONTROL_RELOAD, "error: no such module");
	expect(reload, "error: no such module");
	control_complete(&control, CONTROL_RELOAD, "not twice");
	ask(late, "reload", 6);
	settle();
	expect(late, "wait");
	control_close(&control);
	expect(stop, "ok");
	expect(late, "error: the server has stopped");
	expect(reload, "");
	close(stop);
	close(reload);
	close(late);
}
END_TEST

/* Nor does it fill the log: it is dropped. */
START_TEST(who_never_reads_blocks_nobody)
{
	int slow = client(), other = client(), pipe_fds[2], n = 0;
	char lines[8192];
	ssize_t len;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(dup2(pipe_fds[1], STDERR_FILENO), STDERR_FILENO);
	close(pipe_fds[1]);
	for (int i = 0; i < 2000; i++)
		if (send(slow, "status", 6, MSG_DONTWAIT | MSG_NOSIGNAL) == -1)
			settle();
	settle();
	ask(other, "x", 1);
	settle();
	expect(other, "error: no such verb");
	ck_assert_int_lt(requests, 1000);
	len = read(pipe_fds[0], lines, sizeof(lines));
	for (ssize_t i = 0; i < len; i++)
		n += lines[i] == '\n';
	ck_assert_int_eq(n, 1);
	close(pipe_fds[0]);
	close(slow);
	close(other);
	settle();
}
END_TEST

static bool over;

static void
time_is_over(struct timer *t)
{
	(void)t;
	over = true;
}

/* A knock that cannot be answered must not keep the master busy. */
START_TEST(no_descriptor_is_left)
{
	struct rlimit lim, few;
	struct timer end = { .when_ns = 0 };
	int a = client(), turns = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &lim), 0);
	few = (struct rlimit){ 3, lim.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	timer_set(&loop, &end, clock_ns() + 50 * NS_PER_MS, time_is_over);
	for (; !over; turns++)
		loop_turn(&loop);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lim), 0);
	ck_assert_msg(turns < 50, "%d turns in 50 ms", turns);
	close(a);
}
END_TEST

START_TEST(without_a_socket)
{
	struct control none;

	ck_assert_int_eq(control_open(&none, &loop, -1, answer, last), 0);
	control_close(&none);
	control_close(&none);
}
END_TEST

START_TEST(abandoned_in_a_child)
{
	int a = client();

	ask(a, "stop", 4);
	settle();
	control_abandon(&control);
	expect(a, "wait");
	expect(a, "");
	ck_assert_int_eq(control.watch.fd, -1);
	close(a);
	door = -1;
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("control");
	TCase *t = unit_case(s, "control");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, two_clients);
	tcase_add_test(t, a_descriptor_is_handed_out);
	tcase_add_test(t, odd_requests);
	tcase_add_test(t, a_request_that_was_cut);
	tcase_add_test(t, who_waits_is_told_at_the_end);
	tcase_add_test(t, each_waits_for_its_own);
	tcase_add_test(t, who_never_reads_blocks_nobody);
	tcase_add_test(t, no_descriptor_is_left);
	tcase_add_test(t, without_a_socket);
	tcase_add_test(t, abandoned_in_a_child);
	return unit_main(s);
}
