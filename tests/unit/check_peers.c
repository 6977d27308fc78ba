/* SPDX-License-Identifier: Apache-2.0 */
/* Connections counted by address, against a plain list of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/unit.h"
#include "serve/peers.h"

static struct peers peers;

START_TEST(ports_do_not_matter)
{
	peers_init(&peers);
	ck_assert_uint_eq(peers_count(&peers, "127.0.0.1:1"), 0);
	peers_add(&peers, "127.0.0.1:1");
	peers_add(&peers, "127.0.0.1:40000");
	peers_add(&peers, "127.0.0.10:1");
	peers_add(&peers, "[::1]:1");
	ck_assert_uint_eq(peers_count(&peers, "127.0.0.1:7"), 2);
	ck_assert_uint_eq(peers_count(&peers, "127.0.0.10:7"), 1);
	ck_assert_uint_eq(peers_count(&peers, "[::1]:7"), 1);
	ck_assert_uint_eq(peers_count(&peers, "[::]:7"), 0);
	peers_drop(&peers, "127.0.0.1:40000");
	peers_drop(&peers, "127.0.0.1:1");
	ck_assert_uint_eq(peers_count(&peers, "127.0.0.1:1"), 0);
	ck_assert_uint_eq(peers_count(&peers, "127.0.0.10:1"), 1);
	peers_fini(&peers);
	ck_assert(RB_EMPTY(&peers));
}
END_TEST

#define ADDRESSES	50

START_TEST(many_that_come_and_go)
{
	unsigned expected[ADDRESSES] = { 0 };
	char peer[64];

	srandom(7);
	peers_init(&peers);
	for (int i = 0; i < 20000; i++) {
		unsigned a = (unsigned)random() % ADDRESSES;

		snprintf(peer, sizeof(peer), "10.0.0.%u:%ld", a,
		    random() % 65536);
		if (expected[a] > 0 && random() % 2 == 0) {
			peers_drop(&peers, peer);
			expected[a]--;
		} else {
			peers_add(&peers, peer);
			expected[a]++;
		}
		ck_assert_uint_eq(peers_count(&peers, peer), expected[a]);
	}
	for (unsigned a = 0; a < ADDRESSES; a++) {
		snprintf(peer, sizeof(peer), "10.0.0.%u:1", a);
		ck_assert_uint_eq(peers_count(&peers, peer), expected[a]);
		while (expected[a]-- > 0)
			peers_drop(&peers, peer);
	}
	ck_assert(RB_EMPTY(&peers));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("peers");
	TCase *t = unit_case(s, "peers");

	tcase_add_test(t, ports_do_not_matter);
	tcase_add_test(t, many_that_come_and_go);
	return unit_main(s);
}
