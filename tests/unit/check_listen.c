/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets: a TCP group shares one port that the kernel chose and
 * nobody else gets into it; of a unix path only a dead server's socket is
 * taken over, and what is not ours stays where it is.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <thriftfork/loop.h>

#include "io/listen.h"
#include "lib/unit.h"

static char dir[32], path[64], text[80], why[256];
static struct listener l;

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/check_listen.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	snprintf(text, sizeof(text), "unix:%s", path);
}

static void
teardown(void)
{
	listener_close(&l);
	unlink(path);
	rmdir(dir);
}

/* tf_listen(): nobody else gets the address, and the file stays. */
START_TEST(sockets_of_a_program)
{
	int a[2], b[2];
	char at[80];
	struct stat st;
	struct addr bound = { .len = sizeof(bound.ss) };

	ck_assert_int_eq(tf_listen("127.0.0.1:0", a, 2, why, sizeof(why)), 1);
	ck_assert_int_eq(getsockname(a[0], (struct sockaddr *)&bound.ss,
	    &bound.len), 0);
	addr_text(&bound, at, sizeof(at));
	ck_assert_int_ne(fcntl(a[0], F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(a[0], F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(tf_listen(at, b, 2, why, sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, "in use"));
	close(a[0]);
	ck_assert_int_eq(tf_listen(at, b, 2, why, sizeof(why)), 1);
	close(b[0]);
	ck_assert_int_eq(tf_listen(text, a, 1, why, sizeof(why)), 1);
	ck_assert_int_eq(tf_listen(text, b, 1, why, sizeof(why)), -1);
	close(a[0]);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_int_eq(tf_listen(text, a, 1, why, sizeof(why)), 1);
	close(a[0]);
	ck_assert_int_eq(tf_listen("nonsense", a, 1, why, sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, "HOST:PORT"));
}
END_TEST

static struct addr
addr_of(const char *s)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(s, &a, 1, why, sizeof(why)), 1);
	return a;
}

static int
open_at(struct listener *at, const char *s, unsigned slots)
{
	struct addr a = addr_of(s);

	why[0] = '\0';
	return listener_open(at, &a, slots, why, sizeof(why));
}

static int
connect_to(const struct addr *a, int flags)
{
	int fd = socket(a->ss.ss_family, SOCK_STREAM | flags, 0);

	ck_assert_int_ne(fd, -1);
	if (connect(fd, (const struct sockaddr *)&a->ss, a->len) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool
has_knocked(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

START_TEST(a_group_on_one_port)
{
	struct addr bound;

	ck_assert_msg(open_at(&l, "127.0.0.1:0", 5) == 0, "%s", why);
	ck_assert_uint_eq(l.nfds, 5);
	ck_assert_uint_ne(addr_port(&l.addr), 0);
	for (unsigned i = 0; i < 5; i++) {
		bound.len = sizeof(bound.ss);
		ck_assert_int_eq(getsockname(l.fds[i],
		    (struct sockaddr *)&bound.ss, &bound.len), 0);
		ck_assert_uint_eq(addr_port(&bound), addr_port(&l.addr));
		ck_assert_int_eq(fcntl(l.fds[i], F_GETFD) & FD_CLOEXEC,
		    FD_CLOEXEC);
		ck_assert_int_eq(fcntl(l.fds[i], F_GETFL) & O_NONBLOCK,
		    O_NONBLOCK);
	}
	ck_assert_ptr_null(strstr(l.text, ":0"));
}
END_TEST

START_TEST(only_started_slots_are_knocked_at)
{
	/* The first listens from the start, to keep others away. */
	ck_assert_int_eq(open_at(&l, "127.0.0.1:0", 4), 0);
	ck_assert_int_ne(connect_to(&l.addr, 0), -1);
	ck_assert(has_knocked(l.fds[0]));
	ck_assert_int_eq(listener_start(&l, 2, 10), l.fds[2]);
	for (int i = 0; i < 100 && !has_knocked(l.fds[2]); i++)
		ck_assert_int_ne(connect_to(&l.addr, 0), -1);
	ck_assert(has_knocked(l.fds[2]));
	ck_assert(!has_knocked(l.fds[1]));
	ck_assert(!has_knocked(l.fds[3]));
}
END_TEST

static void
refuse_second(void)
{
	struct listener second;
	struct addr a = l.addr;

	ck_assert_msg(listener_open(&second, &a, 4, why, sizeof(why)) == -1,
	    "a second group joined the first");
	ck_assert_ptr_nonnull(strstr(why, l.text));
	ck_assert_ptr_nonnull(strstr(why, "in use"));
}

START_TEST(a_second_group_is_refused)
{
	ck_assert_int_eq(open_at(&l, "127.0.0.1:0", 4), 0);
	ck_assert_int_ne(listener_start(&l, 1, 10), -1);
	refuse_second();
}
END_TEST

/* Between binding and listening, as when two servers start together. */
START_TEST(a_second_group_is_refused_before_the_first_listens)
{
	ck_assert_int_eq(open_at(&l, "127.0.0.1:0", 4), 0);
	refuse_second();
}
END_TEST

START_TEST(the_port_of_a_strange_server_is_refused)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct addr a = addr_of("127.0.0.1:0");

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a.ss, a.len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&a.ss, &a.len), 0);
	ck_assert_int_eq(listener_open(&l, &a, 3, why, sizeof(why)), -1);
	ck_assert_ptr_null(l.fds);
	close(fd);
}
END_TEST

/* A server that has closed its connections can start again at once. */
START_TEST(time_wait_is_no_obstacle)
{
	struct addr a;
	int c, s;
	char byte;

	ck_assert_int_eq(open_at(&l, "127.0.0.1:0", 2), 0);
	a = l.addr;
	ck_assert_int_ne(listener_start(&l, 0, 4), -1);
	c = connect_to(&a, 0);
	s = accept(l.fds[0], NULL, NULL);
	ck_assert_int_ne(s, -1);
	close(s);
	ck_assert_int_eq(recv(c, &byte, 1, 0), 0);
	close(c);
	listener_close(&l);
	ck_assert_msg(listener_open(&l, &a, 2, why, sizeof(why)) == 0, "%s",
	    why);
}
END_TEST

START_TEST(a_unix_socket_is_shared_and_removed)
{
	ck_assert_msg(open_at(&l, text, 7) == 0, "%s", why);
	ck_assert_uint_eq(l.nfds, 1);
	ck_assert_int_eq(listener_start(&l, 6, 4), l.fds[0]);
	ck_assert_int_eq(listener_start(&l, 0, 4), l.fds[0]);
	ck_assert_int_ne(connect_to(&l.addr, 0), -1);
	listener_close(&l);
	listener_close(&l);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(a_stale_path_is_replaced)
{
	struct addr a = addr_of(text);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a.ss, a.len), 0);
	close(fd);
	ck_assert_msg(open_at(&l, text, 1) == 0, "%s", why);
	ck_assert_int_ne(listener_start(&l, 0, 4), -1);
	ck_assert_int_ne(connect_to(&l.addr, 0), -1);
}
END_TEST

START_TEST(a_live_path_is_refused_and_stays)
{
	struct listener second;

	ck_assert_int_eq(open_at(&l, text, 1), 0);
	ck_assert_int_ne(listener_start(&l, 0, 4), -1);
	ck_assert_int_eq(open_at(&second, text, 1), -1);
	ck_assert_ptr_nonnull(strstr(why, "in use"));
	ck_assert_int_ne(connect_to(&l.addr, 0), -1);
}
END_TEST

/* A server that hangs has a full queue; asking whether it lives must not. */
START_TEST(a_live_path_with_a_full_queue_is_refused)
{
	struct pollfd p = { .events = POLLIN };
	struct listener second;
	int ready, status;
	pid_t pid;

	ck_assert_int_eq(open_at(&l, text, 1), 0);
	ck_assert_int_ne(listener_start(&l, 0, 0), -1);
	while (connect_to(&l.addr, SOCK_NONBLOCK) != -1)
		;
	if ((pid = fork()) == 0)
		_exit(open_at(&second, text, 1) == -1 ? 0 : 1);
	p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	ready = poll(&p, 1, 1500);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(ready == 1, "listener_open() hangs in connect(2)");
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_foreign_file_is_refused_and_stays)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	struct stat st;

	ck_assert_int_eq(write(fd, "precious", 8), 8);
	close(fd);
	ck_assert_int_eq(open_at(&l, text, 1), -1);
	ck_assert_str_ne(why, "");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 8);
}
END_TEST

START_TEST(a_link_to_nowhere_stays)
{
	struct stat st;

	ck_assert_int_eq(symlink("/nonexistent", path), 0);
	ck_assert_int_eq(open_at(&l, text, 1), -1);
	ck_assert_int_eq(lstat(path, &st), 0);
}
END_TEST

/* Of five slots the sockets of those in the text are left. */
static void
inherit(struct listener *from, const char *left)
{
	int fds[5];
	uint32_t indexes[5];

	for (unsigned i = 0; i < 5; i++) {
		fds[i] = -1;
		indexes[i] = LISTENER_SILENT;
		if (strchr(left, (int)('0' + i)) == NULL)
			continue;
		fds[i] = dup(from->fds[i]);
		indexes[i] = from->indexes[i];
	}
	ck_assert_int_eq(listener_inherit(&l, fds, indexes, 5), 0);
}

/* Slot 3 has listened before slot 1. */
START_TEST(what_is_left_of_a_group)
{
	static const struct {
		const char	*left;
		bool		 unordered;
	} cases[] = { { "01234", false }, { "013", false }, { "03", false },
	    { "01", true }, { "1", true }, { "3", true }, { "0", false } };
	struct listener old;
	unsigned listening;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(open_at(&old, "127.0.0.1:0", 5), 0);
		ck_assert_int_ne(listener_start(&old, 3, 8), -1);
		ck_assert_int_ne(listener_start(&old, 1, 8), -1);
		inherit(&old, cases[i].left);
		ck_assert_str_eq(l.text, old.text);
		ck_assert_msg(l.unordered == cases[i].unordered, "%s",
		    cases[i].left);
		listening = l.nlistening;
		listener_close(&old);
		for (unsigned slot = 0; slot < 5; slot++)
			ck_assert_int_ne(listener_start(&l, slot, 8), -1);
		ck_assert_uint_eq(l.nlistening, 5);
		ck_assert_uint_le(listening, strlen(cases[i].left));
		listener_close(&l);
	}
}
END_TEST

START_TEST(a_directory_that_is_not_there)
{
	ck_assert_int_eq(open_at(&l, "unix:/nonexistent/dir/s", 1), -1);
	ck_assert_ptr_nonnull(strstr(why, "/nonexistent/dir/s"));
	ck_assert_ptr_nonnull(strstr(why, "No such file"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("listen");
	TCase *t = unit_case(s, "listen");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sockets_of_a_program);
	tcase_add_test(t, a_group_on_one_port);
	tcase_add_test(t, only_started_slots_are_knocked_at);
	tcase_add_test(t, a_second_group_is_refused);
	tcase_add_test(t, a_second_group_is_refused_before_the_first_listens);
	tcase_add_test(t, the_port_of_a_strange_server_is_refused);
	tcase_add_test(t, time_wait_is_no_obstacle);
	tcase_add_test(t, a_unix_socket_is_shared_and_removed);
	tcase_add_test(t, a_stale_path_is_replaced);
	tcase_add_test(t, a_live_path_is_refused_and_stays);
	tcase_add_test(t, a_live_path_with_a_full_queue_is_refused);
	tcase_add_test(t, a_foreign_file_is_refused_and_stays);
	tcase_add_test(t, a_link_to_nowhere_stays);
	tcase_add_test(t, what_is_left_of_a_group);
	tcase_add_test(t, a_directory_that_is_not_there);
	return unit_main(s);
}
