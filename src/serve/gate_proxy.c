/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is really there: a proxy says it before the first byte of what it passes
 * on.  Until then the peer is a stranger, who is not counted by an address, not
 * shown to the program, and not asked anything.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "serve/gate.h"
#include "wire/proxy.h"

static void
set_ip4(struct addr *a, const struct proxy_end *end)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	memcpy(&sin.sin_addr, end->ip, sizeof(sin.sin_addr));
	memcpy(&a->ss, &sin, sizeof(sin));
	a->len = sizeof(sin);
}

static void
set_ip6(struct addr *a, const struct proxy_end *end)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };

	memcpy(&sin6.sin6_addr, end->ip, sizeof(sin6.sin6_addr));
	memcpy(&a->ss, &sin6, sizeof(sin6));
	a->len = sizeof(sin6);
}

static void
set_unix(struct addr *a, const struct proxy_end *end)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memcpy(sun.sun_path, end->path, sizeof(sun.sun_path));
	memcpy(&a->ss, &sun, sizeof(sun));
	a->len = sizeof(sun);
}

/* As the header says it; false: as the socket does. */
static bool
source_of(const struct proxy *x, struct addr *a)
{
	memset(a, 0, sizeof(*a));
	switch (x->kind) {
	case PROXY_IP4:
		set_ip4(a, &x->source);
		break;
	case PROXY_IP6:
		set_ip6(a, &x->source);
		break;
	case PROXY_UNIX:
		set_unix(a, &x->source);
		return true;
	default:
		return false;
	}
	addr_set_port(a, x->source.port);
	return true;
}

size_t
gate_proxy(struct conn *c, const uint8_t *p, size_t len, const char **why)
{
	char text[ADDR_TEXT];
	struct proxy x;
	struct addr a;

	*why = NULL;
	switch (proxy_read(&x, p, len)) {
	case PROXY_MORE:
		return 0;
	case PROXY_BAD:
		*why = x.why;
		return 0;
	default:
		break;
	}
	if (source_of(&x, &a)) {
		addr_text(&a, text, sizeof(text));
		conn_set_peer(c, text, addr_is_unix(&a));
	}
	return accept_introduced(c) == -1 ? 0 : x.size;
}
