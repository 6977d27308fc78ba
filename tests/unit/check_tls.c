/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS over memory: both ends of it, in pieces of any size, with certificates
 * that are good and with those that are not.
 */
#include "io/tls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/credentials.h"
#include "lib/unit.h"
#include "unit_tls.h"

#ifdef HAVE_OPENSSL

#define MAX_BYTES	(8u << 20)
#define PLAIN_BYTES	4096

/* One end, and what it has to say to the other. */
struct end {
	struct tls	*tls;
	struct buf	 out;
	uint8_t		 plain[PLAIN_BYTES];
	size_t		 len;
	enum tls_result	 last;
};

static struct credentials sc, cc;	/* the server's, the client's */
static struct tls_context *server_context, *client_context;
static struct end server, client;
static char why[400];

static void
setup(void)
{
	memset(&sc, 0, sizeof(sc));
	memset(&cc, 0, sizeof(cc));
	server_context = client_context = NULL;
	server = client = (struct end){ .tls = NULL };
	buf_init(&server.out, MAX_BYTES);
	buf_init(&client.out, MAX_BYTES);
	unit_certificate("server", "DNS:server.test,IP:127.0.0.1", 0,
	    &sc.chain, &sc.key);
	cc.ca = unit_ca();
}

static void
end_fini(struct end *e)
{
	tls_free(e->tls);
	buf_fini(&e->out);
}

static void
teardown(void)
{
	end_fini(&server);
	end_fini(&client);
	tls_context_free(server_context);
	tls_context_free(client_context);
	credentials_fini(&sc);
	credentials_fini(&cc);
}

/* Gives an end some bytes, and keeps what they say as far as there is room. */
static void
give(struct end *to, const uint8_t *p, size_t n)
{
	struct buf plain;
	size_t used;

	do {
		plain = (struct buf){ .p = to->plain + to->len,
		    .cap = PLAIN_BYTES - to->len, .max = PLAIN_BYTES };
		to->last = tls_read(to->tls, p, n, &used, &plain, &to->out);
		to->len += plain.len;
		p += used;
		n -= used;
	} while (n > 0 && to->last == TLS_OK);
}

/* All that one has to say to the other, in pieces. */
static size_t
pass(struct end *from, struct end *to, size_t piece)
{
	size_t done = 0, n, len = from->out.len;
	uint8_t *p = malloc(len + 1);

	memcpy(p, from->out.p == NULL ? p : from->out.p, len);
	buf_reset(&from->out, 0);
	for (; done < len && to->last != TLS_BAD; done += n) {
		n = len - done < piece ? len - done : piece;
		give(to, p + done, n);
	}
	free(p);
	return len;
}

static void
shake(size_t piece)
{
	give(&client, NULL, 0);
	while (pass(&client, &server, piece) + pass(&server, &client,
	    piece) > 0)
		;
}

/* A new pair of sessions. */
static void
meet(const char *host, bool verify, size_t piece)
{
	if (server_context == NULL)
		server_context = tls_server(&sc, why, sizeof(why));
	if (client_context == NULL)
		client_context = tls_client(&cc, verify, why, sizeof(why));
	ck_assert_msg(server_context != NULL && client_context != NULL, "%s",
	    why);
	server.tls = tls_new(server_context, NULL);
	client.tls = tls_new(client_context, host);
	shake(piece);
}

static void
expect_talk(size_t piece)
{
	ck_assert_int_eq(tls_write(client.tls, (const uint8_t *)"hello", 5,
	    &client.out), 0);
	pass(&client, &server, piece);
	ck_assert_uint_eq(server.len, 5);
	ck_assert_mem_eq(server.plain, "hello", 5);
	ck_assert_int_eq(tls_write(server.tls, (const uint8_t *)"there", 5,
	    &server.out), 0);
	pass(&server, &client, piece);
	ck_assert_uint_eq(client.len, 5);
	ck_assert_mem_eq(client.plain, "there", 5);
}

static const size_t sizes[] = { 1, 2, 7, 100, 100000 };

START_TEST(pieces)
{
	meet("server.test", true, sizes[_i]);
	ck_assert(tls_is_ready(server.tls) && tls_is_ready(client.tls));
	ck_assert_ptr_null(tls_subject(server.tls));
	ck_assert_str_eq(tls_subject(client.tls), "CN=server");
	expect_talk(sizes[_i]);
	tls_finish(client.tls, &client.out);
	pass(&client, &server, sizes[_i]);
	ck_assert_int_eq(server.last, TLS_END);
	tls_finish(server.tls, &server.out);
	pass(&server, &client, sizes[_i]);
	ck_assert_int_eq(client.last, TLS_END);
	ck_assert_int_eq(tls_write(client.tls, (const uint8_t *)"x", 1,
	    &client.out), -1);
}
END_TEST

START_TEST(large)
{
	uint8_t *p = malloc(1 << 20);
	size_t got = 0, used;
	struct buf plain;

	meet("127.0.0.1", true, 100000);
	for (size_t i = 0; i < 1 << 20; i++)
		p[i] = (uint8_t)(i * 2654435761u >> 24);
	ck_assert_int_eq(tls_write(client.tls, p, 1 << 20, &client.out), 0);
	ck_assert_uint_lt(client.out.len, (1 << 20) + (1 << 15));
	for (size_t at = 0; got < 1 << 20; at += used) {
		plain = (struct buf){ .p = server.plain, .cap = PLAIN_BYTES };
		ck_assert_int_eq(tls_read(server.tls, client.out.p + at,
		    client.out.len - at, &used, &plain, &server.out),
		    plain.len == PLAIN_BYTES ? TLS_FULL : TLS_OK);
		ck_assert(used > 0 || plain.len > 0);
		ck_assert_mem_eq(server.plain, p + got, plain.len);
		got += plain.len;
	}
	free(p);
}
END_TEST

/* Whom the client must not believe, and what it says then. */
static const struct {
	const char	*san, *host, *reason;
	int		 flags;
	bool		 no_ca;
} strangers[] = {
	{ "DNS:server.test", "other.test", "ostname mismatch", 0, false },
	{ "DNS:server.test", "127.0.0.1", "IP address mismatch", 0, false },
	{ "IP:127.0.0.1", "127.0.0.2", "IP address mismatch", 0, false },
	{ "IP:127.0.0.1", "::1", "IP address mismatch", 0, false },
	{ "DNS:ser*.test", "server.test", "ostname mismatch", 0, false },
	{ "DNS:*.test", "a.server.test", "ostname mismatch", 0, false },
	{ "DNS:server.test", "server.test", "expired", CERT_EXPIRED, false },
	{ "DNS:server.test", "server.test", "self-signed", CERT_SELF, false },
	{ "DNS:server.test", "server.test", "issuer", 0, true },
};

START_TEST(stranger)
{
	credentials_fini(&sc);
	unit_certificate("server", strangers[_i].san, strangers[_i].flags,
	    &sc.chain, &sc.key);
	if (strangers[_i].no_ca) {
		free(cc.ca.p);
		free(cc.ca.name);
		cc.ca = (struct pem){ .name = NULL };
	}
	meet(strangers[_i].host, true, 100000);
	ck_assert_int_eq(client.last, TLS_BAD);
	ck_assert_msg(strstr(tls_error(client.tls), strangers[_i].reason) !=
	    NULL, "%s", tls_error(client.tls));
	ck_assert_int_eq(tls_write(client.tls, (const uint8_t *)"x", 1,
	    &client.out), -1);
	ck_assert_int_eq(server.last, TLS_BAD);	/* it was told */
	ck_assert_ptr_nonnull(strstr(tls_error(server.tls), "alert"));
	end_fini(&server);
	end_fini(&client);
	tls_context_free(client_context);
	client_context = NULL;
	server = client = (struct end){ .out = { .max = MAX_BYTES } };
	meet(strangers[_i].host, false, 100000);
	expect_talk(100000);
}
END_TEST

START_TEST(client_certificate)
{
	sc.ca = unit_ca();
	unit_certificate("a client, with \"quotes\"", NULL, 0, &cc.chain,
	    &cc.key);
	meet("server.test", true, 100000);
	expect_talk(100000);
	ck_assert_str_eq(tls_subject(server.tls),
	    "CN=a client\\, with \\\"quotes\\\"");
}
END_TEST

static const int bad_clients[] = { -1, CERT_SELF, CERT_EXPIRED };

START_TEST(client_refused)
{
	sc.ca = unit_ca();
	if (bad_clients[_i] != -1)
		unit_certificate("client", NULL, bad_clients[_i], &cc.chain,
		    &cc.key);
	meet("server.test", true, 100000);
	ck_assert_int_eq(server.last, TLS_BAD);
	ck_assert(!tls_is_ready(server.tls));
	ck_assert_ptr_null(tls_subject(server.tls));
	ck_assert_int_eq(client.last, TLS_BAD);
}
END_TEST

/* Not TLS, TLS that is cut up, bytes behind a hello that are none. */
START_TEST(no_tls)
{
	static const char *const texts[] = { "GET / HTTP/1.0\r\n\r\n",
	    "\x16\x03\x01\xff\xff\x01", "\x15\x03\x03\0\2\2\x28",
	    "\x16\x03\x01\0\4\1\0\0\0" };

	server_context = tls_server(&sc, why, sizeof(why));
	server.tls = tls_new(server_context, NULL);
	give(&server, (const uint8_t *)texts[_i], _i == 1 ? 6 : _i == 2 ? 7 :
	    _i == 3 ? 9 : strlen(texts[_i]));
	ck_assert_int_eq(server.last, TLS_BAD);
	ck_assert_str_ne(tls_error(server.tls), "");
	give(&server, (const uint8_t *)"x", 1);
	ck_assert_int_eq(server.last, TLS_BAD);
}
END_TEST

/* Each bit of what the client says may be wrong: nobody falls over it. */
START_TEST(flipped)
{
	size_t len;

	meet("server.test", true, 100000);
	tls_write(client.tls, (const uint8_t *)"hello", 5, &client.out);
	len = client.out.len;
	if ((size_t)_i >= len)
		return;
	client.out.p[_i] ^= 0x10;
	pass(&client, &server, 100000);
	ck_assert_uint_eq(server.len, 0);
}
END_TEST

static void
write_file(const char *path, const struct pem *pem)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(pem->p, 1, pem->len, f), pem->len);
	ck_assert_int_eq(fclose(f), 0);
}

/* From files, through a file without a name, to a server that serves. */
START_TEST(files)
{
	struct credentials read, again;
	char dir[] = "/tmp/check_tls.XXXXXX", chain[64], key[64];
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(chain, sizeof(chain), "%s/chain", dir);
	snprintf(key, sizeof(key), "%s/key", dir);
	write_file(chain, &sc.chain);
	write_file(key, &sc.key);
	ck_assert_int_eq(credentials_read(&read, chain, key, NULL, why,
	    sizeof(why)), 0);
	ck_assert(credentials_same(&read, &sc));
	fd = credentials_pack(&read);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, "x", 1), -1);
	ck_assert_int_eq(credentials_unpack(&again, fd), 0);
	close(fd);
	ck_assert(credentials_same(&read, &again));
	ck_assert_mem_eq(read.ticket, again.ticket, sizeof(again.ticket));
	ck_assert_ptr_null(again.ca.p);
	server_context = tls_server(&again, why, sizeof(why));
	meet("server.test", true, 100000);
	expect_talk(100000);
	credentials_fini(&again);
	again = read;
	again.ca = cc.ca;
	ck_assert(!credentials_same(&read, &again));
	credentials_fini(&read);
	unlink(chain);
	ck_assert_int_eq(credentials_read(&read, chain, key, NULL, why,
	    sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, chain));
	ck_assert_int_eq(mkfifo(chain, 0600), 0);
	ck_assert_int_eq(credentials_read(&read, chain, key, NULL, why,
	    sizeof(why)), -1);
	unlink(chain);
	unlink(key);
	rmdir(dir);
}
END_TEST

/* Files that will not do are refused, by their names. */
START_TEST(unfit)
{
	static const char *const reasons[] = { "no certificate",
	    "no private key", "not the key", "no certificates of an authority",
	    "no private key" };
	struct pem chain, *bad = _i == 0 || _i == 4 ? &sc.chain : _i == 3 ?
	    &sc.ca : &sc.key;

	if (_i == 2) {
		free(sc.key.p);
		free(sc.key.name);
		unit_certificate("other", NULL, 0, &chain, &sc.key);
		free(chain.p);
		free(chain.name);
	} else if (_i == 3)
		sc.ca = unit_pem(&sc.key);
	else if (_i == 4) {
		free(sc.key.p);
		sc.key.p = NULL;
	} else
		memset(bad->p + bad->len / 2, '!', 8);
	free(bad->name);
	bad->name = strdup("/the/file");
	ck_assert_ptr_null(tls_server(&sc, why, sizeof(why)));
	ck_assert_msg(strncmp(why, "/the/file: ", 11) == 0 &&
	    strstr(why, reasons[_i]) != NULL, "%s", why);
}
END_TEST

#endif

int
main(void)
{
	Suite *s = suite_create("tls");
	TCase *t = unit_case(s, "tls");

#ifdef HAVE_OPENSSL
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, pieces, 0, 5);
	tcase_add_test(t, large);
	tcase_add_loop_test(t, stranger, 0, 9);
	tcase_add_test(t, client_certificate);
	tcase_add_loop_test(t, client_refused, 0, 3);
	tcase_add_loop_test(t, no_tls, 0, 4);
	tcase_add_loop_test(t, flipped, 0, 40);
	tcase_add_test(t, files);
	tcase_add_loop_test(t, unfit, 0, 5);
#else
	(void)t;
#endif
	return unit_main(s);
}
