/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager hears: this is one, on a socket with a path or with
 * an abstract name.  A manager that is absent, gone or behind costs nothing.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "lib/unit.h"
#include "server/notify.h"
#include "unit_peer.h"

static char dir[32], path[64];
static int manager, came;
static char heard[4096];

static void
open_manager(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	memcpy(sun.sun_path, name, len);
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
	    (name[0] == '/'))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
}

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/check_notify.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	open_manager(path);
}

static void
teardown(void)
{
	unlink(path);
	rmdir(dir);
}

/* The next message, its descriptor in came; NULL if there is none. */
static const char *
hear(void)
{
	ssize_t n = fd_recv(manager, heard, sizeof(heard) - 1, &came,
	    MSG_DONTWAIT);

	if (n == -1)
		return NULL;
	heard[n] = '\0';
	return heard;
}

START_TEST(a_message)
{
	int fds = peer_fds();

	ck_assert_int_eq(notify_init(false), 0);
	ck_assert_int_eq(notify("READY=1\nMAINPID=%d", 17), 0);
	ck_assert_str_eq(hear(), "READY=1\nMAINPID=17");
	ck_assert_int_eq(came, -1);
	ck_assert_int_eq(notify("STOPPING=1"), 0);
	ck_assert_str_eq(hear(), "STOPPING=1");
	ck_assert_ptr_null(hear());
	ck_assert_int_eq(peer_fds(), fds);
}
END_TEST

START_TEST(an_abstract_name)
{
	char name[64];

	close(manager);
	snprintf(name, sizeof(name), "@check_notify/%ld", (long)getpid());
	open_manager(name);
	ck_assert_int_eq(notify_init(false), 0);
	ck_assert_int_eq(notify("READY=1"), 0);
	ck_assert_str_eq(hear(), "READY=1");
}
END_TEST

START_TEST(the_longest_path)
{
	char name[109];

	memset(name, 'x', sizeof(name));
	name[0] = '@';
	name[107] = name[108] = '\0';
	snprintf(name + 1, 20, "%ld", (long)getpid());
	name[strlen(name)] = 'x';
	close(manager);
	open_manager(name);
	ck_assert_int_eq(notify_init(false), 0);
	ck_assert_int_eq(notify("READY=1"), 0);
	ck_assert_str_eq(hear(), "READY=1");
	name[107] = 'y';
	setenv("NOTIFY_SOCKET", name, 1);
	ck_assert_int_eq(notify_init(false), -1);
}
END_TEST

START_TEST(an_address_of_another_kind)
{
	static const char *const bad[] = { "/", "@", "relative", "vsock:2:1",
	    " /tmp/x" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setenv("NOTIFY_SOCKET", bad[i], 1);
		setenv("WATCHDOG_USEC", "1000", 1);
		ck_assert_int_eq(notify_init(false), -1);
		ck_assert_int_eq(errno, EAFNOSUPPORT);
		ck_assert_int_eq(notify("READY=1"), 0);
		ck_assert_uint_eq(notify_watchdog_ns(), 0);
	}
	ck_assert_ptr_null(hear());
}
END_TEST

START_TEST(nobody_to_tell)
{
	int fds = peer_fds();

	for (int i = 0; i < 2; i++) {
		if (i == 0)
			unsetenv("NOTIFY_SOCKET");
		else
			setenv("NOTIFY_SOCKET", "", 1);
		ck_assert_int_eq(notify_init(true), 0);
		ck_assert_int_eq(notify("READY=1"), 0);
		ck_assert_int_eq(notify_status("x"), 0);
		ck_assert_int_eq(notify_reloading(), 0);
		ck_assert_int_eq(notify_fd("x", 0, true), 0);
		ck_assert_int_eq(notify_fd_remove("x"), 0);
		notify_export();
		ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	}
	ck_assert_int_eq(peer_fds(), fds);
}
END_TEST

START_TEST(a_manager_that_is_gone)
{
	int fds;

	ck_assert_int_eq(notify_init(false), 0);
	close(manager);
	fds = peer_fds();
	ck_assert_int_eq(notify("READY=1"), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	unlink(path);
	ck_assert_int_eq(notify("READY=1"), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(peer_fds(), fds);
	open_manager(path);
	ck_assert_int_eq(notify("READY=1"), 0);
	ck_assert_str_eq(hear(), "READY=1");
}
END_TEST

/* The test's timeout if it blocks. */
START_TEST(a_manager_that_is_behind)
{
	int rc, n = 0;

	ck_assert_int_eq(notify_init(false), 0);
	while ((rc = notify("WATCHDOG=1")) == 0)
		n++;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(notify_fd("x", 0, false), -1);
	ck_assert_int_eq(errno, EAGAIN);
	while (n-- > 0)
		ck_assert_str_eq(hear(), "WATCHDOG=1");
	ck_assert_ptr_null(hear());
	ck_assert_int_eq(notify("READY=1"), 0);
}
END_TEST

/* It takes one message at a time, and that in its own time. */
START_TEST(a_manager_that_is_waited_for)
{
	uint64_t since = clock_ns();
	pid_t pid;
	int n = 0;

	ck_assert_int_eq(notify_init(false), 0);
	notify_wait_until(since + 50 * NS_PER_MS);
	while (notify("WATCHDOG=1") == 0)
		n++;
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert(clock_ns() >= since + 50 * NS_PER_MS);
	if ((pid = fork()) == 0) {
		while (n-- > 0)
			recv(manager, heard, sizeof(heard), 0);
		_exit(0);
	}
	notify_wait_until(clock_ns() + 60 * NS_PER_S);
	ck_assert_int_eq(notify("READY=1"), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_str_eq(hear(), "READY=1");
	notify_wait_until(0);
}
END_TEST

START_TEST(a_message_that_is_too_long)
{
	char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(notify_init(false), 0);
	ck_assert_int_eq(notify("X=%s", text), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_ptr_null(hear());
	/* A status is for people, and may be cut. */
	ck_assert_int_eq(notify_status("%s", text), 0);
	ck_assert_int_eq(strncmp(hear(), "STATUS=xxx", 10), 0);
	ck_assert_uint_gt(strlen(heard), 500);
}
END_TEST

START_TEST(a_status_is_one_line)
{
	ck_assert_int_eq(notify_init(false), 0);
	ck_assert_int_eq(notify_status("%s", "bad\nMAINPID=1\r\t\x7f\x1b[m"),
	    0);
	ck_assert_str_eq(hear(), "STATUS=bad MAINPID=1    [m");
	ck_assert_int_eq(notify_status("%s", "f\303\274nf"), 0);
	ck_assert_str_eq(hear(), "STATUS=f\303\274nf");
}
END_TEST

START_TEST(reloading_has_the_time)
{
	uint64_t before, us;
	char rest;

	ck_assert_int_eq(notify_init(false), 0);
	before = clock_ns() / 1000;
	ck_assert_int_eq(notify_reloading(), 0);
	ck_assert_int_eq(sscanf(hear(), "RELOADING=1\nMONOTONIC_USEC=%" SCNu64
	    "%c", &us, &rest), 1);
	ck_assert(us >= before && us <= clock_ns() / 1000);
}
END_TEST

START_TEST(a_descriptor_to_keep)
{
	int fds = peer_fds(), fd = memfd_create("x", MFD_CLOEXEC);
	struct stat a, b;

	ck_assert_int_eq(notify_init(false), 0);
	ck_assert_int_eq(notify_fd("tf-segment", fd, true), 0);
	ck_assert_str_eq(hear(), "FDSTORE=1\nFDNAME=tf-segment\nFDPOLL=0");
	ck_assert_int_ne(came, -1);
	fstat(fd, &a);
	fstat(came, &b);
	ck_assert(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	close(came);
	ck_assert_int_eq(notify_fd("x y", fd, false), 0);
	ck_assert_str_eq(hear(), "FDSTORE=1\nFDNAME=x y");
	close(came);
	ck_assert_int_eq(notify_fd_remove("tf-segment"), 0);
	ck_assert_str_eq(hear(), "FDSTOREREMOVE=1\nFDNAME=tf-segment");
	ck_assert_int_eq(came, -1);
	close(fd);
	ck_assert_int_eq(notify_fd("closed", fd, false), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(notify_fd("none", -1, false), -1);
	ck_assert_ptr_null(hear());
	ck_assert_int_eq(peer_fds(), fds);
}
END_TEST

START_TEST(a_name_that_is_none)
{
	static const char *const bad[] = { "", "a:b", "a\nFDPOLL=0",
	    "\303\274", "\x7f" };
	char name[257];

	ck_assert_int_eq(notify_init(false), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(notify_fd(bad[i], 0, true), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_int_eq(notify_fd_remove(bad[i]), -1);
		ck_assert_int_eq(errno, EINVAL);
	}
	memset(name, 'x', 256);
	name[256] = '\0';
	ck_assert_int_eq(notify_fd(name, 0, true), -1);
	ck_assert_ptr_null(hear());
	name[255] = '\0';
	ck_assert_int_eq(notify_fd(name, 0, true), 0);
	ck_assert_uint_eq(strlen(hear()), 17 + 255 + 9);
	close(came);
}
END_TEST

START_TEST(the_watchdog)
{
	static const struct {
		const char	*usec;
		long		 pid;	/* of us; 0: not said */
		uint64_t	 ns;
	} cases[] = {
		{ NULL, 0, 0 }, { "1500000", 0, 1500000000 },
		{ "1500000", 1, 1500000000 }, { "1500000", -1, 0 },
		{ "0", 0, 0 }, { "-5", 0, 0 }, { "", 0, 0 }, { "5x", 0, 0 },
		{ "99999999999999999999", 0, 0 },
		{ "9223372036854775", 1, UINT64_C(9223372036854775000) },
		{ "9223372036854776", 1, 0 },
	};
	char pid[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (cases[i].usec != NULL)
			setenv("WATCHDOG_USEC", cases[i].usec, 1);
		snprintf(pid, sizeof(pid), "%ld", (long)getpid() +
		    (cases[i].pid == -1));
		if (cases[i].pid != 0)
			setenv("WATCHDOG_PID", pid, 1);
		ck_assert_int_eq(notify_init(false), 0);
		ck_assert_msg(notify_watchdog_ns() == cases[i].ns, "%zu", i);
	}
	setenv("WATCHDOG_USEC", "1000", 1);
	setenv("WATCHDOG_PID", "x", 1);
	ck_assert_int_eq(notify_init(false), 0);
	ck_assert_uint_eq(notify_watchdog_ns(), 0);
}
END_TEST

START_TEST(hidden_and_put_back)
{
	char pid[32];

	setenv("WATCHDOG_USEC", "1000", 1);
	ck_assert_int_eq(notify_init(false), 0);
	ck_assert_str_eq(getenv("NOTIFY_SOCKET"), path);
	ck_assert_str_eq(getenv("WATCHDOG_USEC"), "1000");
	ck_assert_int_eq(notify_init(true), 0);
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
	ck_assert_uint_eq(notify_watchdog_ns(), 1000000);
	ck_assert_int_eq(notify("READY=1"), 0);
	ck_assert_str_eq(hear(), "READY=1");
	notify_export();
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	ck_assert_str_eq(getenv("NOTIFY_SOCKET"), path);
	ck_assert_str_eq(getenv("WATCHDOG_USEC"), "1000");
	ck_assert_str_eq(getenv("WATCHDOG_PID"), pid);
	ck_assert_int_eq(notify_init(true), 0);
	ck_assert_uint_eq(notify_watchdog_ns(), 1000000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("notify");
	TCase *t = unit_case(s, "notify");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_message);
	tcase_add_test(t, an_abstract_name);
	tcase_add_test(t, the_longest_path);
	tcase_add_test(t, an_address_of_another_kind);
	tcase_add_test(t, nobody_to_tell);
	tcase_add_test(t, a_manager_that_is_gone);
	tcase_add_test(t, a_manager_that_is_behind);
	tcase_add_test(t, a_manager_that_is_waited_for);
	tcase_add_test(t, a_message_that_is_too_long);
	tcase_add_test(t, a_status_is_one_line);
	tcase_add_test(t, reloading_has_the_time);
	tcase_add_test(t, a_descriptor_to_keep);
	tcase_add_test(t, a_name_that_is_none);
	tcase_add_test(t, the_watchdog);
	tcase_add_test(t, hidden_and_put_back);
	return unit_main(s);
}
