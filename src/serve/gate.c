/* SPDX-License-Identifier: Apache-2.0 */
/* See gate.h. */
#include "serve/gate.h"

#include <stdio.h>
#include <sys/socket.h>

#define SWITCHED_OFF	", which is switched off here"

/* The words of dialects that have one each. */
static const uint16_t words[] = {
	[DIALECT_COMPACT] = RULES_COMPACT,
	[DIALECT_BINARY] = RULES_BINARY,
	[DIALECT_OLD_BINARY] = RULES_BINARY,
	[DIALECT_JSON] = RULES_JSON,
	[DIALECT_HEADER] = RULES_HEADER,
	[DIALECT_FRAMED_HEADER] = RULES_HEADER,
	[DIALECT_ZLIB] = RULES_ZLIB,
	[DIALECT_HTTP] = RULES_HTTP,
	[DIALECT_BIG_FRAME] = 0,	/* the last one: there is no other */
};

static bool
is_message(enum dialect d)
{
	return d == DIALECT_COMPACT || d == DIALECT_BINARY ||
	    d == DIALECT_OLD_BINARY || d == DIALECT_JSON;
}

/* Of a dialect by itself; or, if it is a message, where it must not stand. */
static bool
refuses(const struct conn *c, enum dialect d, unsigned words_around,
    const char *where, char *why)
{
	unsigned off = conn_rules(c)->off;

	if ((off & words[d]) != 0)
		where = "";
	else if (!is_message(d) || (off & words_around) == 0)
		return false;
	snprintf(why, GATE_WHY, "%s%s" SWITCHED_OFF, dialect_name(d), where);
	return true;
}

/* What is the stream's whole content needs no word but the stream's. */
static unsigned
around(const struct conn *c, unsigned mask)
{
	return layers_have_zlib(c) ? 0 : mask;
}

bool
gate_refuses(const struct conn *c, enum dialect d, char why[GATE_WHY])
{
	const unsigned frames = RULES_FRAMED | RULES_HEADER;

	if (d == DIALECT_MORE || d == DIALECT_UNKNOWN)
		return false;
	if (d == DIALECT_TLS ? conn_rules(c)->tls == RULES_TLS_OFF :
	    d == DIALECT_FRAME && !layers_have_zlib(c) &&
	    (conn_rules(c)->off & frames) == frames) {
		snprintf(why, GATE_WHY, "%s" SWITCHED_OFF, dialect_name(d));
		return true;
	}
	if (d != DIALECT_TLS && conn_rules(c)->tls == RULES_TLS_ON &&
	    layers_subject(conn_layers(c)) == NULL) {
		snprintf(why, GATE_WHY, "%s without TLS, which is required "
		    "here", dialect_name(d));
		return true;
	}
	return refuses(c, d, around(c, RULES_UNFRAMED), " without a frame",
	    why);
}

bool
gate_refuses_framed(const struct conn *c, const uint8_t *payload, size_t len,
    char why[GATE_WHY])
{
	return refuses(c, dialect_in_frame(payload, len),
	    around(c, RULES_FRAMED), " in a frame", why);
}

bool
gate_refuses_body(const struct conn *c, struct tf_str body, char why[GATE_WHY])
{
	return refuses(c, dialect_in_frame((const uint8_t *)body.s, body.len),
	    0, "", why);
}

bool
gate_refuses_proto(const struct conn *c, const struct wire_proto *proto)
{
	unsigned off = proto == wire_compact() ? RULES_COMPACT :
	    proto == wire_binary() ? RULES_BINARY : RULES_JSON;

	return (conn_rules(c)->off & off) != 0;
}

uint8_t
gate_listener(const struct worker *w, int fd)
{
	struct addr local = { .len = sizeof(local.ss) };
	uint8_t listener = NO_LISTENER;
	enum addr_cover best = ADDR_OTHER, n;
	const struct door *d;

	if (getsockname(fd, (struct sockaddr *)&local.ss, &local.len) == -1)
		return listener;
	TAILQ_FOREACH(d, &w->doors, link)
		if ((n = addr_covers(&d->addr, &local)) > best) {
			best = n;
			listener = d->listener;
		}
	return listener;
}
