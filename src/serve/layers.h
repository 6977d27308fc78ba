/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies between a connection's socket and its messages: TLS, a zlib
 * stream, zlib within TLS, or, as a rule, nothing at all, and then c->layers is
 * NULL and nobody comes here.
 *
 * A layer is begun by the first bytes of a connection, as a dialect is.  It
 * makes bytes of bytes in memory and knows no socket.  Going in, one portion at
 * most is made at a turn, so that what holds much in little takes no more of
 * the worker's time than others do, and no more memory than a receive buffer.
 * Going out, a batch of replies passes through all layers at once; what the
 * peer does not take is kept in the form that goes over the wire.
 */
#ifndef SERVE_LAYERS_H
#define SERVE_LAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/dialect.h"

struct buf;
struct conn;
struct layers;
struct worker;

/*
 * Puts a layer on c, of which these are the first bytes: all of them are taken.
 * NULL, or why there can be none here.
 */
const char *layers_begin(struct conn *, enum dialect, const uint8_t *,
	    size_t);
void	layers_free(struct layers *);		/* NULL is fine */

/*
 * recv(2) through the layers, and it counts what the socket gave.  -1 with
 * EAGAIN: no bytes this time; with EPROTO: never any more, which was logged;
 * with EBADMSG: the same, but the peer can still be written to.
 */
ssize_t	layers_recv(struct conn *, uint8_t *, size_t);

/* Whether there may be more to receive, of which the socket knows nothing. */
bool	layers_hold(const struct conn *);
/* Sees to it that c has another turn if they do. */
void	layers_arm(struct conn *);
/*
 * Whether the peer has to go on before bytes pass: with a handshake, or with a
 * record that has begun.
 */
bool	layers_are_midway(const struct conn *);

/* Whether messages come out of a zlib stream. */
bool	layers_have_zlib(const struct conn *);

/*
 * What the peer is to be sent for these bytes, in a buffer of the worker's that
 * is good until the next one is asked for.  NULL: it cannot be made.
 */
const struct buf *layers_encode(struct conn *, const struct buf *);

/* Of TLS: see struct tf_peer. */
const char *layers_subject(const struct layers *);
/* Connections that begin from now on are shown what is in that file. */
void	layers_renew(struct worker *, int fd);

/* Tells the peer that no more will come, if that can be said at once. */
void	layers_finish(struct conn *);

#endif
