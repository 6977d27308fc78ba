/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses: every form that people may write, what the kernel is given for
 * it, and how it is written back; and what is refused with a reason.  Only
 * numeric hosts and localhost, so that no name server is asked.
 */
#include <netdb.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "io/addr.h"
#include "lib/unit.h"

static const struct form {
	const char	*text, *back;
} forms[] = {
	{ "127.0.0.1:9090", "127.0.0.1:9090" },
	{ "tcp://127.0.0.1:9090", "127.0.0.1:9090" },
	{ "10.1.2.3:0", "10.1.2.3:0" },
	{ "0.0.0.0:65535", "0.0.0.0:65535" },
	{ ":80", "127.0.0.1:80" },
	{ "tcp://:80", "127.0.0.1:80" },
	{ "[::1]:80", "[::1]:80" },
	{ "tcp://[::1]:80", "[::1]:80" },
	{ "[2001:db8::7]:443", "[2001:db8::7]:443" },
	{ "[::]:1", "[::]:1" },
	{ "unix:/tmp/x.sock", "unix:/tmp/x.sock" },
	{ "unix:///tmp/x.sock", "unix:/tmp/x.sock" },
	{ "unix:x.sock", "unix:x.sock" },
	{ "unix:/a:b", "unix:/a:b" },
};

static const char *const bad[] = {
	"", ":", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
	"127.0.0.1:80x", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
	"127.0.0.1: 1", "127.0.0.1:0x10", "127.0.0.1:99999999999999999999999",
	"127.0.0.1:http", "::1:80", "::1", "[::1]", "[::1]80", "[::1:80",
	"[:80", "[]:80", "[", "]", "tcp://", "tcp://127.0.0.1", "unix:",
	"unix://", "tcp://unix:/path", "http://127.0.0.1:80",
	"tcp://127.0.0.1:80/", "1:2:3",
};

START_TEST(good_forms)
{
	char why[256] = "", text[ADDR_TEXT];
	struct addr a[8];

	ck_assert_msg(addr_parse(forms[_i].text, a, 8, why, sizeof(why)) == 1,
	    "%s: %s", forms[_i].text, why);
	addr_text(&a[0], text, sizeof(text));
	ck_assert_str_eq(text, forms[_i].back);
	ck_assert(addr_is_unix(&a[0]) ==
	    (strncmp(forms[_i].text, "unix:", 5) == 0));
}
END_TEST

START_TEST(bad_forms)
{
	char why[256] = "";
	struct addr a[8];

	ck_assert_msg(addr_parse(bad[_i], a, 8, why, sizeof(why)) == -1,
	    "'%s' was understood", bad[_i]);
	ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(what_the_kernel_gets)
{
	struct sockaddr_in sin;
	struct sockaddr_un sun;
	struct addr a;
	char why[256];

	ck_assert_int_eq(addr_parse("1.2.3.4:258", &a, 1, why, 256), 1);
	memcpy(&sin, &a.ss, sizeof(sin));
	ck_assert_uint_eq(a.len, sizeof(sin));
	ck_assert_int_eq(sin.sin_family, AF_INET);
	ck_assert_int_eq(memcmp(&sin.sin_addr, "\1\2\3\4", 4), 0);
	ck_assert_int_eq(memcmp(&sin.sin_port, "\1\2", 2), 0);
	ck_assert_int_eq(addr_parse("unix:/p", &a, 1, why, 256), 1);
	memcpy(&sun, &a.ss, sizeof(sun));
	ck_assert_int_eq(sun.sun_family, AF_UNIX);
	ck_assert_str_eq(sun.sun_path, "/p");
}
END_TEST

START_TEST(every_address_of_this_machine)
{
	struct addr a[8];
	char why[256], text[ADDR_TEXT];

	ck_assert_int_eq(addr_parse("*:90", a, 8, why, sizeof(why)), 1);
	addr_text(&a[0], text, sizeof(text));
	ck_assert(strcmp(text, "[::]:90") == 0 ||
	    strcmp(text, "0.0.0.0:90") == 0);
}
END_TEST

START_TEST(a_name_has_at_most_so_many)
{
	struct addrinfo *list;
	struct addr a[8];
	char why[256] = "";
	int n;

	/* A machine may know no names at all, not even its own. */
	if (getaddrinfo("localhost", NULL, NULL, &list) != 0)
		return;
	freeaddrinfo(list);
	n = addr_parse("localhost:90", a, 8, why, sizeof(why));
	ck_assert_msg(n >= 1 && n <= 8, "%s", why);
	ck_assert_uint_eq(addr_port(&a[n - 1]), 90);
	ck_assert_int_eq(addr_parse("localhost:90", a, 1, why, 256), 1);
}
END_TEST

START_TEST(the_longest_path)
{
	char text[200] = "unix:/", back[ADDR_TEXT], why[256] = "";
	const size_t longest = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	struct addr a;

	memset(text + 6, 'p', longest - 1);
	ck_assert_int_eq(addr_parse(text, &a, 1, why, sizeof(why)), 1);
	addr_text(&a, back, sizeof(back));
	ck_assert_str_eq(back, text);
	text[5 + longest] = 'p';
	ck_assert_int_eq(addr_parse(text, &a, 1, why, sizeof(why)), -1);
	ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(a_long_host_is_refused)
{
	static char text[70000];
	struct addr a;
	char why[256] = "";

	memset(text, 'h', sizeof(text) - 1);
	memcpy(text + sizeof(text) - 4, ":80", 3);
	ck_assert_int_eq(addr_parse(text, &a, 1, why, sizeof(why)), -1);
	ck_assert_str_ne(why, "");
}
END_TEST

START_TEST(peers_without_a_name)
{
	struct addr a = { .ss.ss_family = AF_UNIX,
	    .len = sizeof(sa_family_t) };
	char text[ADDR_TEXT], tiny[5];

	addr_text(&a, text, sizeof(text));
	ck_assert_str_eq(text, "unix");
	ck_assert_int_eq(addr_parse("127.0.0.1:80", &a, 1, text, 64), 1);
	addr_text(&a, tiny, sizeof(tiny));
	ck_assert_str_eq(tiny, "127.");
}
END_TEST

START_TEST(ports)
{
	static const char *const texts[] = { "127.0.0.1:5", "[::1]:5" };
	char why[64];
	struct addr a;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(addr_parse(texts[i], &a, 1, why, 64), 1);
		ck_assert_uint_eq(addr_port(&a), 5);
		addr_set_port(&a, 65535);
		ck_assert_uint_eq(addr_port(&a), 65535);
	}
}
END_TEST

static const struct {
	const char *bound, *to;
	enum addr_cover cover;
} covers[] = {
	{ "127.0.0.1:80", "127.0.0.1:80", ADDR_SAME },
	{ "127.0.0.1:80", "127.0.0.1:81", ADDR_OTHER },
	{ "127.0.0.1:80", "127.0.0.2:80", ADDR_OTHER },
	{ "0.0.0.0:80", "127.0.0.2:80", ADDR_ANY },
	{ "0.0.0.0:80", "127.0.0.2:8", ADDR_OTHER },
	{ "0.0.0.0:80", "[::1]:80", ADDR_OTHER },
	{ "[::1]:80", "[::1]:80", ADDR_SAME },
	{ "[::1]:80", "[::2]:80", ADDR_OTHER },
	{ "[::]:80", "[::1]:80", ADDR_ANY },
	{ "[::]:80", "[::1]:8", ADDR_OTHER },
	{ "[::]:80", "[::ffff:127.0.0.1]:80", ADDR_ANY },
	{ "[::]:80", "127.0.0.1:80", ADDR_OTHER },
	{ "[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:80", ADDR_SAME },
	{ "unix:/a", "unix:/a", ADDR_SAME },
	{ "unix:/a", "unix:/ab", ADDR_OTHER },
	{ "unix:/a", "127.0.0.1:80", ADDR_OTHER },
};

START_TEST(which_listener)
{
	struct addr bound, to;
	char why[256];

	ck_assert_int_eq(addr_parse(covers[_i].bound, &bound, 1, why,
	    sizeof(why)), 1);
	ck_assert_int_eq(addr_parse(covers[_i].to, &to, 1, why, sizeof(why)),
	    1);
	ck_assert_msg(addr_covers(&bound, &to) == covers[_i].cover, "%s, %s",
	    covers[_i].bound, covers[_i].to);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("addr");
	TCase *t = unit_case(s, "addr");

	tcase_add_loop_test(t, good_forms, 0, COUNT(forms));
	tcase_add_loop_test(t, bad_forms, 0, COUNT(bad));
	tcase_add_test(t, what_the_kernel_gets);
	tcase_add_test(t, every_address_of_this_machine);
	tcase_add_test(t, a_name_has_at_most_so_many);
	tcase_add_test(t, the_longest_path);
	tcase_add_test(t, a_long_host_is_refused);
	tcase_add_test(t, peers_without_a_name);
	tcase_add_test(t, ports);
	tcase_add_loop_test(t, which_listener, 0, COUNT(covers));
	return unit_main(s);
}
