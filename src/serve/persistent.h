/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pairs that a THeader client has said once for all messages of its
 * connection.  They are the connection's, made when the first of them comes,
 * and move with it, as bytes in its record.
 */
#ifndef SERVE_PERSISTENT_H
#define SERVE_PERSISTENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "wire/header.h"

struct persistent {
	struct tf_arena		 arena;
	struct header_info	 info;
	uint8_t			*bytes;		/* the same, for one who may be
						   of another build */
	size_t			 len;
};

/*
 * Adds pairs to what there is, *p being NULL if there is nothing; of two with
 * one key the newer counts.  -1: they would be more than a frame can carry,
 * and nothing has changed.
 */
int	persistent_add(struct persistent **p, const struct header_info *newer);
void	persistent_free(struct persistent *);	/* NULL is fine */

/* From such bytes, which may be anything.  -1: from others; *p is NULL. */
int	persistent_get(struct persistent **p, const uint8_t *, size_t len);

static inline size_t
persistent_len(const struct persistent *p)
{
	return p == NULL ? 0 : p->len;
}

#endif
