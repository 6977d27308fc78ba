/* SPDX-License-Identifier: Apache-2.0 */
/* See trust.h. */
#include "client/trust.h"

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "io/credentials.h"
#include "io/tls.h"

static void
forget(struct trust *t)
{
	tls_context_free(t->context);
	t->context = NULL;
}

void
trust_fini(struct trust *t)
{
	forget(t);
	free(t->ca);
	free(t->certificate);
	free(t->key);
}

void
trust_set(struct trust *t, char **file, const char *value)
{
	forget(t);
	free(*file);
	*file = NULL;
	if (*value != '\0' && (*file = strdup(value)) == NULL)
		fatal("out of memory: a client");
}

void
trust_set_blind(struct trust *t, bool blind)
{
	forget(t);
	t->blind = blind;
}

struct tls_context *
trust_context(struct trust *t, char *why, size_t size)
{
	struct credentials c;

	if (t->context != NULL)
		return t->context;
	if (credentials_read(&c, t->certificate, t->key, t->ca, why,
	    size) == -1)
		return NULL;
	t->context = tls_client(&c, !t->blind, why, size);
	credentials_fini(&c);
	return t->context;
}
