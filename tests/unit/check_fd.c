/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passing descriptors: one comes through and is close-on-exec; a message that
 * was cut or that brings more than one is refused, and nothing of it stays
 * open in the receiver.
 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "lib/unit.h"
#include "unit_peer.h"

static int ends[2], file;

static void
setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    ends), 0);
	file = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(file, -1);
}

START_TEST(a_descriptor_comes_through)
{
	struct stat a, b;
	char text[16];
	int got = 77;

	ck_assert_int_eq(fd_send(ends[0], "hello", 5, file, 0), 0);
	ck_assert_int_eq(fd_recv(ends[1], text, sizeof(text), &got, 0), 5);
	ck_assert_int_eq(memcmp(text, "hello", 5), 0);
	ck_assert_int_ne(got, -1);
	ck_assert_int_ne(got, file);
	ck_assert_int_eq(fcntl(got, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	fstat(file, &a);
	fstat(got, &b);
	ck_assert(a.st_rdev == b.st_rdev && a.st_ino == b.st_ino);
}
END_TEST

START_TEST(no_descriptor_is_minus_one)
{
	char text[16];
	int got = 77;

	ck_assert_int_eq(fd_send(ends[0], "x", 1, -1, 0), 0);
	ck_assert_int_eq(fd_recv(ends[1], text, sizeof(text), &got, 0), 1);
	ck_assert_int_eq(got, -1);
}
END_TEST

START_TEST(the_end_and_nothing_yet)
{
	char text[16];
	int got = 77;

	ck_assert_int_eq(fd_recv(ends[1], text, 16, &got, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(got, -1);
	close(ends[0]);
	got = 77;
	ck_assert_int_eq(fd_recv(ends[1], text, 16, &got, 0), 0);
	ck_assert_int_eq(got, -1);
	/* No SIGPIPE either. */
	ck_assert_int_eq(fd_send(ends[1], "x", 1, -1, 0), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(a_message_that_was_cut_is_refused)
{
	int before = peer_fds(), got = 77;
	char text[4];

	ck_assert_int_eq(fd_send(ends[0], "hello", 5, file, 0), 0);
	ck_assert_int_eq(fd_recv(ends[1], text, sizeof(text), &got, 0), -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(got, -1);
	ck_assert_int_eq(peer_fds(), before);
	ck_assert_int_eq(memcmp(text, "hell", 4), 0);
}
END_TEST

START_TEST(a_descriptor_that_was_lost)
{
	struct rlimit old, none;
	char text[8] = "";
	int got = 77, rc;

	ck_assert_int_eq(fd_send(ends[0], "hello", 5, file, 0), 0);
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 3;		/* all that are open are above */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	rc = (int)fd_recv(ends[1], text, sizeof(text), &got, 0);
	setrlimit(RLIMIT_NOFILE, &old);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(got, -1);
	ck_assert_str_eq(text, "hello");
	ck_assert_int_eq(fd_recv(ends[1], text, 8, &got, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

static void
send_many(int n)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(16 * sizeof(int))];
	} control = { .space = { 0 } };
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = CMSG_SPACE((size_t)n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)n * sizeof(int));
	for (int i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &file,
		    sizeof(int));
	ck_assert_int_eq(sendmsg(ends[0], &msg, 0), 1);
}

START_TEST(more_than_one_is_refused)
{
	static const int counts[] = { 2, 3, 16 };
	int before = peer_fds(), got = 77, rc;
	char text[4];

	send_many(counts[_i]);
	rc = (int)fd_recv(ends[1], text, sizeof(text), &got, 0);
	ck_assert_msg(peer_fds() == before, "%d descriptors: %d leaked",
	    counts[_i], peer_fds() - before);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(errno, EPROTO);
	ck_assert_int_eq(got, -1);
}
END_TEST

START_TEST(close_keeps_errno)
{
	int fd = dup(file), none = -1, bad = 9999;

	errno = ERANGE;
	fd_close(&fd);
	fd_close(&none);
	fd_close(&bad);
	ck_assert_int_eq(errno, ERANGE);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(bad, -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fd");
	TCase *t = unit_case(s, "fd");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_descriptor_comes_through);
	tcase_add_test(t, no_descriptor_is_minus_one);
	tcase_add_test(t, the_end_and_nothing_yet);
	tcase_add_test(t, a_message_that_was_cut_is_refused);
	tcase_add_test(t, a_descriptor_that_was_lost);
	tcase_add_loop_test(t, more_than_one_is_refused, 0, 3);
	tcase_add_test(t, close_keeps_errno);
	return unit_main(s);
}
