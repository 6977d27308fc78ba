/* SPDX-License-Identifier: Apache-2.0 */
/* Between the text of an address and the kernel's form of it. */
#include "io/addr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static int
parse_unix(const char *path, struct addr *a, char *why, size_t size)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(sun.sun_path)) {
		snprintf(why, size, "a unix socket needs a path of 1 to %zu "
		    "bytes", sizeof(sun.sun_path) - 1);
		return -1;
	}
	memcpy(sun.sun_path, path, len + 1);
	memset(a, 0, sizeof(*a));
	memcpy(&a->ss, &sun, sizeof(sun));
	a->len = sizeof(sun);
	return 1;
}

static bool
have_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

static int
resolve(const char *host, const char *port, struct addr *out, int max,
    char *why, size_t size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV }, *list, *ai;
	int n = 0, rc;

	if (strcmp(host, "*") == 0) {
		host = have_ipv6() ? "::" : "0.0.0.0";
		hints.ai_flags |= AI_NUMERICHOST;
	} else if (*host == '\0')
		host = "127.0.0.1";
	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0) {
		snprintf(why, size, "%s: %s", host, gai_strerror(rc));
		return -1;
	}
	for (ai = list; ai != NULL && n < max; ai = ai->ai_next, n++) {
		memset(&out[n], 0, sizeof(out[n]));
		memcpy(&out[n].ss, ai->ai_addr, ai->ai_addrlen);
		out[n].len = ai->ai_addrlen;
	}
	freeaddrinfo(list);
	return n;
}

/* Splits HOST:PORT or [HOST]:PORT; the port, or NULL. */
static const char *
split(const char *text, char *host, size_t size)
{
	const char *colon = strrchr(text, ':'), *end = colon;
	char *rest;
	unsigned long port;

	if (colon == NULL)
		return NULL;
	if (*text == '[') {
		if (colon - text < 3 || colon[-1] != ']')
			return NULL;
		text++;
		end--;
	} else if (memchr(text, ':', (size_t)(colon - text)) != NULL)
		return NULL;
	if ((size_t)(end - text) >= size)
		return NULL;
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	port = strtoul(colon + 1, &rest, 10);
	if (colon[1] < '0' || colon[1] > '9' || *rest != '\0' || port > 65535)
		return NULL;
	return colon + 1;
}

int
addr_parse(const char *text, struct addr *out, int max, char *why, size_t size)
{
	const char *port;
	char host[256];

	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + (strncmp(text, "unix://", 7) == 0 ?
		    7 : 5), out, why, size);
	if (strncmp(text, "tcp://", 6) == 0)
		text += 6;
	if ((port = split(text, host, sizeof(host))) == NULL) {
		snprintf(why, size, "an address is HOST:PORT, [IPV6]:PORT, "
		    ":PORT, *:PORT or unix:/path");
		return -1;
	}
	return max == 0 ? 0 : resolve(host, port, out, max, why, size);
}

bool
addr_is_unix(const struct addr *a)
{
	return a->ss.ss_family == AF_UNIX;
}

static void
unix_text(const struct addr *a, char *text, size_t size)
{
	struct sockaddr_un sun;

	memcpy(&sun, &a->ss, sizeof(sun));
	if (a->len <= offsetof(struct sockaddr_un, sun_path) ||
	    sun.sun_path[0] == '\0')
		snprintf(text, size, "unix");
	else
		snprintf(text, size, "unix:%.*s", (int)sizeof(sun.sun_path),
		    sun.sun_path);
}

void
addr_text(const struct addr *a, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in6 sin6;
	struct sockaddr_in sin;

	if (a->ss.ss_family == AF_INET) {
		memcpy(&sin, &a->ss, sizeof(sin));
		inet_ntop(AF_INET, &sin.sin_addr, host, sizeof(host));
		snprintf(text, size, "%s:%u", host, addr_port(a));
	} else if (a->ss.ss_family == AF_INET6) {
		memcpy(&sin6, &a->ss, sizeof(sin6));
		inet_ntop(AF_INET6, &sin6.sin6_addr, host, sizeof(host));
		snprintf(text, size, "[%s]:%u", host, addr_port(a));
	} else
		unix_text(a, text, size);
}

/* sin_port and sin6_port stand at the same place. */
_Static_assert(offsetof(struct sockaddr_in, sin_port) ==
    offsetof(struct sockaddr_in6, sin6_port), "port offset");

unsigned
addr_port(const struct addr *a)
{
	struct sockaddr_in sin;

	memcpy(&sin, &a->ss, sizeof(sin));
	return ntohs(sin.sin_port);
}

static enum addr_cover
covers_ip4(const struct addr *bound, const struct addr *to)
{
	struct sockaddr_in a, b;

	memcpy(&a, &bound->ss, sizeof(a));
	memcpy(&b, &to->ss, sizeof(b));
	if (a.sin_port != b.sin_port)
		return ADDR_OTHER;
	if (a.sin_addr.s_addr == b.sin_addr.s_addr)
		return ADDR_SAME;
	return a.sin_addr.s_addr == htonl(INADDR_ANY) ? ADDR_ANY : ADDR_OTHER;
}

static enum addr_cover
covers_ip6(const struct addr *bound, const struct addr *to)
{
	struct sockaddr_in6 a, b;

	memcpy(&a, &bound->ss, sizeof(a));
	memcpy(&b, &to->ss, sizeof(b));
	if (a.sin6_port != b.sin6_port)
		return ADDR_OTHER;
	if (memcmp(&a.sin6_addr, &b.sin6_addr, sizeof(a.sin6_addr)) == 0 &&
	    a.sin6_scope_id == b.sin6_scope_id)
		return ADDR_SAME;
	return IN6_IS_ADDR_UNSPECIFIED(&a.sin6_addr) ? ADDR_ANY : ADDR_OTHER;
}

enum addr_cover
addr_covers(const struct addr *bound, const struct addr *to)
{
	if (bound->ss.ss_family != to->ss.ss_family)
		return ADDR_OTHER;
	switch (bound->ss.ss_family) {
	case AF_INET:
		return covers_ip4(bound, to);
	case AF_INET6:
		return covers_ip6(bound, to);
	default:
		return bound->len == to->len && memcmp(&bound->ss, &to->ss,
		    to->len) == 0 ? ADDR_SAME : ADDR_OTHER;
	}
}

void
addr_set_port(struct addr *a, unsigned port)
{
	struct sockaddr_in sin;

	memcpy(&sin, &a->ss, sizeof(sin));
	sin.sin_port = htons((uint16_t)port);
	memcpy(&a->ss, &sin, sizeof(sin));
}
