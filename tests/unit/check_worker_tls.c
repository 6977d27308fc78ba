/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker and a peer that is OpenSSL by itself: what TLS has to say of its own
 * stands in the same stream as calls and replies, and may come between them.
 */
#include <sys/socket.h>

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/tls.h"
#include "lib/unit.h"
#include "unit_layers.h"
#include "unit_peer.h"
#include "unit_worker.h"

#define LARGE	10000		/* bytes of a reply */

#ifdef HAVE_OPENSSL

#include <openssl/ssl.h>

static SSL_CTX *ctx;
static SSL *client;
static BIO *from_worker, *to_worker;
static int fd;

/* All that the client has to say, in one piece. */
static void
say(void)
{
	char *p;
	long n = BIO_get_mem_data(to_worker, &p);

	peer_send(fd, p, (size_t)n);
	ck_assert_int_eq(BIO_reset(to_worker), 1);
}

static void
hear(void)
{
	char b[65536];
	ssize_t n;

	peer_wait(fd, POLLIN, PEER_MS);
	n = recv(fd, b, sizeof(b), MSG_DONTWAIT);
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(BIO_write(from_worker, b, (int)n), (int)n);
}

static void
setup(void)
{
	layers_setup();
	fd = bench_unix();
	ctx = SSL_CTX_new(TLS_client_method());
	client = SSL_new(ctx);
	from_worker = BIO_new(BIO_s_mem());
	to_worker = BIO_new(BIO_s_mem());
	SSL_set_bio(client, from_worker, to_worker);
	SSL_set_connect_state(client);
	while (SSL_do_handshake(client) != 1) {
		say();
		hear();
	}
	say();
}

static void
teardown(void)
{
	SSL_free(client);
	SSL_CTX_free(ctx);
	close(fd);
	layers_teardown();
}

static void
take(uint8_t *p, size_t n)
{
	size_t done = 0, got;

	while (done < n)
		if (SSL_read_ex(client, p + done, n - done, &got) == 1)
			done += got;
		else
			hear();
}

static void
expect_reply(int32_t seqid)
{
	uint8_t b[LARGE + 100];
	struct message m;
	size_t n;

	take(b, 4);
	n = (size_t)b[2] << 8 | b[3];
	ck_assert_uint_lt(n, sizeof(b));
	take(b, n);
	message_parse(&m, b, b + n);
	ck_assert_int_eq(m.type, PEER_REPLY);
	ck_assert_int_eq(m.seqid, seqid);
	message_free(&m);
}

/*
 * The second half of a call, behind something that TLS has to answer: it puts
 * that off until it says something else, or is asked once more.
 */
static void
ask_in_halves(int32_t seqid)
{
	struct bytes out = { 0 };
	int half;

	frame_ints(&out, "big", seqid, LARGE, 0);
	half = (int)out.n / 2;
	ck_assert_int_eq(SSL_write(client, out.p, half), half);
	say();
	bench_barrier();
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(SSL_key_update(client,
		    SSL_KEY_UPDATE_REQUESTED), 1);
		ck_assert_int_eq(SSL_do_handshake(client), 1);
	}
	ck_assert_int_eq(SSL_write(client, out.p + half, (int)out.n - half),
	    (int)out.n - half);
	say();
	bench_barrier();
	bytes_free(&out);
}

/*
 * Until the worker can say no more.  As a rule the last reply goes through, and
 * it finds that out when TLS wants to say something: then the call is whole.
 */
START_TEST(a_call_behind_what_tls_cannot_say)
{
	int32_t asked = 0, answered = 0;

	for (int i = 0; i < 3; i++) {
		while (bench_count(COUNTER_SEND_BACKLOG) == 0)
			ask_in_halves(++asked);
		while (answered < asked)
			expect_reply(++answered);
		ck_assert_uint_eq(bench_count(COUNTER_SEND_BACKLOG), 0);
	}
}
END_TEST

#endif

int
main(void)
{
	Suite *s = suite_create("worker tls");
	TCase *t = unit_case(s, "tls");

	(void)t;
#ifdef HAVE_OPENSSL
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_call_behind_what_tls_cannot_say);
#endif
	return unit_main(s);
}
