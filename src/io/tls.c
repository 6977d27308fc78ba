/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS sessions.  OpenSSL reads and writes through a BIO of ours, which takes
 * from the bytes that the caller has lent and appends to the caller's buffer:
 * what is on its way between them is kept by nobody twice.
 */
#include "io/tls.h"

#ifdef HAVE_OPENSSL

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/buf.h"
#include "io/tls_body.h"

struct tls {
	struct tls_context *context;
	SSL		*ssl;
	const uint8_t	*in;		/* lent, during a call */
	size_t		 in_len;
	struct buf	*out;		/* the caller's, during a call */
	bool		 bad, finished;
	char		*subject;
	char		 error[200];
};

bool
tls_is_built_in(void)
{
	return true;
}

static int
memory_read(BIO *bio, char *to, int size)
{
	struct tls *t = BIO_get_data(bio);
	size_t n = t->in_len < (size_t)size ? t->in_len : (size_t)size;

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(to, t->in, n);
	t->in += n;
	t->in_len -= n;
	return (int)n;
}

static int
memory_write(BIO *bio, const char *from, int size)
{
	struct tls *t = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (t->out == NULL || buf_put(t->out, from, (size_t)size) == -1)
		return -1;
	return size;
}

static long
memory_ctrl(BIO *bio, int cmd, long n, void *p)
{
	(void)bio, (void)n, (void)p;
	return cmd == BIO_CTRL_FLUSH;
}

BIO_METHOD *
tls_memory_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() |
	    BIO_TYPE_SOURCE_SINK, "memory of a caller");

	if (m == NULL)
		return NULL;
	BIO_meth_set_read(m, memory_read);
	BIO_meth_set_write(m, memory_write);
	BIO_meth_set_ctrl(m, memory_ctrl);
	return m;
}

/* OpenSSL compares, when it has the certificate. */
static void
expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char name[TLSEXT_MAXLEN_host_name + 1];	/* it takes no const one */

	if (X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1)
		return;
	X509_VERIFY_PARAM_set_hostflags(param,
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	strlcpy(name, host, sizeof(name));
	if (X509_VERIFY_PARAM_set1_host(param, host, 0) != 1 ||
	    SSL_set_tlsext_host_name(ssl, name) != 1)
		fatal("out of memory: TLS");
}

struct tls *
tls_new(struct tls_context *context, const char *host)
{
	struct tls *t = calloc(1, sizeof(*t));
	BIO *bio = BIO_new(context->memory);

	if (t == NULL || bio == NULL ||
	    (t->ssl = SSL_new(context->ctx)) == NULL)
		fatal("out of memory: TLS");
	t->context = context;
	context->users++;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	if (context->is_server)
		SSL_set_accept_state(t->ssl);
	else
		SSL_set_connect_state(t->ssl);
	if (host != NULL)
		expect_host(t->ssl, host);
	ERR_clear_error();
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	tls_context_free(t->context);
	free(t->subject);
	free(t);
}

/* What a certificate lacks says more than that one was not good. */
static void
remember_error(struct tls *t)
{
	unsigned long e = ERR_peek_error();
	long verdict = SSL_get_verify_result(t->ssl);
	const char *reason = NULL;

	t->bad = true;
	if (verdict != X509_V_OK &&
	    ERR_GET_REASON(e) == SSL_R_CERTIFICATE_VERIFY_FAILED)
		snprintf(t->error, sizeof(t->error),
		    "the peer's certificate: %s",
		    X509_verify_cert_error_string(verdict));
	else {
		reason = e == 0 ? NULL : ERR_reason_error_string(e);
		snprintf(t->error, sizeof(t->error), "%s", reason == NULL ?
		    "an error without a name" : reason);
	}
	ERR_clear_error();
}

static enum tls_result
judge(struct tls *t, int rc)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_OK;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_END;
	default:
		remember_error(t);
		return TLS_BAD;
	}
}

static enum tls_result
read_plain(struct tls *t, struct buf *plain)
{
	size_t room;
	int n;

	if (t->bad)
		return TLS_BAD;
	while ((room = plain->cap - plain->len) > 0) {
		ERR_clear_error();
		n = SSL_read(t->ssl, plain->p + plain->len,
		    room > INT_MAX ? INT_MAX : (int)room);
		if (n <= 0)
			return judge(t, n);
		plain->len += (size_t)n;
	}
	return TLS_FULL;
}

enum tls_result
tls_read(struct tls *t, const uint8_t *p, size_t len, size_t *used,
    struct buf *plain, struct buf *out)
{
	enum tls_result rc;

	t->in = p;
	t->in_len = len;
	t->out = out;
	rc = read_plain(t, plain);
	*used = len - t->in_len;
	t->in_len = 0;
	t->out = NULL;
	return rc;
}

int
tls_write(struct tls *t, const uint8_t *p, size_t len, struct buf *out)
{
	int n = 1;

	if (t->bad || t->finished || !SSL_is_init_finished(t->ssl))
		return -1;
	t->out = out;
	for (; len > 0 && n > 0; p += n, len -= (size_t)n) {
		ERR_clear_error();
		n = SSL_write(t->ssl, p, len > INT_MAX ? INT_MAX : (int)len);
		if (n <= 0) {
			remember_error(t);
			break;
		}
	}
	t->out = NULL;
	return len == 0 ? 0 : -1;
}

void
tls_finish(struct tls *t, struct buf *out)
{
	if (t->bad || t->finished || !SSL_is_init_finished(t->ssl))
		return;
	t->finished = true;
	t->out = out;
	SSL_shutdown(t->ssl);
	t->out = NULL;
	ERR_clear_error();
}

bool
tls_is_ready(const struct tls *t)
{
	return SSL_is_init_finished(t->ssl);
}

/* OpenSSL takes a record's header and its body, each as far as it has come. */
bool
tls_is_within(const struct tls *t)
{
	return SSL_has_pending(t->ssl) ||
	    strcmp(SSL_rstate_string(t->ssl), "RB") == 0;
}

bool
tls_is_resumed(const struct tls *t)
{
	return SSL_session_reused(t->ssl);
}

const char *
tls_error(const struct tls *t)
{
	return t->error;
}

static char *
name_text(X509_NAME *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p, *text;
	long len;

	if (bio == NULL || X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_RFC2253) == -1)
		fatal("out of memory: TLS");
	len = BIO_get_mem_data(bio, &p);
	if ((text = strndup(p, (size_t)len)) == NULL)
		fatal("out of memory: TLS");
	BIO_free(bio);
	return text;
}

const char *
tls_subject(struct tls *t)
{
	X509 *x;

	if (t->subject == NULL && SSL_is_init_finished(t->ssl) &&
	    (x = SSL_get0_peer_certificate(t->ssl)) != NULL)
		t->subject = name_text(X509_get_subject_name(x));
	return t->subject;
}

#else

bool
tls_is_built_in(void)
{
	return false;
}

struct tls *
tls_new(struct tls_context *context, const char *host)
{
	(void)context, (void)host;
	return NULL;
}

void
tls_free(struct tls *t)
{
	(void)t;
}

enum tls_result
tls_read(struct tls *t, const uint8_t *p, size_t len, size_t *used,
    struct buf *plain, struct buf *out)
{
	(void)t, (void)p, (void)len, (void)plain, (void)out;
	*used = 0;
	return TLS_BAD;
}

int
tls_write(struct tls *t, const uint8_t *p, size_t len, struct buf *out)
{
	(void)t, (void)p, (void)len, (void)out;
	return -1;
}

void
tls_finish(struct tls *t, struct buf *out)
{
	(void)t, (void)out;
}

bool
tls_is_ready(const struct tls *t)
{
	(void)t;
	return false;
}

bool
tls_is_within(const struct tls *t)
{
	(void)t;
	return false;
}

bool
tls_is_resumed(const struct tls *t)
{
	(void)t;
	return false;
}

const char *
tls_error(const struct tls *t)
{
	(void)t;
	return "TLS is not built in";
}

const char *
tls_subject(struct tls *t)
{
	(void)t;
	return NULL;
}

#endif
