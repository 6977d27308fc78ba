/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: a line is one write, whatever is in it; strangers' control
 * characters do not reach the terminal; errno comes through unharmed; the
 * level holds.  Standard error is a packet socket, which keeps writes apart.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "lib/unit.h"

static int fds[2];

static void
setup(void)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	log_set_name("calc", "worker 3");
}

/* The next write, or NULL if there was none. */
static const char *
line(void)
{
	static char text[8192];
	ssize_t n = recv(fds[0], text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	ck_assert_int_eq(text[n - 1], '\n');
	ck_assert_ptr_eq(strchr(text, '\n'), text + n - 1);
	return text;
}

static void
assert_ends(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	ck_assert_msg(n >= m && strcmp(text + n - m, end) == 0,
	    "'%s' does not end in '%s'", text, end);
}

START_TEST(who_and_what)
{
	char id[64];
	const char *text;

	log_info("served %d", 7);
	text = line();
	ck_assert_ptr_nonnull(text);
	snprintf(id, sizeof(id), "Z calc[%ld] worker 3 info: served 7\n",
	    (long)getpid());
	assert_ends(text, id);
	/* 2026-01-31T12:00:00.000Z */
	ck_assert_uint_eq(strlen(text), 23 + strlen(id));
	ck_assert_int_eq(text[10], 'T');
	ck_assert_int_eq(text[19], '.');
	ck_assert_ptr_null(line());
}
END_TEST

START_TEST(control_characters_are_escaped)
{
	char text[300], want[1200] = "", *w = want;
	int n = 0;

	for (int c = 1; c < 256; c++) {
		text[n++] = (char)c;
		if (c < 0x20 || c == 0x7f)
			w += snprintf(w, 5, "\\x%02x", c);
		else
			*w++ = (char)c;
	}
	*w++ = '\n';
	*w = text[n] = '\0';
	log_warnx("%s", text);
	assert_ends(line(), want);
}
END_TEST

START_TEST(a_line_cannot_be_forged)
{
	const char *text;

	log_warnx("%s", "x\n2026-01-01T00:00:00.000Z calc[1] error: forged");
	text = line();
	ck_assert_ptr_nonnull(strstr(text, "x\\x0a2026"));
	ck_assert_ptr_null(line());
}
END_TEST

START_TEST(a_long_line_is_cut_but_whole)
{
	char text[10000];

	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	errno = ENOENT;
	log_warn("%s", text);
	assert_ends(line(), "yyy: No such file or directory\n");
	memset(text, '\001', sizeof(text) - 1);
	log_warnx("%s", text);
	assert_ends(line(), "\\x01\n");
	ck_assert_ptr_null(line());
}
END_TEST

START_TEST(errno_is_told_and_kept)
{
	errno = EPERM;
	log_error("open");
	ck_assert_int_eq(errno, EPERM);
	assert_ends(line(), " error: open: Operation not permitted\n");
	log_errorx("open");
	ck_assert_int_eq(errno, EPERM);
	assert_ends(line(), " error: open\n");
	log_info("open");
	assert_ends(line(), " info: open\n");
	errno = ERANGE;
	log_debug("not shown");
	ck_assert_int_eq(errno, ERANGE);
}
END_TEST

START_TEST(errno_is_kept_when_nobody_listens)
{
	close(STDERR_FILENO);
	errno = EPERM;
	log_warnx("into the void");
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

static int
lines_at(enum log_level level)
{
	int n = 0;

	log_set_level(level);
	log_errorx("e");
	log_warnx("w");
	log_info("i");
	log_debug("d");
	while (line() != NULL)
		n++;
	return n;
}

START_TEST(levels)
{
	ck_assert_int_eq(lines_at(LOG_L_ERROR), 1);
	ck_assert_int_eq(lines_at(LOG_L_WARN), 2);
	ck_assert_int_eq(lines_at(LOG_L_INFO), 3);
	ck_assert_int_eq(lines_at(LOG_L_DEBUG), 4);
}
END_TEST

static const struct {
	const char *text, *want;
} messages[] = {
	{ "plain", "plain" },
	{ "a\"b\\c", "a\\\"b\\\\c" },
	{ "\001\t\n\x7f", "\\u0001\\u0009\\u000a\\u007f" },
	{ "\303\251 \342\202\254 \360\237\230\200",
	    "\303\251 \342\202\254 \360\237\230\200" },
	{ "\200", "\\ufffd" },			/* a byte that follows */
	{ "\300\200", "\\ufffd\\ufffd" },	/* longer than it need be */
	{ "\340\200\200", "\\ufffd\\ufffd\\ufffd" },
	{ "\355\240\200", "\\ufffd\\ufffd\\ufffd" },	/* a surrogate */
	{ "\364\220\200\200", "\\ufffd\\ufffd\\ufffd\\ufffd" },
	{ "\303", "\\ufffd" },			/* cut */
	{ "\342\202", "\\ufffd\\ufffd" },
	{ "\377x", "\\ufffdx" },
};

START_TEST(json)
{
	char want[300];
	const char *text;

	log_set_json(true);
	log_warnx("%s", messages[_i].text);
	text = line();
	snprintf(want, sizeof(want), "Z\",\"level\":\"warn\",\"instance\":"
	    "\"calc\",\"pid\":%ld,\"role\":\"worker 3\",\"message\":\"%s\"}"
	    "\n", (long)getpid(), messages[_i].want);
	ck_assert_int_eq(strncmp(text, "{\"time\":\"2", 10), 0);
	assert_ends(text, want);
	errno = ENOENT;
	log_error("open");
	assert_ends(line(), "\"open: No such file or directory\"}\n");
	log_set_json(false);
}
END_TEST

START_TEST(a_long_line_is_whole_json)
{
	char text[10000];
	const char *got;

	log_set_json(true);
	memset(text, '\001', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_warnx("%s", text);
	got = line();
	assert_ends(got, "\\u0001\"}\n");
	ck_assert_uint_le(strlen(got), 4096);
	log_set_json(false);
}
END_TEST

/* Lines go to the file, then to the new one; who cannot open adopts. */
START_TEST(file)
{
	char path[] = "/tmp/check_log.XXXXXX", old[64];
	char text[4096];
	FILE *f;
	int fd;

	close(mkstemp(path));
	snprintf(old, sizeof(old), "%s.1", path);
	ck_assert_int_eq(log_fd(), -1);
	ck_assert_int_eq(log_open(path), 0);
	log_info("first");
	ck_assert_int_eq(rename(path, old), 0);
	log_info("second");
	fd = log_fd();
	ck_assert_int_eq(log_reopen(), 0);
	ck_assert_int_eq(log_fd(), fd);
	log_info("third");
	log_set_echo(true);
	log_info("not told");
	log_warnx("told");
	log_set_echo(false);
	assert_ends(line(), "warn: told\n");
	log_close();
	log_info("fourth");
	assert_ends(line(), "fourth\n");
	ck_assert_ptr_null(line());
	f = fopen(old, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	assert_ends(text, "first\n");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	assert_ends(text, "second\n");
	ck_assert_ptr_null(fgets(text, sizeof(text), f));
	fclose(f);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	assert_ends(text, "third\n");
	fclose(f);
	unlink(old);
	unlink(path);
}
END_TEST

START_TEST(no_file)
{
	ck_assert_int_eq(log_open("/nonexistent/log"), -1);
	ck_assert_int_eq(errno, ENOENT);
	log_info("still here");
	assert_ends(line(), "still here\n");
	ck_assert_int_eq(log_reopen(), 0);
}
END_TEST

START_TEST(one_line_a_second)
{
	struct log_rate r = { 0 };
	unsigned skipped = 99;

	ck_assert(log_rate_ok(&r, &skipped));
	ck_assert_uint_eq(skipped, 0);
	for (int i = 0; i < 10; i++)
		ck_assert(!log_rate_ok(&r, &skipped));
	r.last_ns -= UINT64_C(1000000000);
	ck_assert(log_rate_ok(&r, &skipped));
	ck_assert_uint_eq(skipped, 10);
	ck_assert(!log_rate_ok(&r, &skipped));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("log");
	TCase *t = unit_case(s, "log");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, who_and_what);
	tcase_add_test(t, control_characters_are_escaped);
	tcase_add_test(t, a_line_cannot_be_forged);
	tcase_add_test(t, a_long_line_is_cut_but_whole);
	tcase_add_test(t, errno_is_told_and_kept);
	tcase_add_test(t, errno_is_kept_when_nobody_listens);
	tcase_add_test(t, levels);
	tcase_add_loop_test(t, json, 0,
	    (int)(sizeof(messages) / sizeof(messages[0])));
	tcase_add_test(t, a_long_line_is_whole_json);
	tcase_add_test(t, file);
	tcase_add_test(t, no_file);
	tcase_add_test(t, one_line_a_second);
	return unit_main(s);
}
