/* SPDX-License-Identifier: Apache-2.0 */
/* See dial.h. */
#include "client/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "client/trust.h"

#define TLS		"tls://"

/* "localhost" of "localhost:9090", "::1" of "[::1]:9090". */
static void
name_of(const char *address, char *host, size_t size)
{
	const char *colon = strrchr(address, ':'), *from = address;
	size_t len = colon == NULL ? strlen(address) : (size_t)(colon - from);

	if (*from == '[' && len >= 2) {
		from++;
		len -= 2;
	}
	snprintf(host, size, "%.*s", (int)len, len == 0 ? "" : from);
	if (len == 0)
		snprintf(host, size, "127.0.0.1");
}

int
target_find(struct target *t, const char *text, struct trust *trust, char *why,
    size_t size)
{
	t->tls = NULL;
	if (strncmp(text, TLS, strlen(TLS)) == 0) {
		text += strlen(TLS);
		if ((t->tls = trust_context(trust, why, size)) == NULL)
			return -1;
	}
	name_of(text, t->host, sizeof(t->host));
	t->n = addr_parse(text, t->addrs, DIAL_MAX_ADDRS, why, size);
	return t->n == -1 ? -1 : 0;
}

int
dial(const struct addr *a, int *fd)
{
	const int on = 1;

	*fd = socket(a->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (*fd == -1)
		return -1;
	if (!addr_is_unix(a))
		setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return connect(*fd, (const struct sockaddr *)&a->ss, a->len);
}

int
dial_end(int fd)
{
	socklen_t len = sizeof(errno);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return -1;
	errno = error;
	return error == 0 ? 0 : -1;
}
