/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log: a line is one write, whatever is in it; strangers' control
 * characters do not reach the terminal; errno comes through unharmed; the
 * level holds; who does not read holds up nobody.  Standard error is a packet
 * socket, which keeps writes apart.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bug.h"
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

#define MANY	4000		/* lines, more than any pipe or socket takes */

/* Reads all that there is; the number of lines, and of those lost in them. */
static unsigned
drain(int fd, unsigned *lost)
{
	unsigned whole = 0, n;
	char text[4096], *word;
	FILE *f;

	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	f = fdopen(dup(fd), "r");
	*lost = 0;
	while (fgets(text, sizeof(text), f) != NULL) {
		word = strstr(text, " warn: ");
		if (word != NULL && sscanf(word, " warn: %u line", &n) == 1)
			*lost += n;
		else
			whole++;
		ck_assert_ptr_nonnull(strchr(text, '\n'));
	}
	fclose(f);
	return whole;
}

static void
fill(int from, int to)
{
	for (int i = from; i < to; i++)
		log_info("line %d of many: who reads them?", i);
}

/* No line is unaccounted for once somebody reads again. */
static void
assert_none_waits(int reader)
{
	unsigned early, lost, none, n;

	fill(0, MANY);
	n = drain(reader, &early);	/* the notice is shorter, and may fit */
	ck_assert_uint_lt(n, MANY);
	log_info("the last one");
	ck_assert_uint_eq(drain(reader, &lost), 1);
	ck_assert_uint_eq(n + early + lost, MANY);
	log_info("and one more");
	ck_assert_uint_eq(drain(reader, &none), 1);
	ck_assert_uint_eq(none, 0);
}

START_TEST(a_full_pipe)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	assert_none_waits(ends[0]);
	/* Others who have it notice nothing. */
	ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

/* As it is where a process may not open what it holds. */
START_TEST(a_full_pipe_and_no_descriptor)
{
	struct rlimit lim, few = { 3, 0 };
	unsigned lost;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &lim), 0);
	few.rlim_max = lim.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	fill(0, MANY);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lim), 0);
	ck_assert_uint_gt(drain(ends[0], &lost), 100);
}
END_TEST

START_TEST(a_full_stream)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	assert_none_waits(ends[0]);
	ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(a_full_fifo)
{
	char path[] = "/tmp/check_log.XXXXXX";
	int reader;

	close(mkstemp(path));
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(log_open(path), -1);	/* nobody reads */
	ck_assert_int_eq(errno, ENXIO);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	ck_assert_int_eq(log_open(path), 0);
	unlink(path);
	assert_none_waits(reader);
	log_close();
}
END_TEST

/*
 * Several writers: between seeing room and writing another one may take it.
 * The last lines of each must come through, so that none was left hanging.
 */
START_TEST(a_full_pipe_of_many)
{
	int ends[2], status;
	pid_t pids[4];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	for (int i = 0; i < 4; i++) {
		if ((pids[i] = fork()) == 0) {
			fill(0, MANY);
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

/* The beginning of a line that did not fit is not run into the next one. */
/* What comes out of a terminal, piece by piece, up to these words. */
static void
read_up_to(int master, char *text, size_t size, const char *words)
{
	struct pollfd p = { .fd = master, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	text[0] = '\0';
	while (strstr(text, words) == NULL) {
		ck_assert_int_eq(poll(&p, 1, 8000), 1);
		n = read(master, text + len, size - 1 - len);
		ck_assert_int_gt(n, 0);
		len += (size_t)n;
		text[len] = '\0';
	}
}

START_TEST(a_stopped_terminal)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	static char text[65536];

	if (master == -1) {		/* as in a root without devpts */
		fprintf(stderr, "no terminal can be had here: %s\n",
		    strerror(errno));
		return;
	}
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ne(slave, -1);
	ck_assert_int_eq(dup2(slave, STDERR_FILENO), STDERR_FILENO);
	fill(0, MANY);
	ck_assert_int_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	while (read(master, text, sizeof(text)) > 0)
		;
	log_info("again");
	read_up_to(master, text, sizeof(text), " info: again\r\n");
	ck_assert_ptr_nonnull(strstr(text, " lines were lost\r\n"));
	assert_ends(text, " info: again\r\n");
	ck_assert_int_eq(fcntl(slave, F_GETFL) & O_NONBLOCK, 0);
}
END_TEST

START_TEST(no_room_at_all)
{
	ck_assert_int_eq(log_open("/dev/full"), -1);
	ck_assert_int_eq(errno, ENOSPC);
	log_info("still here");
	assert_ends(line(), "still here\n");
	ck_assert_int_eq(log_open("/dev/null"), 0);
	log_close();
}
END_TEST

/* In a child, which it ends: its only line. */
static const char *
last_words(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		log_set_level(LOG_L_ERROR);
		fatal("out of %s", "luck");
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	return line();
}

START_TEST(last_words_are_a_line)
{
	char path[64], want[100], text[200] = "";
	const char *got;
	int fd;

	got = last_words();
	ck_assert_ptr_nonnull(got);
	ck_assert_ptr_nonnull(strstr(got, "Z calc["));
	assert_ends(got, "] worker 3 fatal: out of luck\n");
	ck_assert_ptr_null(line());
	log_set_json(true);
	snprintf(want, sizeof(want), "\"message\":\"out of luck\"}\n");
	got = last_words();
	assert_ends(got, want);
	ck_assert_ptr_nonnull(strstr(got, "\"level\":\"fatal\""));
	log_set_json(false);
	/* And in the log, if that is elsewhere. */
	fd = memfd_create("log", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ck_assert_int_eq(log_open(path), 0);
	assert_ends(last_words(), "fatal: out of luck\n");
	ck_assert_int_gt(pread(fd, text, sizeof(text) - 1, 0), 0);
	assert_ends(text, "fatal: out of luck\n");
	log_close();
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
	    COUNT(messages));
	tcase_add_test(t, a_long_line_is_whole_json);
	tcase_add_test(t, file);
	tcase_add_test(t, no_file);
	tcase_add_test(t, a_full_pipe);
	tcase_add_test(t, a_full_pipe_and_no_descriptor);
	tcase_add_test(t, a_full_stream);
	tcase_add_test(t, a_full_fifo);
	tcase_add_test(t, a_full_pipe_of_many);
	tcase_add_test(t, a_stopped_terminal);
	tcase_add_test(t, no_room_at_all);
	tcase_add_test(t, last_words_are_a_line);
	tcase_add_test(t, one_line_a_second);
	return unit_main(s);
}
