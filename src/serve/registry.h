/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is served: method name -> description, handler, plans.  Filled by
 * setup(), then only read.
 */
#ifndef SERVE_REGISTRY_H
#define SERVE_REGISTRY_H

#include <stddef.h>

#include <thriftfork/service.h>

struct plan;

struct entry {
	const struct tf_method	*method;
	const char		*service;	/* as added, not the base */
	const void		*handler;
	const struct plan	*args, *result;
	uint64_t		 timeout_ns;	/* of a call; 0: none */
	uint32_t		 name_len;
	uint16_t		 counters;	/* index in the directory */
};

struct registry {
	struct entry		*entries;
	size_t			 n, cap;
	uint32_t		*buckets;	/* index + 1; 0 is empty */
	size_t			 mask;
};

void	registry_init(struct registry *);
void	registry_fini(struct registry *);

/*
 * Adds every method that the handler implements, inherited ones included.  -1
 * with a reason: another ABI, a malformed table, a name that is taken.
 */
int	registry_add(struct registry *, const struct tf_service *,
	    const void *handler, char *why, size_t why_size);

/* NULL: no such method. */
const struct entry *registry_find(const struct registry *, const char *name,
	    size_t len);

#endif
