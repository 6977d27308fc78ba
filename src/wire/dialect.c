/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first bytes of each dialect are a table; what a prefix cannot say, the
 * check digits of zlib's header and the mechanism of a SASL start, stands
 * beside it.
 */
#include "wire/dialect.h"

#include <stdbool.h>
#include <string.h>

#include "wire/frame.h"

#define SASL_BYTES	6

struct prefix {
	const char	*bytes;
	uint8_t		 len;
	uint8_t		 dialect;
};

#define PREFIX(s, d)	{ s, sizeof(s) - 1, DIALECT_##d }

/* No entry is the beginning of another one. */
static const struct prefix prefixes[] = {
	PREFIX("\x80\x01", BINARY),
	PREFIX("\x82", COMPACT),
	PREFIX("[", JSON),
	PREFIX("POST ", HTTP),
	PREFIX("GET ", HTTP),
	PREFIX("HEAD ", HTTP),
	PREFIX("OPTIONS ", HTTP),
	PREFIX("PUT ", HTTP),
	PREFIX("DELETE ", HTTP),
	PREFIX("PATCH ", HTTP),
	PREFIX("CONNECT ", HTTP),
	PREFIX("TRACE ", HTTP),
	PREFIX("PRI * HTTP/2", HTTP_2),
	PREFIX("\x16\x03\x00", TLS),
	PREFIX("\x16\x03\x01", TLS),
	PREFIX("\x16\x03\x02", TLS),
	PREFIX("\x16\x03\x03", TLS),
	PREFIX("\x16\x03\x04", TLS),
	PREFIX("PROXY ", PROXY_1),
	PREFIX("\r\n\r\n", PROXY_2),
	PREFIX("\x78\x01", ZLIB),
	PREFIX("\x78\x5e", ZLIB),
	PREFIX("\x78\x9c", ZLIB),
	PREFIX("\x78\xda", ZLIB),
	PREFIX("BIGF", BIG_FRAME),
};

static const char *const names[] = {
	[DIALECT_MORE] = "too few bytes",
	[DIALECT_UNKNOWN] = "an unknown dialect",
	[DIALECT_FRAME] = "framed",
	[DIALECT_COMPACT] = "compact",
	[DIALECT_BINARY] = "binary",
	[DIALECT_JSON] = "JSON",
	[DIALECT_OLD_BINARY] = "binary without a version",
	[DIALECT_HEADER] = "THeader",
	[DIALECT_FRAMED_HEADER] = "THeader in a second frame",
	[DIALECT_ZLIB] = "zlib",
	[DIALECT_HTTP] = "an HTTP request",
	[DIALECT_TLS] = "a TLS hello",
	[DIALECT_PROXY_1] = "a PROXY header, version 1",
	[DIALECT_PROXY_2] = "a PROXY header, version 2",
	[DIALECT_HTTP_2] = "HTTP/2",
	[DIALECT_SASL] = "a SASL start",
	[DIALECT_BIG_FRAME] = "a frame of fbthrift's BIGF form",
};

/*
 * A frame of 16 MiB, or the start of SASL: a status of 1 and the length of a
 * mechanism's name, which is in capitals.  No message begins with a length and
 * a capital.
 */
static enum dialect
look_at_one(const uint8_t *p, size_t len)
{
	static const uint8_t start[] = { 1, 0, 0, 0 };
	size_t n = len < sizeof(start) ? len : sizeof(start);

	if (memcmp(p, start, n) != 0)
		return DIALECT_FRAME;
	if (len < SASL_BYTES)
		return DIALECT_MORE;
	if (p[4] >= 1 && p[4] <= 20 && p[5] >= 'A' && p[5] <= 'Z')
		return DIALECT_SASL;
	return DIALECT_FRAME;
}

enum dialect
dialect_look(const uint8_t *p, size_t len)
{
	enum dialect d = DIALECT_UNKNOWN;
	const struct prefix *x;

	if (len == 0)
		return DIALECT_MORE;
	if (p[0] == 0x01)
		return look_at_one(p, len);
	if (p[0] < '\r')
		return DIALECT_FRAME;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		x = &prefixes[i];
		if (memcmp(p, x->bytes, len < x->len ? len : x->len) != 0)
			continue;
		if (len >= x->len)
			return x->dialect;
		d = DIALECT_MORE;
	}
	/* Below PROXY's first bytes are the longest of frames. */
	if (d == DIALECT_UNKNOWN && p[0] == '\r' &&
	    memcmp(p, "\r\n\r\n", len < 4 ? len : 4) < 0)
		return DIALECT_FRAME;
	return d;
}

/*
 * Apache's clients send THeader so if they are told to use their framed
 * transport as well.  As binary without a version it would be a name that
 * leaves no room for what follows one.
 */
static bool
is_framed_header(const uint8_t *p, size_t len)
{
	return len >= FRAME_HEADER + 2 &&
	    frame_size(p, len, DIALECT_MAX_FRAME) == (int64_t)len &&
	    p[FRAME_HEADER] == 0x0f && p[FRAME_HEADER + 1] == 0xff;
}

enum dialect
dialect_in_frame(const uint8_t *p, size_t len)
{
	if (len < 2)
		return DIALECT_UNKNOWN;
	switch (p[0]) {
	case 0x82:
		return DIALECT_COMPACT;
	case 0x80:
		return p[1] == 0x01 ? DIALECT_BINARY : DIALECT_UNKNOWN;
	case 0x0f:
		return p[1] == 0xff ? DIALECT_HEADER : DIALECT_UNKNOWN;
	case '[':
		return DIALECT_JSON;
	default:
		if (p[0] >= '\r')
			return DIALECT_UNKNOWN;
		return is_framed_header(p, len) ? DIALECT_FRAMED_HEADER :
		    DIALECT_OLD_BINARY;
	}
}

const char *
dialect_name(enum dialect d)
{
	return names[d];
}
