/* SPDX-License-Identifier: Apache-2.0 */
/* A client's settings of TLS, and the context that is made of them once. */
#ifndef CLIENT_TRUST_H
#define CLIENT_TRUST_H

#include <stdbool.h>
#include <stddef.h>

struct tls_context;

/* All zero is a client that believes whom the system believes. */
struct trust {
	char		*ca, *certificate, *key;	/* files; NULL: none */
	bool		 blind;		/* believes everybody */
	struct tls_context *context;	/* NULL: not made yet */
};

void	trust_fini(struct trust *);
/* file is one of those above; "" is none. */
void	trust_set(struct trust *, char **file, const char *value);
void	trust_set_blind(struct trust *, bool);

/* Reads the files, unless it has; NULL with a reason. */
struct tls_context *trust_context(struct trust *, char *why, size_t why_size);

#endif
