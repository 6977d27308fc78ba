/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors given at the start: found by name, close-on-exec, no word of
 * them left in the environment; and what a hostile or stale environment says
 * is refused before anything is touched.
 *
 * They begin at 3, where libcheck keeps a file of its own: so each test is a
 * process of its own once more, which tells by its exit status how it went.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit.h"
#include "server/activation.h"
#include "server/store.h"

#define GIVEN	5			/* 3 to 7 are open, 8 is not */

#define MUST(cond) do {							\
	if (!(cond)) {							\
		fprintf(stderr, "%s:%d: not %s; why: '%s'\n", __FILE__,	\
		    __LINE__, #cond, why);				\
		_exit(1);						\
	}								\
} while (0)

static struct activation a;
static char why[256];

static int
listening_socket(int domain)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(domain, SOCK_STREAM, 0);

	/* Of its own accord it gets a port, or an abstract name. */
	if (domain == AF_UNIX)
		MUST(bind(fd, (struct sockaddr *)&sun,
		    sizeof(sun.sun_family)) == 0);
	MUST(listen(fd, 1) == 0);
	return fd;
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static bool
is_private(int fd)
{
	return fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

static void
set(const char *fds, const char *names)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", fds, 1);
	if (names != NULL)
		setenv("LISTEN_FDNAMES", names, 1);
	else
		unsetenv("LISTEN_FDNAMES");
}

static int
take(void)
{
	int n = activation_take(&a, why, sizeof(why));

	MUST(getenv("LISTEN_FDS") == NULL);
	MUST(getenv("LISTEN_PID") == NULL);
	MUST(getenv("LISTEN_FDNAMES") == NULL);
	return n;
}

/* In a process whose descriptors from 3 on are ours. */
static void
apart(void (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		MUST(close_range(3, ~0U, 0) == 0);
		for (int i = 3; i < 3 + GIVEN; i++)
			MUST(open("/dev/zero", O_RDONLY) == i);
		fn();
		exit(0);
	}
	ck_assert_int_ne(pid, -1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(status == 0, "status %d", status);
}

static void
take_some(void)
{
	set("4", "http:tf-segment:http:");
	MUST(take() == 4);
	MUST(why[0] == '\0');
	for (int fd = 3; fd < 7; fd++)
		MUST(is_private(fd));
	MUST(!is_private(7));
	MUST(activation_claim(&a, "tf") == -1);
	MUST(activation_claim(&a, "http") == 3);
	MUST(activation_claim(&a, "http") == 5);
	MUST(activation_claim(&a, "http") == -1);
	MUST(activation_claim(&a, "") == 6);
	MUST(activation_claim(&a, "unknown") == -1);
	activation_close(&a);
	MUST(is_open(3) && !is_open(4) && is_open(5) && is_open(6));
	MUST(is_open(7));
	activation_close(&a);
	MUST(activation_claim(&a, "http") == -1);
}

START_TEST(by_name)
{
	apart(take_some);
}
END_TEST

static void
take_nameless(void)
{
	set("2", NULL);
	MUST(take() == 2);
	MUST(activation_claim(&a, "unknown") == 3);
	MUST(activation_claim(&a, "unknown") == 4);
	MUST(activation_claim(&a, "unknown") == -1);
	activation_close(&a);
	MUST(take() == 0);
}

START_TEST(without_names)
{
	apart(take_nameless);
}
END_TEST

static void
take_none(void)
{
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	MUST(take() == 0 && why[0] == '\0' && a.nfds == 0);
	set("0", NULL);
	MUST(take() == 0 && why[0] == '\0' && a.nfds == 0);
	MUST(activation_claim(&a, "unknown") == -1);
	activation_close(&a);
	MUST(is_open(3));
}

START_TEST(none)
{
	apart(take_none);
}
END_TEST

static void
assert_untouched(void)
{
	MUST(a.nfds == 0 && a.fds == NULL);
	for (int fd = 3; fd < 3 + GIVEN; fd++)
		MUST(is_open(fd) && !is_private(fd));
	MUST(!is_open(3 + GIVEN));
}

static void
take_anothers(void)
{
	set("2", NULL);
	setenv("LISTEN_PID", "1", 1);
	MUST(take() == 0);
	MUST(strstr(why, "pid 1,") != NULL);
	assert_untouched();
	set("2", NULL);
	unsetenv("LISTEN_PID");
	MUST(take() == 0);
	MUST(strstr(why, "LISTEN_PID") != NULL);
	assert_untouched();
}

START_TEST(those_of_another_process)
{
	apart(take_anothers);
}
END_TEST

static char too_long[ACTIVATION_NAME + 1];
static const struct {
	const char	*fds, *pid, *names;
	const char	*says;
} hostile[] = {
	{ "-1", NULL, NULL, "LISTEN_FDS is too small" },
	{ "", NULL, NULL, "LISTEN_FDS is invalid" },
	{ "2x", NULL, NULL, "LISTEN_FDS is invalid" },
	{ "65537", NULL, NULL, "LISTEN_FDS is too large" },
	{ "4294967298", NULL, NULL, "LISTEN_FDS is too large" },
	{ "99999999999999999999", NULL, NULL, "LISTEN_FDS is too large" },
	{ "6", NULL, NULL, "descriptor 8 is not open" },
	{ "65536", NULL, NULL, "descriptor 8 is not open" },
	{ "2", "", NULL, "LISTEN_PID is invalid" },
	{ "2", "0", NULL, "LISTEN_PID is too small" },
	{ "2", "x", NULL, "LISTEN_PID is invalid" },
	{ "2", "4294967297", NULL, "LISTEN_PID is too large" },
	{ "2", NULL, "", "less than 2 names" },
	{ "2", NULL, "a", "less than 2 names" },
	{ "2", NULL, "a:b:", "more than 2 names" },
	{ "2", NULL, "a:b:c", "more than 2 names" },
	{ "2", NULL, "a:b\n", "name 2 " },
	{ "2", NULL, "\033:b", "name 1 " },
	{ "1", NULL, too_long, "name 1 " },
};
static int which;

static void
take_hostile(void)
{
	memset(too_long, 'x', ACTIVATION_NAME);
	set(hostile[which].fds, hostile[which].names);
	if (hostile[which].pid != NULL)
		setenv("LISTEN_PID", hostile[which].pid, 1);
	MUST(take() == -1);
	MUST(strstr(why, hostile[which].says) != NULL);
	assert_untouched();
}

START_TEST(a_hostile_environment)
{
	which = _i;
	apart(take_hostile);
}
END_TEST

/* The longest name is one byte shorter than that. */
static void
take_longest(void)
{
	memset(too_long, 'x', ACTIVATION_NAME - 1);
	set("1", too_long);
	MUST(take() == 1);
	MUST(activation_claim(&a, too_long) == 3);
	activation_close(&a);
}

START_TEST(the_longest_name)
{
	apart(take_longest);
}
END_TEST

static void
must_pass(int fd, bool listening)
{
	MUST(activation_check(fd, listening, why, sizeof(why)) == 0);
	MUST(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
}

static void
must_fail(int fd, bool listening, const char *says)
{
	char number[32];

	why[0] = '\0';
	snprintf(number, sizeof(number), "descriptor %d: ", fd);
	MUST(activation_check(fd, listening, why, sizeof(why)) == -1);
	MUST(strncmp(why, number, strlen(number)) == 0);
	MUST(strstr(why, says) != NULL);
}

static void
check_good(void)
{
	must_pass(listening_socket(AF_INET), true);
	must_pass(listening_socket(AF_UNIX), true);
	must_pass(listening_socket(AF_UNIX), false);
	must_pass(socket(AF_INET, SOCK_STREAM, 0), false);
	/* Where there is no IPv6, there is none to be had. */
	if (socket(AF_INET6, SOCK_STREAM, 0) != -1)
		must_pass(listening_socket(AF_INET6), true);
}

START_TEST(what_can_be_served_on)
{
	apart(check_good);
}
END_TEST

static void
check_bad(void)
{
	int ends[2];

	must_fail(3, true, "ocket operation on non-socket");
	must_fail(77, true, "Bad file descriptor");
	must_fail(memfd_create("x", 0), false, "non-socket");
	must_fail(socket(AF_INET, SOCK_STREAM, 0), true, "not listening");
	must_fail(socket(AF_INET, SOCK_DGRAM, 0), false, "not a stream");
	must_fail(socket(AF_UNIX, SOCK_SEQPACKET, 0), false, "not a stream");
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	must_fail(ends[0], false, "a connection");
	MUST(!(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
}

START_TEST(what_cannot)
{
	apart(check_bad);
}
END_TEST

/* What a handler executes. */
static void
receive(void)
{
	char fd[16];
	int sock = listening_socket(AF_UNIX);

	set("1", "calc");
	MUST(dup2(sock, 3) == 3);
	MUST(take() == 1);
	MUST((sock = activation_claim(&a, "calc")) == 3);
	MUST(activation_check(sock, true, why, sizeof(why)) == 0);
	activation_close(&a);
	snprintf(fd, sizeof(fd), "%d", sock);
	setenv("FD", fd, 1);
	execl("/bin/sh", "sh", "-c", "test ! -e /proc/self/fd/$FD && "
	    "test -z \"$LISTEN_FDS$LISTEN_PID$LISTEN_FDNAMES\"", (char *)NULL);
	MUST(!"execl");
}

START_TEST(what_is_executed_has_nothing)
{
	apart(receive);
}
END_TEST

/* Of a program around the server: they stay as they are. */
static void
forget(void)
{
	set("2", "a:b");
	MUST(take() == 2);
	MUST(activation_claim(&a, "a") == 3);
	activation_forget(&a);
	MUST(is_open(3) && is_open(4));
	MUST(activation_claim(&a, "b") == -1);
}

START_TEST(left_to_others)
{
	apart(forget);
}
END_TEST

static ino_t
inode(int fd)
{
	struct stat st;

	MUST(fstat(fd, &st) == 0);
	return st.st_ino;
}

/* The places that they are to have are each other's. */
static void
pass_some(void)
{
	struct activation_fd give[] = { { 4, "http" }, { 3, "" } };
	ino_t third, fourth, fifth;
	int keep = 5;

	for (int fd = 3; fd < 6; fd++) {
		int file = memfd_create("file", MFD_CLOEXEC);

		MUST(dup3(file, fd, O_CLOEXEC) == fd);
		close(file);
	}
	third = inode(3);
	fourth = inode(4);
	fifth = inode(5);
	MUST(activation_pass(give, 2, &keep) == 0);
	MUST(inode(3) == fourth && inode(4) == third && inode(keep) == fifth);
	MUST(!is_private(3) && !is_private(4));
	MUST(take() == 2);
	MUST(activation_claim(&a, "http") == 3);
	MUST(activation_claim(&a, "") == 4);
	MUST(activation_pass(NULL, 0, &keep) == 0);
	MUST(getenv("LISTEN_FDS") == NULL && inode(keep) == fifth);
}

START_TEST(passed_on)
{
	apart(pass_some);
}
END_TEST

static void
name_of(char *name, const char *address, unsigned slot, unsigned index)
{
	struct addr addr;

	ck_assert_int_eq(addr_parse(address, &addr, 1, why, sizeof(why)), 1);
	store_name(name, STORE_NAME, &addr, slot, index);
}

START_TEST(names_in_the_store)
{
	static const struct {
		const char	*address;
		unsigned	 slot, index;
		const char	*name;
	} cases[] = {
		{ "127.0.0.1:80", 0, 0, "thriftfork/0/0/127.0.0.1,80" },
		{ "[::1]:9090", 1023, 7, "thriftfork/1023/7/[,,1],9090" },
		{ "unix:/a b:c", 2, 1, "thriftfork/2/1/unix,/a?b,c" },
		{ "unix:/f\303\274", 0, 0, "thriftfork/0/0/unix,/f??" },
	};
	char name[STORE_NAME];
	unsigned slot;
	uint32_t index;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		name_of(name, cases[i].address, cases[i].slot, cases[i].index);
		ck_assert_str_eq(name, cases[i].name);
		ck_assert_int_eq(store_parse(name, &slot, &index), 0);
		ck_assert_uint_eq(slot, cases[i].slot);
		ck_assert_uint_eq(index, cases[i].index);
	}
}
END_TEST

START_TEST(no_names_in_the_store)
{
	static const char *const bad[] = { "", "thriftfork", "thriftfork/",
	    "thriftfork//0/x", "thriftfork/0//x", "thriftfork/0/0",
	    "thriftfork/0/0/", "thriftfork/-1/0/x", "thriftfork/0/ 1/x",
	    "thriftfork/0x1/0/x", "thriftfork/0/99999999999/x",
	    "thriftfork/2147483648/0/x", "thriftfork/segment",
	    "thriftfork/00000000000000000001/0/x", "THRIFTFORK/0/0/x",
	    "x/thriftfork/0/0/x" };
	unsigned slot;
	uint32_t index;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(store_parse(bad[i], &slot, &index) == -1, "%s",
		    bad[i]);
}
END_TEST

START_TEST(whether_it_is_passed)
{
	static const struct {
		const char	*names;
		bool		 passed;
	} cases[] = { { NULL, false }, { "", false }, { "a:b", false },
	    { "thriftfork", false }, { "thriftfork/segment", true },
	    { "a:thriftfork/0/0/x", true }, { "a:b:thriftfork/", true },
	    { "xthriftfork/:a", false }, { ":::", false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].names == NULL)
			unsetenv("LISTEN_FDNAMES");
		else
			setenv("LISTEN_FDNAMES", cases[i].names, 1);
		ck_assert_msg(store_is_passed() == cases[i].passed, "%zu", i);
	}
	unsetenv("LISTEN_FDNAMES");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("activation");
	TCase *t = unit_case(s, "activation");

	tcase_add_test(t, by_name);
	tcase_add_test(t, without_names);
	tcase_add_test(t, none);
	tcase_add_test(t, those_of_another_process);
	tcase_add_loop_test(t, a_hostile_environment, 0,
	    COUNT(hostile));
	tcase_add_test(t, the_longest_name);
	tcase_add_test(t, what_can_be_served_on);
	tcase_add_test(t, what_cannot);
	tcase_add_test(t, what_is_executed_has_nothing);
	tcase_add_test(t, left_to_others);
	tcase_add_test(t, passed_on);
	tcase_add_test(t, names_in_the_store);
	tcase_add_test(t, no_names_in_the_store);
	tcase_add_test(t, whether_it_is_passed);
	return unit_main(s);
}
