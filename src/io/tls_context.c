/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TLS connections have in common, from the bytes of files.  This is where
 * certificates and keys are parsed: in a worker, in a preflight or in a client,
 * and never in a master.
 */
#include "io/tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_OPENSSL

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/bug.h"
#include "io/credentials.h"
#include "io/tls_body.h"

/* As OpenSSL says it, or otherwise; -1. */
static int
fail(const struct pem *pem, const char *otherwise, char *why, size_t size)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = e == 0 ? NULL : ERR_reason_error_string(e);

	snprintf(why, size, "%s: %s%s%s%s", pem->name != NULL ? pem->name :
	    "credentials", otherwise, reason == NULL ? "" : " (",
	    reason == NULL ? "" : reason, reason == NULL ? "" : ")");
	ERR_clear_error();
	return -1;
}

/* Or OpenSSL would ask at the terminal. */
static int
no_password(char *to, int size, int writing, void *arg)
{
	(void)to, (void)size, (void)writing, (void)arg;
	return -1;
}

static BIO *
open_pem(const struct pem *pem)
{
	BIO *bio;

	ERR_clear_error();
	if ((bio = BIO_new_mem_buf(pem->p, (int)pem->len)) == NULL)
		fatal("out of memory: a certificate");
	return bio;
}

/* Whether the text ended where there was no more of it to be found. */
static bool
at_end(void)
{
	unsigned long e = ERR_peek_last_error();

	if (ERR_GET_LIB(e) != ERR_LIB_PEM ||
	    ERR_GET_REASON(e) != PEM_R_NO_START_LINE)
		return false;
	ERR_clear_error();
	return true;
}

/* The first is its own, the others lead to an authority. */
static int
use_chain(SSL_CTX *ctx, const struct pem *pem, char *why, size_t size)
{
	BIO *bio = open_pem(pem);
	X509 *x;
	int n = 0, rc = 1;

	while (rc == 1 && (x = PEM_read_bio_X509(bio, NULL, no_password,
	    NULL)) != NULL) {
		rc = n++ == 0 ? SSL_CTX_use_certificate(ctx, x) :
		    (int)SSL_CTX_add1_chain_cert(ctx, x);
		X509_free(x);
	}
	BIO_free(bio);
	if (rc == 1 && n > 0 && at_end())
		return 0;
	return fail(pem, "is no certificate that can be used", why, size);
}

static int
use_key(SSL_CTX *ctx, const struct pem *pem, char *why, size_t size)
{
	BIO *bio = open_pem(pem);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	int rc = key != NULL && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	if (key == NULL)
		return fail(pem, "is no private key that can be read", why,
		    size);
	if (rc == 1 && SSL_CTX_check_private_key(ctx) == 1)
		return 0;
	return fail(pem, "is not the key of the certificate", why, size);
}

static int
use_ca(SSL_CTX *ctx, const struct pem *pem, bool is_server, char *why,
    size_t size)
{
	BIO *bio = open_pem(pem);
	X509 *x;
	int n = 0, rc = 1;

	while (rc == 1 && (x = PEM_read_bio_X509(bio, NULL, no_password,
	    NULL)) != NULL) {
		rc = X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x) == 1 &&
		    (!is_server || SSL_CTX_add_client_CA(ctx, x) == 1);
		X509_free(x);
		n++;
	}
	BIO_free(bio);
	if (rc == 1 && n > 0 && at_end())
		return 0;
	return fail(pem, "holds no certificates of an authority", why, size);
}

/* The chain, the key in a file of its own or in the chain's, the authority. */
static int
use_all(struct tls_context *c, const struct credentials *from, char *why,
    size_t size)
{
	const struct pem *key = from->key.p != NULL ? &from->key :
	    &from->chain;

	if (from->chain.p != NULL &&
	    (use_chain(c->ctx, &from->chain, why, size) == -1 ||
	    use_key(c->ctx, key, why, size) == -1))
		return -1;
	return from->ca.p == NULL ? 0 :
	    use_ca(c->ctx, &from->ca, c->is_server, why, size);
}

static struct tls_context *
make(bool is_server)
{
	struct tls_context *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->memory = tls_memory_method()) == NULL ||
	    (c->ctx = SSL_CTX_new(TLS_method())) == NULL)
		fatal("out of memory: TLS");
	c->users = 1;
	c->is_server = is_server;
	SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(c->ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(c->ctx, SSL_SESS_CACHE_OFF);
	return c;
}

/*
 * A session may be taken up by any worker that has the same ticket key, but
 * only where its client would be believed as well: its name is the authority's.
 */
static int
set_tickets(SSL_CTX *ctx, const struct credentials *from)
{
	uint8_t name[EVP_MAX_MD_SIZE], key[CREDENTIALS_TICKET];
	unsigned len;

	if (EVP_Digest(from->ca.p == NULL ? "" : from->ca.p, from->ca.len,
	    name, &len, EVP_sha256(), NULL) != 1)
		return -1;
	memcpy(key, from->ticket, sizeof(key));
	return SSL_CTX_set_session_id_context(ctx, name, len) == 1 &&
	    SSL_CTX_set_tlsext_ticket_keys(ctx, key, sizeof(key)) == 1 ? 0 :
	    -1;
}

struct tls_context *
tls_server(const struct credentials *from, char *why, size_t size)
{
	struct tls_context *c = make(true);

	if (use_all(c, from, why, size) == -1) {
		tls_context_free(c);
		return NULL;
	}
	if (set_tickets(c->ctx, from) == -1) {
		fail(&from->chain, "sessions cannot be sealed", why, size);
		tls_context_free(c);
		return NULL;
	}
	if (from->ca.p != NULL)
		SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER |
		    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return c;
}

struct tls_context *
tls_client(const struct credentials *from, bool verify, char *why, size_t size)
{
	struct tls_context *c = make(false);

	if (use_all(c, from, why, size) == -1) {
		tls_context_free(c);
		return NULL;
	}
	if (from->ca.p == NULL)
		SSL_CTX_set_default_verify_paths(c->ctx);
	SSL_CTX_set_verify(c->ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
	    NULL);
	return c;
}

void
tls_context_free(struct tls_context *c)
{
	if (c == NULL || --c->users > 0)
		return;
	SSL_CTX_free(c->ctx);
	BIO_meth_free(c->memory);
	free(c);
}

#else

static struct tls_context *
not_built_in(char *why, size_t size)
{
	snprintf(why, size, "TLS is not built in");
	return NULL;
}

struct tls_context *
tls_server(const struct credentials *from, char *why, size_t size)
{
	(void)from;
	return not_built_in(why, size);
}

struct tls_context *
tls_client(const struct credentials *from, bool verify, char *why, size_t size)
{
	(void)from, (void)verify;
	return not_built_in(why, size);
}

void
tls_context_free(struct tls_context *c)
{
	(void)c;
}

#endif
