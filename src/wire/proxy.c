/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version 1 is a line of text of up to 107 bytes, version 2 a block of bytes
 * that begins with what no other protocol begins with.
 */
#include "wire/proxy.h"

#include <arpa/inet.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES	107	/* of version 1, its end included */
#define HEAD_BYTES	16	/* of version 2 */
#define TLV_BYTES	3

static const char sign[] = "\r\n\r\n\0\r\nQUIT\n";

#define SIGN_BYTES	(sizeof(sign) - 1)

static enum proxy_result
bad(struct proxy *x, const char *why)
{
	x->why = why;
	return PROXY_BAD;
}

/* The next word of a line; false: none. */
static bool
next_word(char **rest, const char **word)
{
	char *s = *rest;

	if (s == NULL || *s == '\0' || *s == ' ')
		return false;
	*word = s;
	if ((s = strchr(s, ' ')) != NULL)
		*s++ = '\0';
	*rest = s;
	return true;
}

static bool
take_address(char **rest, int family, struct proxy_end *end)
{
	const char *word;

	return next_word(rest, &word) && inet_pton(family, word, end->ip) == 1;
}

/* Decimal, no zero before it. */
static bool
take_port(char **rest, struct proxy_end *end)
{
	const char *word;
	size_t n;

	if (!next_word(rest, &word))
		return false;
	n = strspn(word, "0123456789");
	if (n == 0 || n > 5 || word[n] != '\0' || (word[0] == '0' && n > 1) ||
	    strtoul(word, NULL, 10) > UINT16_MAX)
		return false;
	end->port = (uint16_t)strtoul(word, NULL, 10);
	return true;
}

/* What stands between "PROXY " and the end of the line. */
static enum proxy_result
read_words(struct proxy *x, char *rest)
{
	const char *word;
	int family;

	if (!next_word(&rest, &word))
		return bad(x, "a PROXY line without a family");
	if (strcmp(word, "UNKNOWN") == 0) {
		x->kind = PROXY_UNKNOWN;
		return PROXY_DONE;
	}
	if (strcmp(word, "TCP4") == 0) {
		x->kind = PROXY_IP4;
		family = AF_INET;
	} else if (strcmp(word, "TCP6") == 0) {
		x->kind = PROXY_IP6;
		family = AF_INET6;
	} else {
		return bad(x, "a PROXY line of an unknown family");
	}
	if (!take_address(&rest, family, &x->source) ||
	    !take_address(&rest, family, &x->destination) ||
	    !take_port(&rest, &x->source) ||
	    !take_port(&rest, &x->destination) || rest != NULL)
		return bad(x, "a PROXY line with malformed addresses");
	return PROXY_DONE;
}

static enum proxy_result
read_line(struct proxy *x, const uint8_t *p, size_t len)
{
	const uint8_t *nl;
	char line[LINE_BYTES];
	size_t n;

	nl = memchr(p, '\n', len < LINE_BYTES ? len : LINE_BYTES);
	if (nl == NULL)
		return len < LINE_BYTES ? PROXY_MORE :
		    bad(x, "a PROXY line that is too long");
	n = (size_t)(nl - p);
	if (n < 6 || p[n - 1] != '\r' || memchr(p, '\0', n) != NULL)
		return bad(x, "a malformed PROXY line");
	memcpy(line, p, n - 1);
	line[n - 1] = '\0';
	x->size = n + 1;
	return read_words(x, line + 6);
}

static size_t
get_16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* Source, destination, then their ports. */
static void
take_ip(struct proxy *x, const uint8_t *p, size_t size)
{
	memcpy(x->source.ip, p, size);
	memcpy(x->destination.ip, p + size, size);
	x->source.port = (uint16_t)get_16(p + 2 * size);
	x->destination.port = (uint16_t)get_16(p + 2 * size + 2);
}

/* Extensions have to end where the block does. */
static bool
skip_extensions(const uint8_t *p, size_t len)
{
	while (len > 0) {
		if (len < TLV_BYTES || len - TLV_BYTES < get_16(p + 1))
			return false;
		len -= TLV_BYTES + get_16(p + 1);
		p += TLV_BYTES + get_16(p + 1);
	}
	return true;
}

static enum proxy_result
read_addresses(struct proxy *x, uint8_t family, const uint8_t *p, size_t len)
{
	/* By address family, the upper half of the byte. */
	static const struct { enum proxy_kind kind; size_t bytes; } all[] = {
		{ PROXY_UNKNOWN, 0 }, { PROXY_IP4, 12 }, { PROXY_IP6, 36 },
		{ PROXY_UNIX, 2 * PROXY_PATH },
	};

	if (family >> 4 > 3 || (family & 0x0f) > 2)
		return bad(x, "a PROXY header of an unknown family");
	/* Without a family or a transport, the rest says nothing. */
	if (family >> 4 == 0 || (family & 0x0f) == 0) {
		x->kind = PROXY_UNKNOWN;
		return PROXY_DONE;
	}
	x->kind = all[family >> 4].kind;
	if (len < all[family >> 4].bytes)
		return bad(x, "a PROXY header too short for its addresses");
	if (x->kind == PROXY_UNIX) {
		memcpy(x->source.path, p, PROXY_PATH);
		memcpy(x->destination.path, p + PROXY_PATH, PROXY_PATH);
	} else
		take_ip(x, p, x->kind == PROXY_IP4 ? 4 : 16);
	if (!skip_extensions(p + all[family >> 4].bytes,
	    len - all[family >> 4].bytes))
		return bad(x, "a PROXY header with malformed extensions");
	return PROXY_DONE;
}

static enum proxy_result
read_block(struct proxy *x, const uint8_t *p, size_t len)
{
	size_t size;

	if (len < HEAD_BYTES)
		return PROXY_MORE;
	size = get_16(p + HEAD_BYTES - 2);
	if (p[SIGN_BYTES] != 0x20 && p[SIGN_BYTES] != 0x21)
		return bad(x, "a PROXY header of an unknown version");
	if (size > PROXY_MAX_BYTES - HEAD_BYTES)
		return bad(x, "a PROXY header that is too long");
	if (len - HEAD_BYTES < size)
		return PROXY_MORE;
	x->size = HEAD_BYTES + size;
	if (p[SIGN_BYTES] == 0x20) {
		x->kind = PROXY_LOCAL;
		return PROXY_DONE;
	}
	return read_addresses(x, p[SIGN_BYTES + 1], p + HEAD_BYTES, size);
}

static bool
begins(const uint8_t *p, size_t len, const char *with, size_t n)
{
	return memcmp(p, with, len < n ? len : n) == 0;
}

enum proxy_result
proxy_read(struct proxy *x, const uint8_t *p, size_t len)
{
	memset(x, 0, sizeof(*x));
	if (len == 0)
		return PROXY_MORE;
	if (begins(p, len, sign, SIGN_BYTES))
		return read_block(x, p, len);
	if (begins(p, len, "PROXY ", 6))
		return read_line(x, p, len);
	return bad(x, "no PROXY header");
}
