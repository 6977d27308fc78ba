/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See certificates.h.  Sessions are sealed with a key that the master makes by
 * chance when it first reads certificates, and anew whenever they change.  All
 * its workers have it, of whatever generation; the next master of an upgrade
 * makes its own, and clients shake hands in full once more.
 */
#include "server/certificates.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/log.h"
#include "io/credentials.h"
#include "io/tls.h"
#include "server/run.h"

int
certificates_read(struct credentials *c, const struct settings *s,
    const struct credentials *before, char *why, size_t size)
{
	char reason[300];

	memset(c, 0, sizeof(*c));
	if (s->tls_certificate == NULL)
		return 0;
	if (credentials_read(c, s->tls_certificate, s->tls_key,
	    s->tls_client_ca, reason, sizeof(reason)) == -1) {
		snprintf(why, size, "tls: %s", reason);
		return -1;
	}
	if (before != NULL && credentials_same(c, before))
		memcpy(c->ticket, before->ticket, sizeof(c->ticket));
	return 0;
}

int
certificates_open(const struct tf_server *srv, struct tls_context **context,
    char *why, size_t size)
{
	char reason[300];

	*context = NULL;
	if (srv->credentials.chain.p == NULL)
		return 0;
	*context = tls_server(&srv->credentials, reason, sizeof(reason));
	if (*context != NULL)
		return 0;
	snprintf(why, size, "tls: %s", reason);
	return -1;
}

/* Of two copies, the bytes; where there are none nobody knows. */
static bool
same_module(const struct tf_server *srv, int fd)
{
	struct stat a, b;
	void *x, *y;
	bool same;

	if (srv->module == NULL)
		return true;
	if (srv->module_fd == -1 || fd == -1 ||
	    fstat(srv->module_fd, &a) == -1 || fstat(fd, &b) == -1 ||
	    a.st_size != b.st_size)
		return false;
	x = mmap(NULL, (size_t)a.st_size, PROT_READ, MAP_PRIVATE,
	    srv->module_fd, 0);
	y = mmap(NULL, (size_t)a.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	same = x != MAP_FAILED && y != MAP_FAILED &&
	    memcmp(x, y, (size_t)a.st_size) == 0;
	if (x != MAP_FAILED)
		munmap(x, (size_t)a.st_size);
	if (y != MAP_FAILED)
		munmap(y, (size_t)a.st_size);
	return same;
}

int
certificates_renew(void *arg)
{
	struct run *run = arg;
	const struct tf_server *srv = run->srv;
	const struct next *n = &run->next;
	int fd;

	if (n->credentials.chain.p == NULL ||
	    credentials_same(&n->credentials, &srv->credentials) ||
	    !credentials_same_ca(&n->credentials, &srv->credentials) ||
	    !settings_same_but_files(&n->settings, &srv->settings) ||
	    !same_module(srv, n->module_fd))
		return -1;
	if ((fd = credentials_pack(&n->credentials)) == -1)
		log_warn("certificates cannot be passed on");
	else
		log_info("nothing but certificates is new: workers that run "
		    "take them over");
	return fd;
}
