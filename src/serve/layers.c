/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See layers.h.  The stack is read from its top: each layer asks the one below
 * for a portion when it has nothing left of the last one, and the lowest asks
 * the socket, once in a turn.
 */
#include "serve/layers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bug.h"
#include "io/credentials.h"
#include "io/tls.h"
#include "serve/conn.h"
#include "wire/zstream.h"

#define MAX_LAYERS	2
#define KEEP_BYTES	(2 * SEND_BYTES)
#define MORE_BYTES	(64 * 1024)	/* than there were: what a layer may
					   make of them, beside a 64th */

enum layer_kind { LAYER_TLS, LAYER_ZLIB };

struct layer {
	enum layer_kind	 kind;
	bool		 full;		/* has more to give than was asked */
	bool		 ended;		/* the peer has said so */
	uint8_t		*rest;		/* given, but not taken yet */
	size_t		 off, len;
};

struct layers {
	struct layer	 stack[MAX_LAYERS];	/* the lowest first */
	unsigned	 n;
	bool		 has_read;	/* the socket, in this turn */
	bool		 wrote, finished;
	bool		 shaken;	/* hands, by TLS, and counted */
	struct tls	*tls;
	struct zstream	*zlib;
};

static bool
has(const struct layers *ls, enum layer_kind kind)
{
	for (unsigned i = 0; ls != NULL && i < ls->n; i++)
		if (ls->stack[i].kind == kind)
			return true;
	return false;
}

/* The worker's buffers for layers are there once there has been one. */
static void
make_buffers(struct worker *w)
{
	size_t max = w->send.max + w->send.max / 64 + MORE_BYTES;

	if (w->portions != NULL)
		return;
	w->portions = malloc((size_t)MAX_LAYERS * RECEIVE_BYTES);
	if (w->portions == NULL)
		fatal("out of memory: a layer");
	for (int i = 0; i < MAX_LAYERS; i++)
		buf_init(&w->coded[i], max);
}

static void
keep_rest(struct layer *l, const uint8_t *p, size_t len)
{
	if (len == 0)
		return;
	if ((l->rest = malloc(len)) == NULL)
		fatal("out of memory: a layer");
	memcpy(l->rest, p, len);
	l->off = 0;
	l->len = len;
}

static struct tls_context *
tls_context_of(const struct worker *w)
{
	return w->renewed != NULL ? w->renewed : w->config->tls_context;
}

/* Why no such layer can begin on c; NULL: it can. */
static const char *
obstacle(const struct conn *c, enum dialect d)
{
	if (c->spoken || has(conn_layers(c), LAYER_ZLIB))
		return dialect_name(d);
	if (d == DIALECT_ZLIB)
		return zstream_is_built_in() ? NULL :
		    "zlib, which is not built in";
	if (conn_layers(c) != NULL)
		return dialect_name(d);
	if (!tls_is_built_in())
		return "a TLS hello, but TLS is not built in";
	return tls_context_of(c->worker) != NULL ? NULL :
	    "a TLS hello, but there is no tls-certificate";
}

static struct layers *
make_layers(struct conn *c)
{
	struct rare *r = conn_rare(c);

	if (r->layers == NULL &&
	    (r->layers = calloc(1, sizeof(*r->layers))) == NULL)
		fatal("out of memory: a layer");
	return r->layers;
}

const char *
layers_begin(struct conn *c, enum dialect d, const uint8_t *p, size_t len)
{
	const char *why = obstacle(c, d);
	struct layers *ls;
	struct layer *l;

	if (why != NULL)
		return why;
	make_buffers(c->worker);
	ls = make_layers(c);
	l = &ls->stack[ls->n++];
	if (d == DIALECT_TLS) {
		l->kind = LAYER_TLS;
		ls->tls = tls_new(tls_context_of(c->worker), NULL);
	} else {
		l->kind = LAYER_ZLIB;
		ls->zlib = zstream_new();
	}
	keep_rest(l, p, len);
	return NULL;
}

void
layers_renew(struct worker *w, int fd)
{
	struct tls_context *context;
	struct credentials c;
	char why[400];

	if (fd == -1 || credentials_unpack(&c, fd) == -1) {
		log_warnx("new certificates have not come through");
		return;
	}
	context = tls_server(&c, why, sizeof(why));
	credentials_fini(&c);
	if (context == NULL) {
		log_warnx("new certificates cannot be used: %s", why);
		return;
	}
	tls_context_free(w->renewed);
	w->renewed = context;
}

void
layers_free(struct layers *ls)
{
	if (ls == NULL)
		return;
	for (unsigned i = 0; i < ls->n; i++)
		free(ls->stack[i].rest);
	tls_free(ls->tls);
	zstream_free(ls->zlib);
	free(ls);
}

/* ---- in */

static ssize_t
from_socket(struct conn *c, uint8_t *p, size_t len)
{
	struct layers *ls = conn_layers(c);
	ssize_t n;

	if (ls->has_read) {
		errno = EAGAIN;
		return -1;
	}
	ls->has_read = true;
	n = recv(c->watch.fd, p, len, 0);
	conn_count_read(c, n);
	return n;
}

/* Takes bytes off the rest, or makes a rest of those that are left. */
static void
taken(struct layer *l, const uint8_t *p, size_t used, size_t len)
{
	if (l->rest == NULL) {
		keep_rest(l, p + used, len - used);
		return;
	}
	l->off += used;
	l->len -= used;
	if (l->len > 0)
		return;
	free(l->rest);
	l->rest = NULL;
}

static struct buf *
coded(struct conn *c, enum layer_kind kind)
{
	struct buf *b = &c->worker->coded[kind];

	buf_reset(b, KEEP_BYTES);
	return b;
}

/* What TLS has to say itself gathers behind what it had to say before. */
static enum zstream_result
decode_tls(struct conn *c, const uint8_t *p, size_t len, size_t *used,
    struct buf *to)
{
	struct layers *ls = conn_layers(c);
	enum tls_result rc;

	rc = tls_read(ls->tls, p, len, used, to,
	    &c->worker->coded[LAYER_TLS]);
	if (!ls->shaken && tls_is_ready(ls->tls)) {
		ls->shaken = true;
		conn_count(c, COUNTER_TLS_HANDSHAKES, 1);
		if (tls_is_resumed(ls->tls))
			conn_count(c, COUNTER_TLS_RESUMED, 1);
	}
	return rc == TLS_OK ? ZSTREAM_OK : rc == TLS_FULL ? ZSTREAM_FULL :
	    rc == TLS_END ? ZSTREAM_END : ZSTREAM_BAD;
}

static enum zstream_result
decode(struct conn *c, struct layer *l, const uint8_t *p, size_t len,
    struct buf *to)
{
	enum zstream_result rc;
	size_t used;

	rc = l->kind == LAYER_TLS ? decode_tls(c, p, len, &used, to) :
	    zstream_read(conn_layers(c)->zlib, p, len, &used, to);
	taken(l, p, used, len);
	return rc;
}

static ssize_t
refuse(struct conn *c, const struct layer *l)
{
	bool is_tls = l->kind == LAYER_TLS;
	unsigned skipped;

	conn_count(c, is_tls ? COUNTER_TLS_ERRORS : COUNTER_PROTOCOL_ERRORS, 1);
	conn_will_close(c, is_tls ? COUNTER_CLOSED_TLS :
	    COUNTER_CLOSED_PROTOCOL);
	if (log_rate_ok(&c->worker->noise, &skipped))
		log_info("%s: closed: %s%s (%u more like this)", c->peer,
		    is_tls ? "TLS: " : "no zlib stream",
		    is_tls ? tls_error(conn_layers(c)->tls) : "", skipped);
	/* What we say in a stream of our own is understood all the same. */
	errno = is_tls ? EPROTO : EBADMSG;
	return -1;
}

static ssize_t
pull(struct conn *c, unsigned level, uint8_t *p, size_t size)
{
	struct buf to = { .p = p, .cap = size, .max = size };
	struct layer *l;
	uint8_t *portion;
	ssize_t n = 0;

	if (level-- == 0)
		return from_socket(c, p, size);
	l = &conn_layers(c)->stack[level];
	portion = c->worker->portions + level * RECEIVE_BYTES;
	while (to.len == 0 && !l->ended) {
		if (l->rest == NULL && !l->full &&
		    (n = pull(c, level, portion, RECEIVE_BYTES)) <= 0)
			return n;
		switch (l->rest != NULL ?
		    decode(c, l, l->rest + l->off, l->len, &to) :
		    decode(c, l, portion, l->full ? 0 : (size_t)n, &to)) {
		case ZSTREAM_OK:
			l->full = false;
			break;
		case ZSTREAM_FULL:
			l->full = true;
			break;
		case ZSTREAM_END:
			l->ended = true;
			break;
		case ZSTREAM_BAD:
			l->full = true;		/* to be said again */
			if (to.len == 0)
				return refuse(c, l);
		}
	}
	return (ssize_t)to.len;
}

ssize_t
layers_recv(struct conn *c, uint8_t *p, size_t size)
{
	struct buf *own = coded(c, LAYER_TLS);
	struct layers *ls = conn_layers(c);
	ssize_t n;
	int error;

	ls->has_read = false;
	n = pull(c, ls->n, p, size);
	if (own->len == 0)
		return n;
	error = errno;
	output_bytes(c, own);
	errno = conn_is_open(c) ? error : EAGAIN;
	return conn_is_open(c) ? n : -1;
}

bool
layers_hold(const struct conn *c)
{
	const struct layers *ls = conn_layers(c);
	const struct layer *l;

	for (unsigned i = 0; ls != NULL && i < ls->n; i++) {
		l = &ls->stack[i];
		if (l->full || l->ended || l->rest != NULL)
			return true;
	}
	return false;
}

/* A socket that can be written to, as a rule it can, is ready at once. */
void
layers_arm(struct conn *c)
{
	if (conn_layers(c) == NULL || !conn_is_open(c) || conn_is_blocked(c) ||
	    c->eof || c->waits)
		return;
	watch_change(&c->worker->loop, &c->watch,
	    c->place != PLACE_LINGER && !c->mute && layers_hold(c) ?
	    EPOLLIN | EPOLLOUT : EPOLLIN);
}

bool
layers_are_midway(const struct conn *c)
{
	const struct layers *ls = conn_layers(c);

	return ls != NULL && ls->tls != NULL &&
	    (!ls->shaken || tls_is_within(ls->tls));
}

const char *
layers_subject(const struct layers *ls)
{
	const char *subject;

	if (ls == NULL || !ls->shaken)
		return NULL;
	subject = tls_subject(ls->tls);
	return subject == NULL ? "" : subject;
}

bool
layers_have_zlib(const struct conn *c)
{
	return has(conn_layers(c), LAYER_ZLIB);
}

/* ---- out */

const struct buf *
layers_encode(struct conn *c, const struct buf *plain)
{
	struct layers *ls = conn_layers(c);
	struct buf *to;

	ls->wrote = true;
	if (ls->zlib != NULL) {
		to = coded(c, LAYER_ZLIB);
		if (zstream_write(ls->zlib, plain->p, plain->len, to) == -1)
			return NULL;
		plain = to;
	}
	if (ls->tls != NULL) {
		to = coded(c, LAYER_TLS);
		if (tls_write(ls->tls, plain->p, plain->len, to) == -1)
			return NULL;
		plain = to;
	}
	return plain;
}

/* The peer that cares will miss it; nobody waits for room. */
void
layers_finish(struct conn *c)
{
	struct layers *ls = conn_layers(c);
	struct buf *end, *to;

	if (ls == NULL || ls->finished || conn_is_blocked(c))
		return;
	ls->finished = true;
	end = coded(c, LAYER_ZLIB);
	if (ls->zlib != NULL && ls->wrote)
		zstream_finish(ls->zlib, end);
	to = end;
	if (ls->tls != NULL) {
		to = coded(c, LAYER_TLS);
		if (end->len > 0)
			tls_write(ls->tls, end->p, end->len, to);
		tls_finish(ls->tls, to);
	}
	if (to->len > 0)
		send(c->watch.fd, to->p, to->len, MSG_NOSIGNAL | MSG_DONTWAIT);
}
