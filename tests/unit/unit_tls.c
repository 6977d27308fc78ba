/* SPDX-License-Identifier: Apache-2.0 */
/* See unit_tls.h. */
#include "unit_tls.h"

#ifdef HAVE_OPENSSL

#include <check.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

static X509 *ca;
static EVP_PKEY *ca_key;

static struct pem
text_of(BIO *bio)
{
	struct pem pem = { .name = strdup("test") };
	char *p;

	pem.len = (size_t)BIO_get_mem_data(bio, &p);
	pem.p = malloc(pem.len + 1);
	ck_assert_ptr_nonnull(pem.p);
	memcpy(pem.p, p, pem.len);
	BIO_free(bio);
	return pem;
}

static struct pem
certificate_text(X509 *x)
{
	BIO *bio = BIO_new(BIO_s_mem());

	ck_assert_int_eq(PEM_write_bio_X509(bio, x), 1);
	return text_of(bio);
}

static void
extend(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx = { 0 };
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static X509 *
draft(const char *name, EVP_PKEY *key, int flags)
{
	static long serial = 1;
	X509 *x = X509_new();

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x), -7200);
	X509_gmtime_adj(X509_getm_notAfter(x), flags & CERT_EXPIRED ? -3600 :
	    3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0);
	return x;
}

static void
make_ca(void)
{
	if (ca != NULL)
		return;
	ca_key = EVP_EC_gen("P-256");
	ca = draft("the authority", ca_key, 0);
	X509_set_issuer_name(ca, X509_get_subject_name(ca));
	extend(ca, NID_basic_constraints, "critical,CA:TRUE");
	ck_assert_int_gt(X509_sign(ca, ca_key, EVP_sha256()), 0);
}

struct pem
unit_ca(void)
{
	make_ca();
	return certificate_text(ca);
}

struct pem
unit_pem(const struct pem *from)
{
	struct pem pem = { strdup("test"), malloc(from->len + 1), from->len };

	ck_assert_ptr_nonnull(pem.p);
	memcpy(pem.p, from->p, from->len);
	return pem;
}

void
unit_certificate(const char *name, const char *san, int flags,
    struct pem *chain, struct pem *key)
{
	EVP_PKEY *own = EVP_EC_gen("P-256");
	X509 *x = draft(name, own, flags);
	BIO *bio = BIO_new(BIO_s_mem());

	make_ca();
	X509_set_issuer_name(x, X509_get_subject_name(flags & CERT_SELF ? x :
	    ca));
	if (san != NULL)
		extend(x, NID_subject_alt_name, san);
	ck_assert_int_gt(X509_sign(x, flags & CERT_SELF ? own : ca_key,
	    EVP_sha256()), 0);
	*chain = certificate_text(x);
	ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(bio, own, NULL, NULL, 0,
	    NULL, NULL), 1);
	*key = text_of(bio);
	X509_free(x);
	EVP_PKEY_free(own);
}

#endif
