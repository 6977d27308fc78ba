/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THeader and workers that leave: what a client has said for good goes along
 * with its connection, or the connection stays; and who stays is told.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/unit.h"
#include "serve/move_record.h"
#include "serve/persistent.h"
#include "unit_headed.h"
#include "unit_move.h"
#include "wire/app_error.h"

/* Of all headers there are, and of what the reply says. */
static void
ask(int fd, int32_t seqid, const char *all, const char *pairs)
{
	struct bytes head = { 0 }, out = { 0 };

	head_begin(&head, 2);
	headed_ask(&out, seqid, &head, "*");
	peer_send_bytes(fd, &out);
	headed_expect_text(fd, seqid, all, pairs);
}

/* A connection of a that remembers. */
static int
headed(void)
{
	struct bytes head = { 0 }, out = { 0 };
	int fd = side_unix(&a);

	head_begin(&head, 2);
	head_pair(&head, 2, "k", "v");
	head_pair(&head, 2, "", "");
	headed_ask(&out, 1, &head, "*");
	peer_send_bytes(fd, &out);
	headed_expect_text(fd, 1, "k=v,=,", "asked=*,");
	return fd;
}

START_TEST(they_go_along)
{
	int fd = headed(), other = side_unix(&a);

	drain();
	ask(fd, 2, "k=v,=,", "asked=*,");
	ask(other, 2, "", "asked=*,");
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_MOVED_IN), 2);
	close(other);
	close(fd);
}
END_TEST

/* To one who reads no headers it is not offered; the others are. */
START_TEST(it_stays_where_they_would_be_lost)
{
	int fd = headed(), other = side_unix(&a);
	struct move_record r;

	say(&a, ORDER_VERSION, 1, 0, -1);
	say(&a, ORDER_DRAIN, 0, 0, -1);
	hear(&a, ORDER_OFFER);
	ck_assert_int_eq(move_record_get(&r, heard.record, heard.len), 0);
	ck_assert_uint_eq(r.headers_len, 0);
	ck_assert_uint_eq(heard.record[4], 1);
	ck_assert(hear_nothing(&a, 100));
	ask(fd, 2, "k=v,=,", "asked=*,:drain=true,");
	refuse();
	close(other);
	say(&a, ORDER_VERSION, 2, 0, -1);
	do
		hear(&a, ORDER_OFFER);
	while (move_record_get(&r, heard.record, heard.len) == 0 &&
	    r.headers_len == 0);
	pass_on_taken(1);
	ask(fd, 3, "k=v,=,", "asked=*,");
	close(fd);
}
END_TEST

/* Who could not move, and is still served here. */
START_TEST(draining_is_told)
{
	int fd = offered(ORDER_DRAIN);

	refuse();
	ask(fd, 2, "", "asked=*,:drain=true,");
	close(fd);
	ck_assert_int_eq(side_wait(&a), 0);
}
END_TEST

/* Headers that no build of ours writes: the connection is refused. */
START_TEST(headers_that_are_none)
{
	static const char *const bad[] = { "\1", "\1\0\0\0\1\0\0\0k",
	    "\xff\xff\xff\xff\1\0\0\0k", "\1\0\0\0\xff\xff\xff\xffkv",
	    "\1\0\0\0\0\0\0\0k\0" };
	static const size_t len[] = { 1, 9, 9, 10, 10 };
	int fd = headed();
	struct move_record r;

	offer(ORDER_SHED);
	ck_assert_int_eq(move_record_get(&r, heard.record, heard.len), 0);
	ck_assert_uint_eq(r.headers_len, 8 + 2 + 8);
	r.headers = (const uint8_t *)bad[_i];
	r.headers_len = len[_i];
	heard.len = move_record_put(heard.record, &r, 2);
	pass_on(&b, 1);
	hear(&b, ORDER_REFUSED);
	ck_assert_uint_eq(side_count(&b, COUNTER_CONNECTIONS_MOVED_IN), 0);
	close(fd);
}
END_TEST

static struct header_info
info_of(struct header_pair *pair, const char *key, const char *value)
{
	*pair = (struct header_pair){ { key, strlen(key) },
	    { value, strlen(value) } };
	return (struct header_info){ .v = pair, .n = 1 };
}

/* What is said again takes nothing; what does not fit changes nothing. */
START_TEST(remembering)
{
	static char large[HEADER_MAX_BYTES];
	struct persistent *p = NULL, *before, *copy;
	struct header_pair pair;
	struct header_info info = info_of(&pair, "a", "1");

	ck_assert_int_eq(persistent_add(&p, &info), 0);
	before = p;
	ck_assert_int_eq(persistent_add(&p, &info), 0);
	ck_assert_ptr_eq(p, before);
	memset(large, 'x', sizeof(large) - 1);
	info = info_of(&pair, "b", large);
	ck_assert_int_eq(persistent_add(&p, &info), -1);
	ck_assert_ptr_eq(p, before);
	info = info_of(&pair, "a", "2");
	ck_assert_int_eq(persistent_add(&p, &info), 0);
	ck_assert_uint_eq(p->info.n, 1);
	ck_assert_int_eq(persistent_get(&copy, p->bytes, p->len), 0);
	ck_assert_uint_eq(copy->info.n, 1);
	ck_assert_str_eq(copy->info.v[0].value.s, "2");
	persistent_free(copy);
	persistent_free(p);
	ck_assert_int_eq(persistent_get(&copy, NULL, 0), 0);
	ck_assert_ptr_null(copy);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("header_move");
	TCase *t = unit_case(s, "header_move");

	tcase_add_checked_fixture(t, sides_start, sides_teardown);
	tcase_add_test(t, they_go_along);
	tcase_add_test(t, it_stays_where_they_would_be_lost);
	tcase_add_test(t, draining_is_told);
	tcase_add_loop_test(t, headers_that_are_none, 0, 5);
	t = unit_case(s, "remembering");
	tcase_add_test(t, remembering);
	return unit_main(s);
}
