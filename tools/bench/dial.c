/* SPDX-License-Identifier: Apache-2.0 */
/* See dial.h. */
#include "dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static bool
init_unix(struct dial *d, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(sun.sun_path))
		return false;
	memcpy(sun.sun_path, path, n + 1);
	memcpy(&d->addr[0], &sun, sizeof(sun));
	d->len[0] = sizeof(sun);
	d->n = 1;
	return true;
}

/* "[::1]" without its brackets; false: no host. */
static bool
copy_host(char *to, size_t size, const char *host, size_t n)
{
	if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	if (n >= size || memchr(host, '/', n) != NULL)
		return false;
	memcpy(to, host, n);
	to[n] = '\0';
	return true;
}

static bool
resolve(struct dial *d, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICSERV }, *list, *ai;

	if (getaddrinfo(host, port, &hints, &list) != 0)
		return false;
	for (ai = list; ai != NULL && d->n < DIAL_MAX; ai = ai->ai_next) {
		memcpy(&d->addr[d->n], ai->ai_addr, ai->ai_addrlen);
		d->len[d->n++] = ai->ai_addrlen;
	}
	freeaddrinfo(list);
	return d->n > 0;
}

bool
dial_init(struct dial *d, const char *text)
{
	const char *port;
	char host[256];

	memset(d, 0, sizeof(*d));
	if (strncmp(text, "unix:", 5) == 0)
		return init_unix(d, text + 5);
	if (strncmp(text, "tcp://", 6) == 0)
		text += 6;
	if ((port = strrchr(text, ':')) == NULL || port[1] == '\0' ||
	    !copy_host(host, sizeof(host), text, (size_t)(port - text)))
		return false;
	return resolve(d, host[0] == '\0' ? "127.0.0.1" : host, port + 1);
}

int
dial_connect(const struct dial *d, unsigned tries)
{
	unsigned i = (d->good + tries) % d->n;
	const struct sockaddr *sa = (const struct sockaddr *)&d->addr[i];
	const int on = 1;
	int fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0), saved;

	if (fd == -1)
		return -1;
	if (sa->sa_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on));
	if (connect(fd, sa, d->len[i]) == 0 || errno == EINPROGRESS)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/*
 * A port on loopback that nobody listens on may be connected to itself, when
 * the kernel happens to choose it for this end too.
 */
static bool
is_own(int fd)
{
	struct sockaddr_storage here, there;
	socklen_t n = sizeof(here), m = sizeof(there);

	memset(&here, 0, sizeof(here));
	memset(&there, 0, sizeof(there));
	return getsockname(fd, (struct sockaddr *)&here, &n) == 0 &&
	    getpeername(fd, (struct sockaddr *)&there, &m) == 0 &&
	    here.ss_family != AF_UNIX && n == m &&
	    memcmp(&here, &there, n) == 0;
}

int
dial_error(int fd)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	return error == 0 && is_own(fd) ? ECONNREFUSED : error;
}
