/* SPDX-License-Identifier: Apache-2.0 */
/* See credentials.h.  Bytes in, bytes out: nothing here knows what they say. */
#include "io/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/fd.h"
#include "base/memfd.h"

#define MAX_BYTES	(1u << 20)	/* of one file */
#define PEMS		3

/* What stands first in the packed form. */
struct head {
	uint64_t	 len[PEMS];	/* UINT64_MAX: there is none */
	uint8_t		 ticket[CREDENTIALS_TICKET];
};

static struct pem *
pem_at(struct credentials *c, int i)
{
	return i == 0 ? &c->chain : i == 1 ? &c->key : &c->ca;
}

static const struct pem *
pem_in(const struct credentials *c, int i)
{
	return i == 0 ? &c->chain : i == 1 ? &c->key : &c->ca;
}

static void
forget(struct pem *pem)
{
	if (pem->p != NULL)
		explicit_bzero(pem->p, pem->len);
	free(pem->p);
	free(pem->name);
	*pem = (struct pem){ 0 };
}

void
credentials_fini(struct credentials *c)
{
	for (int i = 0; i < PEMS; i++)
		forget(pem_at(c, i));
	explicit_bzero(c->ticket, sizeof(c->ticket));
}

/* All of a file, or as much of it as there has been when it was measured. */
static int
read_bytes(struct pem *pem, int fd, off_t at, size_t len)
{
	ssize_t n;

	if ((pem->p = malloc(len + 1)) == NULL)
		fatal("out of memory: credentials");
	for (pem->len = 0; pem->len < len; pem->len += (size_t)n) {
		n = pread(fd, pem->p + pem->len, len - pem->len,
		    at + (off_t)pem->len);
		if (n <= 0)
			return n == 0 ? 0 : -1;
	}
	return 0;
}

static int
read_open(struct pem *pem, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_BYTES) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return -1;
	}
	return read_bytes(pem, fd, 0, (size_t)st.st_size);
}

/* O_NONBLOCK: who opens a FIFO waits. */
static int
read_file(struct pem *pem, const char *path, char *why, size_t size)
{
	int fd, rc;

	if (path == NULL)
		return 0;
	if ((pem->name = strdup(path)) == NULL)
		fatal("out of memory: credentials");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	rc = fd == -1 ? -1 : read_open(pem, fd);
	if (rc == -1)
		snprintf(why, size, "%s: %s", path, errno == EINVAL ?
		    "is no file" : strerror(errno));
	fd_close(&fd);
	return rc;
}

int
credentials_read(struct credentials *c, const char *chain, const char *key,
    const char *ca, char *why, size_t size)
{
	memset(c, 0, sizeof(*c));
	if (getrandom(c->ticket, sizeof(c->ticket), 0) !=
	    (ssize_t)sizeof(c->ticket))
		snprintf(why, size, "getrandom: %s", strerror(errno));
	else if (read_file(&c->chain, chain, why, size) == 0 &&
	    read_file(&c->key, key, why, size) == 0 &&
	    read_file(&c->ca, ca, why, size) == 0)
		return 0;
	credentials_fini(c);
	return -1;
}

static bool
same(const struct pem *x, const struct pem *y)
{
	return (x->p == NULL) == (y->p == NULL) && x->len == y->len &&
	    (x->p == NULL || memcmp(x->p, y->p, x->len) == 0);
}

bool
credentials_same(const struct credentials *a, const struct credentials *b)
{
	for (int i = 0; i < PEMS; i++)
		if (!same(pem_in(a, i), pem_in(b, i)))
			return false;
	return true;
}

bool
credentials_same_ca(const struct credentials *a, const struct credentials *b)
{
	return same(&a->ca, &b->ca);
}

static int
fill(int fd, const struct credentials *c)
{
	struct head h;
	int rc;

	memcpy(h.ticket, c->ticket, sizeof(h.ticket));
	for (int i = 0; i < PEMS; i++)
		h.len[i] = pem_in(c, i)->p == NULL ? UINT64_MAX :
		    pem_in(c, i)->len;
	rc = memfd_put(fd, &h, sizeof(h));
	explicit_bzero(&h, sizeof(h));
	for (int i = 0; i < PEMS && rc == 0; i++)
		if (pem_in(c, i)->p != NULL)
			rc = memfd_put(fd, pem_in(c, i)->p, pem_in(c, i)->len);
	return rc == 0 ? memfd_seal(fd) : rc;
}

int
credentials_pack(const struct credentials *c)
{
	int fd = memfd_new("thriftfork-credentials");

	if (fd != -1 && fill(fd, c) == -1)
		fd_close(&fd);
	return fd;
}

static int
unpack(struct credentials *c, int fd)
{
	off_t at = sizeof(struct head);
	struct head h;
	int rc = 0;

	if (pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h))
		return -1;
	memcpy(c->ticket, h.ticket, sizeof(c->ticket));
	explicit_bzero(h.ticket, sizeof(h.ticket));
	for (int i = 0; i < PEMS && rc == 0; i++) {
		if (h.len[i] == UINT64_MAX)
			continue;
		if (h.len[i] > MAX_BYTES)
			return -1;
		rc = read_bytes(pem_at(c, i), fd, at, (size_t)h.len[i]);
		at += (off_t)h.len[i];
	}
	return rc;
}

int
credentials_unpack(struct credentials *c, int fd)
{
	memset(c, 0, sizeof(*c));
	if (unpack(c, fd) == 0)
		return 0;
	credentials_fini(c);
	return -1;
}
