/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a listener lets in.  A worker can do more than each of its listeners
 * serves; here a connection's first bytes, and each message's, are compared
 * with the rules of the listener that it came by.
 */
#ifndef SERVE_GATE_H
#define SERVE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "serve/conn.h"
#include "serve/rules.h"
#include "wire/dialect.h"

#define GATE_WHY	100	/* bytes that hold any reason */

static inline const struct rules *
conn_rules(const struct conn *c)
{
	return worker_rules(c->worker, c->listener);
}

/* Whether nothing that can be served is refused. */
static inline bool
gate_is_open(const struct conn *c)
{
	const struct rules *r = conn_rules(c);

	return r->off == 0 && r->tls == RULES_TLS_AUTO;
}

/* Whether what begins in this way is refused, and why. */
bool	gate_refuses(const struct conn *, enum dialect, char why[GATE_WHY]);
/* The same of what stands in a frame. */
bool	gate_refuses_framed(const struct conn *, const uint8_t *payload,
	    size_t len, char why[GATE_WHY]);

/* And of what is the body of an HTTP request. */
bool	gate_refuses_body(const struct conn *, struct tf_str,
	    char why[GATE_WHY]);

/* Of a message whose envelope says it, and can say that it is refused. */
bool	gate_refuses_proto(const struct conn *, const struct wire_proto *);

/*
 * The listener by which fd once came, now that it comes from another worker;
 * NO_LISTENER where none has that address any more.
 */
uint8_t	gate_listener(const struct worker *, int fd);

/*
 * The PROXY header of a stranger (conn.h), whose first bytes these are: the
 * size of it; 0: it is not whole yet, the connection has been closed, or, with
 * a reason in why, it is none.
 */
size_t	gate_proxy(struct conn *, const uint8_t *p, size_t len,
	    const char **why);

#endif
