/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access log of a worker: a line for every call however it ends, one
 * write for a turn, times that are true, and what becomes of it when the file
 * changes or is full.  Where it goes is a packet socket, which keeps writes
 * apart.
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/unit.h"
#include "serve/access.h"
#include "unit_headed.h"
#include "unit_http.h"
#include "unit_service.h"
#include "unit_worker.h"

static struct access_config config;
static int ends[2];
static char record[70000], *rest;	/* of the last write */

static void
setup(void)
{
	bench_setup();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	config = (struct access_config){ .fd = ends[1], .id = 7, .worker = 4,
	    .errors = true, .sample = 1, .seed = { 1, 2, 3 } };
	bench_access = &config;
	rest = NULL;
}

static void
teardown(void)
{
	close(ends[0]);
	close(ends[1]);
	bench_teardown();
}

/* The lines of one write more. */
static void
next_write(void)
{
	ssize_t n;

	peer_wait(ends[0], POLLIN, PEER_MS);
	n = recv(ends[0], record, sizeof(record) - 1, 0);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(record[n - 1], '\n');
	record[n] = '\0';
	rest = record;
}

/* The next line, which must come, without its newline. */
static const char *
line(void)
{
	char *this, *newline;

	if (rest == NULL || *rest == '\0')
		next_write();
	this = rest;
	newline = strchr(this, '\n');
	*newline = '\0';
	rest = newline + 1;
	return this;
}

static void
expect_line(const char *words)
{
	const char *l = line();

	ck_assert_msg(strstr(l, words) != NULL, "no '%s' in '%s'", words, l);
}

static uint64_t
number(const char *l, const char *key)
{
	const char *p = strstr(l, key);

	ck_assert_msg(p != NULL, "no '%s' in '%s'", key, l);
	return strtoull(p + strlen(key), NULL, 10);
}

static void
assert_no_more(void)
{
	ck_assert(rest == NULL || *rest == '\0');
	ck_assert(!peer_soon(ends[0], POLLIN, 0));
}

START_TEST(every_end_has_a_line)
{
	struct bytes out = { 0 };
	struct message m;
	int fd;

	bench_start();
	fd = bench_unix();
	frame_call(&out, "ping", 1);
	frame_ints(&out, "divide", 2, 1, 0);
	frame_ints(&out, "divide", 3, 1, -1);
	frame_call(&out, "no\nsuch", 4);
	frame_message(&out, PEER_CALL, "echo", 5, &(struct bytes){ 0 });
	frame_text(&out, "note", 6, "n", 1);
	frame_ints(&out, "big", 7, 5 << 20, 0);
	frame_call(&out, "twin:ping", 8);
	peer_send_bytes(fd, &out);
	expect_line(" worker=4 peer=unix method=Unit.ping seqid=1 outcome=ok "
	    "bytes_in=13 bytes_out=13 wait_us=");
	expect_line(" method=Unit.divide seqid=2 outcome=exception "
	    "exception=Refused bytes_in=");
	expect_line(" seqid=3 outcome=error error=failed bytes_in=");
	expect_line(" method=\"no\\x0asuch\" seqid=4 outcome=error "
	    "error=unknown bytes_in=");
	expect_line(" seqid=5 outcome=error error=arguments bytes_in=");
	expect_line(" seqid=6 outcome=oneway bytes_in=16 bytes_out=0 ");
	expect_line(" seqid=7 outcome=error error=reply bytes_in=");
	expect_line(" method=twin.ping seqid=8 outcome=ok bytes_in=18 ");
	for (int i = 0; i < 7; i++) {
		ck_assert(peer_read(fd, &m));
		message_free(&m);
	}
	ck_assert_int_eq(bench_note(), 'n');
	close(fd);
	bench_barrier();
	for (unsigned i = 0; i < bench_pings(); i++)
		expect_line(" method=Unit.ping ");
	assert_no_more();
}
END_TEST

START_TEST(a_turn_is_a_write)
{
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	for (int i = 0; i < 10; i++)
		frame_call(&out, "ping", i);
	peer_send_bytes(fd, &out);
	next_write();
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(number(line(), " seqid="), (uint64_t)i);
	assert_no_more();
	close(fd);
}
END_TEST

static void
pass_ms(uint64_t ms)
{
	for (uint64_t end = clock_ns() + ms * NS_PER_MS; clock_ns() < end;)
		;
}

/* The handler of the first is held; the second waits behind it. */
START_TEST(times_are_true)
{
	struct bytes out = { 0 };
	uint64_t sent, held, released, done;
	const char *l;
	int fd;

	bench_start();
	fd = bench_unix();
	frame_call(&out, "hold", 1);
	frame_call(&out, "ping", 2);
	sent = clock_ns();
	peer_send_bytes(fd, &out);
	bench_held();
	held = clock_ns();
	pass_ms(5);
	released = clock_ns();
	bench_release();
	peer_expect(fd, PEER_REPLY, "hold", 1);
	done = clock_ns();
	l = line();
	ck_assert_uint_ge(number(l, " time_us="), (released - held) / 1000);
	ck_assert_uint_le(number(l, " time_us=") + number(l, " wait_us="),
	    (done - sent) / 1000);
	l = line();
	ck_assert_uint_ge(number(l, " wait_us="), (released - held) / 1000);
	ck_assert_uint_le(number(l, " wait_us="), (done - sent) / 1000);
	ck_assert_uint_lt(number(l, " time_us="), 5000);
	close(fd);
}
END_TEST

/* Its answer waits, and so do the first letters of its name. */
START_TEST(a_long_name)
{
	struct tf_later t;
	struct bytes out = { 0 };
	struct message m;
	char *name = malloc(500001);
	int fd;

	bench_limits.max_memory_per_call = 1 << 16;
	bench_start();
	fd = bench_unix();
	memset(name, 'a', 500000);
	name[500000] = '\0';
	frame_text(&out, "later", 1, "x", 1);
	frame_call(&out, name, 2);
	free(name);
	peer_send_bytes(fd, &out);
	t = bench_token();
	bench_barrier();
	for (unsigned i = 0; i < bench_pings(); i++)
		expect_line(" method=Unit.ping ");
	ck_assert_int_eq(tf_later_throw(t, &unit_refused_type,
	    &(struct unit_refused){ TF_STR("no") }), 0);
	ck_assert(peer_read(fd, &m));
	message_free(&m);
	expect_line(" method=Unit.later seqid=1 ");
	ck_assert_ptr_nonnull(strstr(line(), " method=aaaaaaaa"));
	close(fd);
}
END_TEST

START_TEST(later_replies)
{
	struct tf_later t;
	struct bytes out = { 0 };
	uint64_t had, said, done;
	struct message m;
	const char *l;
	int fd;

	bench_start();
	fd = bench_unix();
	frame_text(&out, "later", 1, "x", 1);
	frame_call(&out, "nobody", 2);		/* its answer waits */
	peer_send_bytes(fd, &out);
	t = bench_token();
	had = clock_ns();
	bench_barrier();
	for (unsigned i = 0; i < bench_pings(); i++)
		expect_line(" method=Unit.ping ");
	pass_ms(5);
	said = clock_ns();
	ck_assert_int_eq(tf_later_throw(t, &unit_refused_type,
	    &(struct unit_refused){ TF_STR("no") }), 0);
	ck_assert(peer_read(fd, &m));
	done = clock_ns();
	l = line();
	ck_assert_ptr_nonnull(strstr(l, " method=Unit.later seqid=1 "
	    "outcome=exception exception=Refused "));
	ck_assert_uint_eq(number(l, " bytes_out="), m.frame + 4);
	ck_assert_uint_ge(number(l, " time_us="), (said - had) / 1000);
	ck_assert_uint_le(number(l, " wait_us="), 5000);
	message_free(&m);
	ck_assert(peer_read(fd, &m));
	l = line();
	ck_assert_ptr_nonnull(strstr(l, " method=nobody seqid=2 "
	    "outcome=error error=unknown "));
	ck_assert_uint_eq(number(l, " bytes_out="), m.frame + 4);
	ck_assert_uint_le(number(l, " time_us="), (done - had) / 1000);
	message_free(&m);
	close(fd);
}
END_TEST

START_TEST(the_client_has_left)
{
	struct bytes out = { 0 };
	struct tf_later t;
	int fd;

	bench_start();
	fd = bench_unix();
	frame_text(&out, "whisper", 1, "x", 1);
	frame_text(&out, "later", 2, "x", 1);
	frame_call(&out, "ping", 3);
	peer_send_bytes(fd, &out);
	t = bench_token();
	(void)bench_token();
	close(fd);
	expect_line(" seqid=2 outcome=error error=abandoned gone=true ");
	expect_line(" seqid=3 outcome=ok gone=true bytes_in=13 bytes_out=0 ");
	ck_assert_int_eq(tf_later_reply(t, unit_method("whisper"), NULL), 0);
	expect_line(" seqid=1 outcome=oneway bytes_in=");
	assert_no_more();
}
END_TEST

START_TEST(the_worker_quits)
{
	struct bytes out = { 0 };
	int fd;

	bench_start();
	fd = bench_unix();
	frame_text(&out, "later", 1, "x", 1);
	frame_call(&out, "ping", 2);
	peer_send_bytes(fd, &out);
	(void)bench_token();
	bench_order(ORDER_QUIT);
	ck_assert_int_eq(bench_wait(), 1);
	expect_line(" seqid=1 outcome=aborted bytes_in=");
	expect_line(" seqid=2 outcome=ok gone=true ");
	assert_no_more();
	close(fd);
}
END_TEST

/* Errors are there always; of the rest one of a thousand. */
START_TEST(samples)
{
	struct bytes out = { 0 };
	struct message m;
	unsigned ok = 0, errors = 0;
	const char *l;
	int fd;

	config.sample = 100;
	config.errors = _i == 0;
	bench_start();
	fd = bench_unix();
	for (int i = 0; i < 1000; i++) {
		frame_call(&out, "ping", i);
		if (i % 10 == 0)
			frame_call(&out, "mute", i);
	}
	peer_send_bytes(fd, &out);
	for (int i = 0; i < 1100; i++) {
		ck_assert(peer_read(fd, &m));
		message_free(&m);
	}
	bench_order(ORDER_STOP);
	peer_end(fd);
	ck_assert_int_eq(bench_wait(), 0);
	while (peer_soon(ends[0], POLLIN, 0) || (rest != NULL &&
	    *rest != '\0')) {
		l = line();
		errors += strstr(l, " outcome=error ") != NULL;
		ok += strstr(l, " outcome=ok ") != NULL;
		ck_assert_uint_eq(number(l, " sample="), config.errors &&
		    strstr(l, "=error ") != NULL ? 1 : 100);
	}
	if (config.errors) {
		ck_assert_uint_eq(errors, 100);
		ck_assert_uint_eq(ok, 10);
	} else
		ck_assert_uint_eq(ok + errors, 11);
}
END_TEST

static void
skip_to(const char *words)
{
	while (strstr(line(), words) == NULL)
		continue;
}

START_TEST(another_file)
{
	struct bytes out = { 0 };
	int fd, next[2];

	bench_start();
	fd = bench_unix();
	frame_call(&out, "ping", 1);
	peer_send_bytes(fd, &out);
	expect_line(" seqid=1 ");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, next), 0);
	bench_order_fd(ORDER_REOPEN, 8, next[1]);	/* somebody else's */
	bench_barrier();
	frame_call(&out, "ping", 2);
	peer_send_bytes(fd, &out);
	skip_to(" seqid=2 outcome=ok ");
	bench_order_fd(ORDER_REOPEN, 7, next[1]);
	close(next[1]);
	/* Ours has been in the same process, and is the next one now. */
	while (recv(ends[0], record, sizeof(record), 0) > 0)
		continue;
	close(ends[0]);
	ends[0] = next[0];
	rest = NULL;
	frame_call(&out, "ping", 9999);
	peer_send_bytes(fd, &out);
	skip_to(" seqid=9999 outcome=ok ");
	close(fd);
}
END_TEST

START_TEST(no_room)
{
	struct bytes out = { 0 };
	unsigned long long lost;
	int fd, full = open("/dev/full", O_WRONLY);

	config.fd = full;
	bench_start();
	fd = bench_unix();
	for (int i = 0; i < 5; i++) {
		frame_call(&out, "ping", i);
		frame_call(&out, "ping", i);
		peer_send_bytes(fd, &out);
		peer_expect(fd, PEER_REPLY, "ping", i);
		peer_expect(fd, PEER_REPLY, "ping", i);
	}
	bench_barrier();
	lost = bench_count(COUNTER_ACCESS_LINES_LOST);
	ck_assert_uint_ge(lost, 10);
	bench_order_fd(ORDER_REOPEN, 7, ends[1]);
	bench_barrier();
	lost = bench_count(COUNTER_ACCESS_LINES_LOST);
	ck_assert_uint_eq(number(line(), " worker=4 lost="), lost);
	expect_line(" method=Unit.ping ");
	close(fd);
	close(full);
}
END_TEST

#define TRACE	"4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT	"00-" TRACE "-00f067aa0ba902b7-01"
#define OTHER	"00-11111111111111111111111111111111-00f067aa0ba902b7-01"

START_TEST(headers)
{
	struct bytes head = { 0 }, out = { 0 };
	struct headed h;
	int fd;

	bench_start();
	fd = bench_unix();
	head_begin(&head, 2);
	head_pair(&head, 1, "traceparent", PARENT);
	headed_ask(&out, 1, &head, "=x");
	head_begin(&head, 2);
	headed_ask(&out, 2, &head, "=x");
	head_begin(&head, 2);
	headed_add(&out, 3, &head, "what?", 5);
	peer_send_bytes(fd, &out);
	expect_line(" protocol=compact transport=header trace=" TRACE
	    " sample=1");
	expect_line(" transport=header sample=1");
	expect_line(" method=\"\" seqid=3 outcome=error error=message ");
	for (int i = 0; i < 3; i++) {
		headed_read(fd, &h);
		headed_free(&h);
	}
	close(fd);
}
END_TEST

/*
 * Of a connection, and replaced while a call that had the first waits behind
 * another one.
 */
START_TEST(headers_that_stay)
{
	struct bytes head = { 0 }, out = { 0 }, message = { 0 };
	struct tf_later t;
	struct headed h;
	int fd;

	bench_start();
	fd = bench_unix();
	head_begin(&head, 2);
	head_pair(&head, 2, "traceparent", PARENT);
	frame_text(&message, "later", 1, "x", 1);
	headed_message(&out, 1, &head, &message);
	head_begin(&head, 2);
	headed_ask(&out, 2, &head, "=x");
	head_begin(&head, 2);
	head_pair(&head, 2, "traceparent", OTHER);
	headed_ask(&out, 3, &head, "=x");
	peer_send_bytes(fd, &out);
	t = bench_token();
	bench_barrier();
	ck_assert_int_eq(bench_reply(t, "x"), 0);
	for (int i = 0; i < 3; i++) {
		headed_read(fd, &h);
		headed_free(&h);
	}
	for (unsigned i = 0; i < bench_pings(); i++)
		expect_line(" method=Unit.ping ");
	expect_line(" trace=" TRACE " ");
	expect_line(" trace=" TRACE " ");
	expect_line(" trace=11111111111111111111111111111111 ");
	close(fd);
}
END_TEST

START_TEST(http)
{
	struct bytes frame = { 0 }, out = { 0 };
	int fd;

	bench_start();
	fd = bench_tcp();
	frame_call(&frame, "ping", 1);
	http_post(&out, "/", "Traceparent: " PARENT "\r\n", &frame);
	peer_send_bytes(fd, &out);
	expect_line(" transport=http trace=" TRACE " ");
	http_expect_message(fd, PEER_REPLY, "ping", 1);
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("access");
	TCase *t = unit_case(s, "access");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_end_has_a_line);
	tcase_add_test(t, a_turn_is_a_write);
	tcase_add_test(t, times_are_true);
	tcase_add_test(t, later_replies);
	tcase_add_test(t, a_long_name);
	tcase_add_test(t, the_client_has_left);
	tcase_add_test(t, the_worker_quits);
	tcase_add_loop_test(t, samples, 0, 2);
	tcase_add_test(t, another_file);
	tcase_add_test(t, no_room);
	tcase_add_test(t, headers);
	tcase_add_test(t, headers_that_stay);
	tcase_add_test(t, http);
	return unit_main(s);
}
