/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one end of a TLS connection shows of itself and believes of others, as
 * the bytes of files.  Whoever may read the files is seldom the one who speaks
 * TLS: so they are read here, and parsed elsewhere, where that can do no harm.
 */
#ifndef IO_CREDENTIALS_H
#define IO_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CREDENTIALS_TICKET	80	/* bytes of a ticket key */

struct pem {
	char		*name;		/* of the file, for messages */
	char		*p;		/* NULL: there is none */
	size_t		 len;
};

struct credentials {
	struct pem	 chain, key;	/* one file may be both */
	struct pem	 ca;		/* whom to believe */
	/* What sessions are sealed with that a client brings back: all who
	   have the same one take them up. */
	uint8_t		 ticket[CREDENTIALS_TICKET];
};

/* Of these files, each NULL if there is none, and a new ticket key. */
int	credentials_read(struct credentials *, const char *chain,
	    const char *key, const char *ca, char *why, size_t why_size);
/* Overwrites what is secret. */
void	credentials_fini(struct credentials *);

/* Whether the files held the same; the ticket key does not matter. */
bool	credentials_same(const struct credentials *,
	    const struct credentials *);
/* Whether the same clients are believed. */
bool	credentials_same_ca(const struct credentials *,
	    const struct credentials *);

/* As a sealed file without a name, and back; -1 and errno. */
int	credentials_pack(const struct credentials *);
int	credentials_unpack(struct credentials *, int fd);

#endif
