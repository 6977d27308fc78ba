/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS for a stream, by OpenSSL on the stream's own socket: it looks like that
 * socket's connect(2), send(2) and recv(2).  What OpenSSL calls SSL_CTX and SSL
 * are the two structs here.
 */
#ifndef LOAD_TLS_H
#define LOAD_TLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TLS_RECORD	16384		/* bytes, at most, that one says */

struct ssl_ctx_st;
struct ssl_st;

/* All connections'; exits with 2 if the file holds no certificates. */
struct ssl_ctx_st *tls_client_new(const char *ca_file);
void	 tls_client_free(struct ssl_ctx_st *);		/* NULL is fine */

/* On a connected socket, which stays the caller's. */
struct ssl_st *tls_new(struct ssl_ctx_st *, int fd);
/* Says goodbye, if the handshake was over and nothing has gone wrong. */
void	 tls_free(struct ssl_st *);			/* NULL is fine */

/*
 * Goes on with the handshake; 0: it is over; otherwise what to wait for, as
 * epoll says it; -1 as below.
 */
int	 tls_shake(struct ssl_st *);

/*
 * As send(2) and recv(2) of a socket that does not block.  All is taken, or
 * nothing: what could not be sent is given again as it was, and len must be
 * TLS_RECORD at least to receive.  0 is an end that the peer has announced.
 */
ssize_t	 tls_send(struct ssl_st *, const uint8_t *, size_t len);
ssize_t	 tls_recv(struct ssl_st *, uint8_t *, size_t len);

/* What errno means that one of these has set; EPROTO: what TLS says. */
const char *tls_why(int error);

#endif
