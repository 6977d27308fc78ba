/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client that does not wait has to send, where the server takes it more
 * slowly, and a server that has left when it is sent to.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/async_body.h"
#include "unit_async.h"
#include "unit_peer.h"
#include "unit_service.h"
#include "wire/zstream.h"

#define DEEP	8
#define ROUNDS	60

static char big[1 << 20];
static struct probe probes[DEEP];

static void
setup(void)
{
	int small = 64 * 1024;

	setsockopt(porch, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	memset(big, 'x', sizeof(big));
	memset(probes, 0, sizeof(probes));
}

static void
fly_big(struct probe *p)
{
	const struct unit_text args = { { big, sizeof(big) } };

	p->flight = tf_async_start(client, unit_method("size"), &args, fly_arg,
	    p);
}

static void
take(int fd, uint8_t *p, size_t n)
{
	for (size_t got = 0; got < n; turn(0)) {
		ssize_t r = recv(fd, p + got, n - got, MSG_DONTWAIT);

		got += r > 0 ? (size_t)r : 0;
	}
}

/* The number of the next request. */
static int32_t
take_one(int fd)
{
	struct message m;
	uint8_t head[4], *body;
	size_t n = 0;

	take(fd, head, 4);
	for (int k = 0; k < 4; k++)
		n = n << 8 | head[k];
	body = malloc(n);
	take(fd, body, n);
	message_parse(&m, body, body + n);
	message_free(&m);
	free(body);
	return m.seqid;
}

/* Requests wait for a server that does not read; the others still end. */
START_TEST(a_server_that_does_not_read)
{
	struct probe p = { 0 };
	int fd;

	for (int i = 0; i < DEEP; i++)
		fly_big(&probes[i]);
	fly(&p);
	fd = accepted();
	turn_ms(5);
	for (int i = 0; i < DEEP + 1; i++)
		reply(fd, take_one(fd), i);
	until(p.told > 0);
	ended_well(&p, DEEP);
	for (int i = 0; i < DEEP; i++)
		ended_well(&probes[i], i);
	close(fd);
}
END_TEST

/* It has been sent when its own bytes have, not when all others' have. */
START_TEST(a_oneway_before_much)
{
	struct probe first = { 0 }, next = { 0 }, last = { 0 };
	int fd;

	fly_to(&first, "note");			/* before it is connected */
	fd = accepted();
	asked_at(fd, "note");
	until(first.told > 0);
	fly_to(&next, "note");
	for (int i = 0; i < DEEP; i++)
		fly_big(&probes[i]);
	fly_to(&last, "note");
	until(next.told > 0);
	ck_assert_int_eq(next.rc, 0);
	turn_ms(5);
	ck_assert_int_eq(last.told, 0);
	take_one(fd);
	for (int i = 0; i < DEEP; i++)
		reply(fd, take_one(fd), i);
	until(last.told > 0);
	ck_assert_int_eq(last.rc, 0);
	until(probes[DEEP - 1].told > 0);
	close(fd);
}
END_TEST

/* There is always something to be sent, but never much. */
START_TEST(what_has_been_sent_is_not_kept)
{
	int fd;

	for (int i = 0; i < DEEP; i++)
		fly_big(&probes[i]);
	fd = accepted();
	for (int i = 0; i < ROUNDS; i++) {
		struct probe *p = &probes[i % DEEP];

		reply(fd, take_one(fd), i);
		until(p->told == i / DEEP + 1);
		ck_assert_int_eq(p->rc, 0);
		fly_big(p);
		ck_assert_uint_gt(client->link.out.len, client->link.sent);
		ck_assert_uint_le(client->link.out.cap,
		    4 * DEEP * sizeof(big));
	}
	tf_async_free(client);
	client = NULL;
	close(fd);
}
END_TEST

/* The number of a request that comes through a zlib stream. */
static int32_t
asked_in_zlib(int fd, struct zstream *z)
{
	uint8_t bytes[1000];
	struct message m;
	struct buf b;
	size_t used;
	ssize_t n;

	buf_init(&b, sizeof(bytes));
	until(peer_soon(fd, POLLIN, 0));
	ck_assert_int_gt(n = recv(fd, bytes, sizeof(bytes), 0), 0);
	ck_assert_int_eq(zstream_read(z, bytes, (size_t)n, &used, &b),
	    ZSTREAM_OK);
	ck_assert_uint_gt(b.len, 4);
	message_parse(&m, b.p + 4, b.p + b.len);
	message_free(&m);
	buf_fini(&b);
	return m.seqid;
}

static void
reply_in_zlib(int fd, struct zstream *z, int32_t seqid, int32_t value)
{
	struct bytes plain = { 0 };
	struct buf b;

	buf_init(&b, 1000);
	add_reply(&plain, seqid, value);
	ck_assert_int_eq(zstream_write(z, plain.p, plain.n, &b), 0);
	ck_assert_int_eq(send(fd, b.p, b.len, 0), (ssize_t)b.len);
	bytes_free(&plain);
	buf_fini(&b);
}

static void
end_zlib(int fd, struct zstream *z)
{
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_int_eq(zstream_finish(z, &b), 0);
	ck_assert_int_eq(send(fd, b.p, b.len, 0), (ssize_t)b.len);
	buf_fini(&b);
	zstream_free(z);
}

/* The end of its stream has come, and the loop has not seen it yet. */
START_TEST(a_server_that_has_said_its_last)
{
	struct probe p = { 0 };

	if (!zstream_is_built_in())
		return;
	set("zlib", "yes");
	for (int i = 0; i < 3; i++) {
		struct zstream *z = zstream_new();
		int fd;

		fly(&p);
		fd = accepted();
		reply_in_zlib(fd, z, asked_in_zlib(fd, z), i);
		until(p.told == i + 1);
		ck_assert_msg(p.rc == 0, "%s", p.error);
		ck_assert_int_eq(p.value, i);
		end_zlib(fd, z);
		close(fd);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("async output");
	TCase *t = unit_async_case(s, "output");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_server_that_does_not_read);
	tcase_add_test(t, a_oneway_before_much);
	tcase_add_test(t, what_has_been_sent_is_not_kept);
	tcase_add_test(t, a_server_that_has_said_its_last);
	return unit_main(s);
}
