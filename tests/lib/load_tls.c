/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS sessions of the load client, which shares no code with the server that it
 * judges.  The server is believed by the given authority alone, and must be
 * called localhost.
 */
#include "load_tls.h"

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "load.h"

static const char *reason = "";

const char *
tls_why(int error)
{
	return error == EPROTO ? reason : strerror(error);
}

#ifdef HAVE_OPENSSL

#include <openssl/err.h>
#include <openssl/ssl.h>

struct ssl_ctx_st *
tls_client_new(const char *ca_file)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (ctx == NULL)
		errx(LOAD_INTERNAL, "SSL_CTX_new");
	if (SSL_CTX_load_verify_file(ctx, ca_file) != 1)
		errx(LOAD_MISUSE, "--tls: %s: no certificates", ca_file);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	return ctx;
}

void
tls_client_free(struct ssl_ctx_st *c)
{
	SSL_CTX_free(c);
}

struct ssl_st *
tls_new(struct ssl_ctx_st *c, int fd)
{
	SSL *ssl = SSL_new(c);

	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 ||
	    SSL_set1_host(ssl, "localhost") != 1 ||
	    SSL_set_tlsext_host_name(ssl, "localhost") != 1)
		errx(LOAD_INTERNAL, "SSL_new");
	SSL_set_connect_state(ssl);
	return ssl;
}

void
tls_free(struct ssl_st *t)
{
	ERR_clear_error();
	if (t != NULL && SSL_is_init_finished(t))
		(void)SSL_shutdown(t);
	SSL_free(t);
	ERR_clear_error();
}

/* Why it is TLS that has failed. */
static int
fail(const char *why)
{
	static char text[160];

	text[0] = '\0';
	strncat(text, why, sizeof(text) - 1);
	reason = text;
	errno = EPROTO;
	return -1;
}

/* What rc of OpenSSL means: 0 the end, or -1 with errno. */
static int
judge(struct ssl_st *t, int rc)
{
	int saved = errno;
	const char *why;

	switch (SSL_get_error(t, rc)) {
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_SYSCALL:
		errno = saved;
		return errno != 0 ? -1 : fail("ended without close_notify");
	}
	if (ERR_GET_REASON(ERR_peek_error()) ==
	    SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return fail("ended without close_notify");
	why = ERR_reason_error_string(ERR_peek_error());
	return fail(why != NULL ? why : "an error without a name");
}

int
tls_shake(struct ssl_st *t)
{
	int rc;

	ERR_clear_error();
	rc = SSL_do_handshake(t);
	if (rc == 1)
		return 0;
	if (judge(t, rc) == 0)
		return fail("closed in the handshake");
	if (errno != EAGAIN)
		return -1;
	return SSL_want_write(t) ? EPOLLOUT : EPOLLIN;
}

ssize_t
tls_send(struct ssl_st *t, const uint8_t *b, size_t len)
{
	size_t n;
	int rc;

	ERR_clear_error();
	rc = SSL_write_ex(t, b, len, &n);
	if (rc == 1)
		return (ssize_t)n;
	if (judge(t, rc) == 0)
		errno = EPIPE;
	return -1;
}

ssize_t
tls_recv(struct ssl_st *t, uint8_t *b, size_t len)
{
	size_t n;
	int rc;

	ERR_clear_error();
	rc = SSL_read_ex(t, b, len, &n);
	return rc == 1 ? (ssize_t)n : judge(t, rc);
}

#else

struct ssl_ctx_st *
tls_client_new(const char *ca_file)
{
	(void)ca_file;
	errx(LOAD_MISUSE, "--tls: TLS is not built in");
}

void
tls_client_free(struct ssl_ctx_st *c)
{
	(void)c;
}

struct ssl_st *
tls_new(struct ssl_ctx_st *c, int fd)
{
	(void)c, (void)fd;
	return NULL;
}

void
tls_free(struct ssl_st *t)
{
	(void)t;
}

int
tls_shake(struct ssl_st *t)
{
	(void)t;
	return 0;
}

ssize_t
tls_send(struct ssl_st *t, const uint8_t *b, size_t len)
{
	(void)t, (void)b;
	return (ssize_t)len;
}

ssize_t
tls_recv(struct ssl_st *t, uint8_t *b, size_t len)
{
	(void)t, (void)b, (void)len;
	return 0;
}

#endif
