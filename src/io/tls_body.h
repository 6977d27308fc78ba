/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files about TLS share: one is of contexts, one of sessions. */
#ifndef IO_TLS_BODY_H
#define IO_TLS_BODY_H

#include <openssl/ssl.h>

#include <stdbool.h>

struct tls_context {
	SSL_CTX		*ctx;
	BIO_METHOD	*memory;	/* how sessions read and write */
	unsigned	 users;		/* sessions, and who has made it */
	bool		 is_server;
};

/* tls.c: for the context; NULL: out of memory. */
BIO_METHOD *tls_memory_method(void);

#endif
