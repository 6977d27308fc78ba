/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PROXY protocol, versions 1 and 2: what a proxy says before the first
 * byte of a connection about who is at its other end.  To be believed only
 * where the administrator has said that proxies connect.
 */
#ifndef WIRE_PROXY_H
#define WIRE_PROXY_H

#include <stddef.h>
#include <stdint.h>

#define PROXY_MAX_BYTES	4096	/* more, with its extensions, is refused */
#define PROXY_PATH	108

enum proxy_result {
	PROXY_DONE,		/* size is how many bytes it takes */
	PROXY_MORE,
	PROXY_BAD		/* why; the connection is lost */
};

enum proxy_kind {
	PROXY_LOCAL,		/* the proxy itself: its own address counts */
	PROXY_UNKNOWN,		/* so does it if the proxy does not know */
	PROXY_IP4,
	PROXY_IP6,
	PROXY_UNIX
};

struct proxy_end {
	uint8_t		 ip[16];	/* the first 4 in IP4 */
	uint16_t	 port;
	char		 path[PROXY_PATH + 1];	/* "" if it has none */
};

struct proxy {
	enum proxy_kind	 kind;
	struct proxy_end source, destination;
	size_t		 size;
	const char	*why;		/* static */
};

/*
 * From the first byte of the connection; with more bytes after MORE.  Nothing
 * is remembered between calls: what is short is read again.
 */
enum proxy_result proxy_read(struct proxy *, const uint8_t *p, size_t len);

#endif
