/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates for tests, made anew by OpenSSL each time, so that none is in
 * the tree and none runs out; and the other end of a TLS connection, which is
 * OpenSSL alone.
 */
#ifndef TESTS_UNIT_TLS_H
#define TESTS_UNIT_TLS_H

#include "io/credentials.h"

enum {
	CERT_SELF = 1,		/* signed by itself, not by the authority */
	CERT_EXPIRED = 2
};

/* The authority; made once in a process. */
struct pem unit_ca(void);

/*
 * A chain and a key of one named name: san is its subjectAltName, as
 * "DNS:x,IP:127.0.0.1", or NULL.  Both are the caller's.
 */
void	unit_certificate(const char *name, const char *san, int flags,
	    struct pem *chain, struct pem *key);
struct pem unit_pem(const struct pem *);	/* a copy */

#endif
