/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steering of new connections, with real sockets: those that are allowed get
 * all of them and each a fair share, those that are not get none; as anybody,
 * as often as one likes, and with programs as long as they can be.  Bounds on
 * chance are missed once in a million runs or more rarely.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "io/steer.h"
#include "lib/unit.h"

#define MOST		600
#define CONNECTS	200

static struct pollfd group[MOST];
static unsigned size;
static struct sockaddr_in at;
static unsigned got[MOST];

static int
member(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on,
	    sizeof(on)), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void
open_group(unsigned n)
{
	socklen_t len = sizeof(at);

	memset(&at, 0, sizeof(at));
	at.sin_family = AF_INET;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size = 0; size < n; size++) {
		group[size].fd = member();
		group[size].events = POLLIN;
		ck_assert_int_eq(listen(group[size].fd, 16), 0);
		if (size == 0)
			ck_assert_int_eq(getsockname(group[0].fd,
			    (struct sockaddr *)&at, &len), 0);
	}
}

static void
close_group(void)
{
	while (size > 0)
		close(group[--size].fd);
}

/* Knocks once; counts who is knocked at. */
static void
knock(void)
{
	static const struct linger reset = { 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), served;

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(poll(group, size, -1), 1);
	for (unsigned i = 0; i < size; i++)
		if (group[i].revents & POLLIN) {
			got[i]++;
			served = accept(group[i].fd, NULL, NULL);
			ck_assert_int_ne(served, -1);
			close(served);
		}
	/* Thousands would else stay in TIME_WAIT. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static void
knock_times(unsigned n)
{
	memset(got, 0, sizeof(got));
	while (n-- > 0)
		knock();
}

static void
allow(const unsigned *indexes, unsigned n)
{
	ck_assert_msg(steer(group[n % size].fd, indexes, n) == 0, "%s",
	    strerror(errno));
}

/* What n indexes have got, each at least so much, and the others nothing. */
static void
assert_shares(const unsigned *indexes, unsigned n, unsigned least)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++) {
		ck_assert_msg(got[indexes[i]] >= least, "%u got %u",
		    indexes[i], got[indexes[i]]);
		sum += got[indexes[i]];
	}
	ck_assert_uint_eq(sum, CONNECTS);
}

static const unsigned everyone[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
static const struct {
	unsigned	 indexes[8], n;
	unsigned	 least;		/* of 200 */
} allowed[] = {
	{ { 1, 4, 6 }, 3, 32 },
	{ { 6, 1, 4 }, 3, 32 },
	{ { 0 }, 1, 200 },
	{ { 7 }, 1, 200 },
	{ { 0, 1, 2 }, 3, 32 },
	{ { 5, 6, 7 }, 3, 32 },
	{ { 0, 7 }, 2, 60 },
	{ { 0, 1, 2, 4, 5, 6, 7 }, 7, 4 },
	{ { 1, 2, 5, 6 }, 4, 18 },
	{ { 0, 1, 2, 3, 4, 5, 6, 7 }, 8, 2 },
};
#define NALLOWED	COUNT(allowed)

START_TEST(only_those_allowed)
{
	open_group(8);
	allow(allowed[_i].indexes, allowed[_i].n);
	knock_times(CONNECTS);
	assert_shares(allowed[_i].indexes, allowed[_i].n, allowed[_i].least);
	close_group();
}
END_TEST

/* One group, through all of these, by any member, and back to the hash. */
START_TEST(attached_again_on_change)
{
	open_group(8);
	for (int i = 0; i < NALLOWED; i++) {
		allow(allowed[i].indexes, allowed[i].n);
		knock_times(CONNECTS);
		assert_shares(allowed[i].indexes, allowed[i].n,
		    allowed[i].least);
	}
	allow(allowed[0].indexes, 1);
	for (int i = 0; i < 2; i++)
		allow(NULL, 0);
	knock_times(CONNECTS);
	assert_shares(everyone, 8, 2);
	close_group();
}
END_TEST

/* 25 of 200 is its share; if each counted, it would be 100. */
START_TEST(an_index_twice_counts_once)
{
	static const unsigned often[] = { 2, 0, 2, 2, 1, 2, 3, 2, 4, 2, 5, 2,
	    6, 2, 7 };

	open_group(8);
	allow(often, sizeof(often) / sizeof(often[0]));
	knock_times(CONNECTS);
	assert_shares(everyone, 8, 2);
	ck_assert_uint_le(got[2], 60);
	close_group();
}
END_TEST

START_TEST(who_joins_later_is_steered_too)
{
	static const unsigned last[] = { 3, 4 };

	open_group(4);
	allow(last, 1);
	group[size].fd = member();
	group[size].events = POLLIN;
	ck_assert_int_eq(listen(group[size].fd, 16), 0);
	size++;
	knock_times(CONNECTS);
	assert_shares(last, 1, CONNECTS);
	allow(last, 2);
	knock_times(CONNECTS);
	assert_shares(last, 2, 60);
	close_group();
}
END_TEST

START_TEST(no_socket_of_that_index_leaves_it_to_the_hash)
{
	static const unsigned nobody[] = { 8, 65535, 65536, 4294967295u };

	open_group(8);
	allow(nobody, 4);
	knock_times(CONNECTS);
	assert_shares(everyone, 8, 2);
	close_group();
}
END_TEST

/* Every other one of many: far jumps, 300 leaves, all of them reached. */
START_TEST(a_long_program)
{
	unsigned even[MOST / 2], quarters[4] = { 0 }, missed = 0;
	struct rlimit files;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_cur < MOST + 50) {
		files.rlim_cur = MOST + 50;
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
	}
	open_group(MOST);
	for (unsigned i = 0; i < MOST / 2; i++)
		even[i] = 2 * i;
	allow(even, MOST / 2);
	knock_times(2000);
	for (unsigned i = 0; i < MOST; i++) {
		ck_assert(i % 2 == 0 || got[i] == 0);
		missed += i % 2 == 0 && got[i] == 0;
		quarters[i / (MOST / 4)] += got[i];
	}
	ck_assert_uint_le(missed, 12);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_gt(quarters[i], 390);
	close_group();
}
END_TEST

/* The kernel takes them; what they do has been seen above. */
START_TEST(the_longest_programs)
{
	unsigned indexes[STEER_MAX + 1], n = STEER_MAX / 2;

	open_group(2);
	for (unsigned step = 1; step <= 3; step++) {
		for (unsigned i = 0; i <= STEER_MAX; i++)
			indexes[i] = i * step;
		ck_assert_msg(steer(group[0].fd, indexes, step == 1 ?
		    STEER_MAX : n) == 0, "%s", strerror(errno));
		/* More than a group has; kernels before 6.6 mind. */
		ck_assert(steer(group[0].fd, indexes, STEER_MAX) == 0 ||
		    errno == ENOMEM);
	}
	/* Pairs with a gap: the most runs of two instructions. */
	for (unsigned i = 0; i < STEER_MAX; i++)
		indexes[i] = 1 + i / 2 * 3 + i % 2;
	ck_assert_int_eq(steer(group[0].fd, indexes, STEER_MAX), 0);
	ck_assert_int_eq(steer(group[0].fd, indexes, STEER_MAX + 1), -1);
	ck_assert_int_eq(errno, EINVAL);
	close_group();
}
END_TEST

static void
refused(int fd, int error)
{
	errno = 0;
	ck_assert_int_eq(steer(fd, everyone, 8), -1);
	ck_assert_int_eq(errno, error);
	errno = 0;
	ck_assert_int_eq(steer(fd, NULL, 0), -1);
	ck_assert_int_eq(errno, error);
}

START_TEST(what_is_no_member_is_refused)
{
	int ends[2], alone = socket(AF_INET, SOCK_STREAM, 0);

	open_group(1);
	refused(group[0].fd + 100, EBADF);
	ck_assert_int_eq(pipe(ends), 0);
	refused(ends[0], ENOTSOCK);
	ck_assert_int_eq(listen(alone, 1), 0);
	refused(alone, EINVAL);
	refused(member(), EINVAL);
	close_group();
}
END_TEST

/* As a master does that has dropped its privileges after it has bound. */
START_TEST(by_anybody)
{
	int status;
	pid_t pid;

	open_group(8);
	if ((pid = fork()) == 0) {
		if (geteuid() == 0 && (setgid(65534) == -1 ||
		    setuid(65534) == -1 || setuid(0) != -1))
			_exit(2);
		_exit(steer(group[3].fd, allowed[0].indexes, 3) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	knock_times(CONNECTS);
	assert_shares(allowed[0].indexes, 3, 32);
	close_group();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("steer");
	TCase *t = unit_case(s, "steer");

	tcase_add_loop_test(t, only_those_allowed, 0, NALLOWED);
	tcase_add_test(t, attached_again_on_change);
	tcase_add_test(t, an_index_twice_counts_once);
	tcase_add_test(t, who_joins_later_is_steered_too);
	tcase_add_test(t, no_socket_of_that_index_leaves_it_to_the_hash);
	tcase_add_test(t, a_long_program);
	tcase_add_test(t, the_longest_programs);
	tcase_add_test(t, what_is_no_member_is_refused);
	tcase_add_test(t, by_anybody);
	return unit_main(s);
}
