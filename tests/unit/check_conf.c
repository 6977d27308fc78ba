/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Configuration files: every form of a line, every error with its text and
 * line number, and who wins, the file or the command line.
 */
#include "server/conf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"

static struct settings s;
static char why[512], path[64];

static void
setup(void)
{
	settings_init(&s);
	snprintf(path, sizeof(path), "/tmp/check_conf.XXXXXX");
	close(mkstemp(path));
}

static void
teardown(void)
{
	settings_fini(&s);
	unlink(path);
}

static int
read_bytes(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	why[0] = '\0';
	return conf_read(&s, path, why, sizeof(why));
}

static int
read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void
give(const char *key, const char *value)
{
	ck_assert_msg(settings_set(&s, key, value, why, sizeof(why)) == 0,
	    "%s", why);
}

START_TEST(forms_of_a_line)
{
	ck_assert_msg(read_text("# a comment\n"
	    "\n"
	    "   \t\n"
	    "workers 3\n"
	    "  max-workers\t  7   # of them\r\n"
	    "user w#w\n"
	    "group \"a # b\"\n"
	    "log \"/a b/\\\"c\\\\d\"#e\n"
	    "pidfile /run/\"x y\".pid\n"
	    "stop-timeout 5s") == 0, "%s", why);
	ck_assert_uint_eq(s.workers, 3);
	ck_assert_uint_eq(s.max_workers, 7);
	ck_assert_str_eq(s.user, "w#w");
	ck_assert_str_eq(s.group, "a # b");
	ck_assert_str_eq(s.log, "/a b/\"c\\d#e");
	ck_assert_str_eq(s.pidfile, "/run/x y.pid");
	ck_assert_uint_eq(s.stop_timeout, 5 * NS_PER_S);
}
END_TEST

START_TEST(listeners)
{
	ck_assert_msg(read_text("listen :1 protocols=compact+header tls=on\n"
	    "listen\t:2   proxy=on # a proxy\n"
	    "listen :3,tls=off proxy=on\n"
	    "listen \"unix:/a b\\\\,c\" tls=off\n"
	    "listen unix:/d\\,e\n") == 0, "%s", why);
	ck_assert_uint_eq(s.nlisten, 5);
	ck_assert_uint_eq(s.listen_rules[0].tls, RULES_TLS_ON);
	ck_assert_uint_ne(s.listen_rules[0].off, 0);
	ck_assert(s.listen_rules[1].proxy);
	ck_assert_uint_eq(s.listen_rules[2].tls, RULES_TLS_OFF);
	ck_assert(s.listen_rules[2].proxy);
	ck_assert_str_eq(s.listen[3], "unix:/a b,c");
	ck_assert_uint_eq(s.listen_rules[3].tls, RULES_TLS_OFF);
	ck_assert_str_eq(s.listen[4], "unix:/d,e");
}
END_TEST

START_TEST(an_empty_file)
{
	ck_assert_int_eq(read_text(""), 0);
	ck_assert_uint_eq(s.max_workers, 64);
}
END_TEST

static const struct {
	const char *text, *why;		/* after "PATH" */
} bad[] = {
	{ "workers 3\n\nno-such 1\n", ":3: no-such: there is no such setting" },
	{ "workers x\n", ":1: workers: 'x' is not a number or auto" },
	{ "#\nworkers 1025\n", ":2: workers: '1025' is not from " },
	{ "workers\n", ":1: workers: has no value" },
	{ "workers # 3\n", ":1: workers: has no value" },
	{ "workers 1 2\n", ":1: workers: one value is wanted; if it has "
	    "blanks in it, put quotes round it" },
	{ "workers 1\nmax-workers 9\nworkers 1\n",
	    ":3: workers: is given twice" },
	{ "call-timeout.A.b 1s\ncall-timeout.A.b 1s\n",
	    ":2: call-timeout.A.b: is given twice" },
	{ "call-timeout.A 1s\n", ":1: call-timeout.A: a method is written "
	    "call-timeout.Service.method" },
	{ "listen :1\nlisten :2\nlisten 127.0.0.1:1\n",
	    ":3: listen: 127.0.0.1:1 is given twice" },
	{ "\nlisten :1 tls=maybe\n",
	    ":2: listen: :1: tls: 'maybe' is not auto, on or off" },
	{ "listen :1 tls\n", ":1: listen: :1: 'tls' is not KEY=VALUE" },
	{ "listen :1 tls = on\n", ":1: listen: :1: 'tls' is not KEY=VALUE" },
	{ "listen :1 a=b c=d\n",
	    ":1: listen: :1: there is no setting 'a' of a listener" },
	{ "listen :1 proxy=on proxy=on\n",
	    ":1: listen: :1: proxy: is given twice" },
	{ "listen\n", ":1: listen: has no value" },
	{ "listen :1\nlisten x\n", ":2: listen: x: an address is HOST:PORT" },
	{ "listen :65536\n", ":1: listen: :65536: an address is HOST:PORT" },
	{ "listen unix:\n", ":1: listen: unix:: a unix socket needs a path" },
	{ "log \"/a\n", ":1: a quote is not closed" },
	{ "log \"/a\\", ":1: a quote is not closed" },
	{ "log \"\"\n", ":1: log: '' is not stderr, " },
	{ "config x\n", ":1: config: a file cannot name another one" },
	{ "w 3\n", ":1: w: there is no such setting" },
	{ "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a "
	    "a a\n", ":1: too many words" },
};
#define NBAD	COUNT(bad)

/* An error changes nothing, not even what stands before it. */
START_TEST(errors)
{
	size_t n = strlen(path);

	ck_assert_int_eq(read_text(bad[_i].text), -1);
	ck_assert_msg(strncmp(why, path, n) == 0 && strncmp(why + n,
	    bad[_i].why, strlen(bad[_i].why)) == 0, "'%s'", why);
	ck_assert_uint_eq(s.workers, SETTING_AUTO);
	ck_assert_uint_eq(s.nlisten, 0);
	ck_assert_uint_eq(s.nmethods, 0);
}
END_TEST

START_TEST(a_nul_byte)
{
	ck_assert_int_eq(read_bytes("workers 1\nuser a\0b\n", 19), -1);
	ck_assert_str_eq(why + strlen(path), ":2: a NUL byte");
}
END_TEST

START_TEST(no_file)
{
	ck_assert_int_eq(conf_read(&s, "/nonexistent/x", why, sizeof(why)),
	    -1);
	ck_assert_str_eq(why, "/nonexistent/x: No such file or directory");
	ck_assert_int_eq(conf_read(&s, "/", why, sizeof(why)), -1);
	ck_assert_str_eq(why, "/: Is a directory");
}
END_TEST

/* A FIFO may have no writer, and is not waited for; a shell's pipe is read. */
START_TEST(pipes)
{
	char fd_path[40];
	int ends[2];

	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(conf_read(&s, path, why, sizeof(why)), -1);
	ck_assert_str_eq(why + strlen(path),
	    ": neither a file nor a pipe without a name");
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "workers 6\nno", 12), 12);
	close(ends[1]);
	snprintf(fd_path, sizeof(fd_path), "/proc/self/fd/%d", ends[0]);
	ck_assert_int_eq(conf_read(&s, fd_path, why, sizeof(why)), -1);
	ck_assert_str_eq(why + strlen(fd_path), ":2: no: has no value");
	close(ends[0]);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "workers 6\n", 10), 10);
	close(ends[1]);
	ck_assert_int_eq(conf_read(&s, fd_path, why, sizeof(why)), 0);
	ck_assert_uint_eq(s.workers, 6);
	close(ends[0]);
}
END_TEST

START_TEST(devices)
{
	ck_assert_int_eq(conf_read(&s, "/dev/null", why, sizeof(why)), 0);
	ck_assert_int_eq(conf_read(&s, "/dev/zero", why, sizeof(why)), -1);
	ck_assert_str_eq(why,
	    "/dev/zero: neither a file nor a pipe without a name");
}
END_TEST

static const char FILE_TEXT[] = "workers 3\nuser file\nlisten :1\nlisten :2\n"
    "call-timeout 1s\ncall-timeout.A.b 2s\ncall-timeout.A.c 3s\n";

static void
give_all(void)
{
	give("workers", "5");
	give("user", "line");
	give("listen", ":9");
	give("call-timeout.A.b", "7s");
}

static void
assert_line_wins(void)
{
	ck_assert_uint_eq(s.workers, 5);
	ck_assert_str_eq(s.user, "line");
	ck_assert_uint_eq(s.nlisten, 1);
	ck_assert_str_eq(s.listen[0], ":9");
	ck_assert_uint_eq(settings_call_timeout(&s, "A", "b"), 7 * NS_PER_S);
	ck_assert_uint_eq(settings_call_timeout(&s, "A", "c"), 3 * NS_PER_S);
	ck_assert_uint_eq(settings_call_timeout(&s, "A", "d"), NS_PER_S);
}

START_TEST(the_command_line_wins_before)
{
	give_all();
	ck_assert_int_eq(read_text(FILE_TEXT), 0);
	assert_line_wins();
	give("listen", ":8");		/* adds to its own */
	ck_assert_uint_eq(s.nlisten, 2);
}
END_TEST

START_TEST(the_command_line_wins_after)
{
	ck_assert_int_eq(read_text(FILE_TEXT), 0);
	ck_assert_uint_eq(s.workers, 3);
	ck_assert_uint_eq(s.nlisten, 2);
	ck_assert_str_eq(s.listen[1], ":2");
	give_all();
	assert_line_wins();
}
END_TEST

/* Read again, as a reload does, or a second file. */
START_TEST(a_file_after_a_file)
{
	ck_assert_int_eq(read_text(FILE_TEXT), 0);
	ck_assert_int_eq(read_text("workers 4\nlisten :3\n"), 0);
	ck_assert_uint_eq(s.workers, 4);
	ck_assert_str_eq(s.user, "file");
	ck_assert_uint_eq(s.nlisten, 1);
	ck_assert_str_eq(s.listen[0], ":3");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("conf");
	TCase *t = unit_case(suite, "conf");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, forms_of_a_line);
	tcase_add_test(t, listeners);
	tcase_add_test(t, an_empty_file);
	tcase_add_loop_test(t, errors, 0, NBAD);
	tcase_add_test(t, a_nul_byte);
	tcase_add_test(t, no_file);
	tcase_add_test(t, pipes);
	tcase_add_test(t, devices);
	tcase_add_test(t, the_command_line_wins_before);
	tcase_add_test(t, the_command_line_wins_after);
	tcase_add_test(t, a_file_after_a_file);
	return unit_main(suite);
}
