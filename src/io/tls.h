/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS over memory, by OpenSSL: bytes of the wire in, bytes of the peer out, and
 * the other way round.  There is no socket and no waiting here, so that a
 * worker can have many of them, a client one, and a test both ends.
 *
 * TLS 1.2 and later; no renegotiation, no compression.  Certificates are
 * checked by OpenSSL alone, and so are the names and addresses in them.
 */
#ifndef IO_TLS_H
#define IO_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct credentials;
struct tls;
struct tls_context;

enum tls_result {
	TLS_OK,			/* all bytes have been taken */
	TLS_FULL,		/* plain is at its end; there may be more */
	TLS_END,		/* the peer says that no more will come */
	TLS_BAD			/* tls_error() says why; sticky */
};

bool	tls_is_built_in(void);

/*
 * What connections have in common.  A server has a chain and a key (which may
 * stand in the chain's file), and if it has a ca, clients must have a
 * certificate of it.  A client has what it is given; if it has no ca it
 * believes what the system does, unless it does not verify at all.  NULL: a
 * reason, which names the file.
 */
struct tls_context *tls_server(const struct credentials *, char *why,
	    size_t why_size);
struct tls_context *tls_client(const struct credentials *, bool verify,
	    char *why, size_t why_size);
/* Connections that have it keep it. */
void	tls_context_free(struct tls_context *);		/* NULL is fine */

/* host: a client's, the name or the address that it wants to reach. */
struct tls *tls_new(struct tls_context *, const char *host);
void	tls_free(struct tls *);				/* NULL is fine */

/*
 * Takes bytes that came over the wire; used is how many.  What they say goes
 * behind plain, as far as it has room without growing; what TLS has to say
 * about them itself, behind out.  After FULL it may be called with no bytes.
 * A client begins with a call without any.
 */
enum tls_result tls_read(struct tls *, const uint8_t *, size_t, size_t *used,
	    struct buf *plain, struct buf *out);

/* Appends to out what says the bytes; -1: it cannot, not yet or any more. */
int	tls_write(struct tls *, const uint8_t *, size_t, struct buf *out);

/* Appends that no more will come, if that can be said; once. */
void	tls_finish(struct tls *, struct buf *out);

bool	tls_is_ready(const struct tls *);	/* the handshake is over */
/* Whether a record has begun to come, and has not ended. */
bool	tls_is_within(const struct tls *);
bool	tls_is_resumed(const struct tls *);	/* it was short */
const char *tls_error(const struct tls *);
/*
 * Who the peer is by its certificate, as RFC 2253 writes it: "CN=x,O=y"; NULL
 * if it has shown none, or if the handshake is not over.
 */
const char *tls_subject(struct tls *);

#endif
