/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is shut out, and when: the silent after a while, those who do not take
 * their answers a while later, the oldest where there are too many or too much
 * is held; and whoever is in order is left alone.
 */
#include <sys/socket.h>

#include <poll.h>
#include <unistd.h>

#include "admin/guests.h"
#include "lib/unit.h"

#define N	(GUESTS_MAX + 10)

static struct guests all;
static struct guest *guests[N];
static int ends[N];
static unsigned n;

static void
setup(void)
{
	guests_init(&all);
	n = 0;
}

static void
enter(uint64_t now_ms)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	ends[n] = pair[0];
	guests[n++] = guest_new(&all, pair[1], now_ms);
}

static bool
is_out(unsigned i)
{
	struct pollfd p = { .fd = ends[i], .events = POLLRDHUP };

	ck_assert_int_ne(poll(&p, 1, 0), -1);
	ck_assert_int_eq(guests[i]->dismissed, (p.revents & POLLHUP) != 0);
	return guests[i]->dismissed;
}

static void
leave(unsigned i)
{
	close(guests[i]->fd);
	close(ends[i]);
	guest_free(&all, guests[i]);
	guests[i] = NULL;
}

static void
teardown(void)
{
	for (unsigned i = 0; i < n; i++)
		if (guests[i] != NULL)
			leave(i);
	ck_assert_uint_eq(all.n, 0);
	ck_assert_uint_eq(all.held, 0);
	ck_assert_uint_eq(guests_next_ms(&all), 0);
}

START_TEST(the_silent)
{
	enter(1000);
	enter(1500);
	ck_assert_uint_eq(guests_next_ms(&all), 1000 + GUEST_ASKS_MS);
	guests_expire(&all, 999 + GUEST_ASKS_MS);
	ck_assert(!is_out(0));
	guests_expire(&all, 1000 + GUEST_ASKS_MS);
	ck_assert(is_out(0) && !is_out(1));
	ck_assert_uint_eq(guests_next_ms(&all), 1500 + GUEST_ASKS_MS);
	ck_assert_uint_eq(all.n, 2);
}
END_TEST

START_TEST(who_does_not_read)
{
	enter(1000);
	enter(1000);
	guest_answer(&all, guests[0], 10, 2000);
	guests_expire(&all, 1000 + GUEST_ASKS_MS);
	ck_assert(!is_out(0) && is_out(1));
	ck_assert_uint_eq(guests_next_ms(&all), 2000 + GUEST_TAKES_MS);
	guests_expire(&all, 2000 + GUEST_TAKES_MS);
	ck_assert(is_out(0));
	ck_assert_uint_eq(all.held, 0);
}
END_TEST

/* Those who have asked stay while there are others. */
START_TEST(too_many)
{
	unsigned i;

	for (i = 0; i < GUESTS_MAX; i++)
		enter(1000 + i);
	guest_answer(&all, guests[0], 10, 2000);
	for (; i < GUESTS_MAX + 3; i++)
		enter(3000);
	ck_assert(!is_out(0));
	ck_assert(is_out(1) && is_out(2) && is_out(3) && !is_out(4));
	leave(1);
	leave(2);
	leave(3);
	enter(4000);
	ck_assert(is_out(4));
}
END_TEST

START_TEST(too_many_who_have_asked)
{
	unsigned i;

	for (i = 0; i < GUESTS_MAX; i++) {
		enter(1000);
		guest_answer(&all, guests[i], 1, 2000);
	}
	enter(3000);
	ck_assert(is_out(0) && !is_out(1) && !is_out(GUESTS_MAX));
	ck_assert_uint_eq(all.held, GUESTS_MAX - 1);
}
END_TEST

START_TEST(too_much)
{
	enter(1000);
	enter(1000);
	enter(1000);
	enter(1000);
	guest_answer(&all, guests[1], GUESTS_HELD / 2, 2000);
	guest_answer(&all, guests[2], GUESTS_HELD / 2, 2001);
	ck_assert(!is_out(1) && !is_out(2));
	guest_answer(&all, guests[3], 1, 2002);
	ck_assert(is_out(1) && !is_out(2) && !is_out(3) && !is_out(0));
	guest_answer(&all, guests[0], (size_t)GUESTS_HELD * 2, 2003);
	ck_assert(is_out(2) && is_out(3) && !is_out(0));
	ck_assert_uint_eq(all.held, (size_t)GUESTS_HELD * 2);
	guest_answer(&all, guests[2], 7, 2004);
	ck_assert_uint_eq(all.held, (size_t)GUESTS_HELD * 2);
}
END_TEST

START_TEST(found_by_their_descriptors)
{
	enter(1000);
	enter(1000);
	guest_answer(&all, guests[1], 7, 1000);
	ck_assert_ptr_eq(guest_find(&all, guests[0]->fd), guests[0]);
	ck_assert_ptr_eq(guest_find(&all, guests[1]->fd), guests[1]);
	guests_expire(&all, UINT64_MAX);
	ck_assert_ptr_eq(guest_find(&all, guests[1]->fd), guests[1]);
	ck_assert_ptr_null(guest_find(&all, ends[0]));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("admin_guests");
	TCase *t = unit_case(s, "all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_silent);
	tcase_add_test(t, who_does_not_read);
	tcase_add_test(t, too_many);
	tcase_add_test(t, too_many_who_have_asked);
	tcase_add_test(t, too_much);
	tcase_add_test(t, found_by_their_descriptors);
	return unit_main(s);
}
