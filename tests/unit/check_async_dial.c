/* SPDX-License-Identifier: Apache-2.0 */
/* Asynchronous calls to where nobody answers, or is. */
#include <unistd.h>

#include "unit_async.h"
#include "unit_peer.h"

START_TEST(nobody_listens)
{
	struct probe p = { 0 }, q = { 0 };

	close(porch);
	porch = -1;
	fly(&p);
	fly(&q);
	until(p.told > 0);
	ended_badly(&p, "connect: Connection refused");
	ended_badly(&p, where);
	ended_badly(&q, "connect: Connection refused");
}
END_TEST

#ifdef HAVE_OPENSSL
/* The kernel connects; of TLS the server says nothing. */
START_TEST(who_never_shakes_hands)
{
	struct probe p = { 0 }, q = { 0 };
	int fd;

	connect_with("tls://127.0.0.1");
	set("timeout", "off");
	set("connect-timeout", "30ms");
	fly(&p);
	fly(&q);
	fd = accepted();
	until(p.told > 0);
	ended_badly(&p, "connect: Connection timed out");
	ended_badly(&q, "connect: Connection timed out");
	close(fd);
}
END_TEST
#endif

static const struct {
	const char	*addr, *why;
} addresses[] = {
	{ "tcp://", "" },
	{ "unix:/nowhere/at/all", "connect: No such file" },
	{ "http://127.0.0.1/x", "over HTTP" },
	{ "[::1", "" },
};

START_TEST(addresses_of_no_use)
{
	struct probe p = { 0 };

	tf_async_free(client);
	client = tf_async_new(loop, addresses[_i].addr);
	fly(&p);
	until(p.told > 0);
	ended_badly(&p, addresses[_i].why);
	ended_badly(&p, "size at ");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("async_dial");
	TCase *t = unit_async_case(s, "async_dial");

	tcase_add_test(t, nobody_listens);
#ifdef HAVE_OPENSSL
	tcase_add_test(t, who_never_shakes_hands);
#endif
	tcase_add_loop_test(t, addresses_of_no_use, 0, COUNT(addresses));
	return unit_main(s);
}
