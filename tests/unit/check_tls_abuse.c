/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer may do that has shaken hands, or never will, and that no client
 * of ours does: here OpenSSL by itself is the client, and its bytes go to the
 * server as they are, in pieces, or with others between them.
 */
#include "io/tls.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/unit.h"

#ifdef HAVE_OPENSSL

#include <openssl/ssl.h>

#include "unit_tls.h"

#define MAX_BYTES	(4u << 20)
#define STORM		2000

static struct tls_context *context;
static struct tls *server;
static struct buf out;
static uint8_t said[4096];		/* by the client */
static size_t said_len, given;
static SSL_CTX *ctx;
static SSL *client;
static BIO *to_client, *to_server;

static void
setup(void)
{
	struct credentials c = { .ca.p = NULL };
	char why[400];

	unit_certificate("server", NULL, 0, &c.chain, &c.key);
	context = tls_server(&c, why, sizeof(why));
	ck_assert_msg(context != NULL, "%s", why);
	credentials_fini(&c);
	server = tls_new(context, NULL);
	buf_init(&out, MAX_BYTES);
	said_len = given = 0;
	ctx = SSL_CTX_new(TLS_client_method());
	client = SSL_new(ctx);
	to_client = BIO_new(BIO_s_mem());
	to_server = BIO_new(BIO_s_mem());
	SSL_set_bio(client, to_client, to_server);
	SSL_set_connect_state(client);
}

static void
teardown(void)
{
	SSL_free(client);
	SSL_CTX_free(ctx);
	tls_free(server);
	tls_context_free(context);
	buf_fini(&out);
}

static enum tls_result
give(const void *p, size_t len)
{
	struct buf plain = { .p = said + said_len,
	    .cap = sizeof(said) - said_len, .max = sizeof(said) };
	enum tls_result rc;
	size_t used;

	rc = tls_read(server, p, len, &used, &plain, &out);
	ck_assert(used == len || rc != TLS_OK);
	said_len += plain.len;
	given += used;
	return rc;
}

/* What the client has to say. */
static enum tls_result
pass(size_t piece)
{
	enum tls_result rc = TLS_OK;
	char b[4096];
	int n;

	while (rc == TLS_OK && (n = BIO_read(to_server, b, (int)piece)) > 0)
		rc = give(b, (size_t)n);
	return rc;
}

static void
answer(void)
{
	if (out.len > 0)
		ck_assert_int_eq(BIO_write(to_client, out.p, (int)out.len),
		    (int)out.len);
	buf_reset(&out, 0);
}

static void
shake(void)
{
	while (SSL_do_handshake(client) != 1) {
		ck_assert_int_eq(pass(4096), TLS_OK);
		answer();
	}
	ck_assert_int_eq(pass(4096), TLS_OK);
	answer();
	ck_assert(tls_is_ready(server));
}

static void
expect_hello(void)
{
	char b[8];

	ck_assert_int_eq(SSL_write(client, "hello", 5), 5);
	ck_assert_int_eq(pass(4096), TLS_OK);
	ck_assert_uint_eq(said_len, 5);
	ck_assert_mem_eq(said, "hello", 5);
	ck_assert_int_eq(tls_write(server, (const uint8_t *)"there", 5,
	    &out), 0);
	answer();
	ck_assert_int_eq(SSL_read(client, b, sizeof(b)), 5);
	ck_assert_mem_eq(b, "there", 5);
}

/* It has begun from its first byte on, until its last. */
START_TEST(a_record_in_pieces)
{
	char b[256];
	int n;

	shake();
	ck_assert(!tls_is_within(server));
	ck_assert_int_eq(SSL_write(client, "hello", 5), 5);
	n = BIO_read(to_server, b, sizeof(b));
	ck_assert_int_gt(n, 5);
	for (int i = 0; i < n; i++) {
		ck_assert_msg(tls_is_within(server) == (i > 0), "%d", i);
		ck_assert_uint_eq(said_len, 0);
		ck_assert_int_eq(give(b + i, 1), TLS_OK);
	}
	ck_assert(!tls_is_within(server));
	ck_assert_uint_eq(said_len, 5);
}
END_TEST

/* Each asks for one of ours, which is no longer. */
START_TEST(many_key_updates)
{
	shake();
	for (int i = 0; i < STORM; i++) {
		ck_assert_int_eq(SSL_key_update(client,
		    SSL_KEY_UPDATE_REQUESTED), 1);
		ck_assert_int_eq(SSL_do_handshake(client), 1);
		ck_assert_int_eq(pass(1 + (size_t)i % 32), TLS_OK);
		ck_assert_uint_eq(said_len, 0);
	}
	ck_assert_uint_le(out.len, given);
	expect_hello();
}
END_TEST

/* Nothing is kept for what a record or a message says that it will be. */
START_TEST(too_large)
{
	static const struct {
		bool		 shaken;
		const char	*bytes;
		size_t		 len;
		const char	*why;
	} of[] = {
		{ true, "\x17\x03\x03\x48\x01", 5, "length too long" },
		{ true, "\x17\x03\x03\xff\xff", 5, "length too long" },
		{ false, "\x16\x03\x01\x48\x01\x01\0\0\0\x03\x03", 11,
		    "length too long" },
		{ false, "\x16\x03\x01\0\x06\x01\xff\xff\xff\x03\x03", 11,
		    "excessive message size" },
	};

	if (of[_i].shaken)
		shake();
	ck_assert_int_eq(give(of[_i].bytes, of[_i].len), TLS_BAD);
	ck_assert_msg(strstr(tls_error(server), of[_i].why) != NULL, "%s",
	    tls_error(server));
	ck_assert_int_eq(give("x", 1), TLS_BAD);
}
END_TEST

/* In TLS 1.2 a client may ask to shake hands anew: it is told no. */
START_TEST(renegotiation)
{
	char b[8];

	SSL_set_max_proto_version(client, TLS1_2_VERSION);
	shake();
	ck_assert_int_eq(SSL_renegotiate(client), 1);
	ck_assert_int_eq(SSL_do_handshake(client), -1);
	ck_assert_int_eq(pass(4096), TLS_OK);
	ck_assert_uint_gt(out.len, 0);
	ck_assert_uint_lt(out.len, 64);
	answer();
	ck_assert_int_eq(SSL_read(client, b, sizeof(b)), -1);
	ck_assert_int_eq(SSL_get_error(client, -1), SSL_ERROR_SSL);
	ck_assert_int_eq(tls_write(server, (const uint8_t *)"there", 5,
	    &out), 0);
}
END_TEST

/* Alerts that only warn: it does not listen to them for ever. */
START_TEST(nothing_but_warnings)
{
	enum tls_result rc = TLS_OK;
	int n = 0;

	for (; rc == TLS_OK && n < STORM; n++)
		rc = give("\x15\x03\x01\0\x02\x01\x5a", 7);
	ck_assert_int_eq(rc, TLS_BAD);
	ck_assert_uint_lt(out.len, 64);
}
END_TEST

#endif

int
main(void)
{
	Suite *s = suite_create("tls abuse");
	TCase *t = unit_case(s, "abuse");

	(void)t;
#ifdef HAVE_OPENSSL
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_record_in_pieces);
	tcase_add_test(t, many_key_updates);
	tcase_add_loop_test(t, too_large, 0, 4);
	tcase_add_test(t, renegotiation);
	tcase_add_test(t, nothing_but_warnings);
#endif
	return unit_main(s);
}
