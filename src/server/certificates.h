/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates of a server.  The master reads the files, as it may when
 * workers no longer can, and parses nothing; a preflight tries out what it has
 * read; workers are forked with it, and those that run are sent it.
 */
#ifndef SERVER_CERTIFICATES_H
#define SERVER_CERTIFICATES_H

#include <stdbool.h>
#include <stddef.h>

struct credentials;
struct run;
struct settings;
struct tf_server;
struct tls_context;

/*
 * What the settings name, with the ticket key of before if they are what was
 * before (NULL: nothing was): 0, or -1 with a reason.
 */
int	certificates_read(struct credentials *, const struct settings *,
	    const struct credentials *before, char *why, size_t why_size);

/* In a child, or where there are none: *context is NULL if there is no TLS. */
int	certificates_open(const struct tf_server *, struct tls_context **,
	    char *why, size_t why_size);

/*
 * For the master, before it starts a generation: if all that is new in the
 * next one are certificates, a descriptor of them for those who run, else -1.
 */
int	certificates_renew(void *run);

#endif
