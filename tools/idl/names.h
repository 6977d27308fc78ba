/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of names: which definition, field or C identifier bears a name.
 * Zeroed memory is an empty table; it grows in an arena and is never freed
 * alone.  Keys are kept by pointer.
 */
#ifndef IDL_NAMES_H
#define IDL_NAMES_H

#include <thriftfork/base.h>

struct name_slot {
	const char	*key;
	void		*value;
	uint32_t	 hash;
};

struct names {
	struct name_slot *slots;
	uint32_t	 size, n;	/* size: a power of two */
};

void	*names_get(const struct names *, const char *key);

/* NULL if the name is new, else what it stands for already (kept). */
void	*names_add(struct names *, struct tf_arena *, const char *key,
	    void *value);

#endif
