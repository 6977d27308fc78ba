/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is served: the name of a call, as it comes, -> description, handler,
 * plans.  Filled by setup(), then only read.
 *
 * A service that was added under a name (TMultiplexedProtocol) has calls named
 * "name:method"; one that was added without is the default service, and its
 * calls are named "method".
 */
#ifndef SERVE_REGISTRY_H
#define SERVE_REGISTRY_H

#include <stddef.h>

#include <thriftfork/service.h>

struct plan;

struct entry {
	const struct tf_method	*method;
	const char		*key;		/* what calls of it are named */
	const char		*service;	/* what it was added as: a name,
						   or the service's own */
	const char		*title;		/* for the directory: "Service",
						   "name:Service" */
	const void		*handler;
	const struct plan	*args, *result;
	uint64_t		 timeout_ns;	/* of a call; 0: none */
	uint64_t		 slow_ns;	/* from which on the access log
						   has it always; 0: none */
	uint32_t		 key_len;
	uint32_t		 prefix;	/* of the key, before the
						   method's name */
	uint16_t		 counters;	/* index in the directory */
	bool			 threaded;	/* a thread runs it */
};

struct registry {
	struct entry		*entries;
	size_t			 n, cap;
	uint32_t		*buckets;	/* index + 1; 0 is empty */
	size_t			 mask;
	struct tf_arena		*texts;		/* keys and titles */
};

void	registry_init(struct registry *);
void	registry_fini(struct registry *);

/*
 * Adds every method that the handler implements, inherited ones included, as
 * the default service if name is NULL.  -1 with a reason: another ABI, a
 * malformed table, a name that is none or is taken.
 */
int	registry_add(struct registry *, const char *name,
	    const struct tf_service *, const void *handler, char *why,
	    size_t why_size);

/* NULL: no such method. */
const struct entry *registry_find(const struct registry *, const char *key,
	    size_t len);

/*
 * Whether anything was added under this name.  Looks at everything there is:
 * for saying what is wrong with a call.
 */
bool	registry_serves(const struct registry *, const char *name, size_t len);

#endif
