/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tf_listen(): a program that serves something else in its loop takes addresses
 * of the same forms, with the same care for who else might have them.
 */
#include <stdio.h>
#include <stdlib.h>

#include <thriftfork/loop.h>

#include "base/fd.h"
#include "io/listen.h"

#define ADDRESSES_MAX	64

/* The socket alone, without the listener around it, whose file it leaves. */
static int
listen_at(const struct addr *a, char *why, size_t size)
{
	struct listener l;
	int fd;

	if (listener_open(&l, a, 1, why, size) == -1)
		return -1;
	fd = l.fds[0];
	l.fds[0] = -1;
	listener_disown(&l);
	listener_close(&l);
	return fd;
}

int
tf_listen(const char *address, int *fds, int max, char *why, size_t size)
{
	struct addr addrs[ADDRESSES_MAX];
	char reason[256];
	int i, n;

	if (max > ADDRESSES_MAX)
		max = ADDRESSES_MAX;
	n = addr_parse(address, addrs, max, reason, sizeof(reason));
	for (i = 0; i < n; i++) {
		fds[i] = listen_at(&addrs[i], reason, sizeof(reason));
		if (fds[i] != -1)
			continue;
		while (i > 0)
			fd_close(&fds[--i]);
		n = -1;
	}
	if (n == -1)
		snprintf(why, size, "%s", reason);
	return n;
}
