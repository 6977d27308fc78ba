/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client against servers that do everything wrong: late, cut, oversized,
 * foreign and meaningless replies.  Each is an error with a text, no bytes of
 * it reach the next call, and that call works again.  The server is a thread
 * that plays one scene.
 */
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit_client.h"
#include "unit_peer.h"
#include "unit_service.h"
#include "wire/app_error.h"

static void
asked(int fd, int32_t seqid)
{
	struct message m;

	ck_assert(peer_read(fd, &m));
	ck_assert_str_eq(m.name, "size");
	ck_assert_int_eq(m.type, PEER_CALL);
	ck_assert_int_eq(m.seqid, seqid);
	ck_assert_str_eq(m.text, "four");
	message_free(&m);
}

static void
serve(int fd, int32_t seqid)
{
	asked(fd, seqid);
	scene_say(fd, PEER_REPLY, "size", seqid, FOUR);
}

/* A connection that works, after whatever came before. */
static void
serve_once(int32_t seqid)
{
	int fd = take();

	serve(fd, seqid);
	peer_end(fd);
}

static void
work_and_leave(void)
{
	int n = call_size();

	ck_assert_msg(n == 4, "%d: %s", n, tf_client_error(c));
	tf_client_free(c);
	c = NULL;
}

/* The call fails, saying so; the next one works; then we leave. */
static void
fail_then_work(const char *part)
{
	ck_assert_int_eq(call_size(), -1);
	assert_error("size");
	assert_error(addr);
	assert_error(part);
	ck_assert_int_eq(tf_client_error_type(c), -1);
	work_and_leave();
}

static void
two_calls(void)
{
	int fd = take();

	serve(fd, 1);
	serve(fd, 2);
	peer_end(fd);
}

START_TEST(calls_share_a_connection)
{
	act(two_calls);
	ck_assert_str_eq(tf_client_error(c), "");
	ck_assert_int_eq(call_size(), 4);
	work_and_leave();
}
END_TEST

/* The late reply comes on the old connection; nobody may take it. */
static void
too_late(void)
{
	struct bytes out = { 0 };
	int fd = take(), next;

	asked(fd, 1);
	next = take();
	scene_add(&out, PEER_REPLY, "size", 1, "\5\0\20\0", 4);
	ck_assert_int_ne(send(fd, out.p, out.n, MSG_NOSIGNAL), 0);
	bytes_free(&out);
	serve(next, 2);
	peer_end(next);
	close(fd);
}

START_TEST(timeout)
{
	uint64_t since = clock_ns(), ns;

	ck_assert_int_eq(tf_client_set(c, "timeout", "150ms"), 0);
	act(too_late);
	ck_assert_int_eq(call_size(), -1);
	ns = clock_ns() - since;
	ck_assert_uint_ge(ns, 150 * NS_PER_MS);
	ck_assert_uint_lt(ns, 2 * NS_PER_S);
	assert_error("size");
	assert_error(addr);
	assert_error("timed out");
	assert_error("(after 1");
	ck_assert_int_eq(tf_client_set(c, "timeout", "5s"), 0);
	work_and_leave();
}
END_TEST

/* Bytes that keep coming do not keep the deadline away. */
static void
trickle(void)
{
	int fd = take();

	asked(fd, 1);
	peer_send(fd, "\0\1\0\0", 4);
	while (!peer_soon(fd, POLLIN | POLLRDHUP, 1))
		if (send(fd, "x", 1, MSG_NOSIGNAL) == -1)
			break;
	close(fd);
}

START_TEST(timeout_of_a_trickle)
{
	uint64_t since = clock_ns();

	ck_assert_int_eq(tf_client_set(c, "timeout", "150ms"), 0);
	act(trickle);
	ck_assert_int_eq(call_size(), -1);
	ck_assert_uint_ge(clock_ns() - since, 150 * NS_PER_MS);
	ck_assert_uint_lt(clock_ns() - since, 2 * NS_PER_S);
	assert_error("timed out");
}
END_TEST

/* Replies that end the connection: what is said, what the client says. */
static const struct wrong {
	int		 type;
	const char	*name;
	int32_t		 seqid;
	const char	*body;
	size_t		 n;
	const char	*error;
} wrongs[] = {
	{ PEER_REPLY, "size", 2, FOUR, "reply to call 2 came for call 1" },
	{ PEER_REPLY, "size", -1, FOUR, "reply to call -1" },
	{ PEER_REPLY, "echo", 1, FOUR, "not a reply to this method" },
	{ PEER_REPLY, "", 1, FOUR, "not a reply to this method" },
	{ PEER_REPLY, "sizes", 1, FOUR, "not a reply to this method" },
	{ PEER_CALL, "size", 1, FOUR, "not a reply to this method" },
	{ PEER_ONEWAY, "size", 1, FOUR, "not a reply to this method" },
	{ 0, "size", 1, FOUR, "not a reply to this method" },
	{ PEER_REPLY, "size", 1, "", 0, "cannot be read" },
	{ PEER_REPLY, "size", 1, "\5\0", 2, "cannot be read" },
	{ PEER_REPLY, "size", 1, "\5\0\10", 3, "cannot be read" },
	{ PEER_REPLY, "size", 1, "\17\0\10\0", 4, "cannot be read" },
	{ PEER_REPLY, "size", 1, "\34\30\177x\0\0", 6, "cannot be read" },
	{ PEER_EXCEPTION, "size", 1, "\30\177x\0", 4, "cannot be read" },
};
static int which;

static void
wrong_reply(void)
{
	const struct wrong *w = &wrongs[which];
	int fd = take();

	asked(fd, 1);
	scene_say(fd, w->type, w->name, w->seqid, w->body, w->n);
	peer_end(fd);
	serve_once(2);
}

START_TEST(wrong_replies)
{
	which = _i;
	act(wrong_reply);
	fail_then_work(wrongs[_i].error);
}
END_TEST

/* Bytes instead of a reply, and then the end. */
static const struct raw {
	const char	*bytes;
	size_t		 n;
	const char	*error;
} raws[] = {
	{ "", 0, "closed the connection" },
	{ "\0\0", 2, "closed the connection" },
	{ "\0\0\0\24\202\101", 6, "closed the connection" },
	{ "\0\0\0\0", 4, "cannot be read" },
	{ "\0\0\0\1x", 5, "cannot be read" },
	{ "\177\377\377\377", 4, "no frame of at most" },
	{ "\377\377\377\377", 4, "no frame of at most" },
	{ "\200\0\0\0", 4, "no frame of at most" },
	{ "HTTP/1.1 400 Bad Request\r\n\r\n", 28, "no frame of at most" },
};

static void
raw_reply(void)
{
	int fd = take();

	asked(fd, 1);
	peer_send(fd, raws[which].bytes, raws[which].n);
	close(fd);
	serve_once(2);
}

START_TEST(raw_bytes)
{
	which = _i;
	act(raw_reply);
	fail_then_work(raws[_i].error);
}
END_TEST

static void
large_reply(void)
{
	static char text[400] = "\30\204\3";	/* 388 bytes of unknown text */
	int fd = take();

	asked(fd, 1);
	scene_say(fd, PEER_REPLY, "size", 1, text, sizeof(text));
	peer_end(fd);
	serve_once(2);
}

START_TEST(max_frame)
{
	ck_assert_int_eq(tf_client_set(c, "max-frame", "400"), 0);
	act(large_reply);
	fail_then_work("no frame of at most 400 bytes");
}
END_TEST

/* Two replies at once: the second is nobody's. */
static void
one_too_many(void)
{
	struct bytes out = { 0 };
	int fd = take();

	asked(fd, 1);
	scene_add(&out, PEER_REPLY, "size", 1, FOUR);
	scene_add(&out, PEER_REPLY, "size", 2, "\5\0\20\0", 4);
	peer_send_bytes(fd, &out);
	peer_end(fd);
	serve_once(2);
}

START_TEST(a_reply_too_many)
{
	act(one_too_many);
	ck_assert_int_eq(call_size(), 4);
	work_and_leave();
}
END_TEST

static void
close_after_reply(void)
{
	int fd = take();

	serve(fd, 1);
	close(fd);
	ck_assert_int_eq(write(cue[1], "x", 1), 1);
	serve_once(2);
}

START_TEST(closed_between_calls)
{
	act(close_after_reply);
	ck_assert_int_eq(call_size(), 4);
	peer_wait(cue[0], POLLIN, PEER_MS);
	work_and_leave();
}
END_TEST

/* Answers, if not the one hoped for: the connection goes on. */
static void
answers(void)
{
	int fd = take();

	asked(fd, 1);
	scene_say(fd, PEER_EXCEPTION, "size", 1, "\30\2no\25\14\0", 7);
	asked(fd, 2);
	scene_say(fd, PEER_REPLY, "size", 2, "\0", 1);
	asked(fd, 3);
	scene_say(fd, PEER_REPLY, "size", 3, "\34\30\2no\0\0", 7);
	serve(fd, 4);
	peer_end(fd);
}

START_TEST(exceptions)
{
	const struct unit_text args = { TF_STR("four") };
	const struct unit_divide_result *r;
	void *result;

	act(answers);
	ck_assert_int_eq(call("size", &args, &result), -1);
	ck_assert_ptr_null(result);
	assert_error("no");
	ck_assert_int_eq(tf_client_error_type(c), APP_INTERNAL_ERROR);
	ck_assert_int_eq(call("size", &args, &result), -1);
	ck_assert_ptr_null(result);
	ck_assert_int_eq(tf_client_error_type(c), APP_MISSING_RESULT);
	ck_assert_int_eq(call("size", &args, &result), -1);
	ck_assert_int_eq(tf_client_error_type(c), -1);
	assert_error("threw Refused");
	ck_assert_ptr_nonnull(result);
	r = result;
	ck_assert_ptr_nonnull(r->no);
	ck_assert_str_eq(r->no->why.s, "no");
	work_and_leave();
}
END_TEST

static void
a_note(void)
{
	int fd = take();

	peer_expect(fd, PEER_ONEWAY, "note", 1);
	serve(fd, 2);
	peer_end(fd);
}

START_TEST(oneway_does_not_wait)
{
	const struct unit_text args = { TF_STR("x") };
	void *result;

	act(a_note);
	ck_assert_int_eq(call("note", &args, &result), 0);
	work_and_leave();
}
END_TEST

/* The child's call comes on a connection of its own. */
static void
two_owners(void)
{
	int fd = take(), child;

	serve(fd, 1);
	child = take();
	serve(child, 2);
	peer_end(child);
	serve(fd, 2);
	peer_end(fd);
}

START_TEST(used_after_fork)
{
	int status;
	pid_t pid;

	act(two_owners);
	ck_assert_int_eq(call_size(), 4);
	if ((pid = fork()) == 0)
		_exit(call_size() == 4 ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	work_and_leave();
}
END_TEST

static void
one_call(void)
{
	serve_once(1);
}

static void
third_call(void)
{
	serve_once(3);
}

static void
nothing(int sig)
{
	(void)sig;
}

/* Signals come all the time, and do not end what waits for room in a queue. */
static void
interrupted(const struct sockaddr_un *sun)
{
	struct sigaction sa = { .sa_handler = nothing, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 10000 }, { 0, 10000 } }, never = { 0 };
	int others[4];

	for (int i = 0; i < COUNT(others); i++) {
		others[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(others[i], (const struct sockaddr *)sun,
		    sizeof(*sun));
	}
	ck_assert_int_eq(errno, EAGAIN);
	ck_assert_int_eq(tf_client_set(c, "timeout", "100ms"), 0);
	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &often, NULL), 0);
	ck_assert_int_eq(call_size(), -1);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_error("timed out");
	for (int i = 0; i < COUNT(others); i++)
		close(others[i]);
}

START_TEST(unix_socket)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char text[128], dir[40];

	snprintf(dir, sizeof(dir), "/tmp/check_client.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/s", dir);
	snprintf(text, sizeof(text), "unix:%s/s", dir);
	tf_client_free(c);
	c = tf_client_new(text);
	ck_assert_int_eq(call_size(), -1);
	assert_error("No such file");
	close(door);
	door = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(door, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(door, 0), 0);
	interrupted(&sun);
	ck_assert_int_eq(fcntl(door, F_SETFL, O_NONBLOCK), 0);
	for (int fd; (fd = accept(door, NULL, NULL)) != -1;)
		close(fd);
	ck_assert_int_eq(fcntl(door, F_SETFL, 0), 0);
	ck_assert_int_eq(listen(door, 10), 0);
	ck_assert_int_eq(tf_client_set(c, "timeout", "off"), 0);
	act(third_call);
	work_and_leave();
	unlink(sun.sun_path);
	rmdir(dir);
}
END_TEST

START_TEST(addresses_that_lead_nowhere)
{
	tf_client_free(c);
	c = tf_client_new("nonsense");
	ck_assert_int_eq(call_size(), -1);
	assert_error("nonsense");
	assert_error("HOST:PORT");
	tf_client_free(c);
	close(door);
	door = -1;
	c = tf_client_new(addr);
	ck_assert_int_eq(call_size(), -1);
	assert_error("refused");
	door = dup(0);
}
END_TEST

START_TEST(settings)
{
	static const char *const bad[][2] = {
		{ "timeout", "" }, { "timeout", "5" }, { "timeout", "x" },
		{ "max-frame", "15" }, { "max-frame", "1T" },
		{ "max-frame", "218762506" }, { "", "1" },
		{ "workers", "1" }, { "Timeout", "1s" },
		{ "protocol", "JSON" }, { "protocol", "" },
		{ "service", "a:b" }, { "service", "0123456789012345678901234"
		    "567890123456789012345678901234567890123" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(tf_client_set(c, bad[i][0], bad[i][1]), -1);
		assert_error(bad[i][0]);
	}
	ck_assert_int_eq(tf_client_set(c, "max-frame", "16"), 0);
	ck_assert_int_eq(tf_client_set(c, "max-frame", "218762505"), 0);
	ck_assert_int_eq(tf_client_set(c, "timeout", "off"), 0);
	tf_client_free(NULL);
}
END_TEST

/* One that overflows must not leave its remainder, 384 ns, behind. */
START_TEST(a_refused_timeout_changes_nothing)
{
	ck_assert_int_eq(tf_client_set(c, "timeout", "18446744073709552us"),
	    -1);
	act(one_call);
	work_and_leave();
}
END_TEST

START_TEST(a_timeout_longer_than_the_clock)
{
	ck_assert_int_eq(tf_client_set(c, "timeout", "18446744073709551us"),
	    0);
	act(one_call);
	work_and_leave();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("client");
	TCase *t = unit_client_case(s, "client");

	tcase_add_test(t, calls_share_a_connection);
	tcase_add_test(t, timeout);
	tcase_add_test(t, timeout_of_a_trickle);
	tcase_add_loop_test(t, wrong_replies, 0, COUNT(wrongs));
	tcase_add_loop_test(t, raw_bytes, 0, COUNT(raws));
	tcase_add_test(t, max_frame);
	tcase_add_test(t, a_reply_too_many);
	tcase_add_test(t, closed_between_calls);
	tcase_add_test(t, exceptions);
	tcase_add_test(t, oneway_does_not_wait);
	tcase_add_test(t, used_after_fork);
	tcase_add_test(t, unix_socket);
	tcase_add_test(t, addresses_that_lead_nowhere);
	tcase_add_test(t, settings);
	tcase_add_test(t, a_refused_timeout_changes_nothing);
	tcase_add_test(t, a_timeout_longer_than_the_clock);
	return unit_main(s);
}
